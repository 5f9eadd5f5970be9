/** Two windows of one wallet look at the directory: neither undoes what the other has seen. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { joinKept, type Kept, NOTHING_KEPT } from '../src/client/directory/held.ts';
import { MemoryStorage } from '../src/keys/storage.ts';
import { signedCheckpointToBytes } from '../src/protocol/tlog/checkpoint.ts';
import type { View } from '../src/protocol/tlog/view.ts';
import { opened, Others } from './others.ts';
import { NOW } from './server.ts';
import { ANCHORED, ESPOO, headOver, someLeaf, STATEMENTS } from './world.ts';

/** As a window remembers the log over these leaves and a state. */
async function viewOver(...numbers: readonly number[]): Promise<View> {
  const { checkpoint } = await headOver(numbers.map(someLeaf));
  return { checkpoint: checkpoint.unverified, note: signedCheckpointToBytes(checkpoint), seenSecs: NOW };
}

async function keptIn(disk: MemoryStorage): Promise<Kept> {
  const stored = await disk.read('registry');
  assert.ok(stored);
  return (stored.value as { readonly kept: Kept }).kept;
}

test('how far the log was seen goes on in both windows, and never back', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const [one, other] = [await opened(others, disk), await opened(others, disk)];
  const [shorter, longer] = [await viewOver(1), await viewOver(1, 2)];
  // The other window wrote since.
  await one.viewed(longer);
  assert.equal((await keptIn(disk)).view?.checkpoint.size, longer.checkpoint.size);
  await one.viewed(shorter);
  await other.viewed(shorter);
  assert.equal((await keptIn(disk)).view?.checkpoint.size, longer.checkpoint.size);
  assert.deepEqual(
    [one, other].map(({ copy }) => copy.kept.view?.checkpoint.size),
    [longer.checkpoint.size, longer.checkpoint.size],
  );
});

test('two windows that were shown two logs prove it', async () => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  const [one, other] = [await opened(others, disk), await opened(others, disk)];
  await one.viewed(await viewOver(1, 2));
  await other.viewed(await viewOver(1, 3));
  assert.deepEqual(
    other.state.evidence.map(({ code }) => code),
    ['log-fork'],
  );
});

test('what either window was shown of the registry is kept', () => {
  const [one, other] = [STATEMENTS.slice(0, 4), STATEMENTS.slice(1)];
  const before = { ...NOTHING_KEPT, fetchedSecs: NOW - 5n, statements: one, digest: Uint8Array.of(1) };
  const after = { ...NOTHING_KEPT, fetchedSecs: NOW, statements: other, digest: Uint8Array.of(2) };
  for (const { kept, registry } of [joinKept(ANCHORED, before, after, NOW), joinKept(ANCHORED, after, before, NOW)]) {
    assert.equal(kept.statements.length, STATEMENTS.length);
    assert.deepEqual([kept.fetchedSecs, kept.digest], [NOW, Uint8Array.of(2)]);
    assert.ok(registry.organisation(ESPOO)?.profile);
  }
});
