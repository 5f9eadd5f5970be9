/** Inputs of several objects that name each other: key logs, chains, registries; and a request with its connection. */

import { type Cbor, encode } from '../../src/protocol/codec/index.ts';
import { Principal } from '../../src/protocol/ids.ts';
import { bytes, casesOf, integer, JsonObject, list, object, text } from '../vectors.ts';
import { mutate } from './mutate.ts';
import type { Dice } from './random.ts';
import { clone, file, type Make, objectsOf, POOL } from './seeds.ts';
import { assemble, idOf, NAMED, type Parts, partsOf, SIGNERS, type TestSigner } from './signing.ts';
import { copy, entryOf, spotsOf, type Tree } from './tree.ts';

/** Puts one id in the place of another wherever it stands, also as a principal. */
function relink(parts: Parts, from: Uint8Array, to: Uint8Array): void {
  const [was, is] = [Principal.of(from), Principal.of(to)];
  for (const { tree, put } of spotsOf(parts.payload, (other) => (parts.payload = other))) {
    if (tree.kind === 'bytes' && Buffer.compare(tree.bytes, from) === 0)
      put({ kind: 'bytes', bytes: to, inside: null });
    if (tree.kind === 'item' && tree.item === was) put({ kind: 'item', item: is });
  }
}

const ENDORSEMENTS = -70111n;
const REVEALED = -70110n;

/** Signs the endorsements of a rotation anew. */
function endorse(parts: Parts): void {
  const endorsements = entryOf(parts.payload, ENDORSEMENTS);
  const revealed = entryOf(parts.payload, REVEALED);
  if (endorsements?.kind !== 'array' || revealed?.kind !== 'array' || parts.payload.kind !== 'map') return;
  const entries = parts.payload.entries.filter(([, value]) => value !== endorsements);
  const unendorsed: Tree = { kind: 'map', entries, asItStands: false };
  revealed.items.slice(1).forEach((key, at) => {
    const by = SIGNERS.find((one) => key.kind === 'bytes' && Buffer.compare(one.key.bytes, key.bytes) === 0);
    if (by === undefined || at >= endorsements.items.length) return;
    const message = assemble({ header: headerFor(parts.header, by.key.kid), payload: unendorsed, by });
    endorsements.items[at] = { kind: 'bytes', bytes: message.subarray(-64), inside: null };
  });
}

function headerFor(header: Tree, kid: string): Tree {
  const own = copy(header);
  for (const { tree, put } of spotsOf(own, () => undefined)) {
    if (tree.kind === 'bytes' && tree.bytes.length === 16)
      put({ kind: 'bytes', bytes: new Uint8Array(Buffer.from(kid, 'base64url')), inside: null });
  }
  return own;
}

/** Breaks some of several objects that name each other, and keeps the names right. */
export function mutateLinked(dice: Dice, objects: readonly Parts[], hundredths: number): Parts[] {
  const all = objects.map(clone);
  const before = all.map(idOf);
  all.forEach((parts, at) => {
    if (dice.chance(hundredths)) parts.payload = mutate(dice, parts.payload, POOL);
    endorse(parts);
    const [was, is] = [before[at], idOf(parts)];
    if (was && Buffer.compare(was, is) !== 0) for (const later of all) relink(later, was, is);
  });
  return shuffled(dice, all, 8);
}

/** Leaves one out, doubles one, or has two change places: each with this chance. */
function shuffled<T>(dice: Dice, items: T[], hundredths: number): T[] {
  const [one, other] = [dice.below(items.length), dice.below(items.length)];
  if (dice.chance(hundredths)) items.splice(one, 1);
  const found = items[one];
  if (found !== undefined && dice.chance(hundredths)) items.splice(other, 0, found);
  const [left, right] = [items[one], items[other]];
  if (left !== undefined && right !== undefined && dice.chance(hundredths)) [items[one], items[other]] = [right, left];
  return items;
}

const HOUR = 3600n;

interface TakenLog {
  readonly events: readonly Parts[];
  readonly taken: readonly (readonly [taken: bigint, logged: bigint | null, identified: boolean])[];
  readonly now: bigint;
}

/** The objects in parts; strangers' are left out. */
export function partsOfAll(all: readonly Uint8Array[]): readonly Parts[] {
  return all.flatMap((one) => partsOf(one) ?? []);
}

/** The claim `iat`. */
export const TIME = 6n;

const SEQ = -70100n;
const PREVIOUS = -70101n;

function logOf(one: JsonObject): readonly TakenLog[] {
  const events = partsOfAll(list(one.get('events')).map(bytes));
  const told = one.has('taken') ? list(one.get('taken')) : [];
  const taken = events.map((event, at): readonly [bigint, bigint | null, boolean] => {
    const said = told[at];
    if (said instanceof JsonObject) {
      const logged = said.get('logged') ?? null;
      return [integer(said.get('taken')), logged === null ? null : integer(logged), said.get('identified') === true];
    }
    const time = entryOf(event.payload, TIME);
    const secs = time?.kind === 'item' && typeof time.item === 'bigint' ? time.item : 1n;
    return [secs, secs, false];
  });
  const last = taken.at(-1)?.[0] ?? 1n;
  const isWhole = events.length === list(one.get('events')).length && events.length > 0;
  return isWhole ? [{ events, taken, now: one.has('now') ? integer(one.get('now')) : last }] : [];
}

const LOGS_BY_NAME = new Map(casesOf(file('key-event-logs')).map((one) => [text(one.get('name')), logOf(one)]));
const LOGS: readonly TakenLog[] = [...LOGS_BY_NAME.values()].flat();

/** Recoveries by one key, each called off by the phone, until the key counts no more. */
function spent(): TakenLog {
  const [log] = LOGS_BY_NAME.get('cancelled by the phone') ?? [];
  const [inception, recovery, cancel] = log?.events ?? [];
  const [first, second, third] = log?.taken ?? [];
  if (!log || !inception || !recovery || !cancel || !first || !second || !third) throw new TypeError('no such log');
  const events = [inception];
  const taken = [first];
  let last = cancel;
  for (let time = 0n; time < 4n; time += 1n) {
    events.push(clone(recovery));
    taken.push(second);
    const next = clone(last);
    if (time > 0n) {
      put(next, SEQ, { kind: 'item', item: time + 1n });
      put(next, PREVIOUS, { kind: 'bytes', bytes: idOf(last), inside: null });
    }
    events.push(next);
    taken.push(third);
    last = next;
  }
  return { events, taken, now: log.now };
}

/** Sets a claim. */
export function put({ payload }: Parts, claim: bigint, value: Tree): void {
  const entry =
    payload.kind === 'map' ? payload.entries.find(([key]) => key.kind === 'item' && key.item === claim) : undefined;
  if (entry) entry[1] = value;
}

const ALL_LOGS: readonly TakenLog[] = [...LOGS, spent()];

/** A key log, its events and how they were taken in. */
export const keyLog: Make = (dice) => {
  const log = dice.pick(ALL_LOGS);
  const events = mutateLinked(dice, log.events, 12);
  const later = (secs: bigint): bigint => {
    const moved = secs + HOUR * BigInt(dice.pick([-100, -73, -72, -71, -1, 1, 24, 71, 72, 73, 100, 720]));
    return moved < 0n ? 0n : moved;
  };
  const taken = log.taken.map(([secs, logged, identified]): Cbor[] => {
    if (!dice.chance(20)) return [secs, logged, identified];
    return [dice.chance(50) ? later(secs) : secs, dice.chance(30) ? null : logged && later(logged), dice.chance(50)];
  });
  const input = events.map((event, at) => [assemble(event), ...(taken[at] ?? taken.at(-1) ?? [])]);
  return { kind: 'key log', bytes: encode([input, dice.chance(30) ? later(log.now) : log.now]) };
};

const CHAINS = file('chains');
const CHAIN_WORLD = {
  holder: text(CHAINS.get('holder')),
  pod: text(CHAINS.get('pod')),
  subject: list(CHAINS.get('subject_log')).map(bytes),
  representatives: list(CHAINS.get('representatives'))
    .map(object)
    .map((one): Cbor[] => [
      list(one.get('log')).map(bytes),
      integer(one.get('from_secs')),
      integer(one.get('until_secs')),
    ]),
  members: [...object(CHAINS.get('members'))].map(([key, member]): Cbor[] => [
    new Uint8Array(Buffer.from(key, 'base64url')),
    text(member),
  ]),
  now: integer(CHAINS.get('now_secs')),
};

const KEY_EVENT = -70004n;

/** A log in which the tablet was sold or stolen, which goes on from the subject's. */
const LOST: readonly (readonly Uint8Array[])[] = ['tablet sold', 'tablet stolen'].map((name) =>
  (LOGS_BY_NAME.get(name)?.[0]?.events ?? []).map(assemble),
);

/** Seconds before and after the tablet was stolen, and then revoked. */
const AROUND_THE_LOSS: readonly bigint[] = [
  1_784_815_999n,
  1_784_816_000n,
  1_785_000_000n,
  1_785_679_999n,
  1_785_680_000n,
];

/** The object signed by somebody else. */
export function signedBy(parts: Parts, by: TestSigner): void {
  [parts.header, parts.by] = [headerFor(parts.header, by.key.kid), by];
}

/** The grant signed by somebody else, at an event of their log. */
function grantedBy(parts: Parts, by: TestSigner, event: bigint): void {
  signedBy(parts, by);
  put(parts, KEY_EVENT, { kind: 'item', item: event });
}

/** A chain, its links and what the holder knows. */
export const chain: Make = (dice) => {
  const one = dice.pick(casesOf(CHAINS));
  const whole = partsOfAll(list(one.get('links')).map(bytes)).map(clone);
  const isLost = dice.chance(15);
  const [root] = whole;
  const tablet = NAMED[1];
  if (isLost && root && tablet) {
    const was = idOf(root);
    grantedBy(root, tablet, BigInt(1 + dice.below(2)));
    put(root, TIME, { kind: 'item', item: dice.pick(AROUND_THE_LOSS) });
    for (const link of whole) relink(link, was, idOf(root));
  }
  const links = mutateLinked(dice, whole, 25);
  const day = 86_400n;
  const now = CHAIN_WORLD.now + (dice.chance(10) ? day * BigInt(dice.below(800) - 400) : 0n);
  const signer = dice.pick(NAMED).key;
  const targets: readonly Cbor[][] = [
    [0n, dice.chance(50) && links.length > 0 ? idOf(dice.pick(links)) : dice.bytes(32)],
    [1n, now - day * BigInt(dice.below(20))],
    [2n, new Uint8Array(Buffer.from(signer.kid, 'base64url')), now - day * BigInt(dice.below(20))],
  ];
  return {
    kind: 'chain',
    bytes: encode([
      links.map(assemble),
      dice.chance(2) ? (dice.pick(CHAIN_WORLD.members)[1] ?? null) : CHAIN_WORLD.holder,
      CHAIN_WORLD.pod,
      isLost ? dice.pick(LOST) : CHAIN_WORLD.subject,
      dice.chance(5) ? [] : CHAIN_WORLD.representatives,
      dice.chance(5) ? CHAIN_WORLD.members.slice(1) : CHAIN_WORLD.members,
      dice.chance(10) ? [dice.pick(targets)] : [],
      !dice.chance(5),
      now < 0n ? 0n : now,
    ]),
  };
};

const REQUESTS = file('requests');

function callerOf(json: JsonObject): Cbor {
  return [text(json.get('service')), text(json.get('organisation')), bytes(json.get('key'))];
}

/** A request on its arrival. */
export const arrival: Make = (dice) => {
  const one = dice.pick(casesOf(REQUESTS));
  const parts = clone(partsOf(bytes(one.get('bytes'))) ?? dice.pick(objectsOf('request')));
  if (dice.chance(60)) parts.payload = mutate(dice, parts.payload, POOL);
  const caller = one.has('caller') ? one.get('caller') : REQUESTS.get('caller');
  const channel = object((dice.chance(10) ? undefined : one.get('channel')) ?? REQUESTS.get('channel'));
  const maybe = (name: string): Cbor => {
    const found = channel.get(name);
    return found === undefined || found === null ? null : bytes(found);
  };
  const nonce = channel.get('nonce');
  return {
    kind: 'arrival',
    bytes: encode([
      assemble(parts),
      caller instanceof JsonObject ? callerOf(caller) : null,
      text(REQUESTS.get('holder')),
      maybe('peer'),
      maybe('exporter'),
      list(channel.get('origins') ?? []).map(text),
      typeof nonce === 'string' ? new Uint8Array(Buffer.from(nonce, 'base64url')) : null,
      dice.chance(5),
      integer(REQUESTS.get('now_secs')) + (dice.chance(20) ? BigInt(dice.below(400) - 200) : 0n),
    ]),
  };
};
