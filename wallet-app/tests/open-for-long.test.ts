/** A wallet stays open for hours. Before something is done the directory is looked at again; one that is away is not waited for each time. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MemoryStorage } from '../src/keys/storage.ts';
import { encode } from '../src/protocol/codec/index.ts';
import { type Core, LOOK_STANDS_SECS } from '../src/wallet/core.ts';
import { opened, Others } from './others.ts';
import { DIRECTORY_URL, ESPOO, ESPOO_SIGNER, HELSINKI, member, someLeaf, STATEMENTS } from './world.ts';

const DAY = 24n * 3600n;
const { host: DIRECTORY_HOST } = new URL(DIRECTORY_URL);

/** An open wallet, and a federation that counts how often its directory was asked for the log's head. */
async function open(): Promise<{ others: Others; core: Core; heads: () => number }> {
  const others = new Others();
  let heads = 0;
  const answer = others.answer.bind(others);
  others.answer = (path, request) => {
    if (path === '/v1/log/head') heads += 1;
    return answer(path, request);
  };
  const core = await opened(others, new MemoryStorage());
  return { others, core, heads: () => heads };
}

/** The witnesses see the head again each minute. */
function later(others: Others, secs: bigint): void {
  others.nowSecs += secs;
  others.log = { leaves: [someLeaf(1)], witnessedSecs: others.nowSecs - 10n };
}

/** The anchor suspends Espoo. */
async function suspend(others: Others): Promise<void> {
  const since = { suspended: true, issued: others.nowSecs - 1n };
  const suspended = await member(ESPOO, 'espoo', ESPOO_SIGNER, ['holder', 'services'], since);
  others.snapshot = encode([...STATEMENTS.filter((_statement, at) => at !== 2), suspended]);
}

test('who is suspended while the wallet is open is called for a minute at most', async () => {
  const { others, core, heads } = await open();
  await suspend(others);
  // Its log shows nothing now; what the anchor signed counts all the same.
  others.log = null;
  others.nowSecs += LOOK_STANDS_SECS - 1n;
  await core.looked();
  assert.deepEqual([heads(), core.registry.organisation(ESPOO)?.isSuspended], [1, false]);
  others.nowSecs += 1n;
  await core.looked();
  assert.equal(core.registry.organisation(ESPOO)?.isSuspended, true);
  assert.throws(() => core.node(ESPOO), { code: 'suspended' });
  assert.ok(core.node(HELSINKI));
});

test('those who do something at once share one look, and those who do something soon after it too', async () => {
  const { others, core, heads } = await open();
  later(others, LOOK_STANDS_SECS);
  await Promise.all([core.looked(), core.looked(), core.looked()]);
  await core.looked();
  assert.equal(heads(), 2);
  later(others, LOOK_STANDS_SECS);
  // What was looked at to sign something is a look as well.
  await core.refresh();
  await core.looked();
  assert.equal(heads(), 3);
});

test('a directory that is away is waited for once a minute, and what was kept stands in until it is a day old', async () => {
  const { others, core, heads } = await open();
  others.away = DIRECTORY_HOST;
  others.nowSecs += LOOK_STANDS_SECS;
  await Promise.all([core.looked(), core.looked()]);
  await core.looked();
  assert.deepEqual([heads(), core.copy.standing.by], [2, 'last-good']);
  assert.ok(core.node(HELSINKI));
  others.nowSecs += LOOK_STANDS_SECS;
  await core.looked();
  assert.equal(heads(), 3);
  others.nowSecs += DAY;
  for (const asked of [4, 5]) {
    await assert.rejects(core.looked(), { code: 'not-reached' });
    assert.equal(heads(), asked);
  }
  others.away = null;
  later(others, 0n);
  await core.looked();
  assert.equal(core.copy.standing.by, 'log');
});

test('a directory that hangs is not waited for again by whoever comes next', async () => {
  const { others, core, heads } = await open();
  others.nowSecs += LOOK_STANDS_SECS;
  const answer = others.answer.bind(others);
  others.answer = (path, request) => {
    // The call and its end are two minutes apart.
    others.nowSecs += LOOK_STANDS_SECS;
    return answer(path, request);
  };
  others.away = DIRECTORY_HOST;
  await core.looked();
  await core.looked();
  assert.equal(heads(), 2);
});

test('a clock that was set back does not keep an old look young', async () => {
  const { others, core, heads } = await open();
  others.nowSecs -= 3600n;
  await core.looked();
  assert.equal(heads(), 2);
});
