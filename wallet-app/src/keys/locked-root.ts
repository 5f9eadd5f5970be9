/**
 * The root secret as it lies on a device whose browser keeps no keys: wrapped under the printed code, and under a passkey too where there
 * is one. Either opens it, together with the device; neither does alone.
 */

import type { Random } from '../crypto/random.ts';
import type { Passkey, Passkeys } from './passkey.ts';
import type { RecoveryCode } from './recovery-code.ts';
import { paperWrap, passkeyWrap, RootSecret, UnwrapFault, type WrappingKey } from './root.ts';
import type { Storage } from './storage.ts';

const KEY = 'root';
const FORMAT = 1;

interface Kept {
  readonly format: number;
  /** Under the printed code. */
  readonly paper: Uint8Array;
  readonly passkey: (Passkey & { readonly wrapped: Uint8Array }) | null;
}

/** What wraps a root secret under a key: the secret itself, or those who hold it. */
interface Wrapping {
  wrap(key: WrappingKey, random: Random): Promise<Uint8Array>;
}

export class LockedRoot {
  readonly #storage: Storage;
  #kept: Kept;
  #revision: number;

  private constructor(storage: Storage, kept: Kept, revision: number) {
    this.#storage = storage;
    this.#kept = kept;
    this.#revision = revision;
  }

  /** The one of this device; null before the first. @throws {UnwrapFault} `wrap-version` @throws {StorageFault} */
  static async find(storage: Storage): Promise<LockedRoot | null> {
    const stored = await storage.read(KEY);
    if (stored === null) return null;
    // This program wrote it, and pages of other origins cannot.
    const kept = stored.value as Kept;
    if (kept.format !== FORMAT) {
      throw new UnwrapFault('wrap-version', 'this was written by a newer wallet: load the wallet again');
    }
    return new LockedRoot(storage, kept, stored.revision);
  }

  /** Makes a root secret and locks it under the printed code. @throws {StorageFault} `changed-elsewhere` when there is one. */
  static async make(
    storage: Storage,
    code: RecoveryCode,
    random: Random,
  ): Promise<{ readonly locked: LockedRoot; readonly root: RootSecret }> {
    const root = RootSecret.generate(random);
    const kept = { format: FORMAT, paper: await root.wrap(paperWrap(code), random), passkey: null };
    await storage.write([{ key: KEY, value: kept, replaces: null }]);
    return { locked: new LockedRoot(storage, kept, 1), root };
  }

  get hasPasskey(): boolean {
    return this.#kept.passkey !== null;
  }

  /** @throws {UnwrapFault} `wrap-closed` for another code. */
  openWithPaper(code: RecoveryCode): Promise<RootSecret> {
    return RootSecret.unwrap(this.#kept.paper, paperWrap(code));
  }

  /** @throws {PasskeyFault} @throws {UnwrapFault} `wrap-none` when there is no passkey. */
  async openWithPasskey(passkeys: Passkeys): Promise<RootSecret> {
    const { passkey } = this.#kept;
    if (passkey === null) throw new UnwrapFault('wrap-none', 'no passkey was made for this wallet');
    return RootSecret.unwrap(passkey.wrapped, passkeyWrap(await passkeys.ask(passkey)));
  }

  /** Makes a passkey that opens it from now on, in the place of one before. @throws {PasskeyFault} @throws {StorageFault} */
  async addPasskey(root: Wrapping, passkeys: Passkeys, random: Random): Promise<void> {
    const { passkey, secret } = await passkeys.make();
    const wrapped = await root.wrap(passkeyWrap(secret), random);
    await this.#keep({ ...this.#kept, passkey: { ...passkey, wrapped } });
  }

  /** Another printed code opens it from now on, and the one before no more. @throws {StorageFault} */
  async changePaper(root: Wrapping, code: RecoveryCode, random: Random): Promise<void> {
    await this.#keep({ ...this.#kept, paper: await root.wrap(paperWrap(code), random) });
  }

  async #keep(kept: Kept): Promise<void> {
    await this.#storage.write([{ key: KEY, value: kept, replaces: this.#revision }]);
    this.#kept = kept;
    this.#revision += 1;
  }
}
