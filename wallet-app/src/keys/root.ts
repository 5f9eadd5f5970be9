/**
 * The two secrets of a wallet, which have nothing in common (`docs/decisions/0021-two-of-three-recover.md`), derived as
 * `pod-wallet` does:
 *
 * - The **root secret**: 32 random bytes on one device, from which the device's keys are derived when the browser cannot keep keys
 *   that nobody reads out. It lies wrapped.
 * - The **recovery root**: what the printed recovery code gives. Recovery keys are derived from it and nothing else, so whoever
 *   finds the paper signs nothing, and whoever steals the device does not have the paper's keys.
 */

import { ed25519 } from '@noble/curves/ed25519.js';

import { aeadKey, open, seal } from '../crypto/aead.ts';
import { hkdfSha256, KEY_BYTES } from '../crypto/hkdf.ts';
import type { Random } from '../crypto/random.ts';
import { concat, equalBytes, utf8 } from '../protocol/bytes.ts';
import type { Signer } from '../protocol/cose.ts';
import { PublicKey } from '../protocol/crypto/signing.ts';
import { Principal } from '../protocol/ids.ts';
import { keyDigest } from '../protocol/key-event/index.ts';
import type { RecoveryCode } from './recovery-code.ts';

/** Separates the wallet's keys from anything else that could be derived from the same secret. */
const KEY_INFO = utf8('aitta-wallet-key-1');
/** Domain of the salts of key logs. */
const SALT_INFO = utf8('aitta-wallet-log-salt-1');
/** What a recovery code gives. */
const CODE_INFO = utf8('aitta-wallet-recovery-2');
/** What a recovery key is for, beside the purposes of a device's keys. */
const RECOVERY_PURPOSE = 3;
/** Bytes of the salt of a key log. */
export const SALT_BYTES = 16;

/** What a device's key is for. One key has one purpose. */
export type KeyPurpose =
  /** Signs grants, commands and revocations, and manages devices. */
  | 'device'
  /** Will control the log after a rotation; until then only its digest is known to anybody. */
  | 'next';

const PURPOSES: Readonly<Record<KeyPurpose, number>> = { device: 1, next: 2 };

/** A key from the 32 bytes that make it. */
export function signerFromSeed(seed: Uint8Array): Signer {
  const key = PublicKey.fromBytes(ed25519.getPublicKey(seed));
  if (key === null) throw new Error('a derived key is never weak');
  return { key, sign: (message) => Promise.resolve(ed25519.sign(message, seed)) };
}

/** The root secret. */
export class RootSecret {
  readonly #bytes: Uint8Array;

  /** With these 32 bytes. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== KEY_BYTES) throw new RangeError(`a root secret has ${KEY_BYTES} bytes`);
    this.#bytes = bytes.slice();
  }

  static generate(random: Random): RootSecret {
    return new RootSecret(random(KEY_BYTES));
  }

  /** The key for a purpose at an organisation. Keys of two organisations have nothing in common that could be seen. */
  signer(organisation: Principal, purpose: KeyPurpose, index: number): Signer {
    const number = new Uint8Array(4);
    new DataView(number.buffer).setUint32(0, index);
    // Every part has a fixed length, so two different triples never give the same info.
    const info = concat(KEY_INFO, Uint8Array.of(PURPOSES[purpose]), Principal.bytes(organisation), number);
    return signerFromSeed(hkdfSha256(this.#bytes, info));
  }

  /** What tells the key log at an organisation from others with the same keys. */
  logSalt(organisation: Principal): Uint8Array {
    return hkdfSha256(this.#bytes, concat(SALT_INFO, Principal.bytes(organisation))).slice(0, SALT_BYTES);
  }

  /** `"AITTA-ROOT" || version || kind || nonce (12) || ciphertext || tag (16)`; what stands before the nonce is authenticated. */
  async wrap(key: WrappingKey, random: Random): Promise<Uint8Array> {
    const head = concat(MAGIC, Uint8Array.of(VERSION, WRAPS[key.by]));
    return concat(head, await seal(await aeadKey(key.bytes), head, this.#bytes, random));
  }

  /** Opens what `wrap` made. @throws {UnwrapFault} */
  static async unwrap(wrapped: Uint8Array, key: WrappingKey): Promise<RootSecret> {
    const head = wrapped.subarray(0, MAGIC.length + 2);
    if (!equalBytes(head.subarray(0, MAGIC.length), MAGIC) || head.length < MAGIC.length + 2) {
      throw new UnwrapFault('wrap-none', 'this is no wrapped root secret');
    }
    if (head[MAGIC.length] !== VERSION) {
      throw new UnwrapFault('wrap-version', 'this was written by a newer wallet: load the wallet again');
    }
    if (head[MAGIC.length + 1] !== WRAPS[key.by]) {
      throw new UnwrapFault(
        'wrap-other',
        'this is wrapped in another way: use the passkey or the recovery code it was made with',
      );
    }
    const plain = await open(await aeadKey(key.bytes), head, wrapped.subarray(head.length));
    if (plain?.length !== KEY_BYTES) {
      throw new UnwrapFault('wrap-closed', 'it does not open: the key belongs to another wallet, or it was changed');
    }
    return new RootSecret(plain);
  }
}

const MAGIC = utf8('AITTA-ROOT');
const VERSION = 1;
/** How a root secret is wrapped. 2 is `pod-wallet`'s own, under a key in a file. */
const WRAPS = { passkey: 3, paper: 4 } as const;
/** What the PRF extension gives, in bytes (WebAuthn Level 3 §10.1.4). */
const PRF_BYTES = 32;
const PASSKEY_INFO = utf8('aitta-wallet-wrap-passkey-1');
const PAPER_INFO = utf8('aitta-wallet-wrap-paper-1');

/** Under what a root secret is wrapped. */
export interface WrappingKey {
  readonly by: keyof typeof WRAPS;
  readonly bytes: Uint8Array;
}

/**
 * Under what a passkey gives (WebAuthn PRF extension): 32 bytes that the authenticator alone can make again. @throws {RangeError} for
 * anything else: what is shorter, or empty, others could make too.
 */
export function passkeyWrap(prfOutput: Uint8Array): WrappingKey {
  if (prfOutput.length !== PRF_BYTES) throw new RangeError(`a passkey gives ${PRF_BYTES} bytes`);
  return { by: 'passkey', bytes: hkdfSha256(prfOutput, PASSKEY_INFO) };
}

/** Under the printed code. The paper alone opens nothing: what it opens lies on the device. */
export function paperWrap(code: RecoveryCode): WrappingKey {
  return { by: 'paper', bytes: hkdfSha256(code.entropy, PAPER_INFO) };
}

export type UnwrapCode = 'wrap-none' | 'wrap-version' | 'wrap-other' | 'wrap-closed';

/** Why a wrapped root secret does not open. */
export class UnwrapFault extends Error {
  override readonly name = 'UnwrapFault';
  readonly code: UnwrapCode;

  constructor(code: UnwrapCode, what: string) {
    super(what);
    this.code = code;
  }
}

/** What a recovery code gives: the recovery keys, one for each organisation. */
export class RecoveryRoot {
  readonly #bytes: Uint8Array;

  constructor(code: RecoveryCode) {
    this.#bytes = hkdfSha256(code.entropy, CODE_INFO);
  }

  signer(organisation: Principal): Signer {
    const info = concat(KEY_INFO, Uint8Array.of(RECOVERY_PURPOSE), Principal.bytes(organisation));
    return signerFromSeed(hkdfSha256(this.#bytes, info));
  }

  /** What a log says of that key until it is used. */
  digest(organisation: Principal): Uint8Array {
    return keyDigest(this.signer(organisation).key);
  }
}
