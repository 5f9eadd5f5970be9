/** Memberships: the trust anchor or a region says that an organisation belongs (`docs/protocol/membership.md`). */

import { bool, Claims, identifier, map, OBJECT_LIMITS, parsed, principal, time, uint } from '../codec/index.ts';
import type { Payload } from '../cose.ts';
import type { PublicKey } from '../crypto/signing.ts';
import { Cti, type Identifier, type Principal } from '../ids.ts';
import { MAX_STATEMENT_LIFETIME_SECS } from '../limits.ts';
import { distinct, some, window } from '../lists.ts';
import { refuseClaim } from '../refusal.ts';
import { registeredKeys } from './keys.ts';

/** Most levels of memberships below the trust anchor: region, part of a region, organisation. */
export const MAX_LEVELS = 3n;

/** How people and files name a member: `helsinki`. */
export type ShortName = Identifier<'ShortName'>;

/** Lower-case letters, digits and inner `-`, a letter first, at most 40 bytes: it stands in file names and on command lines. */
const SHORT_NAME = /^(?=.{1,40}$)[a-z](?:[a-z0-9-]*[a-z0-9])?$/;

/** From its text; null when it is none. */
export function parseShortName(text: string): ShortName | null {
  return SHORT_NAME.test(text) ? (text as ShortName) : null;
}

/**
 * What a member may do: admit members below it; hold pods; own services; run the directory; run the blinder. A closed set: an
 * unknown role is refused, not skipped.
 */
export type Role = 'region' | 'holder' | 'services' | 'directory' | 'blinder';

const ROLE_NAMES: readonly Role[] = ['region', 'holder', 'services', 'directory', 'blinder'];

/** That somebody is a member: with which keys, in which roles, until when. */
export interface Membership {
  /** The trust anchor, or the region that admits. */
  readonly issuer: Principal;
  /** The member. */
  readonly subject: Principal;
  /** First second at which it no longer counts. */
  readonly expires: bigint;
  /** When it was signed. Of several statements by one issuer about one member, the newest counts. */
  readonly issued: bigint;
  readonly cti: Cti;
  readonly name: ShortName;
  /** The keys with which the member signs online: profiles, receipts, tree heads, holder entries. */
  readonly keys: readonly PublicKey[];
  readonly roles: readonly Role[];
  /** How many levels of members it may admit below itself: 0 for all but regions, below `MAX_LEVELS`. */
  readonly depth: bigint;
  /** Whether it is suspended: known, but nothing of it counts. */
  readonly suspended: boolean;
}

const NAME = -70200n;
const KEYS = -70201n;
const ROLES = -70202n;
const DEPTH = -70203n;
const SUSPENDED = -70204n;

export const Membership: Payload<Membership> = {
  typ: 'application/aitta-membership+cwt',
  limits: OBJECT_LIMITS,

  toCbor: (membership) =>
    map([
      [1n, membership.issuer],
      [2n, membership.subject],
      [4n, membership.expires],
      [6n, membership.issued],
      [7n, Cti.bytes(membership.cti)],
      [NAME, membership.name],
      [KEYS, membership.keys.map((key) => key.bytes)],
      [ROLES, membership.roles],
      [DEPTH, membership.depth],
      [SUSPENDED, membership.suspended],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const membership: Membership = {
      issuer: claims.need(1n, principal),
      subject: claims.need(2n, principal),
      expires: claims.need(4n, time),
      issued: claims.need(6n, time),
      cti: claims.need(7n, identifier(Cti)),
      name: claims.need(NAME, parsed(parseShortName)),
      keys: claims.need(KEYS, registeredKeys),
      roles: claims.need(ROLES, some(parsed(parseRole))),
      depth: claims.need(DEPTH, uint),
      suspended: claims.need(SUSPENDED, bool),
    };
    claims.finish();
    check(membership);
    return membership;
  },
};

function parseRole(text: string): Role | null {
  return ROLE_NAMES.find((role) => role === text) ?? null;
}

/** What makes sense only when the claims are seen together. */
function check(membership: Membership): void {
  window(membership.issued, membership.expires, MAX_STATEMENT_LIFETIME_SECS);
  distinct(ROLES, membership.roles);
  // A region that may admit nobody, or anybody else that may, is a mistake of whoever wrote the statement.
  const isRegion = membership.roles.includes('region');
  if (membership.depth >= MAX_LEVELS || isRegion !== membership.depth > 0n) refuseClaim('claim-range', DEPTH);
}
