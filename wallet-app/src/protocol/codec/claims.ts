/** Reading and writing claims: a map whose integer keys each mean something, and none of which may be left over. */

import { type PodId, Pod, Principal } from '../ids.ts';
import { refuseClaim } from '../refusal.ts';
import { type Cbor, CborMap, isArray } from './cbor.ts';

/** Largest time: JavaScript's safe range, so that no reader loses digits. */
const LATEST_TIME = (1n << 53n) - 1n;
/** Largest unsigned integer that the codec lets through. */
export const MAX_UINT = (1n << 63n) - 1n;

/** Reads one item of a claim, and refuses it in the name of the claim. */
export type Read<T> = (claim: bigint, item: Cbor) => T;

/** Claims being read. Each is taken once; `finish` refuses what nobody asked for: an object says no more than its reader understood. */
export class Claims {
  readonly #entries = new Map<bigint, Cbor>();

  /**
   * Opens a map with integer keys.
   * @throws {Refusal} `claim-type` when `item` is anything else, `claim-unknown` for another key.
   */
  constructor(item: Cbor) {
    if (!(item instanceof CborMap)) refuseClaim('claim-type', 0n);
    for (const [key, value] of item.entries) {
      if (typeof key !== 'bigint') refuseClaim('claim-unknown', 0n);
      this.#entries.set(key, value);
    }
  }

  /** Takes a claim that may be absent; undefined then. */
  take(claim: bigint): Cbor | undefined {
    const item = this.#entries.get(claim);
    this.#entries.delete(claim);
    return item;
  }

  /** Takes a claim that must be there, read with `read`. @throws {Refusal} `claim-missing`, and those of `read`. */
  need<T>(claim: bigint, read: Read<T>): T {
    const item = this.take(claim);
    if (item === undefined) refuseClaim('claim-missing', claim);
    return read(claim, item);
  }

  /** Takes a claim that may be absent, read with `read`; null then. @throws {Refusal} those of `read`. */
  maybe<T>(claim: bigint, read: Read<T>): T | null {
    const item = this.take(claim);
    return item === undefined ? null : read(claim, item);
  }

  /** Refuses claims that nobody took. @throws {Refusal} `claim-unknown`. */
  finish(): void {
    for (const claim of this.#entries.keys()) refuseClaim('claim-unknown', claim);
  }
}

/** Leaves an item as it is. */
export function asItIs(_claim: bigint, item: Cbor): Cbor {
  return item;
}

/** Reads an unsigned integer. @throws {Refusal} `claim-type`. */
export function uint(claim: bigint, item: Cbor): bigint {
  return typeof item === 'bigint' && item >= 0n ? item : refuseClaim('claim-type', claim);
}

/** Reads a time in whole seconds since 1970: 0 and times after 2^53 - 1 are refused. @throws {Refusal} `claim-type`, `claim-range`. */
export function time(claim: bigint, item: Cbor): bigint {
  const secs = uint(claim, item);
  return secs >= 1n && secs <= LATEST_TIME ? secs : refuseClaim('claim-range', claim);
}

/** Reads a text. @throws {Refusal} `claim-type`. */
export function text(claim: bigint, item: Cbor): string {
  return typeof item === 'string' ? item : refuseClaim('claim-type', claim);
}

/** Reads true or false. @throws {Refusal} `claim-type`. */
export function bool(claim: bigint, item: Cbor): boolean {
  return typeof item === 'boolean' ? item : refuseClaim('claim-type', claim);
}

/** Reads a byte string. @throws {Refusal} `claim-type`. */
export function bytes(claim: bigint, item: Cbor): Uint8Array {
  return item instanceof Uint8Array ? item : refuseClaim('claim-type', claim);
}

/** Reads a byte string of exactly so many bytes. @throws {Refusal} `claim-type`. */
export function fixed(length: number): Read<Uint8Array> {
  return (claim, item) => {
    const found = bytes(claim, item);
    return found.length === length ? found : refuseClaim('claim-type', claim);
  };
}

/** Reads an array. @throws {Refusal} `claim-type`. */
export function array(claim: bigint, item: Cbor): readonly Cbor[] {
  return isArray(item) ? item : refuseClaim('claim-type', claim);
}

/** Reads a text that has a type of its own, such as a principal's id; `parse` gives null for any other. */
export function parsed<T>(parse: (text: string) => T | null): Read<T> {
  return (claim, item) => parse(text(claim, item)) ?? refuseClaim('claim-type', claim);
}

/** Reads a byte string that has a type of its own, such as an object's id. */
export function identifier<T>(kind: { readonly length: number; of(bytes: Uint8Array): T }): Read<T> {
  const read = fixed(kind.length);
  return (claim, item) => kind.of(read(claim, item));
}

/** Reads `null` as null, and anything else with `read`. */
export function nullable<T>(read: Read<T>): Read<T | null> {
  return (claim, item) => (item === null ? null : read(claim, item));
}

/** Reads a principal's id. */
export const principal: Read<Principal> = parsed(Principal.parse);
/** Reads a pod's id. */
export const pod: Read<PodId> = parsed(Pod.parse);

/** Builds a map from claims; undefined ones are left out. */
export function map(entries: readonly (readonly [claim: bigint, value: Cbor | undefined])[]): CborMap {
  return new CborMap(
    entries.flatMap(([claim, value]): (readonly [Cbor, Cbor])[] => (value === undefined ? [] : [[claim, value]])),
  );
}
