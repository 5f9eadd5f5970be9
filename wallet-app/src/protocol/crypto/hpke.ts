/**
 * Sealing to somebody's public key: HPKE (RFC 9180) in base mode, one message per sealing. The suite is fixed, so that nobody
 * negotiates: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Base mode says nothing about who sealed; what needs a sender
 * carries a signature inside.
 */

import { gcm } from '@noble/ciphers/aes.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';

import { concat, utf8 } from '../bytes.ts';

/** Bytes of an X25519 key, public or private. */
export const SEAL_KEY_BYTES = 32;
/** Bytes of the encapsulated key, which stands before the ciphertext. */
const ENCAPSULATED_BYTES = 32;
/** Bytes of the authentication tag, which stands behind it. */
const TAG_BYTES = 16;
/** Bytes that sealing adds. */
export const SEALED_EXTRA_BYTES = ENCAPSULATED_BYTES + TAG_BYTES;

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const SECRET_BYTES = 32;

const NOTHING = new Uint8Array(0);
const VERSION = utf8('HPKE-v1');
const BASE_MODE = Uint8Array.of(0);
/** DHKEM(X25519, HKDF-SHA256) is 0x0020, HKDF-SHA256 0x0001, AES-256-GCM 0x0002 (RFC 9180 §7). */
const KEM_SUITE = concat(utf8('KEM'), Uint8Array.of(0x00, 0x20));
const HPKE_SUITE = concat(utf8('HPKE'), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x02));

/** The public half of a private key. */
export function sealPublicKey(privateKey: Uint8Array): Uint8Array {
  return x25519.getPublicKey(privateKey);
}

/** The private key that belongs to 32 secret bytes (RFC 9180 §7.1.3). */
export function sealKeyFromSeed(seed: Uint8Array): Uint8Array {
  const secret = labeledExtract(KEM_SUITE, NOTHING, 'dkp_prk', seed);
  return labeledExpand(KEM_SUITE, secret, 'sk', NOTHING, SEAL_KEY_BYTES);
}

/** Seals `plain`, with 32 random bytes that are used for nothing else. Null when the public key cannot be sealed to. */
export function seal(
  to: Uint8Array,
  info: Uint8Array,
  associated: Uint8Array,
  plain: Uint8Array,
  random: Uint8Array,
): Uint8Array | null {
  const ephemeral = sealKeyFromSeed(random);
  const encapsulated = x25519.getPublicKey(ephemeral);
  const shared = exchange(ephemeral, to);
  if (shared === null) return null;
  const { key, nonce } = schedule(shared, encapsulated, to, info);
  return concat(encapsulated, gcm(key, nonce, associated).encrypt(plain));
}

/** Opens what `seal` made; null under another key, info or associated data, or when it was changed. */
export function open(
  privateKey: Uint8Array,
  info: Uint8Array,
  associated: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null {
  if (sealed.length < SEALED_EXTRA_BYTES) return null;
  const encapsulated = sealed.subarray(0, ENCAPSULATED_BYTES);
  const shared = exchange(privateKey, encapsulated);
  if (shared === null) return null;
  const { key, nonce } = schedule(shared, encapsulated, sealPublicKey(privateKey), info);
  try {
    return gcm(key, nonce, associated).decrypt(sealed.subarray(ENCAPSULATED_BYTES));
  } catch {
    return null;
  }
}

/** Null for a public key of small order, whose secret everybody knows. */
function exchange(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | null {
  try {
    return x25519.getSharedSecret(privateKey, publicKey);
  } catch {
    return null;
  }
}

/** RFC 9180 §4.1 and §5.1: the key and the nonce of the one message. */
function schedule(
  shared: Uint8Array,
  encapsulated: Uint8Array,
  to: Uint8Array,
  info: Uint8Array,
): { readonly key: Uint8Array; readonly nonce: Uint8Array } {
  const exchanged = labeledExtract(KEM_SUITE, NOTHING, 'eae_prk', shared);
  const secretOfKem = labeledExpand(KEM_SUITE, exchanged, 'shared_secret', concat(encapsulated, to), SECRET_BYTES);
  const noPreShared = labeledExtract(HPKE_SUITE, NOTHING, 'psk_id_hash', NOTHING);
  const context = concat(BASE_MODE, noPreShared, labeledExtract(HPKE_SUITE, NOTHING, 'info_hash', info));
  const secret = labeledExtract(HPKE_SUITE, secretOfKem, 'secret', NOTHING);
  return {
    key: labeledExpand(HPKE_SUITE, secret, 'key', context, KEY_BYTES),
    nonce: labeledExpand(HPKE_SUITE, secret, 'base_nonce', context, NONCE_BYTES),
  };
}

function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, input: Uint8Array): Uint8Array {
  return extract(sha256, concat(VERSION, suite, utf8(label), input), salt);
}

function labeledExpand(
  suite: Uint8Array,
  secret: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  return expand(
    sha256,
    secret,
    concat(Uint8Array.of(length >> 8, length & 0xff), VERSION, suite, utf8(label), info),
    length,
  );
}
