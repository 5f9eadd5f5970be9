/**
 * Revocations: taking back, for good (`docs/protocol/revocation.md`). One is never undone and counts whenever it arrives, so
 * that it needs no connection and no nonce.
 */

import {
  type Cbor,
  Claims,
  identifier,
  map,
  OBJECT_LIMITS,
  pod,
  principal,
  type Read,
  time,
  uint,
} from './codec/index.ts';
import type { Payload } from './cose.ts';
import { Cti, Kid, ObjectId, type PodId, type Principal } from './ids.ts';
import { CLOCK_SKEW_SECS } from './limits.ts';
import { Parts } from './lists.ts';
import { refuseClaim } from './refusal.ts';

/** What is taken back. */
export type Target =
  /** This grant, and all that were made from it. */
  | { readonly kind: 'grant'; readonly grant: ObjectId }
  /** Every grant over a pod at the audience that was issued before a time, which is not after that of the revocation. */
  | { readonly kind: 'pod-before'; readonly pod: PodId; readonly beforeSecs: bigint }
  /** Every grant that a key signed from a time on. */
  | { readonly kind: 'key-since'; readonly key: Kid; readonly sinceSecs: bigint };

/** A revocation's claims. */
export interface Revocation {
  /** Who takes back: the pod's subject, a representative, or who signed the grant or one above it. */
  readonly issuer: Principal;
  /** The holder. */
  readonly audience: Principal;
  readonly issued: bigint;
  readonly cti: Cti;
  readonly target: Target;
}

const TARGET = -70020n;

const GRANT = 0n;
const POD_BEFORE = 1n;
const KEY_SINCE = 2n;

export const Revocation: Payload<Revocation> = {
  typ: 'application/aitta-revocation+cwt',
  limits: OBJECT_LIMITS,

  toCbor: (revocation) =>
    map([
      [1n, revocation.issuer],
      [3n, revocation.audience],
      [6n, revocation.issued],
      [7n, Cti.bytes(revocation.cti)],
      [TARGET, targetToCbor(revocation.target)],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const found = claims.need(TARGET, target);
    const revocation: Revocation = {
      issuer: claims.need(1n, principal),
      audience: claims.need(3n, principal),
      issued: claims.need(6n, time),
      cti: claims.need(7n, identifier(Cti)),
      target: found,
    };
    claims.finish();
    // Nothing undoes it: one of times to come would take back grants that nobody has made yet.
    if (found.kind === 'pod-before' && found.beforeSecs > revocation.issued + CLOCK_SKEW_SECS) {
      refuseClaim('claim-range', TARGET);
    }
    return revocation;
  },
};

function targetToCbor(target: Target): Cbor {
  switch (target.kind) {
    case 'grant':
      return [GRANT, ObjectId.bytes(target.grant)];
    case 'pod-before':
      return [POD_BEFORE, target.pod, target.beforeSecs];
    case 'key-since':
      return [KEY_SINCE, Kid.bytes(target.key), target.sinceSecs];
  }
}

const target: Read<Target> = (claim, item) => {
  const parts = new Parts(claim, item);
  const found = targetOf(claim, parts.next(uint), parts);
  parts.finish();
  return found;
};

function targetOf(claim: bigint, kind: bigint, parts: Parts): Target {
  switch (kind) {
    case GRANT:
      return { kind: 'grant', grant: parts.next(identifier(ObjectId)) };
    case POD_BEFORE:
      return { kind: 'pod-before', pod: parts.next(pod), beforeSecs: parts.next(time) };
    case KEY_SINCE:
      return { kind: 'key-since', key: parts.next(identifier(Kid)), sinceSecs: parts.next(time) };
    default:
      return refuseClaim('claim-range', claim);
  }
}
