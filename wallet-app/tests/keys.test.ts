/** The wallet's keys: nobody reads them out, the printed code gives them back, and nothing that was kept gets lost. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { systemRandom } from '../src/crypto/random.ts';
import { BrowserCustody } from '../src/keys/browser-custody.ts';
import { WrappedCustody } from '../src/keys/custody.ts';
import { beginLog, KeysFault, replay, signerIn } from '../src/keys/key-log.ts';
import { advise, probe } from '../src/keys/probe.ts';
import { CodeFault, type CodeProblem, RecoveryCode } from '../src/keys/recovery-code.ts';
import { askToPersist, type Persistence } from '../src/keys/persistence.ts';
import { paperWrap, passkeyWrap, RecoveryRoot, RootSecret, UnwrapFault } from '../src/keys/root.ts';
import { type Change, MemoryStorage, type Storage, StorageFault, type Stored } from '../src/keys/storage.ts';
import { utf8 } from '../src/protocol/bytes.ts';
import { sign, Signed } from '../src/protocol/cose.ts';
import { ObjectId, Pod, Principal } from '../src/protocol/ids.ts';
import { KeyEvent } from '../src/protocol/key-event/index.ts';
import { Memory } from '../src/wallet/memory.ts';
import { NEW_STATE, toRevoke } from '../src/wallet/state.ts';

const HELSINKI = Principal.of(new Uint8Array(32).fill(1));
const ESPOO = Principal.of(new Uint8Array(32).fill(2));
const NOW = 1_785_000_000n;

/** As `aitta wallet init` printed it. */
const PRINTED = 'ER54Z4-E47JWF-XSAXZC\nSD49YP-6SBSXM-SY816X';

function problemOf(typed: string): CodeProblem | null {
  try {
    RecoveryCode.parse(typed);
    return null;
  } catch (thrown) {
    assert.ok(thrown instanceof CodeFault);
    return thrown.problem;
  }
}

test('a code that the other program printed is read, and printed the same', () => {
  assert.equal(RecoveryCode.parse(PRINTED).toPaper(), PRINTED);
});

test('what is typed from the paper gives the same keys', () => {
  const code = RecoveryCode.generate(systemRandom);
  const typed = code.toPaper().toLowerCase().replaceAll('-', ' ').replaceAll('1', 'l').replaceAll('0', 'o');
  const again = new RecoveryRoot(RecoveryCode.parse(typed));
  for (const organisation of [HELSINKI, ESPOO]) {
    assert.deepEqual(again.digest(organisation), new RecoveryRoot(code).digest(organisation));
  }
  assert.notDeepEqual(again.digest(HELSINKI), again.digest(ESPOO));
});

test('one mistyped character is named with what stands on the paper, wherever it is', () => {
  const characters = [...PRINTED.replaceAll(/[-\n]/g, '')];
  for (const [at, right] of characters.entries()) {
    const wrong = right === '7' ? '8' : '7';
    assert.deepEqual(problemOf(characters.with(at, wrong).join('')), {
      code: 'code-mistyped',
      group: Math.floor(at / 6) + 1,
      place: (at % 6) + 1,
      found: wrong,
      expected: right,
    });
  }
});

test('other mistakes are named as what they are', () => {
  assert.deepEqual(problemOf(PRINTED.slice(0, -1)), { code: 'code-length', found: 35 });
  assert.deepEqual(problemOf('x'.repeat(100_000)), { code: 'code-length', found: 100_000 });
  assert.deepEqual(problemOf(`u${PRINTED.slice(1)}`), { code: 'code-character', group: 1, place: 1, found: 'u' });
  // The dotless i and the long s have capitals that are ours in some languages.
  assert.equal(problemOf(`ı${PRINTED.slice(1)}`)?.code, 'code-character');
  assert.equal(problemOf(`ſ${PRINTED.slice(1)}`)?.code, 'code-character');
  const [first = '', second = '', ...rest] = PRINTED;
  const twisted = [second, first, ...rest].join('');
  assert.equal(problemOf(twisted)?.code, first === second ? undefined : 'code-line');
});

test('derived keys are those of the other program', () => {
  // `pod-wallet`, keys_are_unlinkable.rs. Whatever changes this value locks every citizen out of every pod.
  const { key } = new RootSecret(new Uint8Array(32).fill(42)).signer(HELSINKI, 'device', 0);
  assert.equal(
    Buffer.from(key.bytes).toString('hex'),
    '7a6e0c24565a72791ec9cff12363391ece4f9780c67dd144656f50e2ae993e04',
  );
});

test('a root secret opens with what it was wrapped under, and with nothing else', async () => {
  const root = RootSecret.generate(systemRandom);
  const code = RecoveryCode.generate(systemRandom);
  const prf = systemRandom(32);
  const wrapped = await root.wrap(paperWrap(code), systemRandom);
  const opened = await RootSecret.unwrap(wrapped, paperWrap(code));
  assert.ok(opened.signer(ESPOO, 'next', 3).key.equals(root.signer(ESPOO, 'next', 3).key));
  const other = paperWrap(RecoveryCode.generate(systemRandom));
  const changed = wrapped.with(wrapped.length - 1, (wrapped.at(-1) ?? 0) ^ 1);
  const newer = wrapped.with(10, 2);
  for (const [bytes, key, code] of [
    [wrapped, other, 'wrap-closed'],
    [wrapped, passkeyWrap(prf), 'wrap-other'],
    [changed, paperWrap(RecoveryCode.parse(PRINTED)), 'wrap-closed'],
    [newer, other, 'wrap-version'],
    [wrapped.slice(1), other, 'wrap-none'],
    [new Uint8Array(0), other, 'wrap-none'],
  ] as const) {
    await assert.rejects(
      RootSecret.unwrap(bytes, key),
      (thrown) => thrown instanceof UnwrapFault && thrown.code === code,
    );
  }
});

test('nothing is wrapped under what no passkey gives', () => {
  for (const length of [0, 16, 31, 33, 64]) assert.throws(() => passkeyWrap(new Uint8Array(length)), RangeError);
});

test('keys that the browser keeps cannot be read out', async () => {
  const storage = new MemoryStorage();
  const custody = new BrowserCustody(storage, systemRandom);
  const { key } = await custody.signer(HELSINKI, 'device', 0);
  const kept = (await storage.read(`key/${HELSINKI}/device/0`))?.value as { privateKey: CryptoKey };
  for (const format of ['raw', 'pkcs8', 'jwk'] as const) {
    await assert.rejects(crypto.subtle.exportKey(format, kept.privateKey));
  }
  assert.ok((await custody.signer(HELSINKI, 'device', 0)).key.equals(key));
  assert.ok(!(await custody.signer(ESPOO, 'device', 0)).key.equals(key));
});

test('two tabs that make a key at once have the same one', async () => {
  const storage = new MemoryStorage();
  const tabs = [new BrowserCustody(storage, systemRandom), new BrowserCustody(storage, systemRandom)];
  const [one, other] = await Promise.all(tabs.map((tab) => tab.signer(HELSINKI, 'device', 0)));
  assert.ok(one && other);
  assert.ok(other.key.equals(one.key));
  assert.ok(other.key.verifies(utf8('x'), await one.sign(utf8('x'))));
  const salts = await Promise.all(tabs.map((tab) => tab.logSalt(HELSINKI)));
  assert.deepEqual(salts[0], salts[1]);
});

test('a device that begins again begins the same log, and signs in it', async () => {
  const recovery = new RecoveryRoot(RecoveryCode.parse(PRINTED)).digest(HELSINKI);
  const root = RootSecret.generate(systemRandom);
  for (const custody of [new BrowserCustody(new MemoryStorage(), systemRandom), new WrappedCustody(root)]) {
    const [first, again] = [await beginLog(custody, HELSINKI, recovery), await beginLog(custody, HELSINKI, recovery)];
    const { principal } = replay(HELSINKI, [first], NOW);
    assert.equal(replay(HELSINKI, [again], NOW).principal, principal);
    assert.equal((await signerIn(custody, HELSINKI, [first], NOW)).principal, principal);
    const stranger = new WrappedCustody(RootSecret.generate(systemRandom));
    await assert.rejects(
      signerIn(stranger, HELSINKI, [first], NOW),
      (thrown) => thrown instanceof KeysFault && thrown.code === 'keys-not-ours',
    );
    assert.throws(
      () => replay(ESPOO, [first], NOW),
      (thrown) => thrown instanceof KeysFault && thrown.code === 'keys-broken',
    );
  }
});

test('a key that may only manage the log signs nothing else', async () => {
  const custody = new WrappedCustody(RootSecret.generate(systemRandom));
  const { bytes, taken } = await beginLog(custody, HELSINKI, new Uint8Array(32).fill(7));
  const claims = Signed.decode(KeyEvent, bytes).unverified;
  assert.ok(claims.change.kind === 'inception');
  const devices = claims.change.devices.map(({ key }) => ({ key, roles: { sign: false, manage: true } }));
  const device = await custody.signer(HELSINKI, 'device', 0);
  const managing = await sign(KeyEvent, { ...claims, change: { ...claims.change, devices } }, device);
  await assert.rejects(signerIn(custody, HELSINKI, [{ bytes: managing.bytes, taken }], NOW), { code: 'keys-not-ours' });
});

/** Keeps nothing: private browsing with its disk full. */
const FULL: Storage = {
  read: () => Promise.resolve(null),
  write: () => Promise.reject(new StorageFault('not-kept')),
};

test('what the browser can do is tried out', async () => {
  assert.equal(advise(await probe(new MemoryStorage())), 'browser');
  assert.equal(advise(await probe(FULL)), 'unusable');
  assert.equal(advise(await probe(null)), 'unusable');
  const memory = new MemoryStorage();
  // A lockdown mode: text is kept, keys are not.
  const noKeys: Storage = {
    read: (key) => memory.read(key),
    write: (changes) =>
      changes.some(({ value }) => value instanceof CryptoKey)
        ? Promise.reject(new DOMException('no', 'DataCloneError'))
        : memory.write(changes),
  };
  assert.equal(advise(await probe(noKeys)), 'wrapped');
});

test('two windows that try the browser out at once disturb neither', async () => {
  const storage = new MemoryStorage();
  const abilities = await Promise.all([probe(storage), probe(storage), probe(storage)]);
  assert.deepEqual(abilities.map(advise), ['browser', 'browser', 'browser']);
});

/** What a browser says when it is asked to keep this origin's storage. */
function persistence(kept: boolean, says: boolean): Persistence & { asked: number } {
  const port = {
    asked: 0,
    persisted: () => Promise.resolve(kept),
    persist: () => {
      port.asked += 1;
      return Promise.resolve(says);
    },
  };
  return port;
}

test('the browser is asked once to keep what is there', async () => {
  const storage = new MemoryStorage();
  const no = persistence(false, false);
  assert.deepEqual([await askToPersist(storage, no), await askToPersist(storage, no), no.asked], [false, false, 1]);
  const windows = new MemoryStorage();
  const yes = persistence(false, true);
  const asked = await Promise.all([askToPersist(windows, yes), askToPersist(windows, yes)]);
  assert.deepEqual([asked.includes(true), yes.asked], [true, 1]);
  const already = persistence(true, true);
  assert.deepEqual([await askToPersist(new MemoryStorage(), already), already.asked], [true, 0]);
  assert.equal(await askToPersist(new MemoryStorage(), null), false);
  const broken = { persisted: () => Promise.reject(new TypeError('no')), persist: () => Promise.resolve(true) };
  assert.equal(await askToPersist(new MemoryStorage(), broken), false);
});

/** Is killed instead of writing for the nth time: whoever waits for that write waits for ever. */
class Killed implements Storage {
  readonly #inner: Storage;
  #left: number;

  constructor(inner: Storage, writes: number) {
    this.#inner = inner;
    this.#left = writes;
  }

  read(key: string): Promise<Stored | null> {
    return this.#inner.read(key);
  }

  write(changes: readonly Change[]): Promise<void> {
    this.#left -= 1;
    return this.#left < 0 ? Promise.reject(new StorageFault('not-kept')) : this.#inner.write(changes);
  }
}

const task = (number: number) => ({
  holder: HELSINKI,
  pod: Pod.of(new Uint8Array(16).fill(5)),
  grant: ObjectId.of(new Uint8Array(32).fill(number)),
  expiresSecs: 1n,
});

test('a wallet that is killed between two writes has all that was acknowledged', async () => {
  for (const survived of [0, 1, 2, 3]) {
    const disk = new MemoryStorage();
    const memory = await Memory.open(new Killed(disk, survived));
    let acknowledged = 0;
    try {
      for (const number of [1, 2, 3, 4]) {
        await memory.keep(toRevoke(task(number)));
        acknowledged += 1;
      }
    } catch (thrown) {
      assert.ok(thrown instanceof StorageFault);
    }
    assert.equal(acknowledged, survived);
    // What it shows is what it kept, and what it kept is there when it is opened again.
    assert.equal(memory.state.outstanding.length, survived);
    assert.deepEqual((await Memory.open(disk)).state, memory.state);
  }
});

test('what belongs together is there together or not at all', async () => {
  const storage = new MemoryStorage();
  await storage.write([{ key: 'a', value: 1, replaces: null }]);
  const late = storage.write([
    { key: 'b', value: 2, replaces: null },
    { key: 'a', value: 2, replaces: null },
  ]);
  await assert.rejects(late, (thrown) => thrown instanceof StorageFault && thrown.code === 'changed-elsewhere');
  assert.equal(await storage.read('b'), null);
  assert.deepEqual(await storage.read('a'), { value: 1, revision: 1 });
});

test('two tabs write over nothing of each other', async () => {
  const disk = new MemoryStorage();
  const [one, other] = [await Memory.open(disk), await Memory.open(disk)];
  await one.keep(toRevoke(task(1)));
  await other.keep(toRevoke(task(2)));
  assert.equal(other.state.outstanding.length, 2);
  assert.equal(one.state.outstanding.length, 1);
  await one.refresh();
  assert.deepEqual(one.state, other.state);
});

test('ten things that are done at once in one tab, while another writes too, are all kept', async () => {
  const disk = new MemoryStorage();
  const [one, other] = [await Memory.open(disk), await Memory.open(disk)];
  const numbers = Array.from({ length: 10 }, (_, at) => at);
  await Promise.all([other.keep(toRevoke(task(99))), ...numbers.map((number) => one.keep(toRevoke(task(number))))]);
  const { state } = await Memory.open(disk);
  assert.equal(state.outstanding.length, 11);
  assert.deepEqual(one.state, state);
});

test('what could not be done to the memory is no obstacle to what comes after it', async () => {
  const memory = await Memory.open(new MemoryStorage());
  const refused = memory.keep(() => {
    throw new RangeError('no');
  });
  const kept = memory.keep(toRevoke(task(1)));
  await assert.rejects(refused, RangeError);
  await kept;
  assert.equal(memory.state.outstanding.length, 1);
});

test("a newer wallet's memory is refused, never guessed at", async () => {
  const disk = new MemoryStorage();
  await disk.write([{ key: 'state', value: { format: 2, state: NEW_STATE }, replaces: null }]);
  await assert.rejects(Memory.open(disk), { name: 'FormatFault' });
});
