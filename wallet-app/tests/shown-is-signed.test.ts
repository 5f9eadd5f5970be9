/** What is signed is what was shown: the registry is looked at once more, and what changed meanwhile is shown first. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MemoryStorage } from '../src/keys/storage.ts';
import { encode } from '../src/protocol/codec/index.ts';
import { Pod } from '../src/protocol/ids.ts';
import { agreeTo, denyTo, review, reviewAll } from '../src/wallet/answer.ts';
import { finish, takeBack } from '../src/wallet/take-back.ts';
import { opened, Others } from './others.ts';
import { NOW, problemOf } from './server.ts';
import { askedFor, CATALOGUE, ESPOO, HELSINKI, POD, purpose, STATEMENTS, VALIDITY_SECS, withService } from './world.ts';

const WANTED = {
  optional: [],
  holders: [{ holder: HELSINKI, pod: POD }],
  untilSecs: NOW + VALIDITY_SECS,
  depth: null,
  leaveOutOverAsked: false,
};

test('what changed since it was shown is shown first, and nothing is signed', async () => {
  const others = new Others();
  others.log = null;
  const core = await opened(others, new MemoryStorage());
  const reviewed = await review(core, await askedFor());
  // The service is registered for something else by now.
  others.snapshot = encode([...STATEMENTS, await withService({ purposes: [purpose('dpv:ServiceOptimisation')] })]);
  await assert.rejects(agreeTo(core, reviewed, WANTED), { code: 'changed' });
  await assert.rejects(denyTo(core, reviewed, false), { code: 'changed' });
  assert.deepEqual([core.state.decisions, others.deposited], [[], []]);
  const again = await review(core, await askedFor());
  assert.deepEqual(
    again.overAsked.map(({ code }) => code),
    ['over-ask-purpose'],
  );
  await denyTo(core, again, false);
});

test('a service that is no longer registered gets nothing', async () => {
  const others = new Others();
  others.log = null;
  const core = await opened(others, new MemoryStorage());
  const reviewed = await review(core, await askedFor());
  others.snapshot = encode([...STATEMENTS, await withService(null)]);
  await assert.rejects(agreeTo(core, reviewed, WANTED), { name: 'Refusal' });
  assert.deepEqual(core.state.decisions, []);
});

test('a holder that is away when it is signed changes nothing of what was shown', async () => {
  const others = new Others();
  const core = await opened(others, new MemoryStorage());
  const reviewed = await review(core, await askedFor());
  others.away = 'helsinki.example';
  await assert.rejects(agreeTo(core, reviewed, WANTED), { code: 'not-reached' });
  assert.equal(core.state.decisions.length, 1);
});

test('nothing is granted at a pod at which this wallet is not', async () => {
  const others = new Others();
  const core = await opened(others, new MemoryStorage());
  const reviewed = await review(core, await askedFor());
  for (const elsewhere of [
    { holder: HELSINKI, pod: Pod.of(new Uint8Array(16).fill(6)) },
    { holder: ESPOO, pod: POD },
  ]) {
    await assert.rejects(agreeTo(core, reviewed, { ...WANTED, holders: [elsewhere] }), { code: 'pod-not-enrolled' });
  }
  assert.deepEqual(core.state.decisions, []);
});

test('a catalogue that does not come is asked for once in a look', async () => {
  const others = new Others();
  let asked = 0;
  const core = await opened(others, new MemoryStorage());
  others.catalogue = () => {
    asked += 1;
    return problemOf(503, { code: 'unavailable', title: 'Later' });
  };
  const { reviews } = await reviewAll(core, [await askedFor(), await askedFor({ validitySecs: 86_400n })]);
  assert.deepEqual([reviews.map(({ problems }) => problems.length > 0), asked], [[true, true], 1]);
  others.catalogue = () => new Response(new Uint8Array(CATALOGUE), { headers: { 'Content-Type': 'application/json' } });
  assert.deepEqual((await review(core, await askedFor())).problems, []);
});

test('a grant that its holder refuses waits, and is named; the service is not told of less', async () => {
  const others = new Others();
  const core = await opened(others, new MemoryStorage());
  const reviewed = await review(core, await askedFor());
  // A recovery waits there: until it is over no new grant is taken in, which outside is told as `denied`.
  others.refuses = 'helsinki.example';
  await assert.rejects(agreeTo(core, reviewed, WANTED), { code: 'denied' });
  assert.deepEqual(
    (await finish(core)).missing.map(({ name, fault }) => [name, fault.code]),
    [['helsinki', 'denied']],
  );
  assert.deepEqual(others.decisions, []);
  others.refuses = null;
  assert.deepEqual((await finish(core)).missing, []);
  assert.deepEqual([others.deposited.length, others.decisions.length], [1, 1]);
});

test('a grant that waited until it ended is waited for no more', async () => {
  const others = new Others();
  const core = await opened(others, new MemoryStorage());
  const reviewed = await review(core, await askedFor());
  others.refuses = 'helsinki.example';
  await assert.rejects(agreeTo(core, reviewed, WANTED), { code: 'denied' });
  const [given] = core.state.grants;
  assert.ok(given);
  others.nowSecs = given.expiresSecs;
  assert.deepEqual((await finish(core)).missing, []);
  assert.deepEqual([others.decisions, core.state.decisions[0]?.untold], [[], null]);
});

test('nor is one that was taken back meanwhile', async () => {
  const others = new Others();
  const core = await opened(others, new MemoryStorage());
  const reviewed = await review(core, await askedFor());
  others.refuses = 'helsinki.example';
  await assert.rejects(agreeTo(core, reviewed, WANTED), { code: 'denied' });
  const [given] = core.state.grants;
  assert.ok(given);
  await assert.rejects(takeBack(core, given.id), { code: 'denied' });
  others.refuses = null;
  assert.deepEqual((await finish(core)).missing, []);
  assert.deepEqual([others.decisions, others.deposited, core.state.outstanding], [[], [], []]);
});
