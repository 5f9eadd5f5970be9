/** HKDF-SHA256 (RFC 5869), as far as Aitta uses it: secrets that are random, one block of output. */

import { expand, extract, hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** Bytes of a derived key. */
export const KEY_BYTES = 32;

/** 32 bytes derived from a secret for one use, which `info` names. No salt: the secrets are uniformly random. */
export function hkdfSha256(secret: Uint8Array, info: Uint8Array): Uint8Array {
  return hkdf(sha256, secret, new Uint8Array(0), info, KEY_BYTES);
}

/** HKDF-Extract (RFC 5869 §2.2), for HPKE. */
export function hkdfExtract(salt: Uint8Array, material: Uint8Array): Uint8Array {
  return extract(sha256, material, salt);
}

/** HKDF-Expand (RFC 5869 §2.3), for HPKE. */
export function hkdfExpand(key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return expand(sha256, key, info, length);
}
