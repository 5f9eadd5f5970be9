/** Inputs of registries: who is a member, and what they vouch for. */

import { type Cbor, encode } from '../../src/protocol/codec/index.ts';
import { bytes, casesOf, integer, list, object, text } from '../vectors.ts';
import { mutateLinked, partsOfAll, put, signedBy, TIME } from './linked.ts';
import { mutate } from './mutate.ts';
import type { Dice } from './random.ts';
import { accepted, clone, file, type Make, objectsOf, POOL } from './seeds.ts';
import { assemble, NAMED, type Parts, partsOf, type TestSigner } from './signing.ts';
import { parse, spotsOf, type Tree, write } from './tree.ts';

const ISSUER = 1n;
const SUBJECT = 2n;
const NAME = -70200n;
const KEYS = -70201n;
const ROLES = -70202n;
const DEPTH = -70203n;

const MEMBER_KEYS = file('member-keys');
const NOW = integer(MEMBER_KEYS.get('now_secs'));

/** A signer of the vectors, by their place in the list of keys. */
function named(at: number): TestSigner {
  const found = NAMED[at];
  if (found === undefined) throw new RangeError('no such key');
  return found;
}

const [HELSINKI, ESPOO_SERVICE, ARCHIVE] = [named(3), named(4), named(6)];

/** Statements, and the anchor that admits with the key of the archive. */
interface World {
  readonly statements: readonly Parts[];
  readonly anchor: string;
}

const textTree = (item: string): Tree => ({ kind: 'item', item });
const bytesTree = (of: Uint8Array): Tree => ({ kind: 'bytes', bytes: of, inside: null });
const listTree = (items: Tree[]): Tree => ({ kind: 'array', items });

function first(name: string): Parts {
  const [found] = accepted(name).flatMap((one) => partsOf(bytes(one.get('bytes'))) ?? []);
  if (found === undefined) throw new RangeError(`no valid ${name}`);
  return clone(found);
}

interface Member {
  readonly issuer: string;
  readonly subject: string;
  readonly name: string;
  readonly key: TestSigner;
  readonly roles: readonly string[];
  readonly depth: bigint;
}

/** A membership that the archive's key signs. */
function membership({ issuer, subject, name, key, roles, depth }: Member): Parts {
  const parts = first('membership');
  signedBy(parts, ARCHIVE);
  put(parts, ISSUER, textTree(issuer));
  put(parts, SUBJECT, textTree(subject));
  put(parts, NAME, textTree(name));
  put(parts, KEYS, listTree([bytesTree(key.key.bytes)]));
  put(parts, ROLES, listTree(roles.map(textTree)));
  put(parts, DEPTH, { kind: 'item', item: depth });
  return parts;
}

const ANCHOR = `ai:${'A'.repeat(43)}`;
const REGION = `ai:${'B'.repeat(42)}A`;
const ESPOO = text(object(file('requests').get('caller')).get('organisation'));
const NOTE = Buffer.from(
  bytes(
    accepted('log')
      .find((one) => one.get('kind') === 'note')
      ?.get('bytes'),
  ),
).toString();
/** Who runs the log of the vectors, and who cosigned it: the names of the lines. */
const [LOG = '', WITNESS = ''] = [...NOTE.matchAll(/^\u2014 (\S+) /gm)].map(([, name]) => name);

const espoo = (issuer: string): Parts =>
  membership({ issuer, subject: ESPOO, name: 'espoo', key: HELSINKI, roles: ['holder', 'services'], depth: 0n });
const region = membership({
  issuer: ANCHOR,
  subject: REGION,
  name: 'region',
  key: ARCHIVE,
  roles: ['region'],
  depth: 1n,
});
const older = espoo(ANCHOR);
put(older, TIME, { kind: 'item', item: NOW - 200_000n });

/** Espoo with its services, admitted by the anchor, by a region, by both; and who runs and witnesses the log. */
const ESPOOS: readonly World[] = [
  [espoo(ANCHOR), first('profile')],
  [older, espoo(ANCHOR), first('profile'), first('profile')],
  [region, espoo(REGION), first('profile')],
  [region, espoo(REGION), espoo(ANCHOR), first('profile')],
].map((statements) => ({ statements, anchor: ANCHOR }));

const LOGGERS: World = {
  statements: [
    membership({ issuer: ANCHOR, subject: LOG, name: 'log', key: ARCHIVE, roles: ['directory'], depth: 0n }),
    membership({ issuer: ANCHOR, subject: WITNESS, name: 'helsinki', key: HELSINKI, roles: ['holder'], depth: 0n }),
  ],
  anchor: ANCHOR,
};

const OF_LOGS: readonly World[] = casesOf(MEMBER_KEYS).map((one) => ({
  statements: partsOfAll(list(one.get('statements')).map(bytes)),
  anchor: text(object(MEMBER_KEYS.get('anchor')).get('principal')),
}));

const WORLDS: readonly World[] = [...OF_LOGS, ...ESPOOS, ...ESPOOS, LOGGERS];

function around(dice: Dice, secs: bigint, hundredths: number): bigint {
  return dice.chance(hundredths) ? secs + 86_400n * BigInt(dice.below(800) - 400) : secs;
}

function written(dice: Dice, { statements, anchor }: World, hundredths: number): Cbor[] {
  const key = dice.chance(2) ? dice.pick(NAMED) : ARCHIVE;
  const all = mutateLinked(dice, statements, hundredths);
  return [all.map(assemble), anchor, key.key.bytes, around(dice, NOW, 12)];
}

/** A registry from some statements. */
export const registry: Make = (dice) => {
  const { statements, anchor } = dice.pick(WORLDS);
  const more = dice.chance(20) ? [dice.pick(dice.pick(WORLDS).statements)] : [];
  return { kind: 'registry', bytes: encode(written(dice, { statements: [...statements, ...more], anchor }, 12)) };
};

/** An access request of a service, in a registry. */
export const asked: Make = (dice) => {
  const request = clone(dice.pick(objectsOf('access-request')));
  signedBy(request, ESPOO_SERVICE);
  put(request, -70220n, textTree(ESPOO));
  if (dice.chance(60)) request.payload = mutate(dice, request.payload, POOL);
  return { kind: 'asked', bytes: encode([...written(dice, dice.pick(ESPOOS), 5), assemble(request)]) };
};

const HEADS = casesOf(file('log')).filter(
  (one) => one.get('expect') === 'accepted' && /head|bucket/.test(text(one.get('kind'))),
);

/** The head in a case: of a proven bucket, the third part. */
function headOf(message: Uint8Array): Tree | null {
  const tree = parse(message);
  const [last] = tree?.kind === 'map' ? tree.entries.slice(-1) : [];
  return last?.[1].kind === 'bytes' ? last[1].inside : tree;
}

/** A head of the log, in a registry that has its directory and a witness. */
export const believed: Make = (dice) => {
  const head = headOf(bytes(dice.pick(HEADS).get('bytes'))) ?? textTree('');
  const broken = dice.chance(30) ? mutate(dice, head, POOL) : head;
  const statements = written(dice, LOGGERS, 8);
  const now = around(dice, NOW, 20) + BigInt(dice.pick([-62, -61, -60, 0, 1, 2, 300, 302]));
  return {
    kind: 'believed',
    bytes: encode([
      ...statements.slice(0, 3),
      now,
      write(broken),
      BigInt(dice.pick([0, 1, 1, 1, 2])),
      BigInt(dice.pick([300, 86_400 * 400])),
    ]),
  };
};

/** A tree head that a member signed once, with a key of then or of now. */
export const kept: Make = (dice) => {
  const world = dice.pick(OF_LOGS);
  const head = first('tree-head');
  signedBy(head, dice.chance(80) ? dice.pick([HELSINKI, named(4), named(1)]) : dice.pick(NAMED));
  const subjects = world.statements.flatMap(({ payload }) => spotsOf(payload, () => undefined).map(({ tree }) => tree));
  const principals = subjects.flatMap((tree) =>
    tree.kind === 'item' && typeof tree.item === 'string' && tree.item.startsWith('ai:') ? [tree.item] : [],
  );
  put(head, TIME, { kind: 'item', item: around(dice, NOW - 86_400n * BigInt(dice.below(60)), 20) });
  return {
    kind: 'kept',
    bytes: encode([...written(dice, world, 4), assemble(head), dice.pick(principals.slice(-1).concat(principals))]),
  };
};
