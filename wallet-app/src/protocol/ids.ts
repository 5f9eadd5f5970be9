/**
 * Identifiers. Each is its own type and is held as its one text, so that `===` compares them and a `Map` finds them.
 * Base64url has no stray bits here, so bytes and text are one to one.
 */

import { base64url, fromBase64url } from './base64.ts';

declare const kind: unique symbol;

/** A text that was checked to be an identifier of this kind. */
export type Identifier<Name extends string> = string & { readonly [kind]: Name };

/** What one organisation holds of one citizen. Random; never derived from an identity code. */
export type PodId = Identifier<'PodId'>;
/** Whoever signs: the id of the first event of their key-event log, so that it outlives every key. */
export type Principal = Identifier<'Principal'>;
/** The id of a signed object: SHA-256 of its COSE `Sig_structure`. */
export type ObjectId = Identifier<'ObjectId'>;
/** The first half of a key's RFC 9679 thumbprint, as COSE headers carry it. */
export type Kid = Identifier<'Kid'>;
/** A key's whole RFC 9679 thumbprint, as `cnf` carries it. */
export type Thumbprint = Identifier<'Thumbprint'>;
/** A random id that makes an object unique (CWT `cti`, RFC 8392 §3.1.7), or a nonce. */
export type Cti = Identifier<'Cti'>;

/** How identifiers of one kind are made and read. */
export interface IdentifierKind<T extends string> {
  /** How many bytes it has. */
  readonly length: number;
  /** From exactly so many bytes. @throws {RangeError} for another number, which is a fault of ours. */
  of(bytes: Uint8Array): T;
  /** From its text; null when it is not one. */
  parse(text: string): T | null;
  /** Its bytes. */
  bytes(id: T): Uint8Array;
}

function identifierKind<T extends string>(prefix: string, length: number): IdentifierKind<T> {
  const read = (text: string): Uint8Array | null => {
    const bytes = text.startsWith(prefix) ? fromBase64url(text.slice(prefix.length)) : null;
    return bytes?.length === length ? bytes : null;
  };
  return Object.freeze({
    length,
    of(bytes: Uint8Array): T {
      if (bytes.length !== length) throw new RangeError(`an identifier of ${length} bytes, not ${bytes.length}`);
      return (prefix + base64url(bytes)) as T;
    },
    parse: (text: string): T | null => (read(text) === null ? null : (text as T)),
    bytes(id: T): Uint8Array {
      const bytes = read(id);
      if (bytes === null) throw new RangeError('not an identifier');
      return bytes;
    },
  });
}

export const Pod: IdentifierKind<PodId> = identifierKind('pod:', 16);
export const Principal: IdentifierKind<Principal> = identifierKind('ai:', 32);
export const ObjectId: IdentifierKind<ObjectId> = identifierKind('', 32);
export const Kid: IdentifierKind<Kid> = identifierKind('', 16);
export const Thumbprint: IdentifierKind<Thumbprint> = identifierKind('', 32);
export const Cti: IdentifierKind<Cti> = identifierKind('', 16);

/** The first half of a thumbprint, as headers carry it. */
export function kidOf(thumbprint: Thumbprint): Kid {
  return Kid.of(Thumbprint.bytes(thumbprint).subarray(0, Kid.length));
}
