/** The model of a CBOR item in this protocol. */

/**
 * A decoded item. Every integer is a `bigint`, whatever its size: 64 bits do not fit a `number`, and one rule for all
 * leaves no place where digits get lost. Byte strings are `Uint8Array`.
 */
export type Cbor = bigint | Uint8Array | string | boolean | null | readonly Cbor[] | CborMap;

/** A map as its entries. Not an object: keys of input never become properties. */
export class CborMap {
  readonly entries: readonly (readonly [key: Cbor, value: Cbor])[];

  constructor(entries: readonly (readonly [key: Cbor, value: Cbor])[]) {
    this.entries = entries;
  }
}

/** Whether the item is an array. `Array.isArray` alone does not tell the compiler of readonly ones. */
export function isArray(item: Cbor): item is readonly Cbor[] {
  return Array.isArray(item);
}
