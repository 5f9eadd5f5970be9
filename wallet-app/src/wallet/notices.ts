/**
 * What became of the data under grants that were taken back: who had what, when they were told, and what they answered, or that they
 * have not (`docs/protocol/notice.md`).
 *
 * - `knownNotices` reads them in what a holder has on record (`on-record.ts`).
 * - `noticesOf(core, grant)` gives what is known of one grant, checked: what the holder and the service signed holds, or it is told that
 *   it does not. When somebody was told is the holder's word.
 */

import { Signed, type Verified } from '../protocol/cose.ts';
import type { ObjectId, PodId, Principal } from '../protocol/ids.ts';
import { Notice, type NoticeOutcome, NoticeReceipt } from '../protocol/notice.ts';
import { attempt, refuse, type RefusalCode } from '../protocol/refusal.ts';
import { verifyByService, verifySignedAt } from '../protocol/registry/checks.ts';
import type { Registry } from '../protocol/registry/index.ts';
import type { Core } from './core.ts';
import type { StandingPage, ToldAnswer, ToldNotice } from './standing.ts';
import type { KnownGrant, KnownNotice } from './state.ts';

/** How a notice stands. */
export type NoticeState =
  /** The service's organisation was not reached yet. */
  | 'undelivered'
  /** It was told, and an answer is awaited. */
  | 'awaited'
  /** It was told, and the time for an answer is over. */
  | 'overdue'
  | 'answered';

/** A notice whose signatures hold. */
export interface CheckedNotice {
  readonly state: NoticeState;
  /** Which service had what, and until when an answer is awaited. */
  readonly notice: Notice;
  readonly toldSecs: bigint | null;
  readonly answer: { readonly timeSecs: bigint; readonly outcome: NoticeOutcome } | null;
  /** When another answer came that says something else; null when none did. */
  readonly contradictedSecs: bigint | null;
}

/** What a holder says of a notice and what does not hold. */
export interface NoticeNotBelieved {
  readonly state: 'not-believed';
  readonly id: ObjectId;
  readonly code: RefusalCode;
}

/** What a holder tells of a pod's notices. */
export function knownNotices(holder: Principal, pod: PodId, pages: readonly StandingPage[]): readonly KnownNotice[] {
  const parents = new Map(
    pages.flatMap(({ grants }) => grants.map(({ id, grant }) => [id, grant?.unverified.parent ?? null])),
  );
  const told = pages.flatMap(({ notices }) => notices);
  return told.map((one) => ({ holder, pod, told: one, grants: grantsOf(one, parents) }));
}

/** The grants that a notice names, and those above them. */
function grantsOf({ notice }: ToldNotice, parents: ReadonlyMap<ObjectId, ObjectId | null>): readonly ObjectId[] {
  const read = attempt(() => Signed.decode(Notice, notice).unverified.grants);
  const found = new Set<ObjectId>();
  for (const leaf of read.accepted ? read.value : []) {
    for (let next: ObjectId | null = leaf; next !== null && !found.has(next);) {
      const id: ObjectId = next;
      found.add(id);
      next = parents.get(id) ?? null;
    }
  }
  return [...found];
}

/** What is known of a grant that was taken back. */
export function noticesOf(core: Core, grant: KnownGrant): readonly (CheckedNotice | NoticeNotBelieved)[] {
  return core.state.notices
    .filter(({ holder, grants }) => holder === grant.holder && grants.includes(grant.id))
    .map((known) => {
      const checked = attempt(() => checkNotice(known, core.registry, core.caller.nowSecs()));
      return checked.accepted
        ? checked.value
        : { state: 'not-believed', id: known.told.id, code: checked.refusal.code };
    });
}

/** Checks what was signed: the notice by the holder, the answers by the service, about this notice. @throws {Refusal} */
function checkNotice({ holder, told }: KnownNotice, registry: Registry, nowSecs: bigint): CheckedNotice {
  const signed = Signed.decode(Notice, told.notice);
  const notice = verifySignedAt(registry, signed, holder, signed.unverified.issued);
  if (notice.id !== told.id || notice.claims.issuer !== holder) refuse('key-refused');
  const answer = told.answer && readAnswer(registry, notice, told.answer);
  const contradiction = told.contradiction && readAnswer(registry, notice, told.contradiction);
  return {
    state: stateOf(notice.claims, told.toldSecs, answer !== null, nowSecs),
    notice: notice.claims,
    toldSecs: told.toldSecs,
    answer,
    contradictedSecs: contradiction && contradiction.timeSecs,
  };
}

function stateOf(
  { awaitedUntilSecs }: Notice,
  toldSecs: bigint | null,
  isAnswered: boolean,
  nowSecs: bigint,
): NoticeState {
  if (isAnswered) return 'answered';
  if (toldSecs === null) return 'undelivered';
  return nowSecs >= awaitedUntilSecs ? 'overdue' : 'awaited';
}

function readAnswer(
  registry: Registry,
  { id, claims }: Verified<Notice>,
  { timeSecs, receipt: bytes }: ToldAnswer,
): NonNullable<CheckedNotice['answer']> {
  const { verified } = verifyByService(registry, Signed.decode(NoticeReceipt, bytes), claims.service);
  const { notice, audience, outcome } = verified.claims;
  if (notice !== id || audience !== claims.issuer) refuse('key-refused');
  return { timeSecs, outcome };
}
