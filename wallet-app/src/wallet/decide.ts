/** Deciding: from a reviewed access request and a person's choice to one grant for each holder and a sealed decision. */

import type { Random } from '../crypto/random.ts';
import type { OrganisationSigner } from '../keys/key-log.ts';
import { type Chosen, grantLimits, toPermissions } from '../protocol/access-request.ts';
import { sign, type Verified } from '../protocol/cose.ts';
import { type DecisionOutcome, sealDecision } from '../protocol/decision.ts';
import { Purpose, type RecordType } from '../protocol/field.ts';
import { Grant, type GrantLimits, type Permission } from '../protocol/grant.ts';
import { Cti, type PodId } from '../protocol/ids.ts';
import { isOverAsked, type Review } from './review.ts';

/** The legal basis of every grant that a citizen signs: consent (GDPR Article 6(1)(a)). */
const CONSENT = Purpose.parse('eu-gdpr:A6-1-a');

/** A holder at which the citizen agrees. */
export interface HolderChoice {
  /** The pod there. */
  readonly pod: PodId;
  /** The wallet's key there; the holder is the signer's organisation. */
  readonly signer: OrganisationSigner;
  /** What lies there, when it is known: the grant names nothing else. */
  readonly recordTypes: readonly RecordType[] | null;
}

/** What a person chose. */
export interface Choice {
  /** What was ticked of the optional things. Nothing is, unless it stands here. */
  readonly optional: readonly Chosen[];
  readonly holders: readonly HolderChoice[];
  /** First second at which the grants no longer count: that of the day which the person saw, however long ago. */
  readonly untilSecs: bigint;
  /** How often they may be passed on, if less than asked. */
  readonly depth: bigint | null;
  /**
   * Leave out what goes beyond the service's registration, and keep to the registered retention. Otherwise nothing of an over-asking
   * request is signed: holders would refuse it.
   */
  readonly leaveOutOverAsked: boolean;
}

/** Random bytes of which the key of one sealing is made. */
const SEED_BYTES = 32;

const WHAT = {
  'already-decided':
    'this request was answered already: wait until that was sent, or take back what was agreed to first',
  changed: 'what was shown has changed meanwhile, so nothing was signed: look at the request once more',
  'pod-not-enrolled': 'a pod was chosen at which this wallet is not: log in there first',
  unshowable: 'the request asks for something that cannot be shown, so nothing of it is signed: deny it, or leave it',
  'too-late': 'the request can no longer be answered: ask the service for a new one',
  'not-optional': 'something was ticked that is not among the optional things of this request: review it again',
  'no-holder': 'no holder was chosen: choose one, or deny',
  'holder-not-asked': 'a holder was chosen that the request does not name: choose those that it names',
  'holder-twice': 'a holder was chosen twice: decide about one person at a time',
  'nothing-there': 'a holder was chosen that has nothing of what is asked for: leave it out',
  'over-asked': "the request goes beyond the service's registration: leave that out, or deny",
  nothing: 'nothing is left to agree to: deny instead',
  until: 'the end must lie between now and what was asked for: choose an earlier day',
  depth: 'it may be passed on no more often than was asked: choose less',
  'seal-key': "the service's registered key cannot be sealed to: tell the service",
} as const;

/** Why nothing was signed. */
export type ChoiceCode = keyof typeof WHAT;

export class ChoiceFault extends Error {
  override readonly name = 'ChoiceFault';
  readonly code: ChoiceCode;

  constructor(code: ChoiceCode) {
    super(WHAT[code]);
    this.code = code;
  }
}

/** What was decided, ready to be sent. */
export interface Decided {
  /** One grant for each holder, to deposit there. None after a denial. */
  readonly grants: readonly Verified<Grant>[];
  /** The decision, sealed to the service, to leave with the service's node. */
  readonly sealed: Uint8Array;
}

/** What of the request is granted with this choice, before anybody signs: what a preview shows. @throws {ChoiceFault} */
export function permissionsOf(review: Review, choice: Pick<Choice, 'optional'>): readonly Permission[] {
  for (const { recordType, name } of choice.optional) {
    const optional = review.types
      .filter((one) => one.recordType === recordType)
      .flatMap(({ names }) => names)
      .filter(({ required }) => !required);
    if (!optional.some((one) => one.name === name)) throw new ChoiceFault('not-optional');
  }
  const kept = toPermissions(review.request.claims, choice.optional).flatMap((one) => within(review, one));
  return kept.length === 0 ? fail('nothing') : kept;
}

/** Agrees: signs one grant for each chosen holder, with everything required and exactly the optional things chosen. @throws {ChoiceFault} */
export async function agree(review: Review, choice: Choice, nowSecs: bigint, random: Random): Promise<Decided> {
  checkAnswerable(review, nowSecs);
  if (review.problems.length > 0) throw new ChoiceFault('unshowable');
  checkHolders(review, choice);
  const limits = limitsOf(review, choice);
  const permissions = permissionsOf(review, choice);
  const expires = untilOf(review, choice, nowSecs);
  const { confirmation, purpose } = review.request.claims;
  const unsigned = choice.holders.map(({ pod, signer, recordTypes }) => {
    const there = permissions.filter(({ recordType }) => recordTypes?.includes(recordType) ?? true);
    if (there.length === 0) throw new ChoiceFault('nothing-there');
    const grant: Grant = {
      issuer: signer.principal,
      subject: pod,
      audience: signer.organisation,
      expires,
      notBefore: null,
      issued: nowSecs,
      cti: Cti.of(random(Cti.length)),
      confirmation,
      parent: null,
      permissions: there,
      purposes: [purpose],
      limits,
      keyEvent: signer.keyEvent,
      legalBasis: CONSENT,
    };
    return { grant, signer: signer.signer };
  });
  const grants = await Promise.all(unsigned.map(({ grant, signer }) => sign(Grant, grant, signer)));
  const forHolders = grants.map(({ claims, bytes }) => ({
    holder: claims.audience,
    pod: claims.subject,
    grant: bytes,
  }));
  return { grants, sealed: sealed(review, { kind: 'granted', grants: forHolders }, random) };
}

/** Denies. A request that cannot be shown or asks for too much can always be denied. @throws {ChoiceFault} */
export function deny(review: Review, forGood: boolean, nowSecs: bigint, random: Random): Decided {
  checkAnswerable(review, nowSecs);
  return { grants: [], sealed: sealed(review, { kind: 'denied', forGood }, random) };
}

function sealed({ request, service }: Review, outcome: DecisionOutcome, random: Random): Uint8Array {
  const bytes = sealDecision({ request: request.id, outcome }, service.sealKey, random(SEED_BYTES));
  return bytes ?? fail('seal-key');
}

function checkAnswerable({ request }: Review, nowSecs: bigint): void {
  if (request.claims.expires <= nowSecs) throw new ChoiceFault('too-late');
}

function checkHolders({ request }: Review, { holders }: Choice): void {
  if (holders.length === 0) throw new ChoiceFault('no-holder');
  const chosen = holders.map(({ signer }) => signer.organisation);
  if (new Set(chosen).size !== chosen.length) throw new ChoiceFault('holder-twice');
  const asked = request.claims.holders;
  if (asked !== null && !chosen.every((holder) => asked.includes(holder))) throw new ChoiceFault('holder-not-asked');
}

function limitsOf(review: Review, choice: Choice): GrantLimits {
  let limits = grantLimits(review.request.claims);
  for (const over of review.overAsked) {
    // A grant is for the purpose that was asked for, or for none.
    if (over.code === 'over-ask-purpose' || !choice.leaveOutOverAsked) throw new ChoiceFault('over-asked');
    if (over.code === 'over-ask-retention') limits = { ...limits, retentionSecs: over.registeredSecs };
  }
  if (choice.depth === null) return limits;
  if (choice.depth < 0n || choice.depth > limits.depth) throw new ChoiceFault('depth');
  return { ...limits, depth: choice.depth, organisations: choice.depth === 0n ? null : limits.organisations };
}

/** What remains of a permission without the over-asked names. */
function within({ overAsked }: Review, permission: Permission): readonly Permission[] {
  const { recordType } = permission;
  if (permission.kind === 'raw') {
    const fields = permission.fields.filter((field) => !isOverAsked(overAsked, recordType, field));
    return fields.length > 0 ? [{ kind: 'raw', recordType, fields }] : [];
  }
  const predicates = permission.predicates.filter(({ id }) => !isOverAsked(overAsked, recordType, id));
  return predicates.length > 0 ? [{ kind: 'derived', recordType, predicates }] : [];
}

function fail(code: ChoiceCode): never {
  throw new ChoiceFault(code);
}

function untilOf({ request }: Review, { untilSecs }: Choice, nowSecs: bigint): bigint {
  const latest = nowSecs + request.claims.validitySecs;
  if (untilSecs <= nowSecs || untilSecs > latest) throw new ChoiceFault('until');
  return untilSecs;
}
