/** SHA-256 (FIPS 180-4). Not WebCrypto's: that one is asynchronous, and a rule that waits cannot be a function of its input. */

import { sha256 as digest } from '@noble/hashes/sha2.js';

/** Bytes of a digest. */
export const HASH_BYTES = 32;

/** The digest of all parts, one after the other. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = digest.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
}
