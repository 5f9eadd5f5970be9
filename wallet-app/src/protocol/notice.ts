/**
 * Notices: a holder tells a service that grants under which it got data were taken back, and the service says what it did
 * (`docs/protocol/notice.md`).
 */

import { type Cbor, Claims, identifier, map, OBJECT_LIMITS, principal, type Read, time, uint } from './codec/index.ts';
import type { Payload } from './cose.ts';
import { Purpose } from './field.ts';
import { Cti, ObjectId, type Principal } from './ids.ts';
import { MAX_GRANT_LIFETIME_SECS } from './limits.ts';
import { distinct, few, Parts, window } from './lists.ts';
import { refuseClaim } from './refusal.ts';
import { type Wanted, wanted, wantedToCbor } from './request.ts';

/** Most grants in one notice: with the names of what they gave it stays below the size of an object. */
export const MAX_NOTICE_GRANTS = 64;
/** How long a notice counts: it is delivered and can be answered for as long as a grant can live. */
export const MAX_NOTICE_LIFETIME_SECS = MAX_GRANT_LIFETIME_SECS;

/** Why the grants no longer count: they, or grants above them, were taken back; or a key that signed one was revoked. */
export type NoticeCause = 'taken-back' | 'key-revoked';

/** The causes by their numbers on the wire. */
const CAUSES: readonly NoticeCause[] = ['taken-back', 'key-revoked'];

/** A holder's word to a service: these grants no longer count. It names what was released, never a value. */
export interface Notice {
  /** The holder. */
  readonly issuer: Principal;
  /** The organisation of the service, whose node keeps the notice for it. */
  readonly audience: Principal;
  /** First second at which it is no longer delivered, and no answer to it is taken. */
  readonly expires: bigint;
  readonly issued: bigint;
  readonly cti: Cti;
  /** The service that had the data. */
  readonly service: Principal;
  /** The grants that it used, which no longer count: the last of each chain. */
  readonly grants: readonly ObjectId[];
  /** When they were taken back. */
  readonly endedSecs: bigint;
  readonly cause: NoticeCause;
  /** What it had been given under them. */
  readonly released: readonly Wanted[];
  /** Until when an answer is awaited; after it the citizen is shown that there is none. */
  readonly awaitedUntilSecs: bigint;
}

const SERVICE = -70300n;
const GRANTS = -70301n;
const ENDED = -70302n;
const CAUSE = -70303n;
const RELEASED = -70304n;
const AWAITED = -70305n;
const NOTICE = -70306n;
const DONE = -70307n;

export const Notice: Payload<Notice> = {
  typ: 'application/aitta-notice+cwt',
  limits: OBJECT_LIMITS,

  toCbor: (notice) =>
    map([
      [1n, notice.issuer],
      [3n, notice.audience],
      [4n, notice.expires],
      [6n, notice.issued],
      [7n, Cti.bytes(notice.cti)],
      [SERVICE, notice.service],
      [GRANTS, notice.grants.map(ObjectId.bytes)],
      [ENDED, notice.endedSecs],
      [CAUSE, BigInt(CAUSES.indexOf(notice.cause))],
      [RELEASED, wantedToCbor(notice.released)],
      [AWAITED, notice.awaitedUntilSecs],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const notice: Notice = {
      issuer: claims.need(1n, principal),
      audience: claims.need(3n, principal),
      expires: claims.need(4n, time),
      issued: claims.need(6n, time),
      cti: claims.need(7n, identifier(Cti)),
      service: claims.need(SERVICE, principal),
      grants: claims.need(GRANTS, few(MAX_NOTICE_GRANTS, identifier(ObjectId))),
      endedSecs: claims.need(ENDED, time),
      cause: claims.need(CAUSE, cause),
      released: claims.need(RELEASED, wanted),
      awaitedUntilSecs: claims.need(AWAITED, time),
    };
    claims.finish();
    check(notice);
    return notice;
  },
};

const cause: Read<NoticeCause> = (claim, item) => {
  const number = uint(claim, item);
  return CAUSES.find((_cause, at) => BigInt(at) === number) ?? refuseClaim('claim-range', claim);
};

/** What makes sense only when the claims are seen together. */
function check(notice: Notice): void {
  window(notice.issued, notice.expires, MAX_NOTICE_LIFETIME_SECS);
  distinct(GRANTS, notice.grants);
  if (notice.endedSecs > notice.issued) refuseClaim('claim-range', ENDED);
  if (notice.awaitedUntilSecs <= notice.issued || notice.awaitedUntilSecs > notice.expires) {
    refuseClaim('claim-range', AWAITED);
  }
}

/** What a service did about a notice. */
export type NoticeOutcome =
  /** It deleted everything; it had nothing any more. */
  | { readonly kind: 'deleted' | 'gone' }
  /** It stopped using it, and keeps what this has it keep, such as `eu-gdpr:A6-1-c`. */
  | { readonly kind: 'kept'; readonly ground: Purpose };

const DELETED = 0n;
const KEPT = 1n;
const GONE = 2n;

/** A service's signed answer to a notice. The first one counts. */
export interface NoticeReceipt {
  /** The service. */
  readonly issuer: Principal;
  /** The holder that sent the notice. */
  readonly audience: Principal;
  readonly issued: bigint;
  readonly cti: Cti;
  readonly notice: ObjectId;
  readonly outcome: NoticeOutcome;
}

export const NoticeReceipt: Payload<NoticeReceipt> = {
  typ: 'application/aitta-notice-receipt+cwt',
  limits: OBJECT_LIMITS,

  toCbor: (receipt) =>
    map([
      [1n, receipt.issuer],
      [3n, receipt.audience],
      [6n, receipt.issued],
      [7n, Cti.bytes(receipt.cti)],
      [NOTICE, ObjectId.bytes(receipt.notice)],
      [DONE, outcomeToCbor(receipt.outcome)],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const receipt: NoticeReceipt = {
      issuer: claims.need(1n, principal),
      audience: claims.need(3n, principal),
      issued: claims.need(6n, time),
      cti: claims.need(7n, identifier(Cti)),
      notice: claims.need(NOTICE, identifier(ObjectId)),
      outcome: claims.need(DONE, outcome),
    };
    claims.finish();
    return receipt;
  },
};

function outcomeToCbor(outcome: NoticeOutcome): Cbor {
  switch (outcome.kind) {
    case 'deleted':
      return [DELETED];
    case 'kept':
      return [KEPT, outcome.ground];
    case 'gone':
      return [GONE];
  }
}

const outcome: Read<NoticeOutcome> = (claim, item) => {
  const parts = new Parts(claim, item);
  const found = outcomeOf(claim, parts.next(uint), parts);
  parts.finish();
  return found;
};

function outcomeOf(claim: bigint, kind: bigint, parts: Parts): NoticeOutcome {
  switch (kind) {
    case DELETED:
      return { kind: 'deleted' };
    case KEPT:
      return { kind: 'kept', ground: parts.next(Purpose.read) };
    case GONE:
      return { kind: 'gone' };
    default:
      return refuseClaim('claim-range', claim);
  }
}
