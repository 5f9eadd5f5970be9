/**
 * Strict deterministic CBOR (RFC 8949 §4.2.1), the only encoding on the wire (`docs/protocol/README.md`, Bytes).
 *
 * `decode` runs the byte-level `scan` first and reads what it accepts with the same steps, so that the two cannot disagree.
 * `encode` can only write what `scan` accepts.
 */

import type { Cbor } from './cbor.ts';
import { readItem } from './read.ts';
import { Cursor, type Limits, scan, scanTagged } from './scan.ts';

export { type Cbor, CborMap, isArray } from './cbor.ts';
export {
  array,
  asItIs,
  bool,
  bytes,
  Claims,
  fixed,
  identifier,
  map,
  MAX_UINT,
  nullable,
  parsed,
  pod,
  principal,
  type Read,
  text,
  time,
  uint,
} from './claims.ts';
export { byteString, encode, head } from './encode.ts';
export { Cursor, type Limits, MAJOR_ARRAY, MAJOR_BYTES, MAJOR_TEXT, scan, scanTagged } from './scan.ts';

/** Most bytes that a signed object or a call may have: twice what a request of 256 items with their grants' ids needs. */
export const MAX_OBJECT_BYTES = 64 * 1024;
/** Most bytes that an answer or an export page may have: 256 items of 4 kB of fields. */
export const MAX_ANSWER_BYTES = 1024 * 1024;
/** Most items in one array and entries in one map: the batch size of a request. */
export const MAX_ARRAY_ITEMS = 256;
/** Most levels of nesting. The deepest object (a receipt) needs 6. */
export const MAX_DEPTH = 8;

/** The limits of signed objects and calls. */
export const OBJECT_LIMITS: Limits = { bytes: MAX_OBJECT_BYTES, depth: MAX_DEPTH, items: MAX_ARRAY_ITEMS };
/** The limits of answers and of record values, which a holder's own registers shaped: deeper and longer. */
export const ANSWER_LIMITS: Limits = { bytes: MAX_ANSWER_BYTES, depth: 24, items: 4096 };

/**
 * Decodes one item under `limits`, refusing everything that is not deterministic.
 * @throws {Refusal} `cbor-…`: the first fault in byte order.
 */
export function decode(bytes: Uint8Array, limits: Limits): Cbor {
  scan(bytes, limits);
  return readItem(new Cursor(bytes));
}

/** Decodes a COSE_Sign1 message without its tag, as `decode` does an untagged item. @throws {Refusal} `cbor-…`. */
export function decodeTagged(bytes: Uint8Array, limits: Limits): Cbor {
  scanTagged(bytes, limits);
  // Tag 18 in its shortest form is one byte.
  return readItem(new Cursor(bytes.subarray(1)));
}
