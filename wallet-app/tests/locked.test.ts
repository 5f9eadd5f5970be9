/** A wallet whose browser keeps no keys: its secret lies locked, and opens with a passkey or the printed code, on this device alone. */

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';

import { own } from '../src/crypto/aead.ts';
import { systemRandom } from '../src/crypto/random.ts';
import { WrappedCustody } from '../src/keys/custody.ts';
import { LockedRoot } from '../src/keys/locked-root.ts';
import { type Credentials, PasskeyFault, Passkeys } from '../src/keys/passkey.ts';
import { RecoveryCode } from '../src/keys/recovery-code.ts';
import { UnwrapFault } from '../src/keys/root.ts';
import { MemoryStorage, StorageFault } from '../src/keys/storage.ts';
import { Principal } from '../src/protocol/ids.ts';

const HELSINKI = Principal.of(new Uint8Array(32).fill(1));
const HOST = 'aitta.example';

/** How an authenticator behaves. */
interface Manner {
  /** Whether it knows the extension. */
  readonly prf?: boolean;
  /** Whether it gives the bytes when the passkey is made, or only when it is asked. */
  readonly atOnce?: boolean;
  /** What the browser throws instead of an answer. */
  readonly throws?: string;
}

/** What keeps passkeys, in a few lines: a secret for each, from which it makes what it is asked for. */
class Authenticator implements Credentials {
  readonly secrets: Map<string, Uint8Array> = new Map();
  manner: Manner = {};

  create({ publicKey: wish }: CredentialCreationOptions = {}): Promise<Credential> {
    assert.ok(wish);
    assert.equal(wish.rp.id, HOST);
    assert.deepEqual(wish.authenticatorSelection, { residentKey: 'required', userVerification: 'required' });
    return this.#answer(() => {
      const id = systemRandom(16);
      this.secrets.set(Buffer.from(id).toString('hex'), systemRandom(32));
      const { prf: enabled = true, atOnce = false } = this.manner;
      const results = atOnce ? { first: this.#evaluate(id, wish.extensions) } : undefined;
      return credential(own(id), enabled ? { prf: { enabled, ...(results && { results }) } } : {});
    });
  }

  get({ publicKey: wish }: CredentialRequestOptions = {}): Promise<Credential> {
    assert.ok(wish);
    assert.equal(wish.rpId, HOST);
    assert.equal(wish.userVerification, 'required');
    return this.#answer(() => {
      const id = new Uint8Array(wish.allowCredentials?.[0]?.id as Uint8Array<ArrayBuffer>);
      if (!this.secrets.has(Buffer.from(id).toString('hex'))) throw new DOMException('no', 'NotAllowedError');
      const { prf = true } = this.manner;
      return credential(id, prf ? { prf: { results: { first: this.#evaluate(id, wish.extensions) } } } : {});
    });
  }

  #evaluate(id: Uint8Array, extensions: AuthenticationExtensionsClientInputs | undefined): Uint8Array<ArrayBuffer> {
    const secret = this.secrets.get(Buffer.from(id).toString('hex'));
    const salt = extensions?.prf?.eval?.first as Uint8Array;
    assert.ok(secret && salt.length === 32);
    return new Uint8Array(createHmac('sha256', secret).update(salt).digest());
  }

  #answer(make: () => Credential): Promise<Credential> {
    const { throws } = this.manner;
    return Promise.resolve().then(() => {
      if (throws !== undefined) throw new DOMException('no', throws);
      return make();
    });
  }
}

function credential(rawId: Uint8Array<ArrayBuffer>, results: AuthenticationExtensionsClientOutputs): Credential {
  const answer: Pick<PublicKeyCredential, 'type' | 'id' | 'rawId' | 'getClientExtensionResults'> = {
    type: 'public-key',
    id: '',
    rawId: rawId.buffer,
    getClientExtensionResults: () => results,
  };
  return answer;
}

function passkeysOf(authenticator: Credentials): Passkeys {
  return new Passkeys(authenticator, { id: HOST, name: 'Aitta' }, systemRandom);
}

function failsWith(fault: typeof PasskeyFault | typeof UnwrapFault | typeof StorageFault, code: string) {
  return (thrown: unknown) => thrown instanceof fault && thrown.code === code;
}

test('first use, then a visit with the passkey, then one with the paper: the same keys', async () => {
  for (const atOnce of [false, true]) {
    const [disk, authenticator] = [new MemoryStorage(), new Authenticator()];
    authenticator.manner = { atOnce };
    const code = RecoveryCode.generate(systemRandom);
    assert.equal(await LockedRoot.find(disk), null);
    const { locked, root } = await LockedRoot.make(disk, code, systemRandom);
    assert.ok(!locked.hasPasskey);
    await locked.addPasskey(root, passkeysOf(authenticator), systemRandom);
    const { key } = root.signer(HELSINKI, 'device', 0);

    const again = await LockedRoot.find(disk);
    assert.ok(again?.hasPasskey);
    const byPasskey = await again.openWithPasskey(passkeysOf(authenticator));
    assert.ok(byPasskey.signer(HELSINKI, 'device', 0).key.equals(key));
    const byPaper = await again.openWithPaper(RecoveryCode.parse(code.toPaper()));
    assert.ok(byPaper.signer(HELSINKI, 'device', 0).key.equals(key));
  }
});

test('without a passkey the paper alone opens it, and another paper does not', async () => {
  const disk = new MemoryStorage();
  const code = RecoveryCode.generate(systemRandom);
  await LockedRoot.make(disk, code, systemRandom);
  const locked = await LockedRoot.find(disk);
  assert.ok(locked && !locked.hasPasskey);
  await locked.openWithPaper(code);
  await assert.rejects(
    locked.openWithPaper(RecoveryCode.generate(systemRandom)),
    failsWith(UnwrapFault, 'wrap-closed'),
  );
  await assert.rejects(locked.openWithPasskey(passkeysOf(new Authenticator())), failsWith(UnwrapFault, 'wrap-none'));
});

test('a passkey that is refused, gone or too weak changes nothing: the paper opens it still', async () => {
  const [disk, authenticator] = [new MemoryStorage(), new Authenticator()];
  const code = RecoveryCode.generate(systemRandom);
  const { locked, root } = await LockedRoot.make(disk, code, systemRandom);
  for (const [manner, fault] of [
    [{ throws: 'NotAllowedError' }, 'passkey-stopped'],
    [{ throws: 'AbortError' }, 'passkey-stopped'],
    [{ throws: 'NotSupportedError' }, 'passkey-unable'],
    [{ throws: 'SecurityError' }, 'passkey-unable'],
    [{ prf: false }, 'passkey-unable'],
  ] as const) {
    authenticator.manner = manner;
    const adding = locked.addPasskey(root, passkeysOf(authenticator), systemRandom);
    await assert.rejects(adding, failsWith(PasskeyFault, fault));
    assert.ok(!locked.hasPasskey);
  }
  authenticator.manner = {};
  await locked.addPasskey(root, passkeysOf(authenticator), systemRandom);
  authenticator.secrets.clear();
  const again = await LockedRoot.find(disk);
  assert.ok(again);
  await assert.rejects(again.openWithPasskey(passkeysOf(authenticator)), failsWith(PasskeyFault, 'passkey-stopped'));
  await again.openWithPaper(code);
});

test('another passkey takes the place of one that is lost', async () => {
  const [disk, lost, found] = [new MemoryStorage(), new Authenticator(), new Authenticator()];
  const code = RecoveryCode.generate(systemRandom);
  const { locked, root } = await LockedRoot.make(disk, code, systemRandom);
  await locked.addPasskey(root, passkeysOf(lost), systemRandom);
  await locked.addPasskey(root, passkeysOf(found), systemRandom);
  const again = await LockedRoot.find(disk);
  assert.ok(again);
  await again.openWithPasskey(passkeysOf(found));
  await assert.rejects(again.openWithPasskey(passkeysOf(lost)), failsWith(PasskeyFault, 'passkey-stopped'));
});

test('there is one paper: whoever types another one for good opens with that alone', async () => {
  const disk = new MemoryStorage();
  const [first, second] = [RecoveryCode.generate(systemRandom), RecoveryCode.generate(systemRandom)];
  const { locked, root } = await LockedRoot.make(disk, first, systemRandom);
  await locked.changePaper(new WrappedCustody(root), second, systemRandom);
  const again = await LockedRoot.find(disk);
  assert.ok(again);
  const opened = await again.openWithPaper(second);
  assert.ok(opened.signer(HELSINKI, 'next', 0).key.equals(root.signer(HELSINKI, 'next', 0).key));
  await assert.rejects(again.openWithPaper(first), failsWith(UnwrapFault, 'wrap-closed'));
});

test('two windows on the first day: the second one takes what the first one made', async () => {
  const disk = new MemoryStorage();
  const code = RecoveryCode.generate(systemRandom);
  const { root } = await LockedRoot.make(disk, code, systemRandom);
  const other = LockedRoot.make(disk, RecoveryCode.generate(systemRandom), systemRandom);
  await assert.rejects(other, failsWith(StorageFault, 'changed-elsewhere'));
  const opened = await (await LockedRoot.find(disk))?.openWithPaper(code);
  assert.ok(opened?.signer(HELSINKI, 'device', 0).key.equals(root.signer(HELSINKI, 'device', 0).key));
});

test("a newer wallet's lock is refused, never guessed at", async () => {
  const disk = new MemoryStorage();
  await disk.write([{ key: 'root', value: { format: 2 }, replaces: null }]);
  await assert.rejects(LockedRoot.find(disk), failsWith(UnwrapFault, 'wrap-version'));
});
