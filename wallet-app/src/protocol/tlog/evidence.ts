/** Evidence: two checkpoints of one log that cannot both be true, as somebody found them. */

import { equalBytes } from '../bytes.ts';
import { bytes, Claims, decode, encode, map, OBJECT_LIMITS, text, time } from '../codec/index.ts';
import { signedCheckpointFromBytes } from './checkpoint.ts';
import { checkpointClaim } from './head.ts';

/** What was found, as bytes to be shown to others. */
export interface Evidence {
  /** The code of the fault. */
  readonly code: string;
  readonly noticedSecs: bigint;
  /** The note that was believed before. */
  readonly kept: Uint8Array;
  /** The note that was shown. */
  readonly shown: Uint8Array;
}

/** What two checkpoints say of each other. */
export type Verdict =
  /** One size with two roots. */
  | 'two-roots'
  /** The log became shorter. */
  | 'shorter'
  /** Longer: whether it continues, the leaves between would say. */
  | 'not-continued'
  /** Two logs, or twice the same. */
  | 'nothing';

const CODE = 0n;
const NOTICED = 1n;
const KEPT = 2n;
const SHOWN = 3n;

/** The deterministic encoding. */
export function evidenceToBytes(evidence: Evidence): Uint8Array {
  return encode(
    map([
      [CODE, evidence.code],
      [NOTICED, evidence.noticedSecs],
      [KEPT, evidence.kept],
      [SHOWN, evidence.shown],
    ]),
  );
}

/** Reads the encoding. @throws {Refusal} `cbor-…`, `claim-…`. */
export function evidenceFromBytes(message: Uint8Array): Evidence {
  const claims = new Claims(decode(message, OBJECT_LIMITS));
  const evidence: Evidence = {
    code: claims.need(CODE, text),
    noticedSecs: claims.need(NOTICED, time),
    kept: claims.need(KEPT, bytes),
    shown: claims.need(SHOWN, bytes),
  };
  claims.finish();
  checkpointClaim(KEPT, evidence.kept);
  checkpointClaim(SHOWN, evidence.shown);
  return evidence;
}

/** What the two say of each other. @throws {LogFault} `log-note` when one is no checkpoint. */
export function verdictOf(evidence: Evidence): Verdict {
  const before = signedCheckpointFromBytes(evidence.kept).unverified;
  const after = signedCheckpointFromBytes(evidence.shown).unverified;
  if (before.origin !== after.origin) return 'nothing';
  if (before.size === after.size) return equalBytes(before.root, after.root) ? 'nothing' : 'two-roots';
  return after.size < before.size ? 'shorter' : 'not-continued';
}
