/** Access requests: what a service would like to know, for what, for how long (`docs/protocol/access-request.md`). */

import { type Cbor, Claims, identifier, map, OBJECT_LIMITS, principal, type Read, time, uint } from './codec/index.ts';
import type { Payload } from './cose.ts';
import { covers, FieldPath, Purpose, RecordType } from './field.ts';
import { confirmation, CONFIRMATION, confirmationToCbor, type GrantLimits, type Permission } from './grant.ts';
import { Cti, type Principal, type Thumbprint } from './ids.ts';
import { MAX_DEPTH_OF_GRANT, MAX_GRANT_LIFETIME_SECS } from './limits.ts';
import { distinct, list, some, tuple, window } from './lists.ts';
import { type Predicate, predicate, predicateToCbor } from './predicate.ts';
import { refuseClaim } from './refusal.ts';
import { type Words, words, wordsToCbor } from './words.ts';

/** Longest time in which an access request may be answered: it can go out with a letter, before the summer. */
export const MAX_ACCESS_REQUEST_LIFETIME_SECS = 92n * 24n * 3600n;
/** Longest retention that may be asked for: a century, for archives. What is allowed stands in the registration. */
export const MAX_RETENTION_SECS = 36_525n * 24n * 3600n;

/** What a service asks a citizen for. It names nobody: the citizen gets it by a link, a code or an inbox. */
export interface AccessRequest {
  /** The service, which signs. */
  readonly service: Principal;
  /** The organisation that owns it and takes the decision for it. */
  readonly organisation: Principal;
  /** First second at which it can no longer be answered. */
  readonly expires: bigint;
  readonly issued: bigint;
  readonly cti: Cti;
  /** The service's key that will fetch: the grants are confirmed to it. */
  readonly confirmation: Thumbprint;
  /** What is asked for, one for each record type. */
  readonly items: readonly Ask[];
  readonly purpose: Purpose;
  /** How long the service would keep what it gets. */
  readonly retentionSecs: bigint;
  /** How long the grants should count. */
  readonly validitySecs: bigint;
  /** Why, in words that the citizen reads. */
  readonly reason: Words;
  /** At which holders; null means wherever the citizen has such records. */
  readonly holders: readonly Principal[] | null;
  /** How often the grants may be passed on, 0 mostly. */
  readonly depth: bigint;
  /** To which organisations (processors); empty when `depth` is 0, never otherwise. */
  readonly delegatees: readonly Principal[];
}

/** What is asked of one record type. The citizen may leave out what is optional. */
export interface Ask {
  readonly recordType: RecordType;
  /** Fields without which the service cannot do its work. */
  readonly required: readonly FieldPath[];
  /** Fields that would help. */
  readonly optional: readonly FieldPath[];
  /** Questions without whose answers the service cannot do its work. */
  readonly requiredPredicates: readonly Predicate[];
  /** Questions whose answers would help. */
  readonly optionalPredicates: readonly Predicate[];
}

const ORGANISATION = -70220n;
const ITEMS = -70221n;
const PURPOSE = -70222n;
const RETENTION = -70223n;
const VALIDITY = -70224n;
const REASON = -70225n;
const HOLDERS = -70226n;
const DEPTH = -70227n;
const DELEGATEES = -70228n;

export const AccessRequest: Payload<AccessRequest> = {
  typ: 'application/aitta-access-request+cwt',
  limits: OBJECT_LIMITS,

  toCbor: (request) =>
    map([
      [1n, request.service],
      [4n, request.expires],
      [6n, request.issued],
      [7n, Cti.bytes(request.cti)],
      [CONFIRMATION, confirmationToCbor(request.confirmation)],
      [ORGANISATION, request.organisation],
      [ITEMS, request.items.map(askToCbor)],
      [PURPOSE, request.purpose],
      [RETENTION, request.retentionSecs],
      [VALIDITY, request.validitySecs],
      [REASON, wordsToCbor(request.reason)],
      [HOLDERS, request.holders ?? undefined],
      [DEPTH, request.depth > 0n ? request.depth : undefined],
      [DELEGATEES, request.delegatees.length > 0 ? request.delegatees : undefined],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const request: AccessRequest = {
      service: claims.need(1n, principal),
      organisation: claims.need(ORGANISATION, principal),
      expires: claims.need(4n, time),
      issued: claims.need(6n, time),
      cti: claims.need(7n, identifier(Cti)),
      confirmation: claims.need(CONFIRMATION, confirmation),
      items: claims.need(ITEMS, some(ask)),
      purpose: claims.need(PURPOSE, Purpose.read),
      retentionSecs: claims.need(RETENTION, uint),
      validitySecs: claims.need(VALIDITY, uint),
      reason: claims.need(REASON, words),
      holders: claims.maybe(HOLDERS, some(principal)),
      depth: claims.maybe(DEPTH, depth) ?? 0n,
      delegatees: claims.maybe(DELEGATEES, some(principal)) ?? [],
    };
    claims.finish();
    check(request);
    return request;
  },
};

/** 0 is said by leaving the claim out: one meaning, one encoding. */
const depth: Read<bigint> = (claim, item) => {
  const number = uint(claim, item);
  return number === 0n ? refuseClaim('claim-range', claim) : number;
};

/** What makes sense only when the claims are seen together. */
function check(request: AccessRequest): void {
  window(request.issued, request.expires, MAX_ACCESS_REQUEST_LIFETIME_SECS);
  distinct(
    ITEMS,
    request.items.map(({ recordType }) => recordType),
  );
  distinct(HOLDERS, request.holders ?? []);
  distinct(DELEGATEES, request.delegatees);
  if (request.retentionSecs < 1n || request.retentionSecs > MAX_RETENTION_SECS) refuseClaim('claim-range', RETENTION);
  if (request.validitySecs < 1n || request.validitySecs > MAX_GRANT_LIFETIME_SECS) refuseClaim('claim-range', VALIDITY);
  // A citizen sees to whom it would go, so "anybody" cannot be asked for.
  const isPassedOn = request.depth > 0n;
  if (request.depth > MAX_DEPTH_OF_GRANT || isPassedOn !== request.delegatees.length > 0)
    refuseClaim('claim-range', DEPTH);
}

/** As `[type, required, optional, required predicates, optional predicates]`. */
function askToCbor(ask: Ask): Cbor {
  return [
    ask.recordType,
    ask.required,
    ask.optional,
    ask.requiredPredicates.map(predicateToCbor),
    ask.optionalPredicates.map(predicateToCbor),
  ];
}

const ask: Read<Ask> = (claim, item) => {
  const [of, required, optional, requiredPredicates, optionalPredicates] = tuple(5)(claim, item);
  const found: Ask = {
    recordType: RecordType.read(claim, of),
    required: list(FieldPath.read)(claim, required),
    optional: list(FieldPath.read)(claim, optional),
    requiredPredicates: list(predicate)(claim, requiredPredicates),
    optionalPredicates: list(predicate)(claim, optionalPredicates),
  };
  const fields = [...found.required, ...found.optional];
  const ids = [...found.requiredPredicates, ...found.optionalPredicates].map(({ id }) => id);
  if (fields.length === 0 && ids.length === 0) refuseClaim('claim-empty', claim);
  distinct(claim, fields);
  distinct(claim, ids);
  // Leaving out an optional field must make a difference, or the citizen's choice would be none.
  const isIdle = found.optional.some((one) => found.required.some((needed) => covers(needed, one)));
  return isIdle ? refuseClaim('claim-repeated', claim) : found;
};

/** Something optional that the citizen ticked: a field, or a predicate's id with its `?`. */
export interface Chosen {
  readonly recordType: RecordType;
  readonly name: string;
}

/**
 * What a grant gives when the citizen agrees: all that is required, and of the optional things those that were chosen. Names that
 * are not optional here add nothing.
 */
export function toPermissions(request: AccessRequest, chosen: readonly Chosen[]): readonly Permission[] {
  return request.items.flatMap((one): readonly Permission[] => {
    const isChosen = (name: string): boolean =>
      chosen.some((choice) => choice.recordType === one.recordType && choice.name === name);
    const fields = [...one.required, ...one.optional.filter(isChosen)];
    const predicates = [...one.requiredPredicates, ...one.optionalPredicates.filter(({ id }) => isChosen(id))];
    const { recordType } = one;
    return [
      ...(fields.length > 0 ? [{ kind: 'raw', recordType, fields } as const] : []),
      ...(predicates.length > 0 ? [{ kind: 'derived', recordType, predicates } as const] : []),
    ];
  });
}

/** The limits that a grant for this request has. */
export function grantLimits(request: AccessRequest): GrantLimits {
  return {
    uses: null,
    rate: null,
    depth: request.depth,
    organisations: request.delegatees.length > 0 ? request.delegatees : null,
    retentionSecs: request.retentionSecs,
  };
}
