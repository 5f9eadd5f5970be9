/** Logging in at an organisation: this wallet's log is found again, whatever was begun before, and the browser keeps its keys. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';

import { systemRandom } from '../src/crypto/random.ts';
import type { Custody } from '../src/keys/custody.ts';
import { beginLog, replay } from '../src/keys/key-log.ts';
import { RecoveryCode } from '../src/keys/recovery-code.ts';
import { RecoveryRoot, signerFromSeed } from '../src/keys/root.ts';
import { MemoryStorage } from '../src/keys/storage.ts';
import { concat, utf8 } from '../src/protocol/bytes.ts';
import type { Signer } from '../src/protocol/cose.ts';
import { sha256 } from '../src/protocol/crypto/hash.ts';
import type { Principal } from '../src/protocol/ids.ts';
import { type KeyState, keyDigest } from '../src/protocol/key-event/index.ts';
import { isCodeOf } from '../src/protocol/login-code.ts';
import type { Core } from '../src/wallet/core.ts';
import { addDevice, deviceCode } from '../src/wallet/devices.ts';
import { beginEnrolment, CodeOfAnother, confirmEnrolment, notePaper } from '../src/wallet/enrol.ts';
import { ownLog } from '../src/wallet/key-logs.ts';
import { bound, held } from '../src/wallet/state.ts';
import { enrolledAtBoth, Others, PAPER, partsOf } from './others.ts';
import { jsonOf } from './server.ts';
import { lookedCore } from './support.ts';
import { ESPOO, HELSINKI, POD } from './world.ts';

const LAPTOP = 43;

/** Logs in as far as a person is sent to the login. */
async function logInWith(core: Core, others: Others): Promise<void> {
  const started = { enrolment: 'secret', authorization_url: 'https://login.example/' };
  others.instead.set('/v1/enrolments', jsonOf(started));
  await beginEnrolment(core, HELSINKI);
}

function eventsAt(core: Core): number {
  return ownLog(core, HELSINKI).events.length;
}

/** Signs as Safari does: each signature over the same message is another. */
function randomSigner(seed: Uint8Array): Signer {
  const { key } = signerFromSeed(seed);
  const { scalar } = ed25519.utils.getExtendedPublicKey(seed);
  const { Fn, BASE } = ed25519.Point;
  const sign = (message: Uint8Array): Promise<Uint8Array> => {
    const nonce = Fn.create(littleEndian(systemRandom(64)));
    const point = BASE.multiply(nonce).toBytes();
    const hash = Fn.create(littleEndian(sha512(concat(point, key.bytes, message))));
    return Promise.resolve(concat(point, Fn.toBytes(Fn.add(nonce, Fn.mul(hash, scalar)))));
  };
  return { key, sign };
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

const SAFARI: Custody = {
  kind: 'browser',
  signer: (...which) => Promise.resolve(randomSigner(sha256(utf8(which.join('/'))))),
  logSalt: (organisation) => Promise.resolve(sha256(utf8(organisation)).slice(0, 16)),
};

/** The code that the page of an organisation shows for a key log. */
function shownBy(organisation: Principal, log: Principal): string {
  const checks = Array.from({ length: 10_000 }, (_none, check) => `12345678${String(check).padStart(4, '0')}`);
  return checks.find((code) => isCodeOf(code, organisation, log)) ?? '';
}

test('a code of another organisation, or for another wallet, does not leave the wallet', async () => {
  const others = new Others();
  const core = await lookedCore(partsOf(others, new MemoryStorage()));
  await notePaper(core, PAPER);
  // Helsinki's node shows the login of Espoo as its own, for a wallet of its own: with the code it could bind that there.
  others.instead.set('/v1/enrolments', jsonOf({ enrolment: 'secret', authorization_url: 'https://login.example/' }));
  others.instead.set('/v1/enrolments/secret/confirmation', jsonOf({ status: 'bound', pods: [] }));
  const enrolling = await beginEnrolment(core, HELSINKI);
  const { principal } = await core.signer(HELSINKI);
  for (const code of [shownBy(ESPOO, principal), shownBy(HELSINKI, ESPOO), shownBy(ESPOO, HELSINKI), '1234 5678']) {
    await assert.rejects(confirmEnrolment(core, enrolling, code), CodeOfAnother);
  }
  const own = shownBy(HELSINKI, principal);
  assert.equal((await confirmEnrolment(core, enrolling, own)).status, 'bound');
});

test('a log is found again although its first event was signed anew', async () => {
  const others = new Others();
  const core = await lookedCore({ ...partsOf(others, new MemoryStorage()), custody: SAFARI });
  await notePaper(core, PAPER);
  const digest = new RecoveryRoot(PAPER).digest(HELSINKI);
  const [event, again] = [await beginLog(SAFARI, HELSINKI, digest), await beginLog(SAFARI, HELSINKI, digest)];
  assert.notDeepEqual(event.bytes, again.bytes);
  // Two windows began it at once: the organisation has the one's, and this one remembers the other's.
  others.keyLogs.get('helsinki.example')?.bind([event]);
  const pod = { pod: POD, relation: 'self', untilSecs: null, label: null } as const;
  await core.keep(held(HELSINKI, 'helsinki', [again]), bound(HELSINKI, [pod]));
  const laptop = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  const added = await addDevice(core, await deviceCode(laptop), { label: 'laptop', manages: true });
  assert.deepEqual(added.missing, []);
  assert.deepEqual(ownLog(core, HELSINKI).events[0], event);
  await logInWith(core, others);
  assert.equal(eventsAt(core), 2);
});

test('a device that began a log of its own, and was never bound, finds the one that it was added to', async () => {
  const others = new Others();
  const phone = await enrolledAtBoth(others, new MemoryStorage());
  const laptop = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  await notePaper(laptop, PAPER);
  await logInWith(laptop, others);
  // The organisation did not bind it: there is another wallet.
  assert.equal(eventsAt(laptop), 1);
  await addDevice(phone, await deviceCode(laptop), { label: 'laptop', manages: true });
  await logInWith(laptop, others);
  assert.equal((await laptop.signer(HELSINKI)).principal, (await phone.signer(HELSINKI)).principal);
});

test('a log that was only begun counts for the paper that was printed last', async () => {
  const others = new Others();
  const core = await lookedCore(partsOf(others, new MemoryStorage()));
  await notePaper(core, PAPER);
  await logInWith(core, others);
  const first = await core.signer(HELSINKI);
  await logInWith(core, others);
  assert.equal((await core.signer(HELSINKI)).principal, first.principal);
  const paper = RecoveryCode.generate(systemRandom);
  await notePaper(core, paper);
  await logInWith(core, others);
  const { controls } = stateAt(core);
  assert.deepEqual(controls.recovery[0]?.digest, keyDigest(new RecoveryRoot(paper).signer(HELSINKI).key));
});

function stateAt(core: Core): KeyState {
  const { organisation, events, nowSecs } = ownLog(core, HELSINKI);
  return replay(organisation, events, nowSecs);
}

test('with the first login the browser is asked to keep what is there', async () => {
  const others = new Others();
  let asked = 0;
  const persistence = {
    persisted: () => Promise.resolve(asked > 0),
    persist: () => {
      asked += 1;
      return Promise.resolve(true);
    },
  };
  const core = await lookedCore({ ...partsOf(others, new MemoryStorage()), persistence });
  await notePaper(core, PAPER);
  assert.equal(asked, 0);
  await logInWith(core, others);
  await logInWith(core, others);
  assert.deepEqual([await core.isPersistent(), asked], [true, 1]);
});
