/** A wallet that is killed anywhere on the way from a decision to its last word goes on when it is opened again. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CallFault } from '../src/client/fault.ts';
import { type Change, MemoryStorage, type Storage, StorageFault } from '../src/keys/storage.ts';
import { openDecision } from '../src/protocol/decision.ts';
import { ObjectId } from '../src/protocol/ids.ts';
import { agreeTo, denyTo, review } from '../src/wallet/answer.ts';
import { finish, stopService, takeBack } from '../src/wallet/take-back.ts';
import { opened, Others, partsOf } from './others.ts';
import { NOW, problemOf } from './server.ts';
import { lookedCore } from './support.ts';
import { askedFor, HELSINKI, POD, SEAL_KEY, SERVICE, VALIDITY_SECS } from './world.ts';

/** Is killed instead of writing once more. */
class Dying implements Storage {
  readonly #disk: Storage;
  readonly read: Storage['read'];
  left = Infinity;

  constructor(disk: Storage) {
    this.#disk = disk;
    this.read = (key) => disk.read(key);
  }

  write(changes: readonly Change[]): Promise<void> {
    this.left -= 1;
    return this.left < 0 ? Promise.reject(new StorageFault('not-kept')) : this.#disk.write(changes);
  }
}

const WANTED = {
  optional: [],
  holders: [{ holder: HELSINKI, pod: POD }],
  untilSecs: NOW + VALIDITY_SECS,
  depth: null,
  leaveOutOverAsked: false,
};

test('killed before any of its writes, it goes on with what it said, and says nothing twice that counts twice', async () => {
  const bytes = await askedFor();
  for (let survived = 0; ; survived += 1) {
    const [others, disk] = [new Others(), new MemoryStorage()];
    const storage = new Dying(disk);
    const core = await opened(others, storage);
    const reviewed = await review(core, bytes);
    storage.left = survived;
    let killed = false;
    await agreeTo(core, reviewed, WANTED).catch((thrown: unknown) => {
      assert.ok(thrown instanceof StorageFault, String(thrown));
      killed = true;
    });
    const again = await opened(others, disk);
    assert.deepEqual((await finish(again)).missing, []);
    const { grants, decisions } = again.state;
    // Nothing leaves this device before it is remembered; the registry, which is looked at again, was kept before that.
    if (survived <= 1) {
      assert.deepEqual([grants, decisions, others.deposited, others.decisions], [[], [], [], []]);
      continue;
    }
    // One grant, which the holder has, and of which the service knows.
    assert.deepEqual([grants.length, grants[0]?.deposited, decisions[0]?.untold], [1, true, null]);
    assert.deepEqual([...new Set(others.deposited)], [grants[0]?.id]);
    for (const sealed of others.decisions) {
      assert.equal(openDecision(SEAL_KEY, reviewed.request.id, sealed)?.outcome.kind, 'granted');
    }
    assert.ok(others.decisions.length >= 1);
    if (!killed) break;
  }
});

test('a service that is away is told later', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const core = await opened(others, disk);
  const reviewed = await review(core, await askedFor());
  others.away = 'espoo.example';
  await assert.rejects(agreeTo(core, reviewed, WANTED), { code: 'not-reached' });
  assert.deepEqual(
    (await finish(core)).missing.map(({ name }) => name),
    ['espoo'],
  );
  others.away = null;
  const again = await opened(others, disk);
  assert.deepEqual((await finish(again)).missing, []);
  assert.deepEqual([others.deposited.length, others.decisions.length], [1, 1]);
});

test('a service that will not hear is not told without end', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const core = await opened(others, disk);
  const reviewed = await review(core, await askedFor());
  others.refuses = 'espoo.example';
  await assert.rejects(agreeTo(core, reviewed, WANTED), (thrown) => thrown instanceof CallFault && thrown.isFinal);
  assert.deepEqual(await finish(core), { done: [], keys: [], missing: [] });
});

/** How the decisions that the service was left with read. */
function outcomes(others: Others, request: ObjectId): readonly (string | undefined)[] {
  return others.decisions.map((sealed) => openDecision(SEAL_KEY, request, sealed)?.outcome.kind);
}

test('a second decision does not send the first one in its place', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const core = await opened(others, disk);
  const reviewed = await review(core, await askedFor());
  others.away = 'espoo.example';
  await assert.rejects(agreeTo(core, reviewed, WANTED), { code: 'not-reached' });
  others.away = null;
  await assert.rejects(denyTo(core, reviewed, false), { code: 'already-decided' });
  assert.deepEqual(others.decisions, []);
  await finish(core);
  assert.deepEqual(outcomes(others, reviewed.request.id), ['granted']);
  // Still: what was agreed to is taken back first.
  await assert.rejects(denyTo(core, reviewed, false), { code: 'already-decided' });
  const [given] = core.state.grants;
  assert.ok(given);
  await takeBack(core, given.id);
  await denyTo(core, reviewed, false);
  assert.deepEqual(outcomes(others, reviewed.request.id), ['granted', 'denied']);
});

test('nor is a refusal that waits sent as a consent', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const core = await opened(others, disk);
  const reviewed = await review(core, await askedFor());
  others.away = 'espoo.example';
  await assert.rejects(denyTo(core, reviewed, false), { code: 'not-reached' });
  others.away = null;
  await assert.rejects(agreeTo(core, reviewed, WANTED), { code: 'already-decided' });
  assert.deepEqual([others.deposited, core.state.grants], [[], []]);
  await finish(core);
  assert.deepEqual(outcomes(others, reviewed.request.id), ['denied']);
});

test('who agrees twice at once, in one window or in two, agrees once', async () => {
  for (const windows of [1, 2]) {
    const [others, disk] = [new Others(), new MemoryStorage()];
    const first = await opened(others, disk);
    const second = windows === 1 ? first : await opened(others, disk);
    const reviewed = await review(first, await askedFor());
    const answers = await Promise.allSettled([agreeTo(first, reviewed, WANTED), agreeTo(second, reviewed, WANTED)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const { grants, decisions } = (await opened(others, disk)).state;
    assert.deepEqual([grants.length, decisions.length], [1, 1]);
    assert.deepEqual([others.deposited.length, others.decisions.length], [1, 1]);
  }
});

test('what could not be taken back is remembered, and taken back later', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const core = await opened(others, disk);
  await agreeTo(core, await review(core, await askedFor()), WANTED);
  const [given] = core.state.grants;
  assert.ok(given);
  others.away = 'helsinki.example';
  // The holder has published no key to seal to: there is no way to it through the log either.
  await assert.rejects(takeBack(core, given.id), { code: 'not-reached' });
  assert.equal(core.state.grants[0]?.revokedSecs, null);
  others.away = null;
  const again = await opened(others, disk);
  const { done, missing } = await finish(again);
  assert.deepEqual([done.map(({ how }) => how.by), missing], [['holder'], []]);
  assert.equal(again.state.grants[0]?.revokedSecs, NOW);
  assert.deepEqual(again.state.outstanding, []);
  assert.deepEqual(others.revoked, [given.id]);
  await assert.rejects(takeBack(again, ObjectId.of(new Uint8Array(32))), { code: 'unknown-grant' });
});

test('what was taken back before it arrived does not arrive, and the service hears of none', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const core = await opened(others, disk);
  const reviewed = await review(core, await askedFor());
  others.away = 'helsinki.example';
  await assert.rejects(agreeTo(core, reviewed, WANTED), { code: 'not-reached' });
  const [given] = core.state.grants;
  assert.ok(given);
  await assert.rejects(takeBack(core, given.id), { code: 'not-reached' });
  others.away = null;
  const again = await opened(others, disk);
  assert.deepEqual((await finish(again)).missing, []);
  assert.deepEqual([others.deposited, others.decisions, others.revoked], [[], [], [given.id]]);
  assert.deepEqual([again.state.decisions[0]?.untold, again.state.outstanding], [null, []]);
});

test('a refusal that will pass ends nothing that was begun', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const core = await opened(others, disk);
  const reviewed = await review(core, await askedFor());
  // In front of a node that is being replaced there is a proxy, and it is no Aitta server.
  others.instead.set('/v1/command', new Response('', { status: 404 }));
  await assert.rejects(agreeTo(core, reviewed, WANTED), { code: 'refused' });
  assert.deepEqual((await finish(core)).missing, []);
  assert.deepEqual([others.deposited.length, others.decisions.length], [1, 1]);
  const [given] = core.state.grants;
  assert.ok(given);
  others.instead.set('/v1/revocations', new Response('', { status: 404 }));
  await assert.rejects(takeBack(core, given.id), { code: 'refused' });
  // The clock of this device was ahead.
  others.instead.set('/v1/revocations', problemOf(400, { code: 'malformed', title: 'No' }));
  assert.deepEqual(
    (await finish(core)).missing.map(({ fault }) => fault.code),
    ['malformed'],
  );
  assert.deepEqual((await finish(core)).missing, []);
  assert.deepEqual([others.revoked, core.state.outstanding], [[given.id], []]);
});

test('what has ended by itself is not taken back any more', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const core = await opened(others, disk);
  await agreeTo(core, await review(core, await askedFor()), WANTED);
  const [given] = core.state.grants;
  assert.ok(given);
  others.refuses = 'helsinki.example';
  await assert.rejects(takeBack(core, given.id), { code: 'denied' });
  const parts = partsOf(others, disk);
  let nowSecs = NOW;
  const later = await lookedCore({ ...parts, caller: { ...parts.caller, nowSecs: () => nowSecs } });
  assert.equal((await finish(later)).missing.length, 1);
  nowSecs = given.expiresSecs;
  assert.deepEqual(await finish(later), { done: [], keys: [], missing: [] });
  assert.deepEqual(later.state.outstanding, []);
});

test('a service that is to be stopped is stopped at a holder that was away, whichever device agreed', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const otherDevice = await opened(new Others(), new MemoryStorage());
  const agreed = await agreeTo(otherDevice, await review(otherDevice, await askedFor()), WANTED);
  others.onRecord.push(...agreed.grants);
  const core = await opened(others, disk);
  const reviewed = await review(core, await askedFor());
  others.away = 'helsinki.example';
  const stopped = await stopService(core, SERVICE);
  assert.deepEqual(
    [stopped.done, stopped.missing.map(({ name, fault }) => [name, fault.code])],
    [[], [['helsinki', 'not-reached']]],
  );
  others.away = null;
  // What the person agrees to after that is not meant.
  const again = await opened(others, disk);
  others.onRecord.push(...(await agreeTo(again, reviewed, WANTED)).grants);
  const { done, missing } = await finish(again);
  assert.deepEqual([done.length, missing], [1, []]);
  assert.deepEqual(others.revoked, [agreed.grants[0]?.id]);
  assert.deepEqual(await finish(again), { done: [], keys: [], missing: [] });
});

test('what is known to be taken back does not wait for what a holder has on record', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const core = await opened(others, disk);
  await agreeTo(core, await review(core, await askedFor()), WANTED);
  const [given] = core.state.grants;
  assert.ok(given);
  others.instead.set('/v1/command', problemOf(503, { code: 'unavailable', title: 'Later' }));
  const { done, missing } = await stopService(core, SERVICE);
  assert.deepEqual([done.length, missing.length, others.revoked], [1, 1, [given.id]]);
});
