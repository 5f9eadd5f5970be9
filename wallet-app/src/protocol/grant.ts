/** Grants: the signed capability (`docs/protocol/grant.md`). */

import {
  array,
  type Cbor,
  CborMap,
  Claims,
  identifier,
  map,
  nullable,
  OBJECT_LIMITS,
  pod,
  principal,
  type Read,
  time,
  uint,
} from './codec/index.ts';
import type { Payload } from './cose.ts';
import { covers, FieldPath, type PredicateId, Purpose, RecordType } from './field.ts';
import { Cti, ObjectId, type PodId, type Principal, Thumbprint } from './ids.ts';
import { MAX_DEPTH_OF_GRANT, MAX_GRANT_LIFETIME_SECS } from './limits.ts';
import { distinct, some, tuple } from './lists.ts';
import { type Predicate, predicate, predicateToCbor } from './predicate.ts';
import { refuseClaim } from './refusal.ts';

/** A grant's claims: who may read which fields of which pod, at which holder, for what, until when. */
export interface Grant {
  /** Who signs: the citizen at the root, the previous delegatee below. */
  readonly issuer: Principal;
  /** The pod; the same in every link. */
  readonly subject: PodId;
  /** The one holder at which it counts. */
  readonly audience: Principal;
  /** First second at which it no longer counts. */
  readonly expires: bigint;
  /** First second at which it counts, if later than `issued`. */
  readonly notBefore: bigint | null;
  /** When it was signed. */
  readonly issued: bigint;
  readonly cti: Cti;
  /** The key that may use it or pass it on. */
  readonly confirmation: Thumbprint;
  /** The link above; null at the root. */
  readonly parent: ObjectId | null;
  /** What it gives. */
  readonly permissions: readonly Permission[];
  /** For what. */
  readonly purposes: readonly Purpose[];
  /** How often, and how far it may be passed on. */
  readonly limits: GrantLimits;
  /** The issuer's key event in which the signing key is valid; 0 in a grant that was passed on. */
  readonly keyEvent: bigint;
  /** The legal basis, such as `eu-gdpr:A6-1-a`. */
  readonly legalBasis: Purpose | null;
}

/** What a grant gives of one record type: fields as they are, or answers to these questions alone. */
export type Permission =
  | { readonly kind: 'raw'; readonly recordType: RecordType; readonly fields: readonly FieldPath[] }
  | { readonly kind: 'derived'; readonly recordType: RecordType; readonly predicates: readonly Predicate[] };

/** Most fetches in so many seconds. */
export interface Rate {
  readonly uses: bigint;
  readonly secs: bigint;
}

/** Limits of a grant; null where there is none. */
export interface GrantLimits {
  /** Most fetches, ever. */
  readonly uses: bigint | null;
  readonly rate: Rate | null;
  /** How often it may be passed on. */
  readonly depth: bigint;
  /** To which organisations it may be passed on; null means to no particular ones. */
  readonly organisations: readonly Principal[] | null;
  /** How long the recipient may keep what it got. */
  readonly retentionSecs: bigint | null;
}

const PARENT = -70000n;
const PERMISSIONS = -70001n;
const PURPOSES = -70002n;
const LIMITS = -70003n;
const KEY_EVENT = -70004n;
const LEGAL_BASIS = -70005n;
/** The claim that says whose key may use a grant. */
export const CONFIRMATION = 8n;
/** Confirmation method `ckt`: a key's thumbprint (RFC 9679 §5.6). */
const CKT = 5n;

const RAW = 0n;
const DERIVED = 1n;

/** First second at which it counts. */
export function begins(grant: Grant): bigint {
  return grant.notBefore ?? grant.issued;
}

/** The predicates that it gives, of one record type. */
export function derived(grant: Grant, recordType: RecordType): readonly Predicate[] {
  return grant.permissions.flatMap((permission) =>
    permission.kind === 'derived' && permission.recordType === recordType ? permission.predicates : [],
  );
}

/** Whether it gives the whole of this field as it is. */
export function gives(grant: Grant, recordType: RecordType, field: FieldPath): boolean {
  return grant.permissions.some(
    (permission) =>
      permission.kind === 'raw' &&
      permission.recordType === recordType &&
      permission.fields.some((given) => covers(given, field)),
  );
}

/** The predicate with this id, if it gives one. */
export function predicateOf(grant: Grant, recordType: RecordType, id: PredicateId): Predicate | undefined {
  return derived(grant, recordType).find((one) => one.id === id);
}

export const Grant: Payload<Grant> = {
  typ: 'application/aitta-grant+cwt',
  limits: OBJECT_LIMITS,

  toCbor: (grant) =>
    map([
      [1n, grant.issuer],
      [2n, grant.subject],
      [3n, grant.audience],
      [4n, grant.expires],
      [5n, grant.notBefore ?? undefined],
      [6n, grant.issued],
      [7n, Cti.bytes(grant.cti)],
      [CONFIRMATION, confirmationToCbor(grant.confirmation)],
      [PARENT, grant.parent && ObjectId.bytes(grant.parent)],
      [PERMISSIONS, grant.permissions.map(permissionToCbor)],
      [PURPOSES, grant.purposes],
      [LIMITS, limitsToCbor(grant.limits)],
      [KEY_EVENT, grant.keyEvent],
      [LEGAL_BASIS, grant.legalBasis ?? undefined],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const grant: Grant = {
      issuer: claims.need(1n, principal),
      subject: claims.need(2n, pod),
      audience: claims.need(3n, principal),
      expires: claims.need(4n, time),
      notBefore: claims.maybe(5n, time),
      issued: claims.need(6n, time),
      cti: claims.need(7n, identifier(Cti)),
      confirmation: claims.need(CONFIRMATION, confirmation),
      parent: claims.need(PARENT, nullable(identifier(ObjectId))),
      permissions: claims.need(PERMISSIONS, some(permission)),
      purposes: claims.need(PURPOSES, some(Purpose.read)),
      limits: claims.need(LIMITS, limits),
      keyEvent: claims.need(KEY_EVENT, uint),
      legalBasis: claims.maybe(LEGAL_BASIS, Purpose.read),
    };
    claims.finish();
    check(grant);
    return grant;
  },
};

/** What makes sense only when the claims are seen together. */
function check(grant: Grant): void {
  if (grant.expires <= begins(grant) || begins(grant) < grant.issued) refuseClaim('claim-range', 4n);
  if (grant.expires - grant.issued > MAX_GRANT_LIFETIME_SECS) refuseClaim('claim-range', 4n);
  // A child is judged by the key that its parent confirms: a number here would say something that nobody reads.
  if (grant.parent !== null && grant.keyEvent !== 0n) refuseClaim('claim-range', KEY_EVENT);
  distinct(PURPOSES, grant.purposes);
  distinct(
    PERMISSIONS,
    grant.permissions.map(({ kind, recordType }) => `${kind} ${recordType}`),
  );
}

/** As `{5: thumbprint}`, the value of claim 8 (RFC 9679 §5.6). */
export function confirmationToCbor(thumbprint: Thumbprint): Cbor {
  return map([[CKT, Thumbprint.bytes(thumbprint)]]);
}

/** Reads `{5: thumbprint}`. @throws {Refusal} `claim-type`, `claim-unknown`. */
export const confirmation: Read<Thumbprint> = (claim, item) => {
  const [entry] = item instanceof CborMap && item.entries.length === 1 ? item.entries : [];
  if (entry === undefined) refuseClaim('claim-type', claim);
  return entry[0] === CKT ? identifier(Thumbprint)(claim, entry[1]) : refuseClaim('claim-unknown', claim);
};

/** As `[type, 0, fields]` or `[type, 1, predicates]`. */
export function permissionToCbor(permission: Permission): Cbor {
  return permission.kind === 'raw'
    ? [permission.recordType, RAW, permission.fields]
    : [permission.recordType, DERIVED, permission.predicates.map(predicateToCbor)];
}

/** Reads `[type, 0, fields]` or `[type, 1, predicates]`. @throws {Refusal} `claim-…`. */
export const permission: Read<Permission> = (claim, item) => {
  const [of, kind, items] = tuple(3)(claim, item);
  const recordType = RecordType.read(claim, of);
  if (array(claim, items).length === 0) refuseClaim('claim-empty', claim);
  switch (uint(claim, kind)) {
    case RAW: {
      const fields = some(FieldPath.read)(claim, items);
      distinct(claim, fields);
      return { kind: 'raw', recordType, fields };
    }
    case DERIVED: {
      const predicates = some(predicate)(claim, items);
      distinct(
        claim,
        predicates.map(({ id }) => id),
      );
      return { kind: 'derived', recordType, predicates };
    }
    default:
      return refuseClaim('claim-type', claim);
  }
};

function limitsToCbor(limits: GrantLimits): Cbor {
  return map([
    [1n, limits.uses ?? undefined],
    [2n, limits.rate ? [limits.rate.uses, limits.rate.secs] : undefined],
    [3n, limits.depth],
    [4n, limits.organisations ?? undefined],
    [5n, limits.retentionSecs ?? undefined],
  ]);
}

const limits: Read<GrantLimits> = (claim, item) => {
  const claims = new Claims(item);
  // Whatever is wrong inside is a fault of the claim that holds the limits.
  const positive: Read<bigint> = (_inner, one) => {
    const number = uint(claim, one);
    return number === 0n ? refuseClaim('claim-range', claim) : number;
  };
  const found: GrantLimits = {
    uses: claims.maybe(1n, positive),
    rate: claims.maybe(2n, (_inner, one) => {
      const [uses, secs] = tuple(2)(claim, one);
      return { uses: positive(claim, uses), secs: positive(claim, secs) };
    }),
    depth: claims.need(3n, uint),
    organisations: claims.maybe(4n, (_inner, one) => {
      const organisations = some(principal)(claim, one);
      distinct(claim, organisations);
      return organisations;
    }),
    retentionSecs: claims.maybe(5n, positive),
  };
  claims.finish();
  return found.depth > MAX_DEPTH_OF_GRANT ? refuseClaim('claim-range', claim) : found;
};
