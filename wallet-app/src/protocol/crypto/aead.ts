/** AES-256-GCM (NIST SP 800-38D) with a random nonce that travels in front of the ciphertext. */

import { gcm } from '@noble/ciphers/aes.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Bytes that sealing adds. */
export const AEAD_EXTRA_BYTES = NONCE_BYTES + TAG_BYTES;

/** Opens what was sealed under this key and associated data; null when it does not open. */
export function openUnder(key: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length < AEAD_EXTRA_BYTES) return null;
  try {
    return gcm(key, sealed.subarray(0, NONCE_BYTES), associated).decrypt(sealed.subarray(NONCE_BYTES));
  } catch {
    return null;
  }
}
