/** Chains of grants: every link is verified, and no child widens its parent (`docs/protocol/grant.md`, Chains). */

import type { Verified } from './cose.ts';
import { begins, derived, type Grant, type GrantLimits, gives, type Permission, type Rate } from './grant.ts';
import type { Principal, Thumbprint } from './ids.ts';
import { CLOCK_SKEW_SECS, MAX_LINKS } from './limits.ts';
import { type Predicate, predicateToCbor } from './predicate.ts';
import { encode } from './codec/index.ts';
import { equalBytes } from './bytes.ts';
import { refuse, Refusal, type RefusalCode } from './refusal.ts';
import { isRevoked, rootFault, type Standing } from './standing.ts';

/** What the rules need to know beside the chain itself. */
export interface ChainFacts {
  /** The pod's standing. */
  readonly standing: Standing;
  /** The holder that judges. */
  readonly holder: Principal;
  /** The member organisation that a key works for (its services' keys); null for any other. */
  organisationOf(key: Thumbprint): Principal | null;
  /** Whether the view of revocations is recent enough for delegated chains. */
  readonly revocationsFresh: boolean;
  /** Seconds since 1970. */
  readonly nowSecs: bigint;
}

/**
 * Checks a chain, the root first, and gives the last grant, which is what counts: each child was checked to be no wider.
 * @throws {Refusal} `chain-…` with the link; `audience`, `issued-in-future`, `not-yet-valid`, `expired`, `revoked`.
 */
export function checkChain(chain: readonly Verified<Grant>[], facts: ChainFacts): Verified<Grant> {
  const [root] = chain;
  const leaf = chain.at(-1);
  if (root === undefined || leaf === undefined) refuseLink(0, 'chain-not-root');
  if (chain.length > MAX_LINKS) refuseLink(chain.length, 'chain-too-long');
  for (const [link, grant] of chain.entries()) {
    if (chain.slice(0, link).some((above) => above.id === grant.id)) refuseLink(link, 'chain-loop');
    checkHereAndNow(grant, facts);
  }
  if (root.claims.parent !== null) refuseLink(0, 'chain-not-root');
  if (root.claims.subject !== facts.standing.pod) refuseLink(0, 'chain-subject');
  const fault = rootFault(facts.standing, root.claims, root.key.kid, facts.nowSecs);
  if (fault !== null) refuseLink(0, fault);
  for (const [link, child] of chain.entries()) {
    const parent = chain[link - 1];
    const wrong = parent && linkFault(parent, child, facts);
    if (wrong) refuseLink(link, wrong);
  }
  if (chain.length > 1 && !facts.revocationsFresh) refuseLink(chain.length - 1, 'chain-stale-revocations');
  return leaf;
}

function refuseLink(link: number, code: RefusalCode): never {
  throw new Refusal(code, { link });
}

function checkHereAndNow({ id, key, claims: grant }: Verified<Grant>, facts: ChainFacts): void {
  if (grant.audience !== facts.holder) refuse('audience');
  if (grant.issued > facts.nowSecs + CLOCK_SKEW_SECS) refuse('issued-in-future');
  // A grant without `nbf` counts from its signing on; the signer's clock may be ahead by the skew.
  if (grant.notBefore !== null && grant.notBefore > facts.nowSecs) refuse('not-yet-valid');
  if (grant.expires <= facts.nowSecs) refuse('expired');
  if (isRevoked(facts.standing, id, grant.issued, key.kid)) refuse('revoked');
}

/** What is wrong with one step down: who signed, and that nothing got wider; null when nothing is. */
function linkFault(above: Verified<Grant>, below: Verified<Grant>, facts: ChainFacts): RefusalCode | null {
  const [parent, child] = [above.claims, below.claims];
  if (child.parent !== above.id) return 'chain-parent';
  if (below.key.thumbprint !== parent.confirmation) return 'chain-confirmation';
  // Whose words these are stands in the log, so it must be the one whose key signed.
  if (facts.organisationOf(parent.confirmation) !== child.issuer) return 'chain-issuer';
  if (child.subject !== parent.subject) return 'chain-subject';
  if (child.audience !== parent.audience) return 'chain-audience';
  const isInside = begins(child) >= begins(parent) && child.expires <= parent.expires;
  if (!isInside || child.issued < parent.issued) return 'chain-window';
  if (!child.permissions.every((permission) => givesAll(parent, permission))) return 'chain-wider';
  if (!child.purposes.every((purpose) => parent.purposes.includes(purpose))) return 'chain-purpose';
  if (child.legalBasis !== null && child.legalBasis !== parent.legalBasis) return 'chain-purpose';
  if (child.limits.depth >= parent.limits.depth) return 'chain-depth';
  if (isLooser(child.limits, parent.limits)) return 'chain-limits';
  const delegatee = facts.organisationOf(child.confirmation);
  const allowed = parent.limits.organisations;
  if (delegatee === null || (allowed !== null && !allowed.includes(delegatee))) return 'chain-organisation';
  return null;
}

/**
 * Whether the parent gives all of a child's permission: raw fields from raw fields, predicates from the same predicate or from the
 * raw field. Never a raw field from a predicate.
 */
function givesAll(parent: Grant, permission: Permission): boolean {
  const { recordType } = permission;
  if (permission.kind === 'raw') return permission.fields.every((field) => gives(parent, recordType, field));
  return permission.predicates.every(
    (one) =>
      gives(parent, recordType, one.field) || derived(parent, recordType).some((given) => isSamePredicate(given, one)),
  );
}

/** Each predicate has one encoding. */
function isSamePredicate(left: Predicate, right: Predicate): boolean {
  return equalBytes(encode(predicateToCbor(left)), encode(predicateToCbor(right)));
}

/** Whether a child leaves out a limit of its parent, or sets it higher. */
function isLooser(child: GrantLimits, parent: GrantLimits): boolean {
  return (
    isAbove(child.uses, parent.uses) ||
    isAbove(child.retentionSecs, parent.retentionSecs) ||
    isFaster(child.rate, parent.rate) ||
    hasOthers(child, parent.organisations)
  );
}

function isAbove(child: bigint | null, parent: bigint | null): boolean {
  return parent !== null && (child === null || child > parent);
}

/** Both parts are compared: a longer window with the same fraction would allow a larger burst. */
function isFaster(child: Rate | null, parent: Rate | null): boolean {
  return parent !== null && (child === null || child.uses > parent.uses || child.secs < parent.secs);
}

function hasOthers(child: GrantLimits, allowed: readonly Principal[] | null): boolean {
  if (allowed === null) return false;
  if (child.organisations === null) return child.depth > 0n;
  return !child.organisations.every((organisation) => allowed.includes(organisation));
}
