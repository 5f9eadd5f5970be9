/** Field paths: which part of a record somebody means, and taking exactly that part out. */

import type { Cbor, Read } from './codec/index.ts';
import type { Identifier } from './ids.ts';
import { refuseClaim } from './refusal.ts';
import { isList, type Value, ValueMap } from './value.ts';

/** A record type of a catalogue, such as `child-health`. */
export type RecordType = Identifier<'RecordType'>;
/** A field of a record type: names joined by dots, such as `allergies.substance`. A parent name means all below it. */
export type FieldPath = Identifier<'FieldPath'>;
/** The id of a predicate inside a grant: `?` and a name, so that it can never be taken for a field. */
export type PredicateId = Identifier<'PredicateId'>;
/** Why a service asks: a term of the W3C Data Privacy Vocabulary, such as `dpv:ServiceProvision`. */
export type Purpose = Identifier<'Purpose'>;

/** Longest name of a record type, a field path or a predicate, in bytes: they are shown to people. */
export const MAX_NAME_BYTES = 96;
/** Most segments of a field path; a record is nested less deeply. */
const MAX_SEGMENTS = 8;

const SEGMENT = /^[a-z][a-z0-9_-]*$/;
const PURPOSE = /^[A-Za-z0-9-]+:[A-Za-z0-9-]+$/;

/** How names of one kind are read. */
export interface NameKind<T extends string> {
  /** From its text; null when it is not one. */
  parse(text: string): T | null;
  /** From a claim. `*` is named as what it is. @throws {Refusal} `claim-wildcard`, `claim-type`. */
  readonly read: Read<T>;
}

function nameKind<T extends string>(isName: (text: string) => boolean): NameKind<T> {
  // Names are ASCII, so that their length is that of their bytes; counted first.
  const parse = (text: string): T | null => (text.length <= MAX_NAME_BYTES && isName(text) ? (text as T) : null);
  const read = (claim: bigint, item: Cbor): T => {
    if (typeof item !== 'string') refuseClaim('claim-type', claim);
    if (item.includes('*')) refuseClaim('claim-wildcard', claim);
    return parse(item) ?? refuseClaim('claim-type', claim);
  };
  return Object.freeze({ parse, read });
}

export const RecordType: NameKind<RecordType> = nameKind((text) => SEGMENT.test(text));
export const FieldPath: NameKind<FieldPath> = nameKind((text) => {
  const segments = text.split('.');
  return segments.length <= MAX_SEGMENTS && segments.every((segment) => SEGMENT.test(segment));
});
export const PredicateId: NameKind<PredicateId> = nameKind(
  (text) => text.startsWith('?') && SEGMENT.test(text.slice(1)),
);
export const Purpose: NameKind<Purpose> = nameKind((text) => PURPOSE.test(text));

/** Whether this path means `other` too: it is the same, or a parent of it. */
export function covers(path: FieldPath, other: FieldPath): boolean {
  return other === path || other.startsWith(`${path}.`);
}

function segments(path: FieldPath): readonly string[] {
  return path.split('.');
}

/** Every value that stands at this path, through arrays. */
export function valuesAt(record: Value, path: FieldPath): readonly Value[] {
  let found: readonly Value[] = [record];
  for (const segment of segments(path)) {
    found = found.flatMap(elements).flatMap((value) => property(value, segment));
  }
  return found;
}

/** The value, or those in it when it is a list, through lists of lists. */
export function elements(value: Value): readonly Value[] {
  return isList(value) ? value.flatMap(elements) : [value];
}

function property(value: Value, name: string): readonly Value[] {
  const below = value instanceof ValueMap ? value.get(name) : undefined;
  return below === undefined ? [] : [below];
}

/** What remains of `record` when only `paths` are kept: exactly the named parts in their places. Undefined when nothing does. */
export function project(record: Value, paths: readonly FieldPath[]): Value | undefined {
  return keep(record, paths.map(segments));
}

function keep(value: Value, paths: readonly (readonly string[])[]): Value | undefined {
  if (paths.some((path) => path.length === 0)) return value;
  if (isList(value)) {
    const kept = value.map((item) => keep(item, paths)).filter((item) => item !== undefined);
    // An empty list says "there is none", which is an answer; a list of things that have no such part is not.
    return value.length === 0 || kept.length > 0 ? kept : undefined;
  }
  if (!(value instanceof ValueMap)) return undefined;
  const kept = new ValueMap();
  for (const [name, below] of value) {
    const rests = paths.filter((path) => path[0] === name).map((path) => path.slice(1));
    const left = rests.length === 0 ? undefined : keep(below, rests);
    if (left !== undefined) kept.set(name, left);
  }
  return kept.size > 0 ? kept : undefined;
}

/**
 * The record without the parts named by `paths`. What that leaves empty goes too: an empty address would say that there is one.
 * A record that is a list and of which nothing is left becomes null: an empty list would be an answer.
 */
export function withhold(record: Value, paths: readonly FieldPath[]): Value {
  return paths.reduce((left: Value, path) => {
    const removed = remove(left, segments(path));
    return removed.gone && isList(removed.left) ? null : removed.left;
  }, record);
}

/** What is left of `value`, and whether something was removed and nothing is left. */
function remove(value: Value, path: readonly string[]): { readonly left: Value; readonly gone: boolean } {
  const [first, ...rest] = path;
  if (first === undefined) return { left: value, gone: false };
  if (isList(value)) {
    const items = value.map((item) => remove(item, path));
    const left = items.filter((item) => !item.gone).map((item) => item.left);
    return { left, gone: left.length === 0 && items.length > 0 };
  }
  const below = value instanceof ValueMap ? value.get(first) : undefined;
  if (!(value instanceof ValueMap) || below === undefined) return { left: value, gone: false };
  const removed = remove(below, rest);
  const left = new ValueMap(value);
  const gone = rest.length === 0 || removed.gone;
  if (gone) left.delete(first);
  else left.set(first, removed.left);
  return { left, gone: gone && left.size === 0 };
}
