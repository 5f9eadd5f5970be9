/** A head: a signed checkpoint with the state that is its last leaf, in one object. */

import { mostBucketBits } from '../bucket.ts';
import { bytes, Claims, decode, encode, fixed, map, OBJECT_LIMITS, type Read } from '../codec/index.ts';
import { HASH_BYTES } from '../crypto/hash.ts';
import { CLOCK_SKEW_SECS } from '../limits.ts';
import { list } from '../lists.ts';
import { inclusionFault, leafHash } from '../merkle.ts';
import { attempt, refuseClaim } from '../refusal.ts';
import type { Registry } from '../registry/index.ts';
import {
  type Checkpoint,
  type Seen,
  type SignedCheckpoint,
  signedCheckpointFromBytes,
  signedCheckpointToBytes,
  verifyCheckpoint,
  witnessesOf,
} from './checkpoint.ts';
import { distrust, LogFault } from './fault.ts';
import { leafFromBytes, type State } from './leaf.ts';

/** What a client wants of a head. */
export interface Policy {
  /** How many other members must have cosigned. */
  readonly witnesses: number;
  /** How old the word of the last witness that is needed may be. */
  readonly maxAgeSecs: bigint;
}

/** A signed checkpoint, its last leaf, and the proof that it is. */
export interface Head {
  readonly checkpoint: SignedCheckpoint;
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** What the member that runs the log signed, and the others that cosigned it. */
export interface SignedHead {
  readonly checkpoint: Checkpoint;
  readonly state: State;
  /** Log time of the state. */
  readonly loggedSecs: bigint;
  readonly witnesses: readonly Seen[];
  /** The note, to be kept. */
  readonly note: Uint8Array;
}

/** What a client believes. */
export interface CheckedHead extends SignedHead {
  /** When the last witness that is needed saw it. */
  readonly seenSecs: bigint;
}

const NOTE = 0n;
const LEAF = 1n;
const PROOF = 2n;

/** The deterministic encoding. */
export function headToBytes(head: Head): Uint8Array {
  return encode(
    map([
      [NOTE, signedCheckpointToBytes(head.checkpoint)],
      [LEAF, head.leaf],
      [PROOF, head.proof],
    ]),
  );
}

/** Reads the encoding; nothing is checked yet. @throws {Refusal} `cbor-…`, `claim-…`. */
export function headFromBytes(message: Uint8Array): Head {
  const claims = new Claims(decode(message, OBJECT_LIMITS));
  const head: Head = {
    checkpoint: claims.need(NOTE, checkpointClaim),
    leaf: claims.need(LEAF, bytes),
    proof: claims.need(PROOF, list(fixed(HASH_BYTES))),
  };
  claims.finish();
  return head;
}

/** Reads a byte string that holds a signed checkpoint. @throws {Refusal} `claim-type`, `claim-range`. */
export const checkpointClaim: Read<SignedCheckpoint> = (claim, item) => {
  const note = bytes(claim, item);
  try {
    return signedCheckpointFromBytes(note);
  } catch (thrown) {
    if (thrown instanceof LogFault) refuseClaim('claim-range', claim);
    throw thrown;
  }
};

/** Checks a head as `docs/protocol/log.md`, What a client believes, 1 to 3. @throws {LogFault} */
export function verifyHead(head: Head, registry: Registry, policy: Policy, nowSecs: bigint): CheckedHead {
  return vouchedFor(signedHead(head, registry, nowSecs), policy, nowSecs);
}

/** Checks all of it but how many others must have seen it, and how lately. @throws {LogFault} */
export function signedHead(head: Head, registry: Registry, nowSecs: bigint): SignedHead {
  const checkpoint = verifyCheckpoint(head.checkpoint, registry);
  const { size, root } = checkpoint;
  if (inclusionFault(size - 1n, size, leafHash(head.leaf), head.proof, root) !== null) distrust('log-state');
  const read = attempt(() => leafFromBytes(head.leaf));
  if (!read.accepted) distrust('log-leaf');
  const { body, timeSecs } = read.value;
  if (body.kind !== 'state') distrust('log-state');
  // Each entry is a leaf: who says more of them than there are leaves would have to show a log of that length.
  const entries = body.entries < size ? body.entries : size;
  if (body.bits > mostBucketBits(entries)) distrust('map-thin');
  if (timeSecs > nowSecs + CLOCK_SKEW_SECS) distrust('log-future');
  const witnesses = witnessesOf(head.checkpoint, registry);
  return { checkpoint, state: body, loggedSecs: timeSecs, witnesses, note: signedCheckpointToBytes(head.checkpoint) };
}

/** Checks that as many others vouch for it as are wanted. @throws {LogFault} `log-witnesses`, `log-future`, `log-stale`. */
export function vouchedFor(signed: SignedHead, policy: Policy, nowSecs: bigint): CheckedHead {
  const { witnesses: all, loggedSecs } = signed;
  const latest = nowSecs + CLOCK_SKEW_SECS;
  const witnesses = all.filter((seen) => seen.timeSecs <= latest);
  if (witnesses.length < policy.witnesses) distrust(all.length >= policy.witnesses ? 'log-future' : 'log-witnesses');
  const times = witnesses.map((seen) => seen.timeSecs).sort((one, other) => (one < other ? 1 : one > other ? -1 : 0));
  const seenSecs = times[policy.witnesses - 1] ?? loggedSecs;
  if (nowSecs - seenSecs > policy.maxAgeSecs) distrust('log-stale');
  return { ...signed, seenSecs, witnesses };
}
