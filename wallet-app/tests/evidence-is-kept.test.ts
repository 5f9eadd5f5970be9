/** Whoever is lied to keeps what proves it, whatever the wallet was doing; and keeps it once. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DirectoryClient } from '../src/client/directory/index.ts';
import { CallFault } from '../src/client/fault.ts';
import { MemoryStorage } from '../src/keys/storage.ts';
import { signedCheckpointFromBytes } from '../src/protocol/tlog/checkpoint.ts';
import { evidenceSeen, forkSeen, MAX_EVIDENCE, MAX_SHORTER, NEW_STATE, type SeenHead } from '../src/wallet/state.ts';
import { opened, Others, partsOf } from './others.ts';
import { bytesOf, callerOf, NOW } from './server.ts';
import { lookedCore } from './support.ts';
import { ANCHORED, DIRECTORY_URL, ESPOO, headOver, HELSINKI, served, SNAPSHOT, someLeaf } from './world.ts';

const DAY = 24n * 3600n;
const CBOR = 'application/cbor';
const MIRROR_URL = 'https://mirror.example';

test('a look at a directory that lies and of which nothing is left to go on keeps the proof', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  await opened(others, disk);
  const parts = partsOf(others, disk);
  let nowSecs = NOW;
  const core = await lookedCore({ ...parts, caller: { ...parts.caller, nowSecs: () => nowSecs } });
  nowSecs += 2n * DAY;
  others.log = { leaves: [someLeaf(9)] };
  await assert.rejects(core.refresh(), (thrown) => thrown instanceof CallFault && thrown.evidence !== null);
  assert.deepEqual(
    core.state.evidence.map(({ code }) => code),
    ['log-fork'],
  );
});

test('the same lie is kept once, whoever saw it when', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const core = await opened(others, disk);
  for (const ago of [10n, 9n, 8n]) {
    others.log = { leaves: [someLeaf(9)], witnessedSecs: NOW - ago };
    await core.refresh();
  }
  assert.equal(core.state.evidence.length, 1);
  others.log = { leaves: [someLeaf(8)] };
  await core.refresh();
  assert.equal(core.state.evidence.length, 2);
});

test('of several lies the one that can be proven is told', async () => {
  const shown = async (leaf: number): Promise<Uint8Array> => served(await headOver([someLeaf(leaf)]));
  const [honest, forked] = [await shown(1), await shown(9)];
  let isHonest = true;
  const caller = (nowSecs: bigint): ReturnType<typeof callerOf> =>
    callerOf(
      (path, request) => {
        if (path === '/v1/registry') return bytesOf(CBOR, SNAPSHOT);
        if (isHonest) return bytesOf(CBOR, honest);
        // The directory shows nonsense, and its mirror another log.
        return bytesOf(CBOR, request.url.startsWith(MIRROR_URL) ? forked : Uint8Array.of(1, 2, 3));
      },
      { nowSecs: () => nowSecs },
    );
  const client = (nowSecs: bigint): DirectoryClient =>
    new DirectoryClient(caller(nowSecs), DIRECTORY_URL, 2, [MIRROR_URL]);
  const { kept } = await client(NOW).registry(ANCHORED, null);
  isHonest = false;
  await assert.rejects(client(NOW + 2n * DAY).registry(ANCHORED, kept), { code: 'log-fork' });
});

test('one holder that lies without end leaves room for what others did', () => {
  const head = (number: number): SeenHead => {
    const root = new Uint8Array(32).fill(number);
    return { size: 2n, root, timeSecs: NOW, bytes: Uint8Array.of(number) };
  };
  const fork = (holder: typeof HELSINKI, number: number): ReturnType<typeof forkSeen> =>
    forkSeen({ holder, earlier: head(0), later: head(number), proof: [], seenSecs: NOW });
  let state = NEW_STATE;
  for (let number = 1; number <= MAX_EVIDENCE + 10; number += 1) state = fork(HELSINKI, number)(state);
  assert.equal(state.forks.length, MAX_EVIDENCE);
  state = fork(ESPOO, 1)(fork(ESPOO, 1)(state));
  assert.equal(state.forks.length, MAX_EVIDENCE + 1);
});

test('a directory that shows old checkpoints again and again leaves room for the fork that comes then', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const leaves = Array.from({ length: MAX_EVIDENCE + 10 }, (_none, at) => someLeaf(at));
  others.log = { leaves };
  const core = await opened(others, disk);
  for (let size = 1; size < leaves.length; size += 1) {
    others.log = { leaves: leaves.slice(0, size) };
    await core.refresh();
  }
  const sizes = (): readonly bigint[] =>
    core.state.evidence.map(({ shown }) => signedCheckpointFromBytes(shown).unverified.size);
  // The first and the latest.
  const last = BigInt(leaves.length);
  assert.deepEqual(sizes(), [2n, last - 2n, last - 1n, last]);
  others.log = { leaves: leaves.toReversed() };
  await core.refresh();
  assert.deepEqual(
    core.state.evidence.map(({ code }) => code),
    [...new Array<string>(MAX_SHORTER).fill('log-truncated'), 'log-fork'],
  );
  // What comes then pushes no fork out.
  others.log = { leaves: leaves.slice(0, 1) };
  await core.refresh();
  others.log = { leaves: leaves.slice(0, 2) };
  await core.refresh();
  assert.deepEqual(sizes(), [2n, last - 1n, last, last + 1n, 3n]);
});

test('forks push nothing out, and the first ones stay', () => {
  const found = (code: string, number: number): ReturnType<typeof evidenceSeen> =>
    evidenceSeen({ code, noticedSecs: NOW, kept: Uint8Array.of(0), shown: Uint8Array.of(number) });
  let state = found('log-truncated', 1)(NEW_STATE);
  for (let number = 1; number <= MAX_EVIDENCE + 10; number += 1) state = found('log-fork', number)(state);
  assert.deepEqual(
    state.evidence.map(({ shown }) => shown[0]),
    [1, ...Array.from({ length: MAX_EVIDENCE }, (_none, at) => at + 1)],
  );
});

test('two windows that find the same fork from both sides keep it once', () => {
  const [one, other] = [Uint8Array.of(1), Uint8Array.of(2)];
  const fork = { code: 'log-fork', noticedSecs: NOW, kept: one, shown: other };
  const state = evidenceSeen({ ...fork, kept: other, shown: one })(evidenceSeen(fork)(NEW_STATE));
  assert.deepEqual(state.evidence, [fork]);
});

test('what is no checkpoint is compared as it is', () => {
  const evidence = { code: 'log-fork', noticedSecs: NOW, kept: Uint8Array.of(1), shown: Uint8Array.of(2) };
  const seen = evidenceSeen(evidence);
  assert.deepEqual(seen(seen(NEW_STATE)).evidence, [evidence]);
});
