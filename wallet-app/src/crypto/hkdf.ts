/** HKDF-SHA256 (RFC 5869), as far as Aitta uses it: secrets that are random, one block of output. */

import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** Bytes of a derived key. */
export const KEY_BYTES = 32;

/** 32 bytes derived from a secret for one use, which `info` names. No salt: the secrets are uniformly random. */
export function hkdfSha256(secret: Uint8Array, info: Uint8Array): Uint8Array {
  return hkdf(sha256, secret, new Uint8Array(0), info, KEY_BYTES);
}
