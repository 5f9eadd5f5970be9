/** A second device, a lost one, and fresh keys: at every organisation, and with one act. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DeviceCodeFault, type DeviceCodeProblem, deviceCodeToText, parseDeviceCode } from '../src/keys/device-code.ts';
import { RecoveryCode } from '../src/keys/recovery-code.ts';
import { RecoveryRoot, RootSecret } from '../src/keys/root.ts';
import { MemoryStorage } from '../src/keys/storage.ts';
import type { Core } from '../src/wallet/core.ts';
import {
  addDevice,
  deviceCode,
  devices,
  type DeviceKeyAt,
  revokeDevice,
  rotateKeys,
  unrotatable,
} from '../src/wallet/devices.ts';
import { refreshLog } from '../src/wallet/key-logs.ts';
import { finishKeyTasks } from '../src/wallet/key-tasks.ts';
import { finish } from '../src/wallet/take-back.ts';
import { enrolledAtBoth, HOSTS, Others, partsOf } from './others.ts';
import { lookedCore } from './support.ts';
import { ESPOO, HELSINKI } from './world.ts';

const PHONE = 42;
const LAPTOP = 43;
const LOST = { label: 'laptop', manages: true };

async function keysOf(core: Core, label: string | null): Promise<readonly DeviceKeyAt[]> {
  const { devices: all } = await devices(core);
  return all.find((one) => one.isThis === (label === null) && one.label === label)?.keys ?? [];
}

/** How many keys each of the other devices has. */
async function othersOf(core: Core): Promise<readonly number[]> {
  return (await devices(core)).devices.flatMap(({ isThis, keys }) => (isThis ? [] : keys.length));
}

/** How many keys count at an organisation, as that has it. */
function current(others: Others, host: string): number {
  const book = others.keyLogs.get(host);
  const [principal] = [...(book?.logs.keys() ?? [])];
  assert.ok(book && principal);
  return book.state(principal).devices.filter(({ revokedSeq }) => revokedSeq === null).length;
}

test('a new device shows a code, and the one that has the wallet takes it in everywhere', async () => {
  const others = new Others();
  const phone = await enrolledAtBoth(others, new MemoryStorage());
  const laptop = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  const { done, missing } = await addDevice(phone, await deviceCode(laptop), LOST);
  assert.deepEqual([done.map(({ name }) => name).sort(), missing], [['espoo', 'helsinki'], []]);
  assert.deepEqual([current(others, 'helsinki.example'), current(others, 'espoo.example')], [2, 2]);
  assert.deepEqual((await keysOf(phone, 'laptop')).map(({ name, manages }) => [name, manages]).sort(), [
    ['espoo', true],
    ['helsinki', true],
  ]);
  // The laptop finds the log, and signs in it.
  assert.ok(await refreshLog(laptop, HELSINKI));
  assert.equal((await laptop.signer(HELSINKI)).keyEvent, 1n);
  // What took it in is one device, wherever it did.
  await refreshLog(laptop, ESPOO);
  assert.deepEqual(await othersOf(laptop), [2]);
  // Twice is once.
  assert.deepEqual((await addDevice(phone, await deviceCode(laptop), LOST)).missing, []);
  assert.equal(current(others, 'helsinki.example'), 2);
});

test('an organisation that is away takes the device in later', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const phone = await enrolledAtBoth(others, disk);
  const laptop = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  others.away = 'espoo.example';
  const { done, missing } = await addDevice(phone, await deviceCode(laptop), LOST);
  assert.deepEqual(
    [done.length, missing.map(({ name, fault }) => [name, fault.code])],
    [1, [['espoo', 'not-reached']]],
  );
  others.away = null;
  const again = await lookedCore(partsOf(others, disk, PHONE));
  assert.deepEqual(
    (await finish(again)).keys.map(({ name }) => name),
    ['espoo'],
  );
  assert.deepEqual([current(others, 'espoo.example'), again.state.keyTasks], [2, []]);
});

test('a lost device is revoked with one act, through the log where nobody answers', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const phone = await enrolledAtBoth(others, disk);
  const laptop = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  await addDevice(phone, await deviceCode(laptop), LOST);
  const keys = await keysOf(phone, 'laptop');
  others.away = 'espoo.example';
  others.posted = [];
  const { done, missing } = await revokeDevice(phone, keys, null);
  assert.deepEqual(done.map(({ name, how }) => [name, how.by]).sort(), [
    ['espoo', 'log'],
    ['helsinki', 'holder'],
  ]);
  assert.deepEqual([missing, others.posted.length, current(others, 'helsinki.example')], [[], 1, 1]);
  // Until its own word it stays to be done, and is posted once.
  const again = await lookedCore(partsOf(others, disk, PHONE));
  assert.deepEqual(
    (await finish(again)).keys.map(({ how }) => how.by),
    ['log'],
  );
  assert.equal(others.posted.length, 1);
  others.away = null;
  assert.deepEqual(
    (await finish(again)).keys.map(({ how }) => how.by),
    ['holder'],
  );
  assert.deepEqual([current(others, 'espoo.example'), again.state.keyTasks], [1, []]);
  await assert.rejects(
    refreshLog(laptop, HELSINKI).then(() => laptop.signer(HELSINKI)),
    { code: 'keys-not-ours' },
  );
});

test('what the directory says that it took, and its log lacks, is posted again', async () => {
  const others = new Others();
  const phone = await enrolledAtBoth(others, new MemoryStorage());
  const laptop = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  await addDevice(phone, await deviceCode(laptop), LOST);
  others.away = 'espoo.example';
  others.posted = [];
  for (const [places, posted] of [
    // Beyond the end of its log, or nowhere.
    [[9], 1],
    [[], 2],
    // What could not be seen may stand there.
    [[1], 3],
    [[9], 3],
  ] as const) {
    others.places = places;
    const { done } =
      posted === 1 ? await revokeDevice(phone, await keysOf(phone, 'laptop'), null) : await finishKeyTasks(phone);
    const espoo = done.find(({ name }) => name === 'espoo');
    assert.deepEqual([espoo?.how.by, espoo?.how.by === 'log' && espoo.how.proven], ['log', false]);
    assert.equal(others.posted.length, posted, `${places}`);
  }
});

test('the last key of this device is not revoked by itself', async () => {
  const others = new Others();
  const phone = await enrolledAtBoth(others, new MemoryStorage());
  const { done, missing } = await revokeDevice(phone, await keysOf(phone, null), null);
  assert.deepEqual([done, missing.map(({ fault }) => fault.code)], [[], ['keys-last', 'keys-last']]);
  assert.deepEqual([current(others, 'helsinki.example'), phone.state.keyTasks], [1, []]);
});

test('what is done twice at once, in two windows, is done once', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const phone = await enrolledAtBoth(others, disk);
  const window = await lookedCore(partsOf(others, disk));
  const laptop = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  const [code, tablet] = [await deviceCode(laptop), await lookedCore(partsOf(others, new MemoryStorage(), 44))];
  const other = await deviceCode(tablet);
  const all = await Promise.all([
    addDevice(phone, code, LOST),
    addDevice(window, code, LOST),
    addDevice(window, other, { label: 'tablet', manages: true }),
  ]);
  assert.deepEqual(
    all.flatMap(({ missing }) => missing.map(({ fault }) => fault.message)),
    [],
  );
  assert.deepEqual([current(others, 'helsinki.example'), current(others, 'espoo.example')], [3, 3]);
});

test('a device that may only sign adds nobody', async () => {
  const others = new Others();
  const phone = await enrolledAtBoth(others, new MemoryStorage());
  const laptop = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  await addDevice(phone, await deviceCode(laptop), { label: 'laptop', manages: false });
  await refreshLog(laptop, HELSINKI);
  const third = await lookedCore(partsOf(others, new MemoryStorage(), 44));
  const { missing } = await addDevice(laptop, await deviceCode(third), LOST);
  assert.deepEqual(
    missing.map(({ fault }) => fault.code),
    ['keys-signs-only'],
  );
});

test('fresh keys are put in the place of this device at every organisation, once, and others know it still', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const phone = await enrolledAtBoth(others, disk);
  const laptop = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  await addDevice(phone, await deviceCode(laptop), LOST);
  const before = await keysOf(phone, null);
  others.away = 'espoo.example';
  const { missing } = await rotateKeys(phone, null);
  assert.deepEqual(
    missing.map(({ name }) => name),
    ['espoo'],
  );
  others.away = null;
  const again = await lookedCore(partsOf(others, disk, PHONE));
  assert.deepEqual((await finish(again)).missing, []);
  assert.deepEqual((await finish(again)).keys, []);
  const after = await keysOf(again, null);
  assert.ok(after.length === 2 && after.every(({ key }) => !before.some((one) => one.key === key)));
  assert.equal((await again.signer(HELSINKI)).keyEvent, 2n);
  await refreshLog(laptop, HELSINKI);
  await refreshLog(laptop, ESPOO);
  assert.deepEqual(await othersOf(laptop), [2]);
  // The controlling keys are the phone's.
  assert.deepEqual([await unrotatable(again), (await unrotatable(laptop)).length], [[], 2]);
  assert.deepEqual(
    (await rotateKeys(laptop, null)).missing.map(({ fault }) => fault.code),
    ['keys-not-controlling', 'keys-not-controlling'],
  );
});

test('with fresh keys another paper counts', async () => {
  const others = new Others();
  const phone = await enrolledAtBoth(others, new MemoryStorage());
  const paper = RecoveryCode.generate((length) => new Uint8Array(length).fill(9));
  assert.deepEqual((await rotateKeys(phone, paper)).missing, []);
  const [state] = [...(others.keyLogs.get('espoo.example')?.logs.keys() ?? [])].map((one) =>
    others.keyLogs.get('espoo.example')?.state(one),
  );
  assert.deepEqual(state?.controls.recovery[0]?.digest, new RecoveryRoot(paper).digest(ESPOO));
});

test("a log that somebody else began with this device's key is none of this wallet's", async () => {
  const others = new Others();
  const thief = await enrolledAtBoth(others, new MemoryStorage(), 66);
  const stranger = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  const shown = new Map(
    await Promise.all(
      HOSTS.map(async ([, one]) => [one, (await stranger.custody.signer(one, 'device', 0)).key] as const),
    ),
  );
  await addDevice(thief, deviceCodeToText(shown), LOST);
  assert.equal(await refreshLog(stranger, HELSINKI), null);
  assert.equal(stranger.state.organisations.size, 0);
});

function problemOf(typed: string): DeviceCodeProblem | null {
  try {
    parseDeviceCode(typed);
    return null;
  } catch (thrown) {
    assert.ok(thrown instanceof DeviceCodeFault);
    return thrown.code;
  }
}

test("a device's code is read as it was shown, or named as what is wrong with it", async () => {
  const root = new RootSecret(new Uint8Array(32).fill(42));
  const keys = new Map([HELSINKI, ESPOO].map((one) => [one, root.signer(one, 'device', 0).key]));
  const text = deviceCodeToText(keys);
  assert.deepEqual([...parseDeviceCode(` ${text.replaceAll(/(.{40})/g, '$1\n')}\n`).keys()], [...keys.keys()]);
  assert.equal(problemOf('AITTA-DEVICE-2:AAAA'), 'device-code-none');
  assert.equal(problemOf(text.slice(0, -4)), 'device-code-damaged');
  assert.equal(problemOf('AITTA-DEVICE-1:'), 'device-code-damaged');
  assert.equal(problemOf('x'.repeat(10_000_000)), 'device-code-damaged');
  const others = new Others();
  const phone = await enrolledAtBoth(others, new MemoryStorage());
  await assert.rejects(
    deviceCode(phone).then((own) => addDevice(phone, own, LOST)),
    { code: 'device-code-own' },
  );
  await assert.rejects(addDevice(phone, deviceCodeToText(new Map()), LOST), { code: 'device-code-elsewhere' });
});

test('a key that was revoked meanwhile is not told as renewed', async () => {
  const others = new Others();
  const phone = await enrolledAtBoth(others, new MemoryStorage());
  const laptop = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  await addDevice(phone, await deviceCode(laptop), LOST);
  for (const [, holder] of HOSTS) await refreshLog(laptop, holder);
  others.away = 'espoo.example';
  await rotateKeys(phone, null);
  others.away = null;
  const keys = (await devices(laptop)).devices.filter(({ isThis }) => !isThis).flatMap((one) => one.keys);
  assert.deepEqual((await revokeDevice(laptop, keys, null)).missing, []);
  const { keys: done, missing } = await finish(phone);
  assert.deepEqual([done, missing.map(({ name, fault }) => [name, fault.code])], [[], [['espoo', 'keys-not-ours']]]);
});

test('that a device is revoked stays promised, also of one that was never seen in the log', async () => {
  const others = new Others();
  const phone = await enrolledAtBoth(others, new MemoryStorage());
  const laptop = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  await addDevice(phone, await deviceCode(laptop), LOST);
  const tablet = await lookedCore(partsOf(others, new MemoryStorage(), 44));
  for (const [, holder] of HOSTS) await refreshLog(laptop, holder);
  await addDevice(laptop, await deviceCode(tablet), { label: 'tablet', manages: true });
  const keys = await keysOf(laptop, 'tablet');
  others.away = 'espoo.example';
  others.posted = [];
  const { done, missing } = await revokeDevice(phone, keys, null);
  assert.deepEqual(
    [done.length, missing.map(({ name, fault }) => [name, fault.code])],
    [1, [['espoo', 'not-reached']]],
  );
  others.away = null;
  assert.deepEqual(
    (await finish(phone)).keys.map(({ name }) => name),
    ['espoo'],
  );
  assert.equal(current(others, 'espoo.example'), 2);
});
