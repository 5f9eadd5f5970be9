/** Rules about objects and what stands beside them. */

import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import { concat, fromUtf8, utf8 } from '../../src/protocol/bytes.ts';
import { checkChain } from '../../src/protocol/chain.ts';
import {
  bool,
  bytes,
  type Cbor,
  decode,
  encode,
  fixed,
  identifier,
  nullable,
  OBJECT_LIMITS,
  parsed,
  pod,
  principal,
  type Read,
  text,
  uint,
} from '../../src/protocol/codec/index.ts';
import { Signed, type Verified } from '../../src/protocol/cose.ts';
import { blind } from '../../src/protocol/crypto/blind.ts';
import { CheckedSignatures, NOTHING_CHECKED } from '../../src/protocol/crypto/checked.ts';
import { open } from '../../src/protocol/crypto/hpke.ts';
import { PublicKey } from '../../src/protocol/crypto/signing.ts';
import { FieldPath, project, withhold } from '../../src/protocol/field.ts';
import { Grant } from '../../src/protocol/grant.ts';
import { openHandle, tagAndKey } from '../../src/protocol/holder-entry.ts';
import { Cti, Kid, ObjectId, type PodId, Thumbprint } from '../../src/protocol/ids.ts';
import { dueSecs, KeyEvent, KeyState, type Taken, takenAt } from '../../src/protocol/key-event/index.ts';
import { list } from '../../src/protocol/lists.ts';
import { consistencyFault, inclusionFault } from '../../src/protocol/merkle.ts';
import { ReplayWindow } from '../../src/protocol/path/replay.ts';
import { type Caller, type Channel, verifyRequest } from '../../src/protocol/path/verify.ts';
import { evaluate, predicate, predicateToCbor } from '../../src/protocol/predicate.ts';
import { refuse, refuseClaim } from '../../src/protocol/refusal.ts';
import { Registry } from '../../src/protocol/registry/index.ts';
import { Request } from '../../src/protocol/request.ts';
import type { Target } from '../../src/protocol/revocation.ts';
import { newStanding, type Representative, type Standing, withRevocation } from '../../src/protocol/standing.ts';
import { parseEndpoint } from '../../src/protocol/statement/endpoint.ts';
import { type Value, valueFromItem, valueToItem } from '../../src/protocol/value.ts';
import { all, inputOf, type Judge, keyOf, Other, publicKey } from './told.ts';

interface TakenEvent {
  readonly event: Uint8Array;
  readonly taken: Taken;
}

const takenEvent: Read<TakenEvent> = all((parts) => ({
  event: parts.next(bytes),
  taken: { takenSecs: parts.next(uint), loggedSecs: parts.next(nullable(uint)), identified: parts.next(bool) },
}));

function replayed(events: readonly TakenEvent[]): KeyState {
  const [first, ...following] = events;
  if (first === undefined) refuseClaim('claim-missing', 0n);
  const begun = KeyState.begin(Signed.decode(KeyEvent, first.event));
  return following.reduce((state, { event, taken }) => state.apply(Signed.decode(KeyEvent, event), taken), begun);
}

const keyLog: Judge = (_keys, input) => {
  const { events, now } = inputOf(input, (parts) => ({ events: parts.next(list(takenEvent)), now: parts.next(uint) }));
  const state = replayed(events).settled(now);
  const { pending, controls } = state;
  return encode([
    state.principal,
    state.organisation,
    state.seq,
    ObjectId.bytes(state.head),
    state.timeSecs,
    BigInt(state.events),
    state.devices.map(({ device, addedSeq, revokedSeq, revokedSecs, compromisedSince }) => [
      device.key.bytes,
      device.roles.sign,
      device.roles.manage,
      addedSeq,
      revokedSeq,
      revokedSecs,
      compromisedSince,
    ]),
    controls.next,
    controls.threshold,
    controls.recovery.map(({ digest }) => digest),
    pending && [ObjectId.bytes(pending.id), BigInt(pending.keepsSeq), BigInt(pending.rank), dueSecs(pending)],
  ]);
};

/** A log as a holder has it on record: each event taken in when it was signed. */
const onRecord: Read<KeyState> = (claim, item) => {
  const events = list(bytes)(claim, item);
  const taken = events.map((event) => takenAt(Signed.decode(KeyEvent, event).unverified.timeSecs));
  return replayed(events.map((event, at) => ({ event, taken: taken[at] ?? takenAt(0n) })));
};

const representative: Read<Representative> = all((parts) => ({
  keys: parts.next(onRecord),
  fromSecs: parts.next(uint),
  untilSecs: parts.next(uint),
}));

const member: Read<readonly [Thumbprint, string]> = all((parts) => [
  parts.next(identifier(Thumbprint)),
  parts.next(principal),
]);

function target(of: PodId): Read<Target> {
  return all((parts): Target => {
    const kind = parts.next(uint);
    if (kind === 0n) return { kind: 'grant', grant: parts.next(identifier(ObjectId)) };
    if (kind === 1n) return { kind: 'pod-before', pod: of, beforeSecs: parts.next(uint) };
    return { kind: 'key-since', key: parts.next(identifier(Kid)), sinceSecs: parts.next(uint) };
  });
}

const chain: Judge = (keys, input) => {
  const found = inputOf(input, (parts) => {
    const links = parts.next(list(bytes));
    const holder = parts.next(principal);
    const of = parts.next(pod);
    const begun: Standing = {
      ...newStanding(of),
      subject: parts.next(onRecord),
      representatives: parts.next(list(representative)),
    };
    const members = new Map(parts.next(list(member)));
    const standing = parts.next(list(target(of))).reduce(withRevocation, begun);
    return { links, holder, standing, members, revocationsFresh: parts.next(bool), nowSecs: parts.next(uint) };
  });
  const links = found.links.map((link): Verified<Grant> => {
    const signed = Signed.decode(Grant, link);
    return signed.verify(keyOf(keys)(signed.kid));
  });
  const organisationOf = (key: Thumbprint) => (found.members.get(key) ?? null) as Caller['organisation'] | null;
  return ObjectId.bytes(checkChain(links, { ...found, organisationOf }).id);
};

const caller: Read<Caller> = all((parts) => ({
  service: parts.next(principal),
  organisation: parts.next(principal),
  key: parts.next(publicKey),
}));

const arrival: Judge = (_keys, input) => {
  const found = inputOf(input, (parts) => {
    const [request, by, holder] = [parts.next(bytes), parts.next(nullable(caller)), parts.next(principal)];
    const channel: Channel = {
      peer: parts.next(nullable(fixed(32))),
      exporter: parts.next(nullable(fixed(32))),
      origins: parts.next(list(text)),
      nonce: parts.next(nullable(identifier(Cti))),
    };
    return { request, by, holder, channel, seen: parts.next(bool), now: parts.next(uint) };
  });
  const window = new ReplayWindow();
  const run = (): Uint8Array => {
    const signed = Signed.decode(Request, found.request);
    const { id } = verifyRequest(signed, found.by, found.holder, found.channel, found.now, (kid, cti, expires) =>
      window.admit(kid, cti, expires, found.now),
    );
    return ObjectId.bytes(id);
  };
  if (found.seen) run();
  return run();
};

/** Of all inputs, so that what was found to hold in one could count for something else in another. */
const CHECKED = new CheckedSignatures(NOTHING_CHECKED);

const registry: Judge = (_keys, input) => {
  const { statements, anchor, now } = inputOf(input, (parts) => ({
    statements: parts.next(list(bytes)),
    anchor: { principal: parts.next(principal), key: parts.next(publicKey) },
    now: parts.next(uint),
  }));
  const built = Registry.build(anchor, statements, now, CHECKED.check);
  const members = built.registry.organisations.map((organisation): Cbor => {
    const { subject, name } = organisation.membership.claims;
    return [
      subject,
      name,
      built.registry.organisationNamed(name) !== undefined,
      organisation.isSuspended,
      organisation.level,
      organisation.keys.map((key) => key.bytes),
      organisation.keys.map((key) => built.registry.organisationByKid(key.kid) !== undefined),
      (organisation.profile?.claims.services ?? []).map((one) => built.registry.service(one.principal) !== undefined),
    ];
  });
  return encode([
    built.refused.map(({ index, refusal }) => [BigInt(index), refusal.code]),
    members,
    built.registry.validUntilSecs,
    built.registry.snapshot,
  ]);
};

const recordValue: Read<Value> = (_claim, item) => valueFromItem(item);

const predicateAndAnswer: Judge = (_keys, input) => {
  const { item, records } = inputOf(input, (parts) => ({
    item: parts.next(bytes),
    records: parts.next(list(recordValue)),
  }));
  const found = predicate(0n, decode(item, OBJECT_LIMITS));
  return encode([predicateToCbor(found), valueToItem(evaluate(found, records))]);
};

const projection: Judge = (_keys, input) => {
  const paths = list(parsed(FieldPath.parse));
  const { record, kept, withheld } = inputOf(input, (parts) => ({
    record: parts.next(recordValue),
    kept: parts.next(paths),
    withheld: parts.next(paths),
  }));
  const left = project(withhold(record, withheld), kept);
  return encode(left === undefined ? [] : [valueToItem(left)]);
};

function proven(fault: ReturnType<typeof inclusionFault>): Uint8Array {
  if (fault !== null) throw new Other(`proof-${fault}`);
  return new Uint8Array(0);
}

const hash = fixed(32);

const inclusion: Judge = (_keys, input) =>
  proven(
    inputOf(input, (parts) =>
      inclusionFault(parts.next(uint), parts.next(uint), parts.next(hash), parts.next(list(hash)), parts.next(hash)),
    ),
  );

const consistency: Judge = (_keys, input) =>
  proven(
    inputOf(input, (parts) =>
      consistencyFault(parts.next(uint), parts.next(uint), parts.next(hash), parts.next(hash), parts.next(list(hash))),
    ),
  );

const signature: Judge = (_keys, input) => {
  const found = inputOf(input, (parts) => ({
    key: parts.next(fixed(32)),
    message: parts.next(bytes),
    signature: parts.next(fixed(64)),
  }));
  const key = PublicKey.fromBytes(found.key) ?? refuse('key-refused');
  if (!key.verifies(found.message, found.signature)) refuse('signature');
  return Uint8Array.of(PublicKey.register(found.key) === null ? 0 : 1);
};

const endpoint: Judge = (_keys, input) => {
  const found = fromUtf8(input);
  if (found === null) throw new Other('input');
  const parsedEndpoint = parseEndpoint(found);
  if (parsedEndpoint === null) throw new Other('endpoint');
  return utf8(parsedEndpoint);
};

const sealed: Judge = (_keys, input) => {
  const found = inputOf(
    input,
    (parts) => [parts.next(hash), parts.next(bytes), parts.next(bytes), parts.next(bytes)] as const,
  );
  const plain = open(...found);
  if (plain === null) throw new Other('sealed');
  return plain;
};

const handle: Judge = (_keys, input) => {
  const found = inputOf(input, (parts) => ({
    key: parts.next(fixed(32)),
    holder: parts.next(principal),
    tag: parts.next(fixed(16)),
    sealed: parts.next(bytes),
  }));
  const opened = openHandle(found.key, found.holder, found.tag, found.sealed);
  if (opened === null) throw new Other('sealed');
  return encode(opened.pod);
};

const BLINDER_KEY_INFO = utf8('aitta-blinder-key-1');

const digest: Judge = (_keys, input) => {
  const found = inputOf(input, (parts) => ({
    seed: parts.next(fixed(32)),
    secret: parts.next(bytes),
    info: parts.next(bytes),
    bit: parts.next(nullable(uint)),
  }));
  const blinder = ristretto255_oprf.poprf(found.info);
  const { secretKey, publicKey } = blinder.deriveKeyPair(found.seed, BLINDER_KEY_INFO);
  const blinding = blind(found.secret, found.info, publicKey, (length) =>
    new Uint8Array(length).fill(found.seed[0] ?? 1),
  );
  if (blinding === null) throw new Other('blind');
  const { evaluated, proof } = blinder.blindEvaluate(secretKey, blinding.blinded);
  const evaluation = concat(evaluated, proof);
  if (found.bit !== null) {
    const place = Number(found.bit / 8n) % evaluation.length;
    evaluation[place] = (evaluation[place] ?? 0) ^ (1 << Number(found.bit % 8n));
  }
  const output = blinding.finalize(evaluation.subarray(0, 32), evaluation.subarray(32));
  if (output === null) throw new Other('blind');
  const { tag, key } = tagAndKey(output);
  return concat(output, tag, key);
};

/** The rules, by the names of their inputs. */
export const RULES: readonly (readonly [string, Judge])[] = [
  ['key log', keyLog],
  ['chain', chain],
  ['arrival', arrival],
  ['registry', registry],
  ['predicate', predicateAndAnswer],
  ['projection', projection],
  ['inclusion', inclusion],
  ['consistency', consistency],
  ['signature', signature],
  ['endpoint', endpoint],
  ['sealed', sealed],
  ['handle', handle],
  ['digest', digest],
];
