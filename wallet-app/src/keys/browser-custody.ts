/** Keys that the browser keeps and nobody reads out: non-extractable Ed25519 keys of WebCrypto, in the wallet's storage. */

import { own } from '../crypto/aead.ts';
import type { Random } from '../crypto/random.ts';
import type { Signer } from '../protocol/cose.ts';
import { PublicKey } from '../protocol/crypto/signing.ts';
import type { Principal } from '../protocol/ids.ts';
import type { Custody } from './custody.ts';
import { type KeyPurpose, SALT_BYTES } from './root.ts';
import { type Storage, StorageFault } from './storage.ts';

const ED25519 = 'Ed25519';

/** As it is kept. The public half beside it: reading it out of a key is asynchronous, and not every browser restores it well. */
interface KeptKey {
  readonly privateKey: CryptoKey;
  readonly publicKey: Uint8Array;
}

export class BrowserCustody implements Custody {
  readonly kind = 'browser';
  readonly #storage: Storage;
  readonly #random: Random;

  constructor(storage: Storage, random: Random) {
    this.#storage = storage;
    this.#random = random;
  }

  async signer(organisation: Principal, purpose: KeyPurpose, index: number): Promise<Signer> {
    const kept = await keepOnce(this.#storage, `key/${organisation}/${purpose}/${index}`, generate);
    const { privateKey, publicKey } = kept as KeptKey;
    const key = PublicKey.fromBytes(publicKey);
    if (key === null) throw new StorageFault('not-kept');
    return {
      key,
      // Safari's signatures are randomised: nothing may compare them.
      sign: async (message) => new Uint8Array(await crypto.subtle.sign(ED25519, privateKey, own(message))),
    };
  }

  async logSalt(organisation: Principal): Promise<Uint8Array> {
    const make = (): Promise<Uint8Array> => Promise.resolve(this.#random(SALT_BYTES));
    return (await keepOnce(this.#storage, `salt/${organisation}`, make)) as Uint8Array;
  }
}

/** A new key of which nobody, this program included, reads the private half. */
async function generate(): Promise<KeptKey> {
  const pair = await crypto.subtle.generateKey(ED25519, false, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return { privateKey: pair.privateKey, publicKey };
}

/** What is kept under the key; made when there is nothing. Of two tabs that make it at once, the first one's counts for both. */
async function keepOnce(storage: Storage, key: string, make: () => Promise<unknown>): Promise<unknown> {
  const kept = await storage.read(key);
  if (kept !== null) return kept.value;
  const value = await make();
  try {
    await storage.write([{ key, value, replaces: null }]);
    return value;
  } catch (thrown) {
    const other = await storage.read(key);
    if (other === null) throw thrown;
    return other.value;
  }
}
