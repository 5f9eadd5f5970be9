/** Inputs of the arithmetic: proofs, signatures at the edges of the curve, what is sealed. */

import { gcm } from '@noble/ciphers/aes.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';

import { concat, utf8 } from '../../src/protocol/bytes.ts';
import { encode } from '../../src/protocol/codec/index.ts';
import { seal, sealKeyFromSeed, sealPublicKey } from '../../src/protocol/crypto/hpke.ts';
import { Principal } from '../../src/protocol/ids.ts';
import { leafHash, nodeHash } from '../../src/protocol/merkle.ts';
import { mutateBytes } from './mutate.ts';
import type { Dice } from './random.ts';
import { type Make, POOL } from './seeds.ts';
import { NAMED, signatureOf } from './signing.ts';

const MAX_LEAVES = 70;
const LEAVES = Array.from({ length: MAX_LEAVES }, (_, at) => leafHash(Uint8Array.of(at)));

/** The root over some leaves (RFC 6962 §2.1), written down once more. */
function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return leafHash(new Uint8Array(0));
  if (leaves.length === 1) return only;
  const left = split(leaves.length);
  return nodeHash(rootOf(leaves.slice(0, left)), rootOf(leaves.slice(left)));
}

/** The largest power of two below `count`. */
function split(count: number): number {
  return 2 ** Math.floor(Math.log2(count - 1));
}

function inclusionProof(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length < 2) return [];
  const left = split(leaves.length);
  const [below, beside] = [leaves.slice(0, left), leaves.slice(left)];
  return index < left
    ? [...inclusionProof(index, below), rootOf(beside)]
    : [...inclusionProof(index - left, beside), rootOf(below)];
}

function consistencyProof(old: number, leaves: readonly Uint8Array[], isWhole = true): Uint8Array[] {
  if (old === leaves.length) return isWhole ? [] : [rootOf(leaves)];
  const left = split(leaves.length);
  const [below, beside] = [leaves.slice(0, left), leaves.slice(left)];
  return old <= left
    ? [...consistencyProof(old, below, isWhole), rootOf(beside)]
    : [...consistencyProof(old - left, beside, false), rootOf(below)];
}

function near(dice: Dice, number: number): bigint {
  if (!dice.chance(15)) return BigInt(number);
  return dice.pick([0n, 1n, BigInt(number + 1), BigInt(Math.max(0, number - 1)), BigInt(number * 2), (1n << 63n) - 1n]);
}

function brokenProof(dice: Dice, proof: readonly Uint8Array[]): readonly Uint8Array[] {
  const changed = [...proof];
  const at = dice.below(proof.length);
  switch (dice.below(8)) {
    case 0:
      return changed.toSpliced(at, 1);
    case 1:
      return [...changed, dice.pick(LEAVES)];
    case 2:
      return changed.with(at, dice.pick(LEAVES));
    default:
      return changed;
  }
}

/** That a leaf stands in a tree, or not. */
export const inclusion: Make = (dice) => {
  const size = 1 + dice.below(MAX_LEAVES);
  const index = dice.below(size);
  const leaves = LEAVES.slice(0, size);
  const proof = inclusionProof(index, leaves);
  const shown = proof.length > 0 ? brokenProof(dice, proof) : proof;
  const root = dice.chance(5) ? dice.bytes(32) : rootOf(leaves);
  const leaf = dice.chance(5) ? dice.pick(LEAVES) : leaves[index];
  return {
    kind: 'inclusion',
    bytes: encode([near(dice, index), near(dice, size), leaf ?? dice.bytes(32), shown, root]),
  };
};

/** That a tree continues another, or not. */
export const consistency: Make = (dice) => {
  const size = 1 + dice.below(MAX_LEAVES);
  const old = dice.below(size + 1);
  const leaves = LEAVES.slice(0, size);
  const proof = old === 0 ? [] : consistencyProof(old, leaves);
  const shown = proof.length > 0 ? brokenProof(dice, proof) : proof;
  const oldRoot = dice.chance(5) ? dice.bytes(32) : rootOf(leaves.slice(0, old));
  const root = dice.chance(5) ? dice.bytes(32) : rootOf(leaves);
  return { kind: 'consistency', bytes: encode([near(dice, old), near(dice, size), oldRoot, root, shown]) };
};

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;

function littleEndian(number: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, at) => Number((number >> BigInt(8 * at)) & 0xffn));
}

/** Points of small order, canonical and not, and what is no point: the curve's prime is 2^255 - 19. */
const PRIME = (1n << 255n) - 19n;
const ODD_POINTS: readonly Uint8Array[] = [
  ...[0n, 1n, PRIME - 1n, PRIME, PRIME + 1n, 2n, PRIME + 3n, PRIME + 4n, (1n << 255n) - 1n],
  ...torsion().map((encoded) => encoded.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)),
].flatMap((y) => [littleEndian(y), littleEndian(y | (1n << 255n))]);

/** The eight points of small order, in their canonical encodings. */
function torsion(): readonly Uint8Array[] {
  const eighth = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  return Array.from({ length: 8 }, (_, times) =>
    (times === 0 ? Point.ZERO : eighth.multiplyUnsafe(BigInt(times))).toBytes(),
  );
}

const MESSAGES = [new Uint8Array(0), utf8('a message')];

/** Signatures by usual keys, at the edges, and by keys of mixed order that satisfy the equation times eight alone. */
export const signature: Make = (dice) => {
  const by = dice.pick(NAMED);
  const message = dice.pick(MESSAGES);
  const valid = signatureOf(by, message);
  const [r, s] = [valid.subarray(0, 32), valid.subarray(32)];
  const scalar = s.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const odd = dice.pick(ODD_POINTS);
  const input = ((): readonly Uint8Array[] => {
    switch (dice.below(8)) {
      case 0:
        return [by.key.bytes, message, valid];
      case 1:
        return [by.key.bytes, message, mutateBytes(dice, valid, POOL)];
      case 2:
        return [by.key.bytes, message, concat(r, littleEndian(scalar + ORDER * BigInt(1 + dice.below(3))))];
      case 3:
        return [odd, message, dice.chance(50) ? concat(odd, new Uint8Array(32)) : concat(dice.pick(ODD_POINTS), s)];
      case 4:
        return [by.key.bytes, message, concat(odd, s)];
      case 5:
        return [mutateBytes(dice, by.key.bytes, POOL), message, valid];
      default:
        return mixed(dice, message);
    }
  })();
  const [key, of, last] = input;
  const padded = new Uint8Array(64);
  padded.set((last ?? valid).subarray(0, 64));
  const whole = new Uint8Array(32);
  whole.set((key ?? by.key.bytes).subarray(0, 32));
  return { kind: 'signature', bytes: encode([whole, of ?? message, padded]) };
};

/** A signature with a small-order part in the key or in R. */
function mixed(dice: Dice, message: Uint8Array): readonly Uint8Array[] {
  const [secret, nonce] = [BigInt(1 + dice.below(1000)), BigInt(1 + dice.below(1000))];
  const small = torsion().map((encoded) => Point.fromBytes(encoded));
  const key = Point.BASE.multiply(secret).add(dice.pick(small)).toBytes();
  const r = Point.BASE.multiply(nonce)
    .add(dice.chance(50) ? Point.ZERO : dice.pick(small))
    .toBytes();
  const k = Point.Fn.create(littleEndianNumber(sha512(concat(r, key, message))));
  return [key, message, concat(r, littleEndian(Point.Fn.create(nonce + k * secret)))];
}

function littleEndianNumber(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

const INFO = utf8('aitta-decision-1');

/** Something sealed, and changed or not. */
export const sealed: Make = (dice) => {
  const key = sealKeyFromSeed(dice.bytes(32));
  const associated = dice.bytes(dice.pick([0, 32]));
  const made =
    seal(sealPublicKey(key), INFO, associated, dice.bytes(dice.below(200)), dice.bytes(32)) ?? new Uint8Array(0);
  const way = dice.below(6);
  return {
    kind: 'sealed',
    bytes: encode([
      way === 0 ? sealKeyFromSeed(dice.bytes(32)) : key,
      way === 1 ? utf8('another') : INFO,
      way === 2 ? dice.bytes(32) : associated,
      way === 3 ? mutateBytes(dice, made, POOL) : way === 4 ? concat(dice.pick(ODD_POINTS), made.subarray(32)) : made,
    ]),
  };
};

const HOLDER = Principal.of(new Uint8Array(32).fill(0x11));

/** A handle of a holder entry, sealed whatever it is. */
export const handle: Make = (dice) => {
  const [key, tag, nonce] = [dice.bytes(32), dice.bytes(16), dice.bytes(12)];
  const plain = dice.bytes(dice.pick([16, 16, 16, 16, 0, 15, 17, 160]));
  const place = concat(Principal.bytes(HOLDER), dice.chance(97) ? tag : dice.bytes(16));
  const made = concat(nonce, gcm(key, nonce, place).encrypt(plain));
  return { kind: 'handle', bytes: encode([key, HOLDER, tag, dice.chance(95) ? made : mutateBytes(dice, made, POOL)]) };
};

/** A digest of something, blinded and evaluated. */
export const digest: Make = (dice) => {
  const secret = dice.bytes(dice.pick([0, 1, 11, 11, 11, 300]));
  const bit = dice.chance(40) ? BigInt(dice.below(96 * 8)) : null;
  return { kind: 'digest', bytes: encode([dice.bytes(32), secret, dice.bytes(dice.pick([0, 52, 52])), bit]) };
};
