/** The byte scanner: walks one item without building anything, and names the first thing that is not deterministic. */

import { compareBytes, fromUtf8 } from '../bytes.ts';
import { refuse } from '../refusal.ts';

/** How much a decoder is ready to look at. */
export interface Limits {
  /** Most bytes of the whole item. */
  readonly bytes: number;
  /** Most levels of arrays, maps and the outer tag's array. */
  readonly depth: number;
  /** Most items of one array or entries of one map. */
  readonly items: number;
}

export const MAJOR_UNSIGNED = 0;
export const MAJOR_NEGATIVE = 1;
export const MAJOR_BYTES = 2;
export const MAJOR_TEXT = 3;
export const MAJOR_ARRAY = 4;
export const MAJOR_MAP = 5;
export const MAJOR_TAG = 6;
export const MAJOR_SIMPLE = 7;

export const SIMPLE_FALSE = 20n;
export const SIMPLE_TRUE = 21n;

const TAG_COSE_SIGN1 = 18n;
/** Largest argument of an integer: -(2^63) to 2^63 - 1. */
const MAX_ARGUMENT = (1n << 63n) - 1n;
/** By `info`: how many bytes of argument follow, and the least value that needs them. */
const WIDE = new Map<number, readonly [width: number, least: bigint]>([
  [24, [1, 24n]],
  [25, [2, 1n << 8n]],
  [26, [4, 1n << 16n]],
  [27, [8, 1n << 32n]],
]);

/** An initial byte and its argument. */
export interface Head {
  readonly major: number;
  readonly argument: bigint;
}

/** Walks over bytes, an item's parts at a time. */
export class Cursor {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The next `count` bytes, as a view. */
  take(count: bigint): Uint8Array {
    if (count > BigInt(this.bytes.length - this.at)) refuse('cbor-truncated');
    const begins = this.at;
    this.at += Number(count);
    return this.bytes.subarray(begins, this.at);
  }

  /** Reads an initial byte and its argument. Major type 7 is judged here, since it has no argument in this profile. */
  head(): Head {
    const initial = this.bytes[this.at];
    if (initial === undefined) refuse('cbor-truncated');
    this.at += 1;
    const major = initial >> 5;
    const info = initial & 0x1f;
    if (major === MAJOR_SIMPLE) {
      if (info >= 20 && info <= 22) return { major, argument: BigInt(info) };
      if (info >= 25 && info <= 27) refuse('cbor-float');
      refuse(info === 31 ? 'cbor-indefinite' : 'cbor-simple');
    }
    if (info < 24) return { major, argument: BigInt(info) };
    const wide = WIDE.get(info);
    if (wide === undefined) refuse(info === 31 ? 'cbor-indefinite' : 'cbor-simple');
    const [width, least] = wide;
    let argument = 0n;
    for (const byte of this.take(BigInt(width))) argument = (argument << 8n) | BigInt(byte);
    if (argument < least) refuse('cbor-not-shortest');
    return { major, argument };
  }

  /** Whether nothing follows. */
  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }
}

/**
 * Checks that `bytes` are exactly one deterministic, untagged item within `limits`.
 * @throws {Refusal} `cbor-…`: the first fault in byte order.
 */
export function scan(bytes: Uint8Array, limits: Limits): void {
  whole(bytes, limits, false);
}

/**
 * As `scan`, for a COSE_Sign1 message: tag 18 is demanded outermost and refused elsewhere.
 * @throws {Refusal} `cbor-…`; `cbor-tag` when the tag is missing.
 */
export function scanTagged(bytes: Uint8Array, limits: Limits): void {
  whole(bytes, limits, true);
}

function whole(bytes: Uint8Array, limits: Limits, tagged: boolean): void {
  if (bytes.length > limits.bytes) refuse('cbor-too-large');
  const cursor = new Cursor(bytes);
  if (tagged) {
    const { major, argument } = cursor.head();
    if (major !== MAJOR_TAG || argument !== TAG_COSE_SIGN1) refuse('cbor-tag');
  }
  scanItem(cursor, limits, limits.depth);
  if (!cursor.isAtEnd) refuse('cbor-trailing');
}

function scanItem(cursor: Cursor, limits: Limits, depthLeft: number): void {
  const { major, argument } = cursor.head();
  switch (major) {
    case MAJOR_UNSIGNED:
    case MAJOR_NEGATIVE:
      if (argument > MAX_ARGUMENT) refuse('cbor-integer-range');
      return;
    case MAJOR_BYTES:
      cursor.take(argument);
      return;
    case MAJOR_TEXT:
      if (fromUtf8(cursor.take(argument)) === null) refuse('cbor-not-utf8');
      return;
    case MAJOR_ARRAY:
      return scanArray(cursor, limits, argument, depthLeft);
    case MAJOR_MAP:
      return scanMap(cursor, limits, argument, depthLeft);
    case MAJOR_TAG:
      return refuse('cbor-tag');
    default:
  }
}

/** How many levels are left below an array or a map of so many items. */
function enter(limits: Limits, count: bigint, depthLeft: number): number {
  if (count > BigInt(limits.items)) refuse('cbor-too-many-items');
  if (depthLeft === 0) refuse('cbor-too-deep');
  return depthLeft - 1;
}

function scanArray(cursor: Cursor, limits: Limits, count: bigint, depthLeft: number): void {
  const below = enter(limits, count, depthLeft);
  for (let item = 0n; item < count; item += 1n) scanItem(cursor, limits, below);
}

function scanMap(cursor: Cursor, limits: Limits, count: bigint, depthLeft: number): void {
  const below = enter(limits, count, depthLeft);
  // No key is empty, so that the first one follows this.
  let previous: Uint8Array = new Uint8Array(0);
  for (let entry = 0n; entry < count; entry += 1n) {
    const begins = cursor.at;
    scanItem(cursor, limits, below);
    const key = cursor.bytes.subarray(begins, cursor.at);
    const order = compareBytes(previous, key);
    if (order === 0) refuse('cbor-duplicate-key');
    if (order > 0) refuse('cbor-unsorted');
    previous = key;
    scanItem(cursor, limits, below);
  }
}
