/**
 * The values that records are made of: JSON's, without floating-point numbers. Money and measures are text in decimal form
 * (`"118.00"`), dates are text (`"2026-08-01"`): what a register says is released as it said it.
 */

import { ANSWER_LIMITS, type Cbor, CborMap, decode, encode, isArray } from './codec/index.ts';

/** Named properties. Not an object: names of input never become properties. */
export class ValueMap extends Map<string, Value> {}

/** One value of a record. Whole numbers are `bigint`. */
export type Value = null | boolean | bigint | string | readonly Value[] | ValueMap;

/** Whether the value is a list. `Array.isArray` alone does not tell the compiler of readonly ones. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Something else than a record's value: a byte string, or a map key that is not text. */
export class NotAValue extends Error {
  override readonly name = 'NotAValue';

  constructor() {
    super('only null, booleans, 64-bit integers, text, arrays and maps with text keys can stand in a record');
  }
}

/** From a CBOR item that the strict decoder made. @throws {NotAValue} */
export function valueFromItem(item: Cbor): Value {
  if (item instanceof Uint8Array) throw new NotAValue();
  if (isArray(item)) return item.map(valueFromItem);
  if (!(item instanceof CborMap)) return item;
  const map = new ValueMap();
  for (const [key, value] of item.entries) {
    if (typeof key !== 'string') throw new NotAValue();
    map.set(key, valueFromItem(value));
  }
  return map;
}

/** As a CBOR item, to stand inside another object. */
export function valueToItem(value: Value): Cbor {
  if (value instanceof ValueMap) return new CborMap([...value].map(([key, below]) => [key, valueToItem(below)]));
  return isList(value) ? value.map(valueToItem) : value;
}

/** Reads the deterministic encoding. @throws {Refusal} `cbor-…`. @throws {NotAValue} */
export function valueFromCbor(bytes: Uint8Array): Value {
  return valueFromItem(decode(bytes, ANSWER_LIMITS));
}

/** The deterministic encoding. */
export function valueToCbor(value: Value): Uint8Array {
  return encode(valueToItem(value));
}

/** Whether both are the same value. */
export function equalValues(left: Value, right: Value): boolean {
  if (left instanceof ValueMap) {
    if (!(right instanceof ValueMap) || left.size !== right.size) return false;
    return [...left].every(([name, below]) => {
      const other = right.get(name);
      return other !== undefined && equalValues(below, other);
    });
  }
  if (!isList(left)) return left === right;
  if (!isList(right) || left.length !== right.length) return false;
  return left.every((item, at) => {
    const other = right[at];
    return other !== undefined && equalValues(item, other);
  });
}
