/** Who keeps the device's keys: the browser, so that nobody reads them out; or a secret that lies wrapped, where a browser cannot. */

import type { Random } from '../crypto/random.ts';
import type { Signer } from '../protocol/cose.ts';
import type { Principal } from '../protocol/ids.ts';
import type { KeyPurpose, RootSecret, WrappingKey } from './root.ts';

/** The keys of one device, one for each organisation, purpose and number. */
export interface Custody {
  /** `browser`: keys that cannot be read out. `wrapped`: derived from a secret that a passkey or the paper opens. */
  readonly kind: 'browser' | 'wrapped';
  /** The key; made when there was none, and there for good before it is given. @throws {StorageFault} */
  signer(organisation: Principal, purpose: KeyPurpose, index: number): Promise<Signer>;
  /** What tells the key log at an organisation from others: the same whenever it is asked for. @throws {StorageFault} */
  logSalt(organisation: Principal): Promise<Uint8Array>;
}

/** Keys that are derived from an unwrapped root secret. */
export class WrappedCustody implements Custody {
  readonly kind = 'wrapped';
  readonly #root: RootSecret;

  constructor(root: RootSecret) {
    this.#root = root;
  }

  signer(organisation: Principal, purpose: KeyPurpose, index: number): Promise<Signer> {
    return Promise.resolve(this.#root.signer(organisation, purpose, index));
  }

  logSalt(organisation: Principal): Promise<Uint8Array> {
    return Promise.resolve(this.#root.logSalt(organisation));
  }

  /** The root secret wrapped under another key too. */
  wrap(key: WrappingKey, random: Random): Promise<Uint8Array> {
    return this.#root.wrap(key, random);
  }
}
