/** The reader: builds the item in bytes that the scanner accepted, so that a count in them is a count of items that are there. */

import { fromUtf8 } from '../bytes.ts';
import { refuse } from '../refusal.ts';
import { type Cbor, CborMap } from './cbor.ts';
import {
  Cursor,
  MAJOR_ARRAY,
  MAJOR_BYTES,
  MAJOR_MAP,
  MAJOR_NEGATIVE,
  MAJOR_TAG,
  MAJOR_TEXT,
  MAJOR_UNSIGNED,
  SIMPLE_FALSE,
  SIMPLE_TRUE,
} from './scan.ts';

/** Reads the item that begins here. The depth is that which the scanner found to be within its limit. */
export function readItem(cursor: Cursor): Cbor {
  const { major, argument } = cursor.head();
  switch (major) {
    case MAJOR_UNSIGNED:
      return argument;
    case MAJOR_NEGATIVE:
      return -1n - argument;
    case MAJOR_BYTES:
      return cursor.take(argument).slice();
    case MAJOR_TEXT:
      return fromUtf8(cursor.take(argument)) ?? refuse('cbor-not-utf8');
    case MAJOR_ARRAY: {
      const items: Cbor[] = [];
      for (let item = 0n; item < argument; item += 1n) items.push(readItem(cursor));
      return items;
    }
    case MAJOR_MAP: {
      const entries: (readonly [Cbor, Cbor])[] = [];
      for (let entry = 0n; entry < argument; entry += 1n) entries.push([readItem(cursor), readItem(cursor)]);
      return new CborMap(entries);
    }
    case MAJOR_TAG:
      return refuse('cbor-tag');
    default:
      return argument === SIMPLE_FALSE ? false : argument === SIMPLE_TRUE ? true : null;
  }
}
