/**
 * Decisions: what a wallet leaves for the service that asked, sealed to it (`docs/protocol/decision.md`). A decision lies with the
 * service's node, which can neither read it nor tell a yes from a no by its length. It is not signed: the grants in it are.
 */

import { utf8 } from './bytes.ts';
import {
  bool,
  bytes,
  type Cbor,
  Claims,
  decode,
  encode,
  identifier,
  type Limits,
  map,
  MAX_ARRAY_ITEMS,
  pod,
  principal,
  type Read,
} from './codec/index.ts';
import { Signed } from './cose.ts';
import { open, seal } from './crypto/hpke.ts';
import { Grant } from './grant.ts';
import { ObjectId, type PodId, type Principal } from './ids.ts';
import { distinct, some, tuple } from './lists.ts';
import { pad, unpad } from './padding.ts';
import { refuse, refuseClaim } from './refusal.ts';

/** The limits of a decision: one grant of 1 kB at each of 256 holders. */
export const DECISION_LIMITS: Limits = { bytes: 256 * 1024, depth: 4, items: MAX_ARRAY_ITEMS };
/** Sealed decisions are a multiple of this long: a denial and grants at up to eight holders look alike. */
export const DECISION_STEP_BYTES = 8 * 1024;

/** What HPKE's `info` is: the use and its version (RFC 9180 §5.1). */
const SEAL_INFO = utf8('aitta-decision-1');

/** A citizen's answer to an access request. */
export interface Decision {
  /** The access request. */
  readonly request: ObjectId;
  readonly outcome: DecisionOutcome;
}

/** What was decided. */
export type DecisionOutcome =
  /** Yes: one grant for each holder. */
  | { readonly kind: 'granted'; readonly grants: readonly HolderGrant[] }
  /** No, and whether the service should not ask again. */
  | { readonly kind: 'denied'; readonly forGood: boolean };

/** A grant and where it counts. */
export interface HolderGrant {
  readonly holder: Principal;
  /** The pod at the holder. */
  readonly pod: PodId;
  /** The signed grant. */
  readonly grant: Uint8Array;
}

const REQUEST = 0n;
const GRANTED = 1n;
const DENIED = 2n;

/** The deterministic encoding, which is what gets sealed. */
export function decisionToBytes({ request, outcome }: Decision): Uint8Array {
  const toCbor = ({ holder, pod: of, grant }: HolderGrant): Cbor => [holder, of, grant];
  return encode(
    map([
      [REQUEST, ObjectId.bytes(request)],
      [GRANTED, outcome.kind === 'granted' ? outcome.grants.map(toCbor) : undefined],
      [DENIED, outcome.kind === 'denied' ? outcome.forGood : undefined],
    ]),
  );
}

/**
 * Reads the encoding. Each grant must decode and be for the holder and the pod beside it; its signature is for the holder to check,
 * who alone knows the citizen's keys. @throws {Refusal} `cbor-…`, `claim-…`, `cose-…`; `audience`, `unknown-pod` for another's.
 */
export function decisionFromBytes(message: Uint8Array): Decision {
  const claims = new Claims(decode(message, DECISION_LIMITS));
  const request = claims.need(REQUEST, identifier(ObjectId));
  const forGood = claims.maybe(DENIED, bool);
  const outcome: DecisionOutcome =
    forGood === null
      ? { kind: 'granted', grants: claims.need(GRANTED, some(holderGrant)) }
      : { kind: 'denied', forGood };
  claims.finish();
  if (outcome.kind === 'granted') {
    distinct(
      GRANTED,
      outcome.grants.map(({ holder }) => holder),
    );
    outcome.grants.forEach(check);
  }
  return { request, outcome };
}

const holderGrant: Read<HolderGrant> = (claim, item) => {
  const [holder, of, grant] = tuple(3)(claim, item);
  return { holder: principal(claim, holder), pod: pod(claim, of), grant: bytes(claim, grant) };
};

function check({ holder, pod: of, grant }: HolderGrant): void {
  const { unverified } = Signed.decode(Grant, grant);
  if (unverified.audience !== holder) refuse('audience');
  if (unverified.subject !== of) refuse('unknown-pod');
}

/** Seals it to the service's registered key, bound to the access request, with 32 random bytes. Null when the key is none. */
export function sealDecision(decision: Decision, to: Uint8Array, random: Uint8Array): Uint8Array | null {
  const plain = pad(decisionToBytes(decision), DECISION_STEP_BYTES);
  return seal(to, SEAL_INFO, ObjectId.bytes(decision.request), plain, random);
}

/** Opens what `sealDecision` made for this access request; null when it does not open. @throws {Refusal} when it is no decision on it. */
export function openDecision(key: Uint8Array, request: ObjectId, sealed: Uint8Array): Decision | null {
  const padded = open(key, SEAL_INFO, ObjectId.bytes(request), sealed);
  const plain = padded && unpad(padded);
  if (plain === null) return null;
  const decision = decisionFromBytes(plain);
  return decision.request === request ? decision : refuseClaim('claim-range', REQUEST);
}
