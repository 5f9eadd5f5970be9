/**
 * What was found to hold once. Whether a signature is by a key over a message follows from these three alone, not from who asks, when,
 * or what else is known: so it need not be asked twice. Whether what the key says counts now is never remembered.
 */

import { base64url } from '../base64.ts';
import { concat } from '../bytes.ts';
import { HASH_BYTES, sha256 } from './hash.ts';
import { PUBLIC_KEY_BYTES, PublicKey, SIGNATURE_BYTES } from './signing.ts';

/** Says whether a signature over a message is by this key, strictly. */
export type Check = (key: PublicKey, message: Uint8Array, signature: Uint8Array) => boolean;

/** Asks the arithmetic each time. */
export const checkAnew: Check = (key, message, signature) => key.verifies(message, signature);

/** As it is kept. */
export interface Checked {
  /** SHA-256 of key, signature and message of each signature that holds, one after the other. */
  readonly signatures: Uint8Array;
  /** The keys that were registered, one after the other. */
  readonly keys: Uint8Array;
}

/** Of whoever has checked nothing yet. */
export const NOTHING_CHECKED: Checked = { signatures: new Uint8Array(0), keys: new Uint8Array(0) };

/** Signatures that hold: those of before, and those that are asked for now. */
export class CheckedSignatures {
  readonly #before: ReadonlySet<string>;
  readonly #asked: Map<string, Uint8Array> = new Map();

  /** With what was kept; its keys are taken as registered from now on. */
  constructor({ signatures, keys }: Checked) {
    for (const key of pieces(keys, PUBLIC_KEY_BYTES)) PublicKey.registeredBefore(key);
    this.#before = new Set(pieces(signatures, HASH_BYTES).map(base64url));
  }

  /** As `checkAnew`; the arithmetic is asked about what was not found to hold before. */
  readonly check: Check = (key, message, signature) => {
    // With parts of one length before it, no two triples have one text.
    if (signature.length !== SIGNATURE_BYTES) return false;
    const digest = sha256(key.bytes, signature, message);
    const name = base64url(digest);
    const holds = this.#before.has(name) || this.#asked.has(name) || key.verifies(message, signature);
    if (holds) this.#asked.set(name, digest);
    return holds;
  };

  /** Those that were asked for, to be kept with the keys that were read: whatever nobody asks for any more is forgotten. */
  with(keys: readonly PublicKey[]): Checked {
    return { signatures: concat(...this.#asked.values()), keys: concat(...keys.map(({ bytes }) => bytes)) };
  }
}

function pieces(bytes: Uint8Array, length: number): readonly Uint8Array[] {
  return Array.from({ length: Math.floor(bytes.length / length) }, (_none, at) =>
    bytes.slice(at * length, (at + 1) * length),
  );
}
