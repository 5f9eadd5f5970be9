/** Lists inside objects, and the window of an object: read and checked the same way everywhere. */

import { array, type Cbor, type Read } from './codec/index.ts';
import { CLOCK_SKEW_SECS } from './limits.ts';
import { refuse, refuseClaim } from './refusal.ts';

type TupleOf<N extends number, Items extends readonly Cbor[] = []> = Items['length'] extends N
  ? Items
  : TupleOf<N, readonly [...Items, Cbor]>;

/** Reads a list that may be empty. */
export function list<T>(read: Read<T>): Read<readonly T[]> {
  return (claim, item) => array(claim, item).map((one) => read(claim, one));
}

/** Reads a list that must not be empty. */
export function some<T>(read: Read<T>): Read<readonly T[]> {
  return (claim, item) => {
    const items = list(read)(claim, item);
    return items.length === 0 ? refuseClaim('claim-empty', claim) : items;
  };
}

/** Reads a list of 1 to `most` items, counted before any is read: for items that are dear to read. */
export function few<T>(most: number, read: Read<T>): Read<readonly T[]> {
  return (claim, item) =>
    array(claim, item).length > most ? refuseClaim('claim-range', claim) : some(read)(claim, item);
}

/** Reads exactly so many items. */
export function tuple<N extends number>(length: N): Read<TupleOf<N>> {
  return (claim, item) => {
    const items = array(claim, item);
    return items.length === length ? (items as TupleOf<N>) : refuseClaim('claim-type', claim);
  };
}

/** Takes the parts of an array one by one, where the first says how many there are. */
export class Parts {
  readonly #claim: bigint;
  readonly #items: readonly Cbor[];
  #at = 0;

  constructor(claim: bigint, item: Cbor) {
    this.#claim = claim;
    this.#items = array(claim, item);
  }

  /** The next part. @throws {Refusal} `claim-type` when there is none, and those of `read`. */
  next<T>(read: Read<T>): T {
    const item = this.#items[this.#at];
    if (item === undefined) refuseClaim('claim-type', this.#claim);
    this.#at += 1;
    return read(this.#claim, item);
  }

  /** Refuses parts that nobody took. @throws {Refusal} `claim-type`. */
  finish(): void {
    if (this.#at !== this.#items.length) refuseClaim('claim-type', this.#claim);
  }
}

/** Refuses a list in which something stands twice; each item as a text that no other item has. @throws {Refusal} `claim-repeated`. */
export function distinct(claim: bigint, items: readonly string[]): void {
  if (new Set(items).size !== items.length) refuseClaim('claim-repeated', claim);
}

/** Refuses a window that is empty or longer than `longestSecs`; the fault names `exp` (claim 4). @throws {Refusal} `claim-range`. */
export function window(issued: bigint, expires: bigint, longestSecs: bigint): void {
  if (expires <= issued || expires - issued > longestSecs) refuseClaim('claim-range', 4n);
}

/** Refuses an object of times to come. @throws {Refusal} `issued-in-future`. */
export function checkIssued(issued: bigint, nowSecs: bigint): void {
  if (issued > nowSecs + CLOCK_SKEW_SECS) refuse('issued-in-future');
}

/** Refuses an object that is not of this time. @throws {Refusal} `issued-in-future`, `expired`. */
export function checkCurrent(issued: bigint, expires: bigint, nowSecs: bigint): void {
  checkIssued(issued, nowSecs);
  if (expires <= nowSecs) refuse('expired');
}
