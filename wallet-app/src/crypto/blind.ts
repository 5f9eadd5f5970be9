/**
 * A keyed digest that is computed without its holder seeing the input: RFC 9497 in POPRF mode, ristretto255-SHA512. The wallet's
 * side of it.
 */

import { ristretto255_oprf as suite } from '@noble/curves/ed25519.js';

import type { Evaluation } from '../protocol/blind-request.ts';
import type { Random } from './random.ts';

/** The longest input, in bytes: RFC 9497 §1.2 writes lengths in 16 bits. */
const MAX_INPUT_BYTES = 0xffff;

/** Why the digest did not come about. */
export class BlindFault extends Error {
  override readonly name = 'BlindFault';
}

/**
 * One input, blinded once and unblinded for each holder: what is sent is one element, whatever `info` it is evaluated under. The
 * factor is secret and serves one search.
 */
export class Blinding {
  readonly #input: Uint8Array;
  readonly #public: Uint8Array;
  readonly #factor: Map<number, Uint8Array> = new Map();
  readonly #random: Random;

  /** @throws {BlindFault} for an input that is empty or too long, and a public key that is none. */
  constructor(input: Uint8Array, blinderPublic: Uint8Array, random: Random) {
    if (input.length === 0 || input.length > MAX_INPUT_BYTES) throw new BlindFault('the input is empty or too long');
    this.#input = input;
    this.#public = blinderPublic;
    this.#random = random;
  }

  /** The element to send: the same whenever it is asked for. */
  get blinded(): Uint8Array {
    return this.#blind(new Uint8Array(0)).blinded;
  }

  /** Checks the proof for this info and takes the blinding off: 64 bytes. @throws {BlindFault} when the proof does not hold. */
  finalize(info: Uint8Array, evaluation: Evaluation): Uint8Array {
    const { blind, blinded, tweakedKey } = this.#blind(info);
    try {
      const { element, proof } = evaluation;
      return suite.poprf(info).finalize(this.#input, blind, element, blinded, proof, tweakedKey);
    } catch {
      throw new BlindFault("the blinder's proof does not hold for this element, info and public key");
    }
  }

  #blind(info: Uint8Array): { blind: Uint8Array; blinded: Uint8Array; tweakedKey: Uint8Array } {
    try {
      // The library asks for the randomness anew for each info; it gets the same each time.
      return suite.poprf(info).blind(this.#input, this.#public, (length = 32) => this.#sameBytes(length));
    } catch {
      throw new BlindFault("the blinder's public key is none, or goes with no such input");
    }
  }

  #sameBytes(length: number): Uint8Array<ArrayBuffer> {
    const known = this.#factor.get(length) ?? this.#random(length);
    this.#factor.set(length, known);
    return new Uint8Array(known);
  }
}
