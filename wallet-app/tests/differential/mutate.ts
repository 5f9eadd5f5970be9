/** Ways to break what is valid: gently, so that some of it stays valid, and hard. */

import { concat, utf8 } from '../../src/protocol/bytes.ts';
import { head } from '../../src/protocol/codec/index.ts';
import type { Dice } from './random.ts';
import { copy, type Spot, spotsOf, type Tree, write } from './tree.ts';

/** Parts of valid objects, to put into others. */
export interface Pool {
  readonly integers: readonly bigint[];
  readonly texts: readonly string[];
  readonly byteStrings: readonly Uint8Array[];
  readonly trees: readonly Tree[];
}

/** How many of a hundred trees are broken gently. */
const GENTLE = 45;

/** Numbers at which something begins or ends. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  4n,
  8n,
  9n,
  23n,
  24n,
  32n,
  33n,
  60n,
  61n,
  120n,
  121n,
  255n,
  256n,
  65535n,
  65536n,
  259200n,
  2592000n,
  34560000n,
  34560001n,
  (1n << 32n) - 1n,
  1n << 32n,
  (1n << 53n) - 1n,
  1n << 53n,
  (1n << 63n) - 1n,
  -1n,
  -24n,
  -25n,
  -(1n << 63n),
];

/** Characters at which readers of text differ: hidden, wide, upper case, controls, beyond U+FFFF. */
const CHARACTERS: readonly string[] = [
  ...[
    '*',
    '.',
    '..',
    ':',
    '?',
    '_',
    '-',
    '/',
    '@',
    '#',
    '%',
    ' ',
    '\n',
    '\u0000',
    '\u007f',
    '\u0085',
    '\u00a0',
    'A',
    'Z',
    '0',
    '9',
  ],
  ...[
    'ä',
    'ß',
    'Ω',
    '日',
    '𝒳',
    '\u00ad',
    '\u061c',
    '\u200b',
    '\u200d',
    '\u2028',
    '\u202e',
    '\u2060',
    '\u2800',
    '\u3164',
    '\ufe0f',
    '\ufeff',
  ],
  ...['\ufff9', '\uffff', '\u{1d173}', '\u{e0041}', '\u{10ffff}', '²', '①', '٣', 'Ⅳ', '\u0301', '=', '+', '[', ']'],
];

/** Items that no strict reader takes, and some that it does. */
const ODD: readonly string[] = [
  ...[
    '1800',
    '190001',
    '1a00000001',
    '1b0000000000000001',
    '3800',
    '5800',
    '7800',
    '9800',
    'b800',
    '590001ff',
    '79000161',
  ],
  ...[
    '5f41ff',
    '7f6161ff',
    '9f01ff',
    'bf0102ff',
    'ff',
    '1c',
    '3d',
    '5e',
    'fc',
    'f8ff',
    'f820',
    'f7',
    'e0',
    'f0',
    'f3',
    'f818',
  ],
  ...[
    'f90000',
    'f93c00',
    'fa00000000',
    'fb3ff0000000000000',
    'c000',
    'd201',
    'd8201800',
    'd83d40',
    'c11a514b67b0',
    'c24101',
  ],
  ...['1bffffffffffffffff', '1b8000000000000000', '3bffffffffffffffff', '3b8000000000000000', '3b7fffffffffffffff'],
  ...[
    '61ff',
    '62c328',
    '63eda080',
    '62c080',
    '64f4908080',
    '60',
    '40',
    '80',
    'a0',
    'a10001',
    'a201010102',
    'a202000100',
    'a201000100',
  ],
  ...[
    '818181818181818181818100',
    'a100a100a100a100a100a100a100a100a100',
    '5bffffffffffffffff',
    '9bffffffffffffffff',
    '9a00100000',
  ],
  ...['bb0000000100000000', '7b7fffffffffffffff', '590100', '', '00', '20', '6161', 'f4', 'f5', 'f6', '8100', '820000'],
];

function unhex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** Breaks a tree: gently in one place, or in one to three places, whatever comes of it. */
export function mutate(dice: Dice, tree: Tree, pool: Pool): Tree {
  let whole = copy(tree);
  if (dice.chance(GENTLE)) {
    const leaves = spotsOf(whole, (other) => (whole = other)).filter(
      ({ tree: { kind } }) => kind === 'item' || kind === 'bytes',
    );
    if (leaves.length > 0) nudge(dice, dice.pick(leaves), pool);
    return whole;
  }
  const times = dice.chance(70) ? 1 : dice.chance(70) ? 2 : 3;
  for (let time = 0; time < times; time += 1) {
    const spots = spotsOf(whole, (other) => (whole = other));
    mutateSpot(dice, dice.pick(spots), pool);
  }
  return whole;
}

/** Changes a leaf into another of its kind. */
function nudge(dice: Dice, { tree, put }: Spot, pool: Pool): void {
  if (tree.kind === 'bytes' && tree.inside === null) {
    const same = pool.byteStrings.filter(({ length }) => length === tree.bytes.length);
    return put({
      kind: 'bytes',
      bytes: dice.chance(50) ? flipped(dice, tree.bytes) : dice.pick([...same, tree.bytes]),
      inside: null,
    });
  }
  if (tree.kind !== 'item') return;
  const { item } = tree;
  if (typeof item === 'bigint') {
    const step = BigInt(dice.pick([1, 1, 2, 59, 60, 61, 3600, 86_400, 30 * 86_400]));
    return put({
      kind: 'item',
      item: item < 0n ? item : dice.chance(50) ? item + step : item > step ? item - step : item,
    });
  }
  if (typeof item === 'boolean') return put({ kind: 'item', item: !item });
  if (typeof item === 'string') {
    const [prefix] = /^[^:]*:/.exec(item) ?? [''];
    const alike = pool.texts.filter((one) => one.startsWith(prefix) && one.length < item.length + 12);
    put({ kind: 'item', item: dice.chance(60) ? respelt(dice, item) : dice.pick([...alike, item]) });
  }
}

function flipped(dice: Dice, bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  const at = dice.below(bytes.length);
  if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << dice.below(8));
  return changed;
}

/** The text with another letter or digit in the place of one. */
function respelt(dice: Dice, item: string): string {
  const characters = [...item];
  const at = dice.below(characters.length);
  const old = characters[at] ?? '';
  if (/[0-9]/.test(old)) characters[at] = String(dice.below(10));
  else if (/[A-Z]/.test(old)) characters[at] = 'AQgw'.charAt(dice.below(4));
  else if (/[a-z]/.test(old)) characters[at] = 'aegz'.charAt(dice.below(4));
  return characters.join('');
}

function mutateSpot(dice: Dice, spot: Spot, pool: Pool): void {
  if (dice.chance(5)) return spot.put({ kind: 'raw', bytes: unhex(dice.pick(ODD)) });
  if (dice.chance(4)) return spot.put(copy(dice.pick(pool.trees)));
  if (dice.chance(4)) return spot.put(scalar(dice, pool));
  const { tree } = spot;
  switch (tree.kind) {
    case 'item':
      return spot.put(mutateItem(dice, tree.item, pool));
    case 'bytes':
      return spot.put({ kind: 'bytes', bytes: mutateBytes(dice, write1(tree), pool), inside: null });
    case 'array':
      return mutateList(dice, tree.items, () => copy(dice.chance(50) ? dice.pick(pool.trees) : scalar(dice, pool)));
    case 'map':
      return mutateMap(dice, tree, pool);
    case 'tag':
      tree.number = dice.pick([18n, 17n, 61n, 98n, 0n]);
      return;
    case 'raw':
  }
}

function write1(tree: Tree & { kind: 'bytes' }): Uint8Array {
  return tree.inside ? write(tree.inside) : tree.bytes;
}

function scalar(dice: Dice, pool: Pool): Tree {
  switch (dice.below(6)) {
    case 0:
      return { kind: 'item', item: dice.pick(EDGES) };
    case 1:
      return { kind: 'item', item: dice.pick(pool.integers) };
    case 2:
      return { kind: 'item', item: dice.pick(pool.texts) };
    case 3:
      return { kind: 'bytes', bytes: dice.pick(pool.byteStrings), inside: null };
    case 4:
      return { kind: 'item', item: dice.pick([true, false, null]) };
    default:
      return { kind: 'bytes', bytes: dice.bytes(dice.pick([0, 1, 16, 32, 64])), inside: null };
  }
}

function mutateItem(dice: Dice, item: bigint | string | boolean | null, pool: Pool): Tree {
  if (typeof item === 'bigint') return { kind: 'item', item: mutateInteger(dice, item, pool) };
  if (typeof item === 'string') return { kind: 'item', item: mutateText(dice, item, pool) };
  if (typeof item === 'boolean') return { kind: 'item', item: !item };
  return scalar(dice, pool);
}

const LEAST = -(1n << 64n);
const MOST = (1n << 64n) - 1n;

function mutateInteger(dice: Dice, item: bigint, pool: Pool): bigint {
  const changed = [
    item + 1n,
    item - 1n,
    item + BigInt(dice.below(200)),
    item - BigInt(dice.below(200)),
    item + 86_400n * BigInt(dice.below(500)),
    item + dice.pick(EDGES),
    item - dice.pick(EDGES),
    dice.pick(EDGES),
    dice.pick(pool.integers),
  ];
  const found = dice.pick(changed);
  return found < LEAST || found > MOST ? item : found;
}

/** Changes a text, mostly into another of its kind. */
export function mutateText(dice: Dice, item: string, pool: Pool): string {
  const characters = [...item];
  const at = dice.below(characters.length + 1);
  switch (dice.below(9)) {
    case 0:
      return dice.pick(pool.texts);
    case 1:
    case 2:
    case 3:
      return respelt(dice, item);
    case 4:
      return characters.toSpliced(at, 0, dice.chance(15) ? '*' : dice.pick(CHARACTERS)).join('');
    case 5:
      return characters.toSpliced(at, 1).join('');
    case 6:
      return characters.slice(0, at).join('');
    case 7:
      return item
        .repeat(dice.pick([0, 2, 3, 9]))
        .slice(0, 2000)
        .toWellFormed();
    default:
      return (item + dice.pick(pool.texts)).slice(0, 2000).toWellFormed();
  }
}

/** Changes bytes, mostly to as many others. */
export function mutateBytes(dice: Dice, bytes: Uint8Array, pool: Pool): Uint8Array {
  const changed = bytes.slice();
  const at = dice.below(bytes.length);
  switch (dice.below(8)) {
    case 0:
    case 1:
    case 2:
      return flipped(dice, bytes);
    case 3:
      return dice.pick(
        pool.byteStrings.filter(({ length }) => length === bytes.length).concat(dice.bytes(bytes.length)),
      );
    case 4:
      return dice.pick(pool.byteStrings);
    case 5:
      return changed.subarray(0, at);
    case 6:
      return concat(changed, dice.bytes(dice.below(4)));
    default:
      return concat(changed.subarray(0, at), dice.bytes(1), changed.subarray(at));
  }
}

function mutateList(dice: Dice, items: Tree[], another: () => Tree): void {
  const at = dice.below(items.length);
  const one = items[at];
  switch (dice.below(8)) {
    case 0:
      items.splice(at, 1);
      return;
    case 1:
      if (one) items.push(copy(one));
      return;
    case 2:
      items.push(another());
      return;
    case 3:
      if (one) items.splice(0, 0, ...items.splice(at, 1));
      return;
    case 4:
      items.reverse();
      return;
    case 5:
      items.splice(0);
      return;
    case 6: {
      const many = dice.pick([2, 4, 5, 6, 8, 9, 17, 33, 64, 65, 256, 257]);
      while (one && items.length < many) items.push(copy(one));
      return;
    }
    default:
      if (one) items[at] = another();
  }
}

function mutateMap(dice: Dice, tree: Tree & { kind: 'map' }, pool: Pool): void {
  const { entries } = tree;
  const at = dice.below(entries.length);
  const one = entries[at];
  switch (dice.below(9)) {
    case 0:
    case 1:
      entries.splice(at, 1);
      return;
    case 2:
      entries.push([scalar(dice, pool), scalar(dice, pool)]);
      return;
    case 3:
      entries.push([
        { kind: 'item', item: dice.pick([0n, 5n, 8n, 10n, -70000n, -70005n, -70109n, -70226n]) },
        scalar(dice, pool),
      ]);
      return;
    case 4:
      if (one) entries.push([copy(one[0]), copy(one[1])]);
      return;
    case 5:
      tree.asItStands = true;
      entries.reverse();
      return;
    case 6:
      if (one) {
        // As it was sorted before, but for one.
        const sorted = entries.toSorted(([left], [right]) => Buffer.compare(write(left), write(right)));
        tree.entries = [...sorted.filter((entry) => entry !== one), one];
        tree.asItStands = true;
      }
      return;
    case 7:
      if (one) one[1] = copy(dice.pick(entries)[1]);
      return;
    default:
      if (one) one[1] = scalar(dice, pool);
  }
}

/** Breaks bytes without looking at what they mean. */
export function mutateBlindly(dice: Dice, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const at = dice.below(bytes.length);
  const changed = bytes.slice();
  switch (dice.below(7)) {
    case 0:
    case 1:
      return flipped(dice, bytes);
    case 2:
      return changed.subarray(0, at);
    case 3:
      return concat(changed, dice.bytes(1 + dice.below(3)));
    case 4:
      return concat(changed.subarray(0, at), other.subarray(dice.below(other.length)));
    case 5:
      return concat(changed.subarray(0, at), changed.subarray(at + 1 + dice.below(4)));
    default:
      if (at < changed.length) changed[at] = dice.below(256);
      return changed;
  }
}

/** Breaks what people can read, line by line. */
export function mutateLines(dice: Dice, bytes: Uint8Array): Uint8Array {
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  const at = dice.below(lines.length);
  const line = lines[at] ?? '';
  const within = dice.below(line.length + 1);
  switch (dice.below(8)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, line);
      break;
    case 2:
      lines.splice(at, 0, dice.pick(['', '0', '\u2014 somebody AAAA', '\u2014 ', 'x', '18446744073709551616']));
      break;
    case 3:
      lines[at] = line.slice(0, within) + dice.pick(CHARACTERS) + line.slice(within);
      break;
    case 4:
      lines[at] = line.slice(0, within) + dice.pick(['A', 'Q', 'g', 'w', '0', '1', '9']) + line.slice(within + 1);
      break;
    case 5:
      lines[at] = dice.pick([
        '0',
        '00',
        '01',
        '+1',
        '18446744073709551615',
        '18446744073709551616',
        `${line}=`,
        `${line} `,
      ]);
      break;
    case 6:
      while (lines.length < 80) lines.splice(at, 0, line);
      break;
    default:
      lines[at] = line.slice(0, within);
  }
  return utf8(lines.join('\n').toWellFormed());
}

/** Any item, up to a depth. */
export function anyItem(dice: Dice, depth: number, pool: Pool): Uint8Array {
  const kind = depth === 0 ? dice.below(5) : dice.below(8);
  if (kind < 3) return write(scalar(dice, pool));
  if (kind === 3) return unhex(dice.pick(ODD));
  if (kind === 4) return write({ kind: 'item', item: dice.pick(CHARACTERS) });
  const below = Array.from({ length: dice.below(4) }, () => anyItem(dice, depth - 1, pool));
  if (kind < 7) return concat(head(4, BigInt(below.length)), ...below);
  const entries = below.map((value) => [write(scalar(dice, pool)), value] as const);
  if (!dice.chance(10)) entries.sort(([one], [other]) => Buffer.compare(one, other));
  return concat(head(5, BigInt(entries.length)), ...entries.flat());
}
