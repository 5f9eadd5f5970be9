/** What a client keeps of the log, and how it goes on to the next head: never back, never to another history. */

import { equalBytes } from '../bytes.ts';
import { bytes, Claims, decode, encode, map, OBJECT_LIMITS, time } from '../codec/index.ts';
import { consistencyFault } from '../merkle.ts';
import { type Checkpoint, type SignedCheckpoint, signedCheckpointToBytes } from './checkpoint.ts';
import type { Evidence } from './evidence.ts';
import { distrust, type LogCode } from './fault.ts';
import { type CheckedHead, checkpointClaim, type SignedHead } from './head.ts';

/** The last head that was believed. */
export interface View {
  readonly checkpoint: Checkpoint;
  readonly note: Uint8Array;
  /** When the last witness that was needed saw it. */
  readonly seenSecs: bigint;
}

/** What the next head is to the one that was kept. */
export type Step = 'first' | 'same' | 'longer';

const NOTE = 0n;
const SEEN = 1n;

/** What a head is to what was kept. @throws {LogFault} `log-origin`, `log-truncated`, `log-fork`. */
export function stepTo(kept: View | null, head: SignedHead): Step {
  if (kept === null) return 'first';
  const [before, after] = [kept.checkpoint, head.checkpoint];
  if (before.origin !== after.origin) distrust('log-origin');
  if (after.size < before.size) distrust('log-truncated');
  if (after.size > before.size) return 'longer';
  return equalBytes(before.root, after.root) ? 'same' : distrust('log-fork');
}

/** Goes on to a head, which a longer log proves to continue what was kept. @throws {LogFault} as `stepTo`. */
export function advance(kept: View | null, head: CheckedHead, proof: readonly Uint8Array[]): View {
  if (stepTo(kept, head) === 'longer' && kept !== null) {
    const [before, after] = [kept.checkpoint, head.checkpoint];
    if (consistencyFault(before.size, after.size, before.root, after.root, proof) !== null) distrust('log-fork');
  }
  return { checkpoint: head.checkpoint, note: head.note, seenSecs: head.seenSecs };
}

/** What is kept of a directory that lied. */
export function evidenceOf(kept: View, shown: SignedCheckpoint, code: LogCode, noticedSecs: bigint): Evidence {
  return { code, noticedSecs, kept: kept.note, shown: signedCheckpointToBytes(shown) };
}

/** The deterministic encoding. */
export function viewToBytes(view: View): Uint8Array {
  return encode(
    map([
      [NOTE, view.note],
      [SEEN, view.seenSecs],
    ]),
  );
}

/** Reads what was kept. @throws {Refusal} `cbor-…`, `claim-…`. */
export function viewFromBytes(message: Uint8Array): View {
  const claims = new Claims(decode(message, OBJECT_LIMITS));
  const note = claims.need(NOTE, bytes);
  const seenSecs = claims.need(SEEN, time);
  claims.finish();
  const signed = checkpointClaim(NOTE, note);
  return { checkpoint: signed.unverified, note, seenSecs };
}
