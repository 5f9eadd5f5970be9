/** The writer: shortest forms, definite lengths, keys sorted bytewise by their encodings (RFC 8949 §4.2.1). */

import { compareBytes, concat, utf8 } from '../bytes.ts';
import { type Cbor, CborMap, isArray } from './cbor.ts';
import { MAJOR_ARRAY, MAJOR_BYTES, MAJOR_MAP, MAJOR_NEGATIVE, MAJOR_TEXT, MAJOR_UNSIGNED } from './scan.ts';

const FALSE = Uint8Array.of(0xf4);
const TRUE = Uint8Array.of(0xf5);
const NULL = Uint8Array.of(0xf6);

/**
 * Encodes `item` deterministically.
 * @throws {RangeError} when an integer of ours does not fit 64 bits with sign, which no reader takes.
 */
export function encode(item: Cbor): Uint8Array {
  const parts: Uint8Array[] = [];
  write(parts, item);
  return concat(...parts);
}

/** An initial byte and its argument, in the shortest form. */
export function head(major: number, argument: bigint): Uint8Array {
  const initial = major << 5;
  if (argument < 24n) return Uint8Array.of(initial | Number(argument));
  const [info, width] =
    argument <= 0xffn ? [24, 1] : argument <= 0xffffn ? [25, 2] : argument <= 0xffff_ffffn ? [26, 4] : [27, 8];
  const out = new Uint8Array(1 + width);
  out[0] = initial | info;
  for (let at = width, rest = argument; at > 0; at -= 1, rest >>= 8n) out[at] = Number(rest & 0xffn);
  return out;
}

/** A byte string, with its head. */
export function byteString(bytes: Uint8Array): Uint8Array {
  return concat(head(MAJOR_BYTES, BigInt(bytes.length)), bytes);
}

function write(parts: Uint8Array[], item: Cbor): void {
  if (typeof item === 'bigint') {
    if (BigInt.asIntN(64, item) !== item) throw new RangeError('an integer does not fit 64 bits with sign');
    parts.push(item < 0n ? head(MAJOR_NEGATIVE, -1n - item) : head(MAJOR_UNSIGNED, item));
  } else if (typeof item === 'string') {
    const text = utf8(item);
    parts.push(head(MAJOR_TEXT, BigInt(text.length)), text);
  } else if (item instanceof Uint8Array) {
    parts.push(head(MAJOR_BYTES, BigInt(item.length)), item);
  } else if (isArray(item)) {
    parts.push(head(MAJOR_ARRAY, BigInt(item.length)));
    for (const one of item) write(parts, one);
  } else if (item instanceof CborMap) {
    writeMap(parts, item);
  } else {
    parts.push(item === null ? NULL : item ? TRUE : FALSE);
  }
}

function writeMap(parts: Uint8Array[], map: CborMap): void {
  parts.push(head(MAJOR_MAP, BigInt(map.entries.length)));
  const sorted = map.entries.map(([key, value]) => [encode(key), value] as const);
  sorted.sort(([left], [right]) => compareBytes(left, right));
  for (const [key, value] of sorted) {
    parts.push(key);
    write(parts, value);
  }
}
