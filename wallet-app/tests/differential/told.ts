/** What a judge says, and how it reads what it is asked. */

import { decode, fixed, type Limits, type Read } from '../../src/protocol/codec/index.ts';
import { PublicKey } from '../../src/protocol/crypto/signing.ts';
import { Kid } from '../../src/protocol/ids.ts';
import { Parts } from '../../src/protocol/lists.ts';
import { Refusal, refuse, refuseClaim } from '../../src/protocol/refusal.ts';
import { NotAValue } from '../../src/protocol/value.ts';

/** How an input ended: what was read, encoded anew, or the code. */
export type Told =
  { readonly accepted: true; readonly bytes: Uint8Array } | { readonly accepted: false; readonly code: string };

/** The keys that signatures are checked with. */
export type Keys = ReadonlyMap<Kid, PublicKey>;

/** A code that is neither of the protocol's two sets. */
export class Other extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Judges inputs of one kind. @throws {Refusal} @throws {LogFault} @throws {Other} */
export type Judge = (keys: Keys, input: Uint8Array) => Uint8Array;

/** The limits of an input: some objects, each in a byte string. */
const INPUT_LIMITS: Limits = { bytes: 16 * 1024 * 1024, depth: 32, items: 8192 };

/** Reads a whole input. Whatever is wrong with it is the asker's fault. */
export function inputOf<T>(input: Uint8Array, read: (parts: Parts) => T): T {
  try {
    return all(read)(0n, decode(input, INPUT_LIMITS));
  } catch (thrown) {
    if (thrown instanceof Refusal || thrown instanceof NotAValue) throw new Other('input');
    throw thrown;
  }
}

/** Reads an array of which nothing is left. */
export function all<T>(read: (parts: Parts) => T): Read<T> {
  return (claim, item) => {
    const parts = new Parts(claim, item);
    const found = read(parts);
    parts.finish();
    return found;
  };
}

/** The key with this id. @throws {Refusal} `key-unknown`. */
export const keyOf =
  (keys: Keys) =>
  (kid: Kid): PublicKey =>
    keys.get(kid) ?? refuse('key-unknown');

/** Reads a key that is not weak. */
export const publicKey: Read<PublicKey> = (claim, item) =>
  PublicKey.fromBytes(fixed(32)(claim, item)) ?? refuseClaim('claim-range', claim);
