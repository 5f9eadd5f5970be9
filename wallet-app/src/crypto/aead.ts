/**
 * AES-256-GCM (NIST SP 800-38D) with a random nonce that travels before the ciphertext, as `pod-crypto` seals: the browser's own, whose
 * key cannot be read out again.
 */

import { concat } from '../protocol/bytes.ts';
import type { Random } from './random.ts';

/** Bytes of a nonce. One key seals a few messages only, so that random nonces do not meet. */
export const NONCE_BYTES = 12;
/** What sealing adds: the nonce and the full tag of 16. */
export const SEALED_EXTRA_BYTES = NONCE_BYTES + 16;

/** Bytes in memory of their own, which is what WebCrypto takes. */
export function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** A key from its 32 bytes; it cannot be read out again. */
export function aeadKey(bytes: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', own(bytes), 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** `nonce (12) || ciphertext || tag (16)`; `aad` is bound to it and not in it. */
export async function seal(key: CryptoKey, aad: Uint8Array, plain: Uint8Array, random: Random): Promise<Uint8Array> {
  const nonce = random(NONCE_BYTES);
  const how = { name: 'AES-GCM', iv: own(nonce), additionalData: own(aad) };
  return concat(nonce, new Uint8Array(await crypto.subtle.encrypt(how, key, own(plain))));
}

/** Opens what `seal` made; null when it was changed, or is of another key or with other associated data. */
export async function open(key: CryptoKey, aad: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | null> {
  if (sealed.length < SEALED_EXTRA_BYTES) return null;
  const how = { name: 'AES-GCM', iv: own(sealed.subarray(0, NONCE_BYTES)), additionalData: own(aad) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(how, key, own(sealed.subarray(NONCE_BYTES))));
  } catch {
    // WebCrypto says no more than that it did not open.
    return null;
  }
}
