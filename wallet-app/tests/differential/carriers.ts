/** Inputs that nobody signs: messages, what the log shows, questions about records. */

import { bucketToBytes } from '../../src/protocol/bucket.ts';
import { utf8 } from '../../src/protocol/bytes.ts';
import { type Cbor, encode, map } from '../../src/protocol/codec/index.ts';
import { Grant } from '../../src/protocol/grant.ts';
import { Signed } from '../../src/protocol/cose.ts';
import { HolderEntry } from '../../src/protocol/holder-entry.ts';
import { Kid, Principal } from '../../src/protocol/ids.ts';
import { valueToItem } from '../../src/protocol/value.ts';
import { bytes, casesOf, list, text, valueOf } from '../vectors.ts';
import { mutate, mutateText } from './mutate.ts';
import { anyItem, mutateBlindly, mutateLines } from './mutate-bytes.ts';
import { accepted, clone, file, type Input, type Make, NAMES, objectsOf, POOL } from './seeds.ts';
import { assemble, partsOf } from './signing.ts';
import { parse, spotsOf, type Tree, write } from './tree.ts';

const PREDICATES = casesOf(file('predicates'));

/** A predicate and records, both changed. */
export const predicate: Make = (dice) => {
  const [one, other] = [dice.pick(PREDICATES), dice.pick(PREDICATES)];
  const asked = parse(bytes(one.get('bytes')));
  const records = list((dice.chance(80) ? one : other).get('records')).map((record) => valueToItem(valueOf(record)));
  const given = parse(encode(records));
  const item = asked && write(dice.chance(50) ? mutate(dice, asked, POOL) : asked);
  const changed = given && dice.chance(60) ? mutate(dice, given, POOL) : given;
  const input: Tree = { kind: 'array', items: [{ kind: 'bytes', bytes: item ?? new Uint8Array(0), inside: null }] };
  if (changed) input.items.push(changed);
  return { kind: 'predicate', bytes: write(input) };
};

const FIELDS = casesOf(file('fields'));

/** A record, of which something is kept and something withheld. */
export const projection: Make = (dice) => {
  const [one, other] = [dice.pick(FIELDS), dice.pick(FIELDS)];
  const record = parse(encode(valueToItem(valueOf(one.get('record') ?? null))));
  const paths = (name: string): Tree => ({
    kind: 'array',
    items: list((dice.chance(70) ? one : other).get(name)).map((path) => ({
      kind: 'item',
      item: dice.chance(20) ? mutateText(dice, text(path), POOL) : text(path),
    })),
  });
  const changed: Tree = record ? (dice.chance(60) ? mutate(dice, record, POOL) : record) : { kind: 'item', item: null };
  return { kind: 'projection', bytes: write({ kind: 'array', items: [changed, paths('paths'), paths('withheld')] }) };
};

/** What carries others: by the kinds that the files name, and some that they do not. */
const CARRIERS: readonly Input[] = [
  ...['messages', 'log'].flatMap((name) =>
    casesOf(file(name)).map((one) => ({ kind: text(one.get('kind')), bytes: bytes(one.get('bytes')) })),
  ),
  ...buckets(),
  ...decisions(),
  ...views(),
  ...snapshots(),
];

function carrier(kind: string, item: Cbor): Input {
  return { kind, bytes: encode(item) };
}

function buckets(): readonly Input[] {
  const decoded = accepted('holder-entry').map((one) => Signed.decode(HolderEntry, bytes(one.get('bytes'))));
  const one = decoded.filter(({ unverified: { sealed } }) => sealed !== null).slice(0, 1);
  // The same signer once more, another holder with that key, and another key.
  const entries = one.flatMap((first) => [
    ...one,
    ...[1, 2, 3].map((at) => {
      const tag = first.unverified.tag.map((byte) => byte + at);
      const holder = at === 2 ? Principal.of(new Uint8Array(32).fill(at)) : first.unverified.holder;
      const kid = at === 3 ? Kid.of(new Uint8Array(16).fill(at)) : first.kid;
      return Signed.assemble(HolderEntry, kid, { ...first.unverified, holder, tag }, first.signature);
    }),
  ]);
  const bucket = (number: bigint, bits: bigint, of: readonly Signed<HolderEntry>[]): Input => ({
    kind: 'bucket',
    bytes: bucketToBytes({ bits, number, entries: of }),
  });
  return [bucket(0n, 0n, one), bucket(0n, 0n, entries), bucket(0n, 0n, []), bucket(3n, 4n, one), bucket(14n, 6n, one)];
}

function decisions(): readonly Input[] {
  const request = new Uint8Array(32).fill(7);
  const grants = accepted('grant').map((one): Cbor[] => {
    const grant = bytes(one.get('bytes'));
    const { audience, subject } = Signed.decode(Grant, grant).unverified;
    return [audience, subject, grant];
  });
  return [
    carrier(
      'decision',
      map([
        [0n, request],
        [2n, true],
      ]),
    ),
    carrier(
      'decision',
      map([
        [0n, request],
        [1n, grants.slice(0, 1)],
      ]),
    ),
    carrier(
      'decision',
      map([
        [0n, request],
        [1n, grants.slice(0, 2)],
      ]),
    ),
  ];
}

function views(): readonly Input[] {
  return casesOf(file('log'))
    .filter((one) => one.get('kind') === 'note')
    .map((one) =>
      carrier(
        'view',
        map([
          [0n, bytes(one.get('bytes'))],
          [1n, 1_790_000_000n],
        ]),
      ),
    );
}

function snapshots(): readonly Input[] {
  return [
    carrier(
      'snapshot',
      accepted('membership').map((one) => bytes(one.get('bytes'))),
    ),
  ];
}

const LINES: ReadonlySet<string> = new Set(['note', 'add checkpoint']);

/** Something that carries others, broken; what is signed inside is signed again, if it was broken. */
export const carried: Make = (dice) => {
  const { kind, bytes: valid } = dice.pick(CARRIERS);
  if (dice.chance(3)) return { kind, bytes: valid };
  if (LINES.has(kind))
    return { kind, bytes: dice.chance(90) ? mutateLines(dice, valid) : mutateBlindly(dice, valid, valid) };
  const tree = dice.chance(92) ? parse(valid) : null;
  if (tree === null) return { kind, bytes: mutateBlindly(dice, valid, dice.pick(CARRIERS).bytes) };
  for (const { tree: inner, put } of spotsOf(tree, () => undefined)) {
    if (inner.kind !== 'bytes') continue;
    if (inner.inside === null) {
      // Notes are lines, wherever they stand.
      const isNote = Buffer.from(inner.bytes).includes('\u2014 ');
      if (isNote && dice.chance(30)) put({ kind: 'bytes', bytes: mutateLines(dice, inner.bytes), inside: null });
      continue;
    }
    const parts = inner.inside.kind === 'tag' ? partsOf(inner.bytes) : null;
    if (parts !== null) {
      if (dice.chance(30)) parts.payload = mutate(dice, parts.payload, POOL);
      put({ kind: 'bytes', bytes: assemble(parts), inside: null });
    }
  }
  return { kind, bytes: write(dice.chance(75) ? mutate(dice, tree, POOL) : tree) };
};

/** Any item. */
export const item: Make = (dice) => ({
  kind: dice.chance(50) ? 'item' : 'value',
  bytes: anyItem(dice, dice.pick([1, 2, 4, 10]), POOL),
});

/** What kind of object something is. */
export const kindOfObject: Make = (dice) => {
  const parts = clone(dice.pick(objectsOf(dice.pick(NAMES))));
  if (dice.chance(80)) parts.header = mutate(dice, parts.header, POOL);
  return { kind: 'kind', bytes: assemble(parts) };
};

const ENDPOINT_PARTS: readonly string[] = [
  ...['https://', 'http://', 'https:/', 'HTTPS://', 'ftp://', '/', '//', ''],
  ...[
    '127.0.0.1',
    '127.0.0.2',
    'pods.helsinki.example',
    'a',
    'A',
    '-a',
    'a-',
    'a..b',
    'xn--p-1ga',
    '[::1]',
    '[::]',
    '[1:2:3:4:5:6:7:8]',
  ],
  ...[
    '[1:2:3:4:5:6:7::]',
    '[::1:2:3:4:5:6:7]',
    '[::1:2:3:4:5:6:7:8]',
    '[1::2::3]',
    '[::ffff:1.2.3.4]',
    '[::1.2.3.4:5]',
    '[1.2.3.4::]',
  ],
  ...[
    '[1:2:3:4:5:6:1.2.3.4]',
    '[1:2:3:4:5:6:7:1.2.3.4]',
    '[::01.2.3.4]',
    '[::256.2.3.4]',
    '[::12345]',
    '[:1]',
    '[1:]',
    '[:::]',
    '[fe80::1%1]',
    '[',
    ']',
    '[]',
  ],
  ...[
    'ip4/192.0.2.1/udp/4001/quic-v1',
    'dns4/x/tcp/1',
    ':443',
    ':0',
    ':01',
    ':65535',
    ':65536',
    ':',
    ':99999999999',
    '/path',
    '/a%20b',
    '?q',
    '#f',
    'user@',
    ' ',
    '\u00e4',
    '\n',
  ],
];

/** Where a node answers, put together from parts. */
export const endpoint: Make = (dice) => {
  const parts = Array.from({ length: 1 + dice.below(3) }, () => dice.pick(ENDPOINT_PARTS));
  const text = dice.chance(85)
    ? `${dice.pick(['https://', 'https://', 'http://', '/'])}${parts.join('')}`
    : parts.join('');
  return { kind: 'endpoint', bytes: utf8(dice.chance(2) ? text + 'a'.repeat(300) : text) };
};
