/**
 * Sealing to a public key: HPKE (RFC 9180) in base mode, one message per sealing. The suite is fixed, so that nobody negotiates:
 * DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. A wallet only seals; services and holders open.
 */

import { x25519 } from '@noble/curves/ed25519.js';

import { concat, utf8 } from '../protocol/bytes.ts';
import { aeadKey, encrypt, NONCE_BYTES } from './aead.ts';
import { hkdfExpand, hkdfExtract, KEY_BYTES } from './hkdf.ts';
import type { Random } from './random.ts';

const VERSION = utf8('HPKE-v1');
/** `"KEM" || 0x0020` (RFC 9180 §4.1). */
const KEM_SUITE = concat(utf8('KEM'), Uint8Array.of(0x00, 0x20));
/** `"HPKE" || 0x0020 || 0x0001 || 0x0002` (RFC 9180 §5.1). */
const SUITE = concat(utf8('HPKE'), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x02));
const MODE_BASE = Uint8Array.of(0);
const NOTHING = new Uint8Array(0);

function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, material: Uint8Array): Uint8Array {
  return hkdfExtract(salt, concat(VERSION, suite, utf8(label), material));
}

function labeledExpand(
  suite: Uint8Array,
  key: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  return hkdfExpand(key, concat(Uint8Array.of(length >> 8, length & 0xff), VERSION, suite, utf8(label), info), length);
}

/**
 * `encapsulated key (32) || ciphertext || tag (16)` (RFC 9180 §6.1, SealBase). `info` names the use; `aad` binds what this one
 * message belongs to. Null when `to` is a point of small order, to which nobody can seal.
 */
export async function sealTo(
  to: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  plain: Uint8Array,
  random: Random,
): Promise<Uint8Array | null> {
  // As good as DeriveKeyPair (§7.1.3): any 32 random bytes are an X25519 private key.
  const ephemeral = random(KEY_BYTES);
  const encapsulated = x25519.getPublicKey(ephemeral);
  let shared: Uint8Array;
  try {
    shared = x25519.getSharedSecret(ephemeral, to);
  } catch {
    return null;
  }
  const prk = labeledExtract(KEM_SUITE, NOTHING, 'eae_prk', shared);
  const secret = labeledExpand(KEM_SUITE, prk, 'shared_secret', concat(encapsulated, to), KEY_BYTES);
  const context = concat(
    MODE_BASE,
    labeledExtract(SUITE, NOTHING, 'psk_id_hash', NOTHING),
    labeledExtract(SUITE, NOTHING, 'info_hash', info),
  );
  const scheduled = labeledExtract(SUITE, secret, 'secret', NOTHING);
  const key = await aeadKey(labeledExpand(SUITE, scheduled, 'key', context, KEY_BYTES));
  // The first and only message: its sequence number is 0, so that the base nonce is the nonce (§5.2).
  const nonce = labeledExpand(SUITE, scheduled, 'base_nonce', context, NONCE_BYTES);
  return concat(encapsulated, await encrypt(key, nonce, aad, plain));
}
