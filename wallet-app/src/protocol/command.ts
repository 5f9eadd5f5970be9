/** Commands: what a wallet or a service asks its node to do, and the acknowledgement (`docs/protocol/command.md`). */

import { type Tree, tree, treeToCbor } from './answer.ts';
import {
  ANSWER_LIMITS,
  bool,
  bytes,
  type Cbor,
  Claims,
  decode,
  encode,
  identifier,
  map,
  nullable,
  OBJECT_LIMITS,
  pod,
  principal,
  type Read,
  text,
  time,
  uint,
} from './codec/index.ts';
import type { Payload } from './cose.ts';
import { Purpose, RecordType } from './field.ts';
import { Cti, ObjectId, type PodId, type Principal } from './ids.ts';
import { list, Parts, tuple } from './lists.ts';
import { refuseClaim } from './refusal.ts';
import { type Binding, BINDING, binding, bindingToCbor } from './request.ts';

/** What is to be done. `skip` leaves out what earlier pages had. */
export type Action =
  /** Keep this signed grant, so that requests can name it. */
  | { readonly kind: 'deposit'; readonly grant: Uint8Array }
  /** Stop (or allow again) releasing these record types; none means all (GDPR Article 18). */
  | { readonly kind: 'restrict'; readonly recordTypes: readonly RecordType[]; readonly on: boolean }
  /** Object to a purpose (or withdraw that), at one organisation or, with null, at all (GDPR Article 21). */
  | {
      readonly kind: 'object';
      readonly purpose: Purpose;
      readonly organisation: Principal | null;
      readonly on: boolean;
    }
  /** Send me my records, of this type alone if one is named. */
  | { readonly kind: 'read'; readonly recordType: RecordType | null; readonly skip: bigint }
  /** Send me the entries about me, with proofs: from this index, at most so many. */
  | { readonly kind: 'log'; readonly from: bigint; readonly limit: bigint }
  /** Send me everything with its schemas; the access requests that wait for me; what stands; (a service:) open notices. */
  | { readonly kind: 'export' | 'inbox' | 'standing' | 'notices'; readonly skip: bigint }
  /** Append this signed key event to my log. */
  | { readonly kind: 'key-event'; readonly event: Uint8Array }
  /** A service: publish this signed access request, and put it into the inbox of this person, if one is named. */
  | { readonly kind: 'ask'; readonly request: Uint8Array; readonly identityCode: string | null }
  /** A service: hand me the sealed decisions on this access request. */
  | { readonly kind: 'collect'; readonly request: ObjectId; readonly skip: bigint }
  /** A service: keep this signed receipt for a notice, and hand it to the holder. */
  | { readonly kind: 'answer-notice'; readonly receipt: Uint8Array };

/** The actions by their numbers on the wire. */
const ACTIONS: readonly Action['kind'][] = [
  'deposit',
  'restrict',
  'object',
  'read',
  'log',
  'export',
  'inbox',
  'standing',
  'key-event',
  'ask',
  'collect',
  'notices',
  'answer-notice',
];

/** What services command; all others are a citizen's. */
const OF_SERVICES: ReadonlySet<Action['kind']> = new Set<Action['kind']>([
  'ask',
  'collect',
  'notices',
  'answer-notice',
]);

/** A command's claims. */
export interface Command {
  /** Who commands. */
  readonly issuer: Principal;
  /** Over which pod; null for a service's commands. */
  readonly subject: PodId | null;
  /** The node's organisation. */
  readonly audience: Principal;
  /** First second at which it is too late. */
  readonly expires: bigint;
  readonly issued: bigint;
  readonly cti: Cti;
  /** A nonce that the node handed out. */
  readonly nonce: Cti | null;
  readonly action: Action;
  /** The connection on which it counts. */
  readonly binding: Binding;
}

const ACTION = -70050n;

export const Command: Payload<Command> = {
  typ: 'application/aitta-command+cwt',
  limits: OBJECT_LIMITS,

  toCbor: (command) =>
    map([
      [1n, command.issuer],
      [2n, command.subject ?? undefined],
      [3n, command.audience],
      [4n, command.expires],
      [6n, command.issued],
      [7n, Cti.bytes(command.cti)],
      [10n, command.nonce === null ? undefined : Cti.bytes(command.nonce)],
      [BINDING, bindingToCbor(command.binding)],
      [ACTION, [BigInt(ACTIONS.indexOf(command.action.kind)), ...actionParts(command.action)]],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const command: Command = {
      issuer: claims.need(1n, principal),
      subject: claims.maybe(2n, pod),
      audience: claims.need(3n, principal),
      expires: claims.need(4n, time),
      issued: claims.need(6n, time),
      cti: claims.need(7n, identifier(Cti)),
      nonce: claims.maybe(10n, identifier(Cti)),
      binding: claims.need(BINDING, binding),
      action: claims.need(ACTION, action),
    };
    claims.finish();
    if (OF_SERVICES.has(command.action.kind) === (command.subject !== null)) refuseClaim('claim-range', 2n);
    return command;
  },
};

function actionParts(action: Action): readonly Cbor[] {
  switch (action.kind) {
    case 'deposit':
      return [action.grant];
    case 'restrict':
      return [action.recordTypes, action.on];
    case 'object':
      return [action.purpose, action.organisation, action.on];
    case 'read':
      return [action.recordType, action.skip];
    case 'log':
      return [action.from, action.limit];
    case 'export':
    case 'inbox':
    case 'standing':
    case 'notices':
      return [action.skip];
    case 'key-event':
      return [action.event];
    case 'ask':
      return [action.request, action.identityCode];
    case 'collect':
      return [ObjectId.bytes(action.request), action.skip];
    case 'answer-notice':
      return [action.receipt];
  }
}

const action: Read<Action> = (claim, item) => {
  const parts = new Parts(claim, item);
  const number = parts.next(uint);
  const kind = ACTIONS.find((_kind, at) => BigInt(at) === number) ?? refuseClaim('claim-range', claim);
  const found = actionOf(kind, parts);
  parts.finish();
  return found;
};

function actionOf(kind: Action['kind'], parts: Parts): Action {
  switch (kind) {
    case 'deposit':
      return { kind, grant: parts.next(bytes) };
    case 'restrict':
      return { kind, recordTypes: parts.next(list(RecordType.read)), on: parts.next(bool) };
    case 'object':
      return {
        kind,
        purpose: parts.next(Purpose.read),
        organisation: parts.next(nullable(principal)),
        on: parts.next(bool),
      };
    case 'read':
      return { kind, recordType: parts.next(nullable(RecordType.read)), skip: parts.next(uint) };
    case 'log':
      return { kind, from: parts.next(uint), limit: parts.next(uint) };
    case 'export':
    case 'inbox':
    case 'standing':
    case 'notices':
      return { kind, skip: parts.next(uint) };
    case 'key-event':
      return { kind, event: parts.next(bytes) };
    case 'ask':
      return { kind, request: parts.next(bytes), identityCode: parts.next(nullable(text)) };
    case 'collect':
      return { kind, request: parts.next(identifier(ObjectId)), skip: parts.next(uint) };
    case 'answer-notice':
      return { kind, receipt: parts.next(bytes) };
  }
}

/** The node's signed word that it did what it was told, and where it wrote that down. Also acknowledges revocations. */
export interface Acknowledgement {
  /** The node's organisation. */
  readonly issuer: Principal;
  /** Who commanded. */
  readonly audience: Principal;
  /** When it was done. */
  readonly issued: bigint;
  /** The command or revocation. */
  readonly of: ObjectId;
  /** Where the entry stands in the node's log. */
  readonly auditIndex: bigint;
  /** The node's log after it. */
  readonly tree: Tree;
}

const OF = -70030n;
const TREE = -70032n;
const INDEX = -70033n;

export const Acknowledgement: Payload<Acknowledgement> = {
  typ: 'application/aitta-acknowledgement+cwt',
  limits: OBJECT_LIMITS,

  toCbor: (acknowledgement) =>
    map([
      [1n, acknowledgement.issuer],
      [3n, acknowledgement.audience],
      [6n, acknowledgement.issued],
      [OF, ObjectId.bytes(acknowledgement.of)],
      [TREE, treeToCbor(acknowledgement.tree)],
      [INDEX, acknowledgement.auditIndex],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const [size, root] = claims.need(TREE, tuple(2));
    const acknowledgement: Acknowledgement = {
      issuer: claims.need(1n, principal),
      audience: claims.need(3n, principal),
      issued: claims.need(6n, time),
      of: claims.need(OF, identifier(ObjectId)),
      auditIndex: claims.need(INDEX, uint),
      tree: tree(TREE, size, root),
    };
    claims.finish();
    // As in a receipt: the entry is in the tree.
    if (acknowledgement.auditIndex >= acknowledgement.tree.size) refuseClaim('claim-range', TREE);
    return acknowledgement;
  },
};

/** What a node sends back to a command: the acknowledgement and, for commands that ask for something, a JSON document. */
export interface CommandAnswer {
  /** The signed acknowledgement. */
  readonly acknowledgement: Uint8Array;
  /** What was asked for, as JSON; its shape is that of the action. */
  readonly result: Uint8Array;
}

/** The deterministic encoding. */
export function commandAnswerToBytes(answer: CommandAnswer): Uint8Array {
  return encode(
    map([
      [0n, answer.acknowledgement],
      [1n, answer.result],
    ]),
  );
}

/** Reads what `commandAnswerToBytes` writes. @throws {Refusal} `cbor-…`, `claim-…`. */
export function commandAnswerFromBytes(message: Uint8Array): CommandAnswer {
  const claims = new Claims(decode(message, ANSWER_LIMITS));
  const answer = { acknowledgement: claims.need(0n, bytes), result: claims.need(1n, bytes) };
  claims.finish();
  return answer;
}
