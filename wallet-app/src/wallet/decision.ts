/** Decisions: what a wallet leaves for the service that asked, sealed to it (`docs/protocol/decision.md`). */

import { sealTo } from '../crypto/hpke.ts';
import { pad } from '../crypto/padding.ts';
import type { Random } from '../crypto/random.ts';
import { utf8 } from '../protocol/bytes.ts';
import { encode, map } from '../protocol/codec/index.ts';
import type { Verified } from '../protocol/cose.ts';
import type { Grant } from '../protocol/grant.ts';
import { ObjectId } from '../protocol/ids.ts';

/** A citizen's answer to an access request. */
export type Outcome =
  /** Yes: one grant for each holder. */
  | { readonly grants: readonly Verified<Grant>[] }
  /** No; `forGood`: the service should not ask again. */
  | { readonly forGood: boolean };

/**
 * Sealed decisions are a multiple of this long, in bytes: a denial and grants at up to eight holders, which is more than anybody
 * has that we know of, look alike.
 */
export const DECISION_STEP_BYTES = 8 * 1024;
/** What HPKE's `info` is: the use and its version. */
const SEAL_INFO = utf8('aitta-decision-1');

const REQUEST = 0n;
const GRANTED = 1n;
const DENIED = 2n;

/** Sealed to the service's registered key, bound to the access request; null when that key is none. */
export function sealDecision(
  request: ObjectId,
  outcome: Outcome,
  to: Uint8Array,
  random: Random,
): Promise<Uint8Array | null> {
  const granted = 'grants' in outcome ? outcome.grants : null;
  const plain = encode(
    map([
      [REQUEST, ObjectId.bytes(request)],
      [GRANTED, granted?.map(({ claims, bytes }) => [claims.audience, claims.subject, bytes])],
      [DENIED, 'forGood' in outcome ? outcome.forGood : undefined],
    ]),
  );
  return sealTo(to, SEAL_INFO, ObjectId.bytes(request), pad(plain, DECISION_STEP_BYTES), random);
}
