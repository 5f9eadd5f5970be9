/** The files of `pod-protocol/vectors`, read in place. */

import { readdirSync, readFileSync } from 'node:fs';

import { PublicKey } from '../src/protocol/crypto/signing.ts';
import { ValueMap, type Value } from '../src/protocol/value.ts';

/** A JSON document. Objects are maps, so that a test reads nothing that the file does not say. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export class JsonObject extends Map<string, Json> {}

// Tests run as JavaScript from `build/tests`.
const FOLDER = new URL('../../../pod-protocol/vectors/', import.meta.url);

/** The names of all files. */
export function vectorFiles(): readonly string[] {
  return readdirSync(FOLDER).toSorted();
}

/** One file. */
export function readVectors(file: string): JsonObject {
  const toMaps = (_name: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? new JsonObject(Object.entries(value))
      : value;
  return object(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'), toMaps) as Json);
}

/** The cases of a file. */
export function casesOf(file: JsonObject): readonly JsonObject[] {
  return list(file.get('cases')).map(object);
}

export function object(json: Json | undefined): JsonObject {
  if (json instanceof JsonObject) return json;
  throw new TypeError('an object is missing');
}

export function list(json: Json | undefined): readonly Json[] {
  if (Array.isArray(json)) return json as readonly Json[];
  throw new TypeError('a list is missing');
}

export function text(json: Json | undefined): string {
  if (typeof json === 'string') return json;
  throw new TypeError('a text is missing');
}

export function integer(json: Json | undefined): bigint {
  if (typeof json === 'number' && Number.isSafeInteger(json)) return BigInt(json);
  throw new TypeError('a whole number is missing');
}

export function bytes(json: Json | undefined): Uint8Array {
  return unhex(text(json));
}

export function unhex(hex: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw new TypeError('not hexadecimal');
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function hex(of: Uint8Array): string {
  return Buffer.from(of).toString('hex');
}

/** A public key that a file has. */
export function key(json: Json | undefined): PublicKey {
  const found = PublicKey.fromBytes(bytes(json));
  if (found === null) throw new TypeError('a weak key');
  return found;
}

/** One of the keys that a file names. */
export interface NamedKey {
  readonly name: string;
  readonly seed: Uint8Array;
  readonly key: PublicKey;
}

const READ_KEYS = new WeakMap<JsonObject, readonly NamedKey[]>();

/** The keys that a file names. Read once: each is checked in full. */
export function keysOf(file: JsonObject): readonly NamedKey[] {
  const known = READ_KEYS.get(file);
  if (known !== undefined) return known;
  const keys = [...object(file.get('keys'))].map(([name, json]) => ({
    name,
    seed: bytes(object(json).get('seed')),
    key: key(object(json).get('public')),
  }));
  READ_KEYS.set(file, keys);
  return keys;
}

/** A record as JSON has it. */
export function valueOf(json: Json): Value {
  if (typeof json === 'number') return integer(json);
  if (json instanceof JsonObject) return new ValueMap([...json].map(([name, below]) => [name, valueOf(below)]));
  return Array.isArray(json) ? (json as readonly Json[]).map(valueOf) : (json as Exclude<Value, ValueMap>);
}
