/** Reading JSON that others sent: what has another shape than the document that belongs here is no document. */

import { fromBase64url } from '../protocol/base64.ts';
import { fromUtf8 } from '../protocol/bytes.ts';
import type { IdentifierKind } from '../protocol/ids.ts';

/** The bytes are not the document that belongs here. */
export class ShapeFault extends Error {
  override readonly name = 'ShapeFault';
}

/** Reads a value of a JSON document. @throws {ShapeFault} */
export type ReadJson<T> = (json: unknown) => T;

function notThat(what: string): never {
  throw new ShapeFault(`${what} is missing or has another type`);
}

/** The document in these bytes. @throws {ShapeFault} */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes) ?? notThat('UTF-8')) as unknown;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) throw new ShapeFault('it is no JSON');
    throw thrown;
  }
}

/** The members of an object, read by name. Keys of input never reach a prototype. */
export class Members {
  readonly #json: object;

  constructor(json: unknown) {
    this.#json = typeof json === 'object' && json !== null && !Array.isArray(json) ? json : notThat('an object');
  }

  /** Undefined when there is none, or it is null. */
  get(name: string): unknown {
    const value: unknown = Object.hasOwn(this.#json, name) ? Reflect.get(this.#json, name) : undefined;
    return value ?? undefined;
  }

  /** @throws {ShapeFault} */
  need<T>(name: string, read: ReadJson<T>): T {
    return read(this.get(name));
  }

  /** Null when there is none. @throws {ShapeFault} */
  maybe<T>(name: string, read: ReadJson<T>): T | null {
    const value = this.get(name);
    return value === undefined ? null : read(value);
  }
}

export const text: ReadJson<string> = (json) => (typeof json === 'string' ? json : notThat('a text'));

export const flag: ReadJson<boolean> = (json) => (typeof json === 'boolean' ? json : notThat('true or false'));

/** A whole number from 0 that JavaScript reads exactly. */
export const uint: ReadJson<bigint> = (json) =>
  typeof json === 'number' && Number.isSafeInteger(json) && json >= 0 ? BigInt(json) : notThat('a whole number');

/** Bytes as base64url without padding. */
export const blob: ReadJson<Uint8Array> = (json) => fromBase64url(text(json)) ?? notThat('base64url');

/** Exactly so many bytes. */
export function fixed(length: number): ReadJson<Uint8Array> {
  return (json) => {
    const bytes = blob(json);
    return bytes.length === length ? bytes : notThat(`${length} bytes`);
  };
}

export function list<T>(read: ReadJson<T>): ReadJson<readonly T[]> {
  return (json) => (Array.isArray(json) ? json.map((one: unknown) => read(one)) : notThat('a list'));
}

/** An identifier from its one text. */
export function id<T extends string>(kind: IdentifierKind<T>): ReadJson<T> {
  return (json) => kind.parse(text(json)) ?? notThat('an identifier');
}

/** A name of one kind, from its text. */
export function parsed<T>(parse: (text: string) => T | null): ReadJson<T> {
  return (json) => parse(text(json)) ?? notThat('a name');
}
