/**
 * Ed25519 (RFC 8032): the strict verification that everything in Aitta relies on (`docs/protocol/README.md`, Envelope).
 *
 * "Strict" means that a signature has one reading only: the key and R are canonical and not of small order, S is below the
 * group's order, and the equation is checked without the cofactor. WebCrypto and the libraries' own `verify` do not say this
 * much: they accept one fixed signature over every message under the identity point, or check the equation times eight. The
 * group's arithmetic is @noble/curves'; what is accepted is decided here (`docs/decisions/0027-second-implementation.md`).
 */

import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';

import { base64url } from '../base64.ts';
import { concat, equalBytes } from '../bytes.ts';
import { Kid, kidOf, Thumbprint } from '../ids.ts';
import { sha256 } from './hash.ts';

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;

export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** Bytes before the key in the deterministic CBOR of the COSE_Key `{1: 1, -1: 6, -2: x}`, of which RFC 9679 §3 takes the digest. */
const COSE_KEY_HEAD = Uint8Array.of(0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20);

/** How many bits of a scalar a key's table has multiples for: made once, it halves the time of each check. */
const TABLE_BITS = 8;

/** A point from its one canonical encoding; null for anything else, and for points of small order. */
function point(bytes: Uint8Array): Point | null {
  let found: Point;
  try {
    found = Point.fromBytes(bytes, false);
  } catch {
    return null;
  }
  return found.isSmallOrder() ? null : found;
}

/** The integer in these bytes, the least significant first, as RFC 8032 writes scalars. */
function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** Most registered keys that are remembered: those of a federation of 300 cities, with their services. */
const MAX_REGISTERED = 4096;
/** Keys that were checked in full, which takes milliseconds: a registry is built anew from the same ones every day. */
const REGISTERED = new Map<string, PublicKey>();

/** A public Ed25519 key that is canonically encoded and not of small order. */
export class PublicKey {
  /** The 32 bytes of RFC 8032 §5.1.2. */
  readonly bytes: Uint8Array;
  /** The COSE key thumbprint: SHA-256 over the deterministic CBOR of the required members (RFC 9679 §3). */
  readonly thumbprint: Thumbprint;
  /** Its first half, as headers carry it. */
  readonly kid: Kid;
  /** Null in one that was registered before, until something is checked with it. */
  #point: Point | null;

  private constructor(bytes: Uint8Array, found: Point | null) {
    this.bytes = bytes.slice();
    this.thumbprint = Thumbprint.of(sha256(COSE_KEY_HEAD, this.bytes));
    this.kid = kidOf(this.thumbprint);
    this.#point = found;
  }

  /** Reads a key, for example one that is already registered; null when it is weak. */
  static fromBytes(bytes: Uint8Array): PublicKey | null {
    const found = bytes.length === PUBLIC_KEY_BYTES ? point(bytes) : null;
    return found && new PublicKey(bytes, found);
  }

  /** As `fromBytes`, and the point must lie in the prime-order group: asked once, where a key is registered. */
  static register(bytes: Uint8Array): PublicKey | null {
    const name = base64url(bytes);
    const known = REGISTERED.get(name);
    if (known !== undefined) return known;
    const found = bytes.length === PUBLIC_KEY_BYTES ? point(bytes) : null;
    return found?.isTorsionFree() ? remember(name, new PublicKey(bytes, found)) : null;
  }

  /** Takes a key that `register` took in this wallet before, without checking it again. It must come from where nobody else writes. */
  static registeredBefore(bytes: Uint8Array): void {
    const name = base64url(bytes);
    if (!REGISTERED.has(name)) remember(name, new PublicKey(bytes, null));
  }

  /** For a key that will check many signatures: makes each check quicker. */
  forManyChecks(): this {
    this.#found()?.precompute(TABLE_BITS, false);
    return this;
  }

  /** Null for what is no key after all. */
  #found(): Point | null {
    this.#point ??= point(this.bytes);
    return this.#point;
  }

  /** Whether both are the same key. */
  equals(other: PublicKey): boolean {
    return equalBytes(this.bytes, other.bytes);
  }

  /** Whether `signature` over `message` is by this key, strictly. */
  verifies(message: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== SIGNATURE_BYTES) return false;
    const encodedR = signature.subarray(0, 32);
    const own = this.#found();
    const r = point(encodedR);
    const s = littleEndian(signature.subarray(32));
    if (own === null || r === null || s >= Point.Fn.ORDER) return false;
    const k = Point.Fn.create(littleEndian(sha512(concat(encodedR, this.bytes, message))));
    return Point.BASE.multiplyUnsafe(s).equals(r.add(own.multiplyUnsafe(k)));
  }
}

function remember(name: string, key: PublicKey): PublicKey {
  if (REGISTERED.size >= MAX_REGISTERED) REGISTERED.clear();
  REGISTERED.set(name, key);
  return key;
}
