/**
 * A keyed digest that is computed without its holder seeing the input: RFC 9497 in POPRF mode, ristretto255-SHA512. Here is the side that
 * has the input: it blinds it, and takes the blinding off what the holder of the key evaluated under a public `info`.
 */

import { ristretto255_oprf } from '@noble/curves/ed25519.js';

/** Longest input and longest info (RFC 9497 §1.2 gives their lengths 16 bits). */
const MAX_BYTES = 0xffff;

/** So many random bytes. */
export type Random = (length: number) => Uint8Array;

/** An input that waits for its evaluation. */
export interface Blinding {
  /** What is sent: a compressed ristretto255 point. */
  readonly blinded: Uint8Array;
  /** The 64 bytes of the digest; null when the proof does not hold for the public key and the info. */
  finalize(element: Uint8Array, proof: Uint8Array): Uint8Array | null;
}

/**
 * Blinds an input for the holder of this public key. Null for an input that is empty or too long, and for a key that is none.
 * @throws {RangeError} when `random` gives fewer bytes than it was asked for, which is a fault of ours.
 */
export function blind(input: Uint8Array, info: Uint8Array, publicKey: Uint8Array, random: Random): Blinding | null {
  if (input.length === 0 || input.length > MAX_BYTES || info.length > MAX_BYTES) return null;
  const suite = ristretto255_oprf.poprf(info);
  let isShort = false;
  const begun = orNull(() =>
    suite.blind(input, publicKey, (length = 0) => {
      const bytes = new Uint8Array(random(length));
      isShort ||= bytes.length !== length;
      return bytes;
    }),
  );
  if (isShort) throw new RangeError('too few random bytes');
  if (begun === null) return null;
  return {
    blinded: begun.blinded,
    finalize: (element, proof) =>
      orNull(() => suite.finalize(input, begun.blind, element, begun.blinded, proof, begun.tweakedKey)),
  };
}

/** The library throws for whatever the other side may send. */
function orNull<T>(step: () => T): T | null {
  try {
    return step();
  } catch {
    return null;
  }
}
