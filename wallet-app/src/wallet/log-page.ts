/** A page of log entries as a node sends it, in answer to the command `log` (`docs/protocol/command.md`). */

import { blob, fixed, id, list, Members, parseJson, type ReadJson, text, uint } from '../client/json.ts';
import { HASH_BYTES } from '../protocol/crypto/hash.ts';
import { ObjectId, Principal } from '../protocol/ids.ts';

/** A page of entries about one pod. */
export interface LogPage {
  /** The signed tree head. */
  readonly treeHead: Uint8Array;
  /** The entries, ascending. */
  readonly entries: readonly LogEntry[];
  /** From where the next page begins, if there is more. */
  readonly next: bigint | null;
  /** That the tree goes on from an earlier head, when the holder knew from which one. */
  readonly consistency: readonly Uint8Array[];
}

/** One entry with its proof. */
export interface LogEntry {
  /** Where it stands in the holder's log. */
  readonly index: bigint;
  /** The bytes that the leaf is the hash of. */
  readonly entry: Uint8Array;
  /** That it stands there. */
  readonly proof: readonly Uint8Array[];
  /** What it says, as far as its reader may know. */
  readonly opened: Opened;
}

/** What an entry says. Its texts are the holder's: shown only through `visible`. */
export interface Opened {
  readonly timeSecs: bigint;
  /** `disclosure`, `refusal`, `command`, `import`, `head-cosigned`, `notice`, `notice-answer`. */
  readonly kind: string;
  /** The service that asked. */
  readonly service: Principal | null;
  /** The organisation: a principal or a short name. */
  readonly organisation: string | null;
  /** The purpose, a DPV term; for a command, the command. */
  readonly purpose: string | null;
  /** What left the pod. */
  readonly released: readonly ReleasedNames[];
  /** What was kept back, and why. */
  readonly withheld: readonly WithheldName[];
  /** How it ended: `released`, `done`, or the code of a refusal. */
  readonly outcome: string | null;
  /** The person who acted, when it was one. */
  readonly actor: string | null;
  /** The request that caused it. */
  readonly requestId: ObjectId | null;
  /** The grant that was used. */
  readonly grant: ObjectId | null;
}

/** Names of one record type that left the pod: fields, and predicates by their ids. */
export interface ReleasedNames {
  readonly recordType: string;
  readonly names: readonly string[];
}

/** A name that was kept back, and why: `non-disclosure`, `restricted`, `objected`, `absent`, `not-granted`, `revoked`. */
export interface WithheldName {
  readonly recordType: string;
  readonly name: string;
  readonly reason: string;
}

/** Reads the JSON result of the command. @throws {ShapeFault} */
export function readLogPage(json: Uint8Array): LogPage {
  const members = new Members(parseJson(json));
  return {
    treeHead: members.need('tree_head', blob),
    entries: members.need('entries', list(logEntry)),
    next: members.maybe('next', uint),
    consistency: members.maybe('consistency', list(fixed(HASH_BYTES))) ?? [],
  };
}

const logEntry: ReadJson<LogEntry> = (json) => {
  const members = new Members(json);
  return {
    index: members.need('index', uint),
    entry: members.need('entry', blob),
    proof: members.need('proof', list(fixed(HASH_BYTES))),
    opened: members.need('opened', opened),
  };
};

const opened: ReadJson<Opened> = (json) => {
  const members = new Members(json);
  return {
    timeSecs: members.need('time_secs', uint),
    kind: members.need('kind', text),
    service: members.maybe('service', id(Principal)),
    organisation: members.maybe('organisation', text),
    purpose: members.maybe('purpose', text),
    released: members.maybe('released', list(releasedNames)) ?? [],
    withheld: members.maybe('withheld', list(withheldName)) ?? [],
    outcome: members.maybe('outcome', text),
    actor: members.maybe('actor', text),
    requestId: members.maybe('request_id', id(ObjectId)),
    grant: members.maybe('grant', id(ObjectId)),
  };
};

const releasedNames: ReadJson<ReleasedNames> = (json) => {
  const members = new Members(json);
  return { recordType: members.need('record_type', text), names: members.need('names', list(text)) };
};

const withheldName: ReadJson<WithheldName> = (json) => {
  const members = new Members(json);
  return {
    recordType: members.need('record_type', text),
    name: members.need('name', text),
    reason: members.need('reason', text),
  };
};
