/** Ways to break what is valid: gently, so that some of it stays valid, and hard. */

import { concat } from '../../src/protocol/bytes.ts';
import { unhex } from '../vectors.ts';
import { CHARACTERS, EDGES, ODD } from './odd.ts';
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

/** The bytes with one bit the other way. */
export function flipped(dice: Dice, bytes: Uint8Array): Uint8Array {
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

/** An item without others in it. */
export function scalar(dice: Dice, pool: Pool): Tree {
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
