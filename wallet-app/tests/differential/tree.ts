/** CBOR as it may be written, also wrongly: what the strict writer cannot. */

import { compareBytes, concat, utf8 } from '../../src/protocol/bytes.ts';
import { type Cbor, CborMap, decode, head, isArray, type Limits } from '../../src/protocol/codec/index.ts';

/** A node. Objects are changed in place by whoever breaks them. */
export type Tree =
  | { kind: 'item'; item: bigint | string | boolean | null }
  /** A byte string; `inside` when it holds CBOR itself. */
  | { kind: 'bytes'; bytes: Uint8Array; inside: Tree | null }
  | { kind: 'array'; items: Tree[] }
  /** Written in the order of the keys' encodings, or as the entries stand. */
  | { kind: 'map'; entries: [Tree, Tree][]; asItStands: boolean }
  | { kind: 'tag'; number: bigint; inside: Tree }
  /** Whatever these bytes are. */
  | { kind: 'raw'; bytes: Uint8Array };

const LIMITS: Limits = { bytes: 4 * 1024 * 1024, depth: 32, items: 8192 };
/** Shorter byte strings are ids and digests, which happen to be CBOR at times. */
const LEAST_INSIDE = 33;

/** Parses well-formed bytes; null when they are not. Tag 18 is taken for what signed objects begin with. */
export function parse(bytes: Uint8Array): Tree | null {
  try {
    if (bytes[0] === 0xd2) return { kind: 'tag', number: 18n, inside: treeOf(decode(bytes.subarray(1), LIMITS)) };
    return treeOf(decode(bytes, LIMITS));
  } catch {
    return null;
  }
}

/** The tree of an item. */
export function treeOf(item: Cbor): Tree {
  if (item instanceof Uint8Array) return { kind: 'bytes', bytes: item, inside: insideOf(item) };
  if (isArray(item)) return { kind: 'array', items: item.map(treeOf) };
  if (item instanceof CborMap) {
    const entries = item.entries.map(([key, value]): [Tree, Tree] => [treeOf(key), treeOf(value)]);
    return { kind: 'map', entries, asItStands: false };
  }
  return { kind: 'item', item };
}

function insideOf(bytes: Uint8Array): Tree | null {
  const found = bytes.length >= LEAST_INSIDE ? parse(bytes) : null;
  return found !== null && ['array', 'map', 'tag'].includes(found.kind) ? found : null;
}

/** As bytes. */
export function write(tree: Tree): Uint8Array {
  switch (tree.kind) {
    case 'item':
      return writeItem(tree.item);
    case 'bytes': {
      const bytes = tree.inside ? write(tree.inside) : tree.bytes;
      return concat(head(2, BigInt(bytes.length)), bytes);
    }
    case 'array':
      return concat(head(4, BigInt(tree.items.length)), ...tree.items.map(write));
    case 'map': {
      const entries = tree.entries.map(([key, value]) => [write(key), write(value)] as const);
      if (!tree.asItStands) entries.sort(([one], [other]) => compareBytes(one, other));
      return concat(head(5, BigInt(entries.length)), ...entries.flat());
    }
    case 'tag':
      return concat(head(6, tree.number), write(tree.inside));
    case 'raw':
      return tree.bytes;
  }
}

function writeItem(item: bigint | string | boolean | null): Uint8Array {
  if (typeof item === 'bigint') return item < 0n ? head(1, -1n - item) : head(0, item);
  if (typeof item === 'string') {
    const text = utf8(item);
    return concat(head(3, BigInt(text.length)), text);
  }
  return Uint8Array.of(item === null ? 0xf6 : item ? 0xf5 : 0xf4);
}

/** A copy that shares nothing that is changed. */
export function copy(tree: Tree): Tree {
  switch (tree.kind) {
    case 'bytes':
      return { ...tree, inside: tree.inside && copy(tree.inside) };
    case 'array':
      return { ...tree, items: tree.items.map(copy) };
    case 'map':
      return { ...tree, entries: tree.entries.map(([key, value]) => [copy(key), copy(value)]) };
    case 'tag':
      return { ...tree, inside: copy(tree.inside) };
    default:
      return { ...tree };
  }
}

/** A place in a tree: what stands there, and putting something else there. */
export interface Spot {
  readonly tree: Tree;
  put(other: Tree): void;
}

/** Every place, from the outside in. Keys of maps are places too. */
export function spotsOf(tree: Tree, put: (other: Tree) => void): Spot[] {
  const here: Spot = { tree, put };
  switch (tree.kind) {
    case 'array':
      return [here, ...tree.items.flatMap((item, at) => spotsOf(item, (other) => (tree.items[at] = other)))];
    case 'map':
      return [
        here,
        ...tree.entries.flatMap((entry) => [
          ...spotsOf(entry[0], (other) => (entry[0] = other)),
          ...spotsOf(entry[1], (other) => (entry[1] = other)),
        ]),
      ];
    case 'tag':
      return [here, ...spotsOf(tree.inside, (other) => (tree.inside = other))];
    case 'bytes':
      return tree.inside ? [here, ...spotsOf(tree.inside, (other) => (tree.inside = other))] : [here];
    default:
      return [here];
  }
}

/** The value of an integer key, in a map. */
export function entryOf(tree: Tree, key: bigint): Tree | undefined {
  if (tree.kind !== 'map') return undefined;
  return tree.entries.find(([one]) => one.kind === 'item' && one.item === key)?.[1];
}
