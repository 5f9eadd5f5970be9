/** Every file of `pod-protocol/vectors`, every case: what is valid is read, checked and written again; what is not gets its code. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answerFromBytes, answerToBytes, checkAgainstReceipt, Receipt } from '../src/protocol/answer.ts';
import { blindAnswerFromBytes, blindAnswerToBytes } from '../src/protocol/blind-request.ts';
import { equalBytes } from '../src/protocol/bytes.ts';
import { type ChainFacts, checkChain } from '../src/protocol/chain.ts';
import { ANSWER_LIMITS, decode, encode, isArray, OBJECT_LIMITS } from '../src/protocol/codec/index.ts';
import { commandAnswerFromBytes, commandAnswerToBytes } from '../src/protocol/command.ts';
import { Signed, type Verified } from '../src/protocol/cose.ts';
import { FieldPath, project, withhold } from '../src/protocol/field.ts';
import { Grant } from '../src/protocol/grant.ts';
import { Cti, Kid, ObjectId, Pod, Principal, Thumbprint } from '../src/protocol/ids.ts';
import { KeyEvent, KeyState, takenAt } from '../src/protocol/key-event/index.ts';
import { ReplayWindow } from '../src/protocol/path/replay.ts';
import { verifyRequest } from '../src/protocol/path/verify.ts';
import { evaluate, predicate, predicateToCbor } from '../src/protocol/predicate.ts';
import { Refusal } from '../src/protocol/refusal.ts';
import { Registry } from '../src/protocol/registry/index.ts';
import { callFromBytes, callToBytes, Request } from '../src/protocol/request.ts';
import type { Target } from '../src/protocol/revocation.ts';
import { newStanding, type Standing, withRevocation } from '../src/protocol/standing.ts';
import { parseShortName } from '../src/protocol/statement/membership.ts';
import {
  cosignedSecs,
  isLogsOwn,
  signedCheckpointFromBytes,
  signedCheckpointToBytes,
} from '../src/protocol/tlog/checkpoint.ts';
import { evidenceFromBytes, evidenceToBytes, verdictOf } from '../src/protocol/tlog/evidence.ts';
import { LogFault } from '../src/protocol/tlog/fault.ts';
import { headFromBytes, headToBytes } from '../src/protocol/tlog/head.ts';
import { leafFromBytes, leafToBytes } from '../src/protocol/tlog/leaf.ts';
import { checkProvenBucket, provenBucketFromBytes, provenBucketToBytes } from '../src/protocol/tlog/map.ts';
import { itemsFromBytes, itemsToBytes } from '../src/protocol/tlog/post.ts';
import { addCheckpointFromBytes, addCheckpointToBytes } from '../src/protocol/tlog/witness.ts';
import { equalValues, type Value, valueFromCbor } from '../src/protocol/value.ts';
import { SIGNED_KINDS } from './kinds.ts';
import {
  bytes,
  casesOf,
  integer,
  type Json,
  JsonObject,
  key,
  keysOf,
  list,
  object,
  readVectors,
  text,
  valueOf,
  vectorFiles,
} from './vectors.ts';

/** How the cases of a file end: the code, or `accepted`. */
type Run = (file: JsonObject, one: JsonObject) => void;

function parse<T>(kind: { parse(text: string): T | null }, json: Json | undefined): T {
  const found = kind.parse(text(json));
  assert.notEqual(found, null, text(json));
  return found as T;
}

function maybe<T>(json: Json | undefined, read: (json: Json) => T): T | null {
  return json === undefined || json === null ? null : read(json);
}

/** What was read is written again the same. */
function written(again: Uint8Array, one: JsonObject): void {
  assert.ok(equalBytes(again, bytes(one.get('bytes'))));
}

function code(run: () => void): string {
  try {
    run();
    return 'accepted';
  } catch (thrown) {
    if (thrown instanceof Refusal || thrown instanceof LogFault) return thrown.code;
    throw thrown;
  }
}

const signedObject: Run = (file, one) => {
  const found = [...SIGNED_KINDS.values()].find(({ typ }) => typ === text(file.get('typ')));
  assert.ok(found);
  const message = bytes(one.get('bytes'));
  const signer = keysOf(file).find(({ name }) => name === text(one.get('key')));
  assert.ok(signer);
  const { id, claims } = found.judge(message, () => signer.key);
  assert.equal(id, text(one.get('id')));
  assert.equal(BigInt(message.length), integer(one.get('length')));
  // Behind the tag stands an array, of which the claims are the third part.
  const parts = decode(message.subarray(1), ANSWER_LIMITS);
  assert.ok(isArray(parts) && parts[2] instanceof Uint8Array && equalBytes(parts[2], claims));
};

/** The log of a case: what is taken in when, and by whom identified, is told beside the events when it matters. */
function keyLog(one: JsonObject): KeyState {
  const taken = maybe(one.get('taken'), list);
  const events = list(one.get('events')).map((event) => Signed.decode(KeyEvent, bytes(event)));
  const [first, ...following] = events;
  assert.ok(first);
  const state = following.reduce((log, event, at) => {
    const told = maybe(taken?.[at + 1], object);
    if (told === null) return log.apply(event, takenAt(event.unverified.timeSecs));
    return log.apply(event, {
      takenSecs: integer(told.get('taken')),
      loggedSecs: maybe(told.get('logged'), integer),
      identified: told.get('identified') === true,
    });
  }, KeyState.begin(first));
  const now = maybe(one.get('now'), integer);
  return now === null ? state : state.settled(now);
}

const keyEventLog: Run = (_file, one) => {
  const state = keyLog(one);
  for (const question of list(one.get('new_grants') ?? []).map(object)) {
    const may = code(() => state.grantorNow(parse(Kid, question.get('kid')))) === 'accepted';
    assert.equal(may, question.get('may'));
  }
  for (const question of list(one.get('may_sign_grants') ?? []).map(object)) {
    assert.equal(state.principal, one.get('principal'));
    const kid = parse(Kid, question.get('kid'));
    const fault = state.signerFaultAt(kid, integer(question.get('key_event')), integer(question.get('iat')));
    assert.equal(fault ?? 'accepted', question.get('expect'));
  }
};

function target(one: JsonObject, pod: Standing['pod']): Target {
  if (one.has('grant')) return { kind: 'grant', grant: parse(ObjectId, one.get('grant')) };
  if (one.has('key')) {
    return { kind: 'key-since', key: parse(Kid, one.get('key')), sinceSecs: integer(one.get('since_secs')) };
  }
  return { kind: 'pod-before', pod, beforeSecs: integer(one.get('pod_before_secs')) };
}

function standing(file: JsonObject, one: JsonObject): Standing {
  const logOf = (events: Json | undefined): KeyState => keyLog(new JsonObject([['events', list(events)]]));
  const pod = parse(Pod, file.get('pod'));
  const begun: Standing = {
    ...newStanding(pod),
    subject: logOf(file.get('subject_log')),
    representatives: list(file.get('representatives'))
      .map(object)
      .map((representative) => ({
        keys: logOf(representative.get('log')),
        fromSecs: integer(representative.get('from_secs')),
        untilSecs: integer(representative.get('until_secs')),
      })),
  };
  const revoked = list(one.get('revoked') ?? []).map(object);
  return revoked.reduce((left, revocation) => withRevocation(left, target(revocation, pod)), begun);
}

const chain: Run = (file, one) => {
  const keys = keysOf(file);
  const links = list(one.get('links')).map((link): Verified<Grant> => {
    const signed = Signed.decode(Grant, bytes(link));
    const signer = keys.find(({ key: known }) => known.kid === signed.kid);
    assert.ok(signer);
    return signed.verify(signer.key);
  });
  const members = object(file.get('members'));
  const facts: ChainFacts = {
    standing: standing(file, one),
    holder: parse(Principal, file.get('holder')),
    organisationOf: (thumbprint: Thumbprint) => maybe(members.get(thumbprint), (json) => parse(Principal, json)),
    revocationsFresh: one.get('revocations_fresh') !== false,
    nowSecs: integer(one.get('now_secs') ?? file.get('now_secs')),
  };
  checkChain(links, facts);
};

const arrival: Run = (file, one) => {
  const own = (name: string): Json | undefined => (one.has(name) ? one.get(name) : file.get(name));
  const nowSecs = integer(file.get('now_secs'));
  const caller = maybe(own('caller'), object);
  const channel = object(own('channel'));
  const window = new ReplayWindow();
  const run = (): void => {
    verifyRequest(
      Signed.decode(Request, bytes(one.get('bytes'))),
      caller && {
        service: parse(Principal, caller.get('service')),
        organisation: parse(Principal, caller.get('organisation')),
        key: key(caller.get('key')),
      },
      parse(Principal, file.get('holder')),
      {
        peer: maybe(channel.get('peer'), bytes),
        exporter: maybe(channel.get('exporter'), bytes),
        origins: list(channel.get('origins') ?? []).map(text),
        nonce: maybe(channel.get('nonce'), (json) => parse(Cti, json)),
      },
      nowSecs,
      (kid, cti, expires) => window.admit(kid, cti, expires, nowSecs),
    );
  };
  if (one.get('seen') === true) run();
  run();
};

const memberKeys: Run = (file, one) => {
  const anchor = object(file.get('anchor'));
  const signer = keysOf(file).find(({ name }) => name === text(anchor.get('key')));
  assert.ok(signer);
  const statements = list(one.get('statements')).map(bytes);
  const { registry, refused } = Registry.build(
    { principal: parse(Principal, anchor.get('principal')), key: signer.key },
    statements,
    integer(file.get('now_secs')),
  );
  const member = registry.organisationNamed(parse({ parse: parseShortName }, 'helsinki'));
  assert.ok(member?.log);
  assert.deepEqual(
    member.keys.map((signing) => signing.thumbprint),
    list(one.get('signs_with')).map((signing) => key(signing).thumbprint),
  );
  const { log } = member;
  for (const question of list(one.get('signed') ?? []).map(object)) {
    const holds = code(() => log.signerAt(parse(Kid, question.get('kid')), integer(question.get('at')))) === 'accepted';
    assert.equal(holds, question.get('holds'));
  }
  // The last statement alone may be refused.
  for (const { index, refusal } of refused) {
    assert.equal(index, statements.length - 1);
    throw refusal;
  }
};

const message: Run = (file, one) => {
  const received = bytes(one.get('bytes'));
  switch (text(one.get('kind'))) {
    case 'call':
      return written(callToBytes(callFromBytes(received)), one);
    case 'command answer':
      return written(commandAnswerToBytes(commandAnswerFromBytes(received)), one);
    case 'blind answer':
      return written(blindAnswerToBytes(blindAnswerFromBytes(received)), one);
    case 'answer': {
      const answer = answerFromBytes(received);
      written(answerToBytes(answer), one);
      const holder = keysOf(file).find(({ name }) => name === 'helsinki');
      assert.ok(holder);
      const receipt = Signed.decode(Receipt, answer.receipt).verify(holder.key);
      const [first] = answer.items;
      if (one.has('data')) {
        assert.ok(first?.outcome === 'released');
        assert.ok(equalValues(valueFromCbor(first.data), valueOf(one.get('data') ?? null)));
      }
      return checkAgainstReceipt(answer.items, receipt.claims);
    }
    default:
      assert.fail('an unknown kind of message');
  }
};

const shown: Run = (file, one) => {
  const received = bytes(one.get('bytes'));
  switch (text(one.get('kind'))) {
    case 'leaf':
      return written(leafToBytes(leafFromBytes(received)), one);
    case 'add checkpoint':
      return written(addCheckpointToBytes(addCheckpointFromBytes(received)), one);
    case 'head':
      return written(headToBytes(headFromBytes(received)), one);
    case 'log items':
      return written(itemsToBytes(itemsFromBytes(received)), one);
    case 'evidence': {
      const evidence = evidenceFromBytes(received);
      assert.equal(verdictOf(evidence), 'two-roots');
      return written(evidenceToBytes(evidence), one);
    }
    case 'note': {
      const note = signedCheckpointFromBytes(received);
      const keyNamed = (wanted: string) => keysOf(file).find(({ name }) => name === wanted)?.key;
      const [directory, helsinki, cosigned] = [keyNamed('archive'), keyNamed('helsinki'), note.note.signatures.at(-1)];
      assert.ok(directory && helsinki && cosigned);
      assert.ok(isLogsOwn(note, directory));
      assert.equal(cosignedSecs(note.unverified, cosigned, helsinki), integer(file.get('now_secs')) + 1n);
      return written(signedCheckpointToBytes(note), one);
    }
    case 'proven bucket': {
      const proven = provenBucketFromBytes(received);
      const { body } = leafFromBytes(proven.head.leaf);
      assert.equal(body.kind, 'state');
      checkProvenBucket(proven, body);
      return written(provenBucketToBytes(proven), one);
    }
    default:
      assert.fail('an unknown kind of what a log shows');
  }
};

const answersOfPredicate: Run = (_file, one) => {
  const received = bytes(one.get('bytes'));
  const asked = predicate(0n, decode(received, OBJECT_LIMITS));
  assert.ok(equalBytes(encode(predicateToCbor(asked)), received));
  const answer = evaluate(asked, list(one.get('records')).map(valueOf));
  assert.ok(equalValues(answer, valueOf(one.get('answer') ?? null)), text(one.get('why')));
};

const projection: Run = (_file, one) => {
  const paths = (name: string) => list(one.get(name)).map((path) => parse(FieldPath, path));
  const record = withhold(valueOf(one.get('record') ?? null), paths('withheld'));
  const released: Value = project(record, paths('paths')) ?? null;
  assert.ok(equalValues(released, valueOf(one.get('released') ?? null)), text(one.get('why')));
};

const RUNS = new Map<string, Run>([
  ...[...SIGNED_KINDS.keys(), 'envelope'].map((name) => [`${name}.json`, signedObject] as const),
  ['chains.json', chain],
  ['requests.json', arrival],
  ['key-event-logs.json', keyEventLog],
  ['member-keys.json', memberKeys],
  ['messages.json', message],
  ['log.json', shown],
  ['predicates.json', answersOfPredicate],
  ['fields.json', projection],
]);

test('every file of vectors is one that is known here', () => {
  assert.deepEqual(vectorFiles(), [...RUNS.keys()].toSorted());
});

for (const [name, run] of RUNS) {
  const file = readVectors(name);
  test(`${name}: each case ends as it says`, () => {
    for (const one of casesOf(file)) {
      const expected = one.has('expect') ? text(one.get('expect')) : 'accepted';
      const label = `${name}: ${text(one.get('name') ?? '')} (${text(one.get('why'))})`;
      assert.equal(
        code(() => run(file, one)),
        expected,
        label,
      );
    }
  });
}

test('there are many that must be refused', () => {
  const refused = [...RUNS.keys()]
    .flatMap((name) => casesOf(readVectors(name)))
    .filter((one) => {
      const expected = one.get('expect');
      return expected !== undefined && expected !== 'accepted';
    });
  assert.ok(refused.length >= 700, String(refused.length));
});
