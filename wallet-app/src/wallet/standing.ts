/** What stands for a pod at a holder, in answer to the command `standing`: as far as the wallet needs it to take things back. */

import { blob, flag, id, list, Members, parseJson, type ReadJson, text, uint } from '../client/json.ts';
import { attempt } from '../protocol/refusal.ts';
import { Signed } from '../protocol/cose.ts';
import { Grant } from '../protocol/grant.ts';
import { ObjectId } from '../protocol/ids.ts';

/** A page of what stands. */
export interface StandingPage {
  /** The grants on record. */
  readonly grants: readonly ToldGrant[];
  readonly revoked: readonly ObjectId[];
  /** All issued before this second are taken back. */
  readonly revokedBeforeSecs: bigint;
  /** Whether nothing of the pod is released at all. */
  readonly isRestricted: boolean;
  readonly restrictedTypes: readonly string[];
  /** Which services were told that grants no longer count. */
  readonly notices: readonly ToldNotice[];
  /** How many things are on the page, those that are not read here too. */
  readonly count: number;
  readonly nextSkip: bigint | null;
}

/** A grant as its holder tells it. */
export interface ToldGrant {
  readonly id: ObjectId;
  /** As it says itself, unverified; null when it does not read, or is not the one of this id. */
  readonly grant: Signed<Grant> | null;
}

/** A notice as its holder tells it. */
export interface ToldNotice {
  readonly id: ObjectId;
  /** The signed notice. */
  readonly notice: Uint8Array;
  /** When the service's organisation took it, as the holder says; null while it was not reached. */
  readonly toldSecs: bigint | null;
  /** The first answer. */
  readonly answer: ToldAnswer | null;
  /** The first answer that says something else. */
  readonly contradiction: ToldAnswer | null;
}

/** An answer as the holder tells it. */
export interface ToldAnswer {
  readonly timeSecs: bigint;
  /** The signed receipt. */
  readonly receipt: Uint8Array;
}

/** Reads the JSON result. @throws {ShapeFault} */
export function readStanding(json: Uint8Array): StandingPage {
  const members = new Members(parseJson(json));
  return {
    grants: members.need('grants', list(toldGrant)),
    revoked: members.need('revoked', list(id(ObjectId))),
    revokedBeforeSecs: members.need('revoked_before_secs', uint),
    isRestricted: members.maybe('restricted', flag) ?? false,
    restrictedTypes: members.maybe('restricted_types', list(text)) ?? [],
    notices: members.maybe('notices', list(toldNotice)) ?? [],
    count: LISTS.reduce((all, name) => all + (members.maybe(name, list(unread))?.length ?? 0), 0),
    nextSkip: members.maybe('next_skip', uint),
  };
}

/** The lists of a page. */
const LISTS = ['grants', 'revoked', 'restricted_types', 'objections', 'key_events', 'notices'] as const;
const unread: ReadJson<unknown> = (json) => json;

const toldGrant: ReadJson<ToldGrant> = (json) => {
  const members = new Members(json);
  const claimed = members.need('id', id(ObjectId));
  const bytes = members.need('bytes', blob);
  const signed = attempt(() => Signed.decode(Grant, bytes));
  return { id: claimed, grant: signed.accepted && signed.value.id === claimed ? signed.value : null };
};

const toldAnswer: ReadJson<ToldAnswer> = (json) => {
  const members = new Members(json);
  return { timeSecs: members.need('time_secs', uint), receipt: members.need('receipt', blob) };
};

const toldNotice: ReadJson<ToldNotice> = (json) => {
  const members = new Members(json);
  return {
    id: members.need('id', id(ObjectId)),
    notice: members.need('notice', blob),
    toldSecs: members.maybe('told_secs', uint),
    answer: members.maybe('answer', toldAnswer),
    contradiction: members.maybe('contradiction', toldAnswer),
  };
};
