/** What inputs begin with: the objects of the vectors, in parts that can be broken one by one. */

import { SIGNED_KINDS } from '../kinds.ts';
import { bytes, casesOf, type JsonObject, readVectors, text } from '../vectors.ts';
import type { Pool } from './mutate.ts';
import type { Dice } from './random.ts';
import { type Parts, partsOf } from './signing.ts';
import { copy, spotsOf, type Tree, write } from './tree.ts';

/** One question for both judges. */
export interface Input {
  readonly kind: string;
  readonly bytes: Uint8Array;
}

/** Makes one. */
export type Make = (dice: Dice) => Input;

/** Refused for something about one claim. */
const NEAR = /^claim-(?:range|repeated|empty)$/;

const FILES = new Map<string, JsonObject>();

/** One of the vectors' files. */
export function file(name: string): JsonObject {
  const known = FILES.get(name) ?? readVectors(`${name}.json`);
  FILES.set(name, known);
  return known;
}

/** The cases of a file that are accepted. */
export function accepted(name: string): readonly JsonObject[] {
  return casesOf(file(name)).filter((one) => one.get('expect') === 'accepted');
}

/** Objects of each kind, in parts: the valid ones, and those that are refused for one claim, which another change may heal. */
const OBJECTS: ReadonlyMap<string, readonly Parts[]> = new Map(
  [...SIGNED_KINDS.keys()].map((name) => {
    const valid = partsOfCases(accepted(name));
    const near = partsOfCases(casesOf(file(name)).filter((one) => NEAR.test(text(one.get('expect')))));
    const times = Math.ceil((2 * near.length) / Math.max(1, valid.length));
    return [name, [...Array.from({ length: Math.max(1, times) }, () => valid).flat(), ...near]];
  }),
);

function partsOfCases(cases: readonly JsonObject[]): readonly Parts[] {
  return cases.flatMap((one) => partsOf(bytes(one.get('bytes'))) ?? []);
}

/** The names of the kinds. */
export const NAMES = [...SIGNED_KINDS.keys()];

/** Those of one kind. */
export function objectsOf(name: string): readonly Parts[] {
  return OBJECTS.get(name) ?? [];
}

/** Names that mean something to one of the two. */
const NAMES_OF_JAVASCRIPT: readonly string[] = ['__proto__', 'constructor', 'tostring', 'length'];

/** Parts of all of them. */
export const POOL: Pool = poolOf([...OBJECTS.values()].flat().map(({ payload }) => payload));

function poolOf(trees: readonly Tree[]): Pool {
  const all = trees.flatMap((tree) => spotsOf(copy(tree), () => undefined)).map((spot) => spot.tree);
  const items = all.flatMap((tree) => (tree.kind === 'item' ? [tree.item] : []));
  return {
    integers: [...new Set(items.filter((item) => typeof item === 'bigint'))],
    texts: [...new Set(items.filter((item) => typeof item === 'string')), ...NAMES_OF_JAVASCRIPT].filter(
      ({ length }) => length < 400,
    ),
    byteStrings: all.flatMap((tree) => (tree.kind === 'bytes' && tree.bytes.length < 400 ? [tree.bytes] : [])),
    trees: all
      .filter((tree) => tree.kind === 'array' || tree.kind === 'map')
      .filter((tree) => write(tree).length < 600),
  };
}

/** A copy that is broken by itself. */
export function clone({ header, payload, by }: Parts): Parts {
  return { header: copy(header), payload: copy(payload), by };
}
