/** What a holder has on record for a pod: who speaks for it, and what is taken back. */

import type { Grant } from './grant.ts';
import type { Kid, ObjectId, PodId, Principal } from './ids.ts';
import type { KeyState } from './key-event/index.ts';
import type { RefusalCode } from './refusal.ts';
import type { Target } from './revocation.ts';

/** Somebody who speaks for the pod's subject for some time: a guardian. */
export interface Representative {
  readonly keys: KeyState;
  /** First second at which they do. */
  readonly fromSecs: bigint;
  /** First second at which they no longer do. */
  readonly untilSecs: bigint;
}

/** What is on record for one pod. */
export interface Standing {
  readonly pod: PodId;
  /** The subject's key log; null while nobody is enrolled. */
  readonly subject: KeyState | null;
  readonly representatives: readonly Representative[];
  /** Grants that were taken back. */
  readonly revoked: ReadonlySet<ObjectId>;
  /** Grants issued before this second were taken back. */
  readonly revokedBefore: bigint;
  /** Keys, and since when nothing that they signed counts. */
  readonly revokedKeys: ReadonlyMap<Kid, bigint>;
}

/** A pod of which nothing is on record. */
export function newStanding(pod: PodId): Standing {
  return { pod, subject: null, representatives: [], revoked: new Set(), revokedBefore: 0n, revokedKeys: new Map() };
}

/** The key log by which this principal speaks for the pod now; undefined when they do not. */
export function speakerOf(standing: Standing, principal: Principal, nowSecs: bigint): KeyState | undefined {
  if (standing.subject?.principal === principal) return standing.subject;
  const found = standing.representatives.find(
    (one) => one.keys.principal === principal && one.fromSecs <= nowSecs && nowSecs < one.untilSecs,
  );
  return found?.keys;
}

/** What is wrong with the signer of a chain's first grant; null when nothing is. */
export function rootFault(standing: Standing, grant: Grant, key: Kid, nowSecs: bigint): RefusalCode | null {
  const keys = speakerOf(standing, grant.issuer, nowSecs);
  return keys === undefined ? 'chain-issuer' : keys.signerFaultAt(key, grant.keyEvent, grant.issued);
}

/** Whether a grant with this id, issued then and signed with this key, was taken back. */
export function isRevoked(standing: Standing, id: ObjectId, issuedSecs: bigint, key: Kid): boolean {
  const since = standing.revokedKeys.get(key);
  const isKeyRevoked = since !== undefined && issuedSecs >= since;
  return standing.revoked.has(id) || issuedSecs < standing.revokedBefore || isKeyRevoked;
}

/** The standing after a revocation. */
export function withRevocation(standing: Standing, target: Target): Standing {
  switch (target.kind) {
    case 'grant':
      return { ...standing, revoked: new Set(standing.revoked).add(target.grant) };
    case 'pod-before':
      return target.beforeSecs > standing.revokedBefore ? { ...standing, revokedBefore: target.beforeSecs } : standing;
    case 'key-since': {
      const earlier = standing.revokedKeys.get(target.key) ?? target.sinceSecs;
      const since = earlier < target.sinceSecs ? earlier : target.sinceSecs;
      return { ...standing, revokedKeys: new Map(standing.revokedKeys).set(target.key, since) };
    }
  }
}
