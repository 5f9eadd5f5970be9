/** What a client keeps of the log, and how it goes on to the next head: never back, never to another history. */

import { equalBytes } from '../../protocol/bytes.ts';
import { consistencyFault } from '../../protocol/merkle.ts';
import { type Checkpoint, signedCheckpointFromBytes, signedCheckpointToBytes } from '../../protocol/tlog/checkpoint.ts';
import type { Evidence } from '../../protocol/tlog/evidence.ts';
import { distrust, type LogCode, LogFault } from '../../protocol/tlog/fault.ts';
import type { CheckedHead, Head } from '../../protocol/tlog/head.ts';

/** The last head that was believed. */
export interface View {
  /** Its signed note, as it was shown. */
  readonly note: Uint8Array;
  /** By when witnesses had seen it. */
  readonly seenSecs: bigint;
}

/** How a head relates to the view that is kept, before anything is proven. */
export type Step = 'first' | 'same' | { readonly from: bigint };

/** The kept checkpoint: its signatures were checked when it was kept. */
export function checkpointOf(view: View): Checkpoint {
  return signedCheckpointFromBytes(view.note).unverified;
}

/** @throws {LogFault} `log-origin`, `log-truncated`, `log-fork` */
export function stepTo(kept: View | null, head: CheckedHead): Step {
  if (kept === null) return 'first';
  const [old, next] = [checkpointOf(kept), head.checkpoint];
  if (old.origin !== next.origin) distrust('log-origin');
  if (next.size < old.size) distrust('log-truncated');
  if (next.size > old.size) return { from: old.size };
  return equalBytes(next.root, old.root) ? 'same' : distrust('log-fork');
}

/** Goes on to `head`, given the proof from the kept size to its own; none where none is needed. @throws {LogFault} */
export function advance(kept: View | null, head: CheckedHead, proof: readonly Uint8Array[]): View {
  const step = stepTo(kept, head);
  if (kept !== null && typeof step === 'object') {
    const [old, next] = [checkpointOf(kept), head.checkpoint];
    if (consistencyFault(old.size, next.size, old.root, next.root, proof) !== null) distrust('log-fork');
  }
  return { note: head.note, seenSecs: head.seenSecs };
}

/** Two heads of one log that cannot both be true; null when the fault shows no such thing. */
export function evidenceOf(kept: View | null, shown: Head, fault: unknown, nowSecs: bigint): Evidence | null {
  const contradicts: readonly LogCode[] = ['log-fork', 'log-truncated'];
  if (kept === null || !(fault instanceof LogFault) || !contradicts.includes(fault.code)) return null;
  return { code: fault.code, noticedSecs: nowSecs, kept: kept.note, shown: signedCheckpointToBytes(shown.checkpoint) };
}
