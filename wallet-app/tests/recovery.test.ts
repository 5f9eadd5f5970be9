/** A lost wallet comes back with the paper, after 72 hours; a false recovery is seen and cancelled. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RecoveryCode } from '../src/keys/recovery-code.ts';
import { MemoryStorage } from '../src/keys/storage.ts';
import type { Principal } from '../src/protocol/ids.ts';
import { ObjectId } from '../src/protocol/ids.ts';
import type { Core } from '../src/wallet/core.ts';
import { deviceCode, addDevice } from '../src/wallet/devices.ts';
import { PaperNeeded, beginEnrolment } from '../src/wallet/enrol.ts';
import { refreshLog } from '../src/wallet/key-logs.ts';
import {
  cancelRecovery,
  recover,
  recoveries,
  recoverIdentified,
  typePaperAgain,
  type WaitingRecovery,
  withoutPaper,
} from '../src/wallet/recovery.ts';
import { paperNoted } from '../src/wallet/state.ts';
import { finish } from '../src/wallet/take-back.ts';
import { enrolledAtBoth, Others, PAPER, partsOf } from './others.ts';
import { jsonOf, NOW } from './server.ts';
import { lookedCore } from './support.ts';
import { ESPOO, HELSINKI } from './world.ts';

const NEW_DEVICE = 43;
const DELAY = 72n * 3600n;
/** Another wallet, as the desk's clerk begins to bind it. */
const WALLET_OF_THE_DESK = ObjectId.of(new Uint8Array(32).fill(3));
const OTHER_PAPER = RecoveryCode.generate((length) => new Uint8Array(length).fill(7));

function newDevice(others: Others, storage = new MemoryStorage()): Promise<Core> {
  return lookedCore(partsOf(others, storage, NEW_DEVICE));
}

/** How it stands, by the organisations' names. */
async function standing(core: Core, lostSince: bigint | null = null): Promise<Record<string, string>> {
  const { stands } = await recover(core, PAPER, lostSince);
  return Object.fromEntries(stands.map(({ name, at }) => [name, at.state]));
}

/** Why it was not cancelled; null when it was. */
async function cancelledAt(core: Core, one: WaitingRecovery, code: RecoveryCode | null = null): Promise<string | null> {
  const { done, missing } = await cancelRecovery(core, one, code);
  assert.equal(done.length + missing.length, 1);
  return missing[0]?.fault.code ?? null;
}

function logOf(
  others: Others,
  host: string,
  holder: Principal,
): ReturnType<NonNullable<ReturnType<Others['keyLogs']['get']>>['state']> {
  const book = others.keyLogs.get(host);
  const [principal] = [...(book?.logs.keys() ?? [])];
  assert.ok(book && principal, holder);
  return book.state(principal);
}

test('a lost wallet is recovered with the paper at every organisation, when 72 hours have passed', async () => {
  const others = new Others();
  await enrolledAtBoth(others, new MemoryStorage());
  const core = await newDevice(others);
  assert.deepEqual(await standing(core), { helsinki: 'waits', espoo: 'waits' });
  const { waiting } = await recoveries(core);
  assert.deepEqual(
    waiting.map(({ by, countsFromSecs, dueSecs, toThisDevice, deviceCancels }) => [
      by,
      countsFromSecs,
      dueSecs,
      toThisDevice,
      deviceCancels,
    ]),
    [
      ['code', NOW, NOW + DELAY, true, false],
      ['code', NOW, NOW + DELAY, true, false],
    ],
  );
  await assert.rejects(core.signer(HELSINKI), { code: 'keys-not-ours' });
  // Once more begins nothing anew.
  await standing(core);
  assert.equal(logOf(others, 'helsinki.example', HELSINKI).events, 2);
  others.nowSecs = NOW + DELAY;
  assert.deepEqual(await standing(core), { helsinki: 'recovered', espoo: 'recovered' });
  assert.equal((await core.signer(HELSINKI)).keyEvent, 1n);
});

test('until the recovery stands in the log its 72 hours have not begun', async () => {
  const others = new Others();
  await enrolledAtBoth(others, new MemoryStorage());
  const helsinki = others.keyLogs.get('helsinki.example');
  assert.ok(helsinki);
  helsinki.loggedSecs = null;
  const core = await newDevice(others);
  const { stands } = await recover(core, PAPER, null);
  assert.deepEqual(stands.find(({ name }) => name === 'helsinki')?.at, {
    state: 'waits',
    countsFromSecs: null,
    dueSecs: null,
  });
  others.nowSecs = NOW + 2n * DELAY;
  const one = (await recover(core, PAPER, null)).stands.find(({ name }) => name === 'helsinki');
  assert.equal(one?.at.state, 'waits');
});

test('an organisation that was away is named until the code is typed once more', async () => {
  const others = new Others();
  await enrolledAtBoth(others, new MemoryStorage());
  const [core, disk] = [await newDevice(others), new MemoryStorage()];
  others.away = 'espoo.example';
  const begun = await recover(core, PAPER, null);
  assert.deepEqual([begun.stands.length, begun.missing.map(({ name }) => name)], [1, ['espoo']]);
  assert.deepEqual(
    (await finish(core)).missing.map(({ name, fault }) => [name, fault.code]),
    [['espoo', 'keys-paper-needed']],
  );
  others.away = null;
  assert.deepEqual(await standing(core), { helsinki: 'waits', espoo: 'waits' });
  assert.deepEqual((await finish(core)).missing, []);
  const nobodys = await newDevice(new Others(), disk);
  assert.deepEqual(await standing(nobodys), { helsinki: 'nothing', espoo: 'nothing' });
  assert.equal(nobodys.state.recoveryDigests.size, 0);
});

test('a false recovery is seen by the device and cancelled, also where nobody answers', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const owner = await enrolledAtBoth(others, disk);
  const thief = await newDevice(others);
  await standing(thief);
  const { waiting } = await recoveries(owner);
  assert.deepEqual(
    waiting.map(({ name, toThisDevice, deviceCancels }) => [name, toThisDevice, deviceCancels]),
    [
      ['helsinki', false, true],
      ['espoo', false, true],
    ],
  );
  others.away = 'espoo.example';
  others.posted = [];
  const how = [];
  for (const one of waiting) how.push(...(await cancelRecovery(owner, one, null)).done.map((done) => done.how.by));
  assert.deepEqual([how, others.posted.length], [['holder', 'log'], 1]);
  others.away = null;
  const again = await lookedCore(partsOf(others, disk));
  assert.deepEqual(
    (await finish(again)).keys.map(({ name }) => name),
    ['espoo'],
  );
  assert.deepEqual((await recoveries(again)).waiting, []);
  others.nowSecs = NOW + DELAY;
  assert.equal(logOf(others, 'espoo.example', ESPOO).pending, null);
  assert.equal((await owner.signer(HELSINKI)).keyEvent, 1n);
});

test('what waits is told also where nobody answers, as it was seen last', async () => {
  const others = new Others();
  const owner = await enrolledAtBoth(others, new MemoryStorage());
  await standing(await newDevice(others));
  await recoveries(owner);
  others.away = 'espoo.example';
  const { waiting, missing } = await recoveries(owner);
  assert.deepEqual([waiting.length, missing.map(({ name }) => name)], [2, ['espoo']]);
});

test('a recovery that took effect is not told as cancelled, whatever came after it in the log', async () => {
  for (const code of [null, PAPER]) {
    const others = new Others();
    const owner = await enrolledAtBoth(others, new MemoryStorage());
    const thief = await newDevice(others);
    await standing(thief);
    const [one] = (await recoveries(owner)).waiting;
    assert.ok(one);
    others.nowSecs = NOW + DELAY;
    assert.deepEqual(await cancelledAt(owner, one, code), 'keys-too-late');
    assert.deepEqual(owner.state.keyTasks, []);
    assert.equal((await standing(thief))['helsinki'], 'recovered');
    await addDevice(thief, await deviceCode(await lookedCore(partsOf(others, new MemoryStorage(), 44))), {
      label: 'tablet',
      manages: true,
    });
    assert.equal(logOf(others, 'helsinki.example', HELSINKI).seq, 2n);
    assert.deepEqual(await cancelledAt(owner, one, code), 'keys-too-late');
  }
});

test('what was cancelled on another device is done, and stays so', async () => {
  const others = new Others();
  const owner = await enrolledAtBoth(others, new MemoryStorage());
  const tablet = await lookedCore(partsOf(others, new MemoryStorage(), 44));
  await addDevice(owner, await deviceCode(tablet), { label: 'tablet', manages: true });
  for (const holder of [HELSINKI, ESPOO]) await refreshLog(tablet, holder);
  const espoo = others.keyLogs.get('espoo.example');
  assert.ok(espoo);
  espoo.desk = { target: WALLET_OF_THE_DESK, due: Number(NOW + DELAY) };
  await standing(await newDevice(others));
  const { waiting } = await recoveries(owner);
  assert.equal(waiting.length, 3);
  for (const one of waiting) assert.equal(await cancelledAt(tablet, one), null);
  others.nowSecs = NOW + 2n * DELAY;
  for (const one of waiting) assert.equal(await cancelledAt(owner, one), null);
});

test('a wallet that the desk has bound already is not told as cancelled', async () => {
  const others = new Others();
  const owner = await enrolledAtBoth(others, new MemoryStorage());
  const espoo = others.keyLogs.get('espoo.example');
  assert.ok(espoo);
  const begin = (): void => {
    espoo.desk = { target: WALLET_OF_THE_DESK, due: Number(others.nowSecs + DELAY) };
  };
  const bind = (): void => {
    others.nowSecs += DELAY;
    espoo.desk = null;
  };
  const shown = async (): Promise<WaitingRecovery> => {
    const [one] = (await recoveries(owner)).waiting;
    assert.ok(one);
    return one;
  };
  begin();
  const first = await shown();
  bind();
  assert.equal(await cancelledAt(owner, first), 'keys-too-late');
  assert.deepEqual(owner.state.keyTasks, []);
  // While the word that cancels it is on its way.
  begin();
  const second = await shown();
  const answer = others.answer.bind(others);
  others.answer = (path, request) => {
    if (path === '/v1/key-events') bind();
    return answer(path, request);
  };
  assert.equal(await cancelledAt(owner, second), 'keys-too-late');
  others.answer = answer;
  // In time once, and begun anew for the same wallet.
  begin();
  assert.equal(await cancelledAt(owner, await shown()), null);
  others.nowSecs += 1n;
  begin();
  const again = await shown();
  bind();
  assert.equal(await cancelledAt(owner, again), 'keys-too-late');
});

test('an organisation that takes a cancelling in and shows that it still waits is not believed', async () => {
  const others = new Others();
  const owner = await enrolledAtBoth(others, new MemoryStorage());
  const espoo = others.keyLogs.get('espoo.example');
  assert.ok(espoo);
  const desk = { target: WALLET_OF_THE_DESK, due: Number(NOW + DELAY) };
  Object.defineProperty(espoo, 'desk', { get: () => desk, set: () => undefined });
  const [one] = (await recoveries(owner)).waiting;
  assert.ok(one);
  assert.equal(await cancelledAt(owner, one), 'not-believed');
  assert.equal(owner.state.keyTasks.length, 1);
});

test('somebody who logged in for it is stopped by the paper alone', async () => {
  const others = new Others();
  const owner = await enrolledAtBoth(others, new MemoryStorage());
  const helsinki = others.keyLogs.get('helsinki.example');
  assert.ok(helsinki);
  helsinki.identified = true;
  await standing(await newDevice(others));
  const one = (await recoveries(owner)).waiting.find(({ name }) => name === 'helsinki');
  assert.ok(one);
  assert.deepEqual([one.by, one.deviceCancels], ['code-and-login', false]);
  assert.deepEqual(
    (await cancelRecovery(owner, one, null)).missing.map(({ fault }) => fault.code),
    ['keys-outranked'],
  );
  assert.deepEqual(owner.state.keyTasks, []);
  await assert.rejects(cancelRecovery(owner, one, OTHER_PAPER), { code: 'keys-other-paper' });
  assert.deepEqual((await cancelRecovery(owner, one, PAPER)).missing, []);
  assert.equal(logOf(others, 'helsinki.example', HELSINKI).pending, null);
});

test('who has nothing but the paper ends what a thief began with it, and recovers', async () => {
  const others = new Others();
  await enrolledAtBoth(others, new MemoryStorage());
  const thief = await lookedCore(partsOf(others, new MemoryStorage(), 66));
  await standing(thief);
  const core = await newDevice(others);
  const { missing } = await recover(core, PAPER, null);
  assert.deepEqual(
    missing.map(({ fault }) => fault.code),
    ['keys-pending', 'keys-pending'],
  );
  const { waiting } = await recoveries(core);
  assert.deepEqual(
    waiting.map(({ toThisDevice, deviceCancels }) => [toThisDevice, deviceCancels]),
    [
      [false, false],
      [false, false],
    ],
  );
  for (const one of waiting) assert.deepEqual((await cancelRecovery(core, one, PAPER)).missing, []);
  assert.deepEqual(await standing(core), { helsinki: 'waits', espoo: 'waits' });
  assert.ok((await recoveries(core)).waiting.every(({ toThisDevice }) => toThisDevice));
});

test('what the desk began is shown and cancelled', async () => {
  const others = new Others();
  const owner = await enrolledAtBoth(others, new MemoryStorage());
  const espoo = others.keyLogs.get('espoo.example');
  assert.ok(espoo);
  espoo.desk = { target: WALLET_OF_THE_DESK, due: Number(NOW + DELAY) };
  const [one] = (await recoveries(owner)).waiting;
  assert.ok(one);
  assert.deepEqual([one.name, one.by, one.dueSecs], ['espoo', 'desk', NOW + DELAY]);
  assert.deepEqual((await cancelRecovery(owner, one, null)).missing, []);
  assert.deepEqual((await recoveries(owner)).waiting, []);
});

test('while a recovery waits a device is not added, and is when that was cancelled', async () => {
  const others = new Others();
  const owner = await enrolledAtBoth(others, new MemoryStorage());
  await standing(await newDevice(others));
  const tablet = await lookedCore(partsOf(others, new MemoryStorage(), 44));
  const { missing } = await addDevice(owner, await deviceCode(tablet), { label: 'tablet', manages: true });
  assert.deepEqual(
    missing.map(({ fault }) => fault.code),
    ['keys-pending', 'keys-pending'],
  );
  for (const one of (await recoveries(owner)).waiting) await cancelRecovery(owner, one, null);
  assert.deepEqual((await finish(owner)).missing, []);
  assert.ok(await refreshLog(tablet, ESPOO));
});

test('with a login the recovery is begun as an enrolment', async () => {
  const others = new Others();
  await enrolledAtBoth(others, new MemoryStorage());
  const core = await newDevice(others);
  others.instead.set(
    '/v1/enrolments',
    jsonOf({ enrolment: 'secret', authorization_url: 'https://login.example/?state=1' }),
  );
  const { organisation, started } = await recoverIdentified(core, PAPER, HELSINKI, null);
  assert.deepEqual([organisation, started.enrolment], [HELSINKI, 'secret']);
  await assert.rejects(recoverIdentified(core, OTHER_PAPER, HELSINKI, null), { code: 'keys-other-paper' });
});

test('a recovery that waits is overruled with a login, so that no device cancels it', async () => {
  const others = new Others();
  await enrolledAtBoth(others, new MemoryStorage());
  const core = await newDevice(others);
  assert.equal((await standing(core))['helsinki'], 'waits');
  others.instead.set(
    '/v1/enrolments',
    jsonOf({ enrolment: 'secret', authorization_url: 'https://login.example/?state=1' }),
  );
  assert.equal((await recoverIdentified(core, PAPER, HELSINKI, null)).started.enrolment, 'secret');
});

test('an organisation that joined later needs the paper once more, and no other paper', async () => {
  const others = new Others();
  const core = await newDevice(others);
  const known = (await enrolledAtBoth(others, new MemoryStorage())).state.recoveryDigests;
  await core.keep(paperNoted(new Map([...known].filter(([member]) => member !== ESPOO))));
  assert.deepEqual(withoutPaper(core), [ESPOO]);
  await assert.rejects(beginEnrolment(core, ESPOO), PaperNeeded);
  await assert.rejects(typePaperAgain(core, OTHER_PAPER), { code: 'other-paper' });
  await typePaperAgain(core, PAPER);
  assert.deepEqual([withoutPaper(core), core.state.recoveryDigests.get(ESPOO)], [[], known.get(ESPOO)]);
  // A device on which no paper was typed yet knows it from the log.
  const phone = await enrolledAtBoth(others, new MemoryStorage(), 45);
  await phone.keep(paperNoted(new Map()));
  await assert.rejects(typePaperAgain(phone, OTHER_PAPER), { code: 'other-paper' });
  await typePaperAgain(phone, PAPER);
});
