/** The wallet opens with what it kept, and nobody is called for that. What is done with it waits until the directory was looked at. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CallFault } from '../src/client/fault.ts';
import { MemoryStorage } from '../src/keys/storage.ts';
import { encode } from '../src/protocol/codec/index.ts';
import { Core } from '../src/wallet/core.ts';
import { opened, Others, partsOf } from './others.ts';
import { problemOf } from './server.ts';
import { DIRECTORY_URL, ESPOO, ESPOO_SIGNER, HELSINKI, member, someLeaf, STATEMENTS } from './world.ts';

const DAY = 24n * 3600n;
const { host: DIRECTORY_HOST } = new URL(DIRECTORY_URL);

/** A wallet that was in use, and a federation that counts how often its directory was asked for the log's head. */
async function inUse(): Promise<{ others: Others; disk: MemoryStorage; heads: () => number }> {
  const [others, disk] = [new Others(), new MemoryStorage()];
  await opened(others, disk);
  let heads = 0;
  const answer = others.answer.bind(others);
  others.answer = (path, request) => {
    if (path === '/v1/log/head') heads += 1;
    return answer(path, request);
  };
  return { others, disk, heads: () => heads };
}

test('a new wallet is there while the directory is away; nothing can be done with it before there is a registry', async () => {
  const others = new Others();
  others.away = DIRECTORY_HOST;
  const core = await Core.open(partsOf(others, new MemoryStorage()));
  assert.deepEqual([core.copy.standing.by, core.registry.organisations], ['nobody', []]);
  assert.throws(() => core.node(HELSINKI), CallFault);
  await assert.rejects(core.looked(), { code: 'not-reached' });
  assert.equal(core.copy.standing.by, 'nobody');
  others.away = null;
  await core.looked();
  assert.equal(core.copy.standing.by, 'log');
  assert.ok(core.node(HELSINKI));
});

test('what was kept is there before anybody is called, and the directory is looked at once', async () => {
  const { others, disk, heads } = await inUse();
  const core = await Core.open(partsOf(others, disk));
  assert.deepEqual([core.copy.standing.by, core.nameOf(HELSINKI), heads()], ['last-good', 'helsinki', 0]);
  await Promise.all([core.looked(), core.looked()]);
  await core.looked();
  assert.deepEqual([core.copy.standing.by, heads()], ['log', 1]);
});

test('who was suspended meanwhile is not called once the directory was looked at', async () => {
  const { others, disk } = await inUse();
  const since = { suspended: true, issued: others.nowSecs - 1n };
  const suspended = await member(ESPOO, 'espoo', ESPOO_SIGNER, ['holder', 'services'], since);
  others.snapshot = encode([...STATEMENTS.filter((_statement, at) => at !== 2), suspended]);
  // Its log shows nothing now; what the anchor signed counts all the same.
  others.log = null;
  const core = await Core.open(partsOf(others, disk));
  assert.equal(core.registry.organisation(ESPOO)?.isSuspended, false);
  await core.looked();
  assert.equal(core.registry.organisation(ESPOO)?.isSuspended, true);
  assert.throws(() => core.node(ESPOO), { code: 'suspended' });
});

test('a directory that is away leaves what was kept to go by, until it is a day old', async () => {
  const { others, disk } = await inUse();
  others.away = DIRECTORY_HOST;
  others.nowSecs += DAY - 1n;
  const late = await Core.open(partsOf(others, disk));
  await late.looked();
  assert.equal(late.copy.standing.by, 'last-good');
  others.nowSecs += 1n;
  const tooLate = await Core.open(partsOf(others, disk));
  assert.deepEqual([tooLate.copy.standing.by, tooLate.registry.organisations], ['nobody', []]);
  await assert.rejects(tooLate.looked(), { code: 'not-reached' });
});

test('another log is found by the look, and its proof kept, whether or not what was kept still counts', async () => {
  for (const age of [1n, 2n * DAY]) {
    const { others, disk } = await inUse();
    others.nowSecs += age;
    others.log = { leaves: [someLeaf(9)], witnessedSecs: others.nowSecs };
    const core = await Core.open(partsOf(others, disk));
    const ended = await core.looked().then(
      () => core.copy.standing.by,
      (fault: unknown) => (fault as CallFault).code,
    );
    assert.equal(ended, age < DAY ? 'last-good' : 'log-fork');
    assert.deepEqual(
      core.state.evidence.map(({ code }) => code),
      ['log-fork'],
    );
  }
});

test('what is not vouched for by a clock that is wrong takes nothing of what was kept away', async () => {
  const { others, disk } = await inUse();
  // Ahead: nothing that is kept counts. Behind: what was kept still does, as for a directory that is away.
  for (const [wrong, before, then] of [
    [30n * DAY, 'nobody', 'log-stale'],
    [-30n * DAY, 'last-good', 'last-good'],
  ] as const) {
    const parts = partsOf(others, disk);
    const core = await Core.open({ ...parts, caller: { ...parts.caller, nowSecs: () => others.nowSecs + wrong } });
    assert.equal(core.copy.standing.by, before);
    const ended = await core.looked().then(
      () => core.copy.standing.by,
      (fault: unknown) => (fault as CallFault).code,
    );
    assert.equal(ended, then);
  }
  const core = await Core.open(partsOf(others, disk));
  await core.looked();
  assert.equal(core.copy.standing.by, 'log');
});

test('a look that failed is begun again for whoever does something next', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  others.instead.set('/v1/registry', problemOf(503, { code: 'unavailable', title: 'Later' }));
  const core = await Core.open(partsOf(others, disk));
  const both = await Promise.allSettled([core.looked(), core.looked()]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  await core.looked();
  assert.equal(core.copy.standing.by, 'log');
});
