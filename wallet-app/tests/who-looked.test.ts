/** A holder's log is shown when it is proven, and a holder that shows two histories is caught. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MemoryStorage } from '../src/keys/storage.ts';
import { base64url } from '../src/protocol/base64.ts';
import { utf8 } from '../src/protocol/bytes.ts';
import { encode } from '../src/protocol/codec/index.ts';
import { sign, type Verified } from '../src/protocol/cose.ts';
import { ObjectId } from '../src/protocol/ids.ts';
import { leafHash, nodeHash } from '../src/protocol/merkle.ts';
import { Acknowledgement } from '../src/protocol/command.ts';
import { TreeHead } from '../src/protocol/tree-head.ts';
import { type CheckedPage, checkLogPage, type LogCheckCode, LogCheckFault } from '../src/wallet/log-check.ts';
import type { LogEntry, LogPage, Opened } from '../src/wallet/log-page.ts';
import { whoLooked } from '../src/wallet/look.ts';
import { acknowledged, held, NEW_STATE, type WalletState } from '../src/wallet/state.ts';
import { opened, Others } from './others.ts';
import { jsonOf, NOW } from './server.ts';
import { enrolled, HELSINKI, HELSINKI_SIGNER, POD, REGISTRY, rootOf, SERVICE_SIGNER } from './world.ts';

const TAG = new Uint8Array(16).fill(6);
const ASKED = { holder: HELSINKI, pod: POD, from: 0n, acknowledged: null };
const { event } = await enrolled();
const EMPTY: WalletState = held(HELSINKI, 'helsinki', [event])(NEW_STATE);
const request = (number: number): ObjectId => ObjectId.of(new Uint8Array(32).fill(number));

interface Entry {
  readonly bytes: Uint8Array;
  readonly opened: Opened;
}

/** The nth entry, a disclosure. */
function entry(number: number, more: { readonly tag?: Uint8Array | null; readonly kind?: bigint } = {}): Entry {
  const timeSecs = NOW - 100n + BigInt(number);
  const tag = more.tag === undefined ? TAG : more.tag;
  const asked = [ObjectId.bytes(request(number)), new Uint8Array(16), new Uint8Array(16), timeSecs];
  const open = encode([1n, new Uint8Array(16), timeSecs, more.kind ?? 1n, tag, asked, null]);
  return {
    bytes: encode([open, new Uint8Array(8)]),
    opened: {
      timeSecs,
      kind: 'disclosure',
      service: null,
      organisation: null,
      purpose: null,
      released: [],
      withheld: [],
      outcome: 'released',
      actor: null,
      requestId: request(number),
      grant: null,
    },
  };
}

/** That the leaf at this place stands in the tree over these hashes. */
function path(hashes: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (hashes.length <= 1) return [];
  const left = 2 ** Math.floor(Math.log2(hashes.length - 1));
  return index < left
    ? [...path(hashes.slice(0, left), index), rootOf(hashes.slice(left))]
    : [...path(hashes.slice(left), index - left), rootOf(hashes.slice(0, left))];
}

async function page(
  entries: readonly Entry[],
  more: Partial<LogPage> & { secs?: bigint; by?: typeof HELSINKI_SIGNER } = {},
): Promise<LogPage> {
  const hashes = entries.map(({ bytes }) => leafHash(bytes));
  const head: TreeHead = {
    origin: HELSINKI,
    size: BigInt(hashes.length),
    root: rootOf(hashes),
    timeSecs: more.secs ?? NOW,
  };
  const { bytes: treeHead } = await sign(TreeHead, head, more.by ?? HELSINKI_SIGNER);
  const shown = entries.map(({ bytes, opened }, at): LogEntry => ({
    index: BigInt(at),
    entry: bytes,
    proof: path(hashes, at),
    opened,
  }));
  return { treeHead, entries: shown, next: null, consistency: [], ...more };
}

const check = (shown: LogPage, state = EMPTY, proof: readonly Uint8Array[] | null = null): CheckedPage =>
  checkLogPage(state, ASKED, shown, proof, REGISTRY, NOW);

function fault(
  code: LogCheckCode,
  shown: LogPage,
  state = EMPTY,
  proof: readonly Uint8Array[] | null = null,
): LogCheckFault {
  try {
    check(shown, state, proof);
  } catch (thrown) {
    assert.ok(thrown instanceof LogCheckFault, String(thrown));
    assert.equal(thrown.code, code);
    return thrown;
  }
  throw new assert.AssertionError({ message: `believed instead of ${code}` });
}

const TWO = [entry(1), entry(2)];
const THREE = [...TWO, entry(3)];

test('a head from before what the holder had acknowledged hides what came since, and is not believed', async () => {
  const old = await page(TWO);
  assert.equal(check(old).treeSize, 2n);
  for (const [acknowledged, isOld] of [
    [1n, false],
    [2n, true],
  ] as const) {
    const look = (): CheckedPage => checkLogPage(EMPTY, { ...ASKED, acknowledged }, old, null, REGISTRY, NOW);
    if (isOld) assert.throws(look, { code: 'log-stale' });
    else look();
  }
});

test('entries that stand in the signed tree are shown, and the head is remembered', async () => {
  const checked = check(await page(TWO));
  assert.deepEqual(
    checked.entries.map(({ index }) => index),
    [0n, 1n],
  );
  const state = checked.act(EMPTY);
  assert.equal(state.organisations.get(HELSINKI)?.lastHead?.size, 2n);
  assert.deepEqual(state.podTags.get(POD), TAG);
});

test('a log that grew proves that it goes on', async () => {
  const state = check(await page(TWO)).act(EMPTY);
  const longer = await page(THREE);
  const { needed } = fault('log-consistency-needed', longer, state);
  assert.deepEqual(needed, { from: 2n, to: 3n });
  // From two leaves to three: the third's hash is all that is missing.
  const proof = [leafHash(entry(3).bytes)];
  assert.equal(check(longer, state, proof).treeSize, 3n);
});

test('two histories are caught, and both signed heads are kept', async () => {
  const state = check(await page(TWO)).act(EMPTY);
  const { fork } = fault('log-fork', await page([entry(1), entry(9)]), state);
  assert.ok(fork);
  assert.deepEqual([fork.holder, fork.earlier.size, fork.later.size], [HELSINKI, 2n, 2n]);
  assert.notDeepEqual(fork.earlier.bytes, fork.later.bytes);
  const wrong = nodeHash(leafHash(entry(8).bytes), leafHash(entry(9).bytes));
  fault('log-fork', await page(THREE), state, [wrong]);
  // Signed later, with fewer entries: something was taken out. Signed before: an old page.
  fault('log-fork', await page([entry(1)], { secs: NOW + 1n }), state);
  fault('log-stale', await page([entry(1)], { secs: NOW - 1n }), state);
});

test('an entry that was changed, or does not say what the holder says, is not shown', async () => {
  const good = await page(TWO);
  const [first, second] = good.entries;
  assert.ok(first && second);
  const swapped = { ...first, entry: second.entry };
  assert.equal(fault('log-entry-proof', { ...good, entries: [swapped] }).index, 0n);
  const kind = { ...first, opened: { ...first.opened, kind: 'command' } };
  fault('log-entry-differs', { ...good, entries: [kind] });
  const time = { ...first, opened: { ...first.opened, timeSecs: NOW } };
  fault('log-entry-differs', { ...good, entries: [time] });
  const other = { ...first, opened: { ...first.opened, requestId: request(7) } };
  fault('log-entry-differs', { ...good, entries: [other] });
  fault('log-entry-differs', await page([entry(1, { kind: 99n })]));
});

test("another pod's entries are not shown as this one's", async () => {
  const state = check(await page(TWO)).act(EMPTY);
  const strange = entry(3, { tag: new Uint8Array(16).fill(7) });
  const longer = await page([...TWO, strange]);
  assert.equal(fault('log-entry-pod', longer, state, [leafHash(strange.bytes)]).index, 2n);
  fault('log-entry-pod', await page([entry(1, { tag: null })]));
});

test('entries come in order, and a page leads on', async () => {
  const good = await page(TWO);
  fault('log-order', { ...good, entries: good.entries.toReversed() });
  fault('log-order', { ...good, next: 1n });
  fault('log-order', { ...good, next: 3n });
});

test('a head that somebody else signed is none', async () => {
  fault('log-head', await page(TWO, { by: SERVICE_SIGNER }));
  fault('log-head', { ...(await page(TWO)), treeHead: Uint8Array.of(1, 2, 3) });
});

async function acknowledgement(of: ObjectId, auditIndex: bigint): Promise<Verified<Acknowledgement>> {
  const claims: Acknowledgement = {
    issuer: HELSINKI,
    audience: HELSINKI,
    issued: NOW - 1n,
    of,
    auditIndex,
    tree: { size: auditIndex + 1n, root: new Uint8Array(32) },
  };
  return sign(Acknowledgement, claims, HELSINKI_SIGNER);
}

test('what the holder acknowledged stands where it said', async () => {
  const good = await page(TWO);
  const act = async (of: ObjectId, index: bigint): Promise<WalletState> =>
    acknowledged(POD, await acknowledgement(of, index))(EMPTY);
  assert.equal(check(good, await act(request(2), 1n)).entries.length, 2);
  assert.equal(fault('log-entry-missing', good, await act(request(7), 1n)).index, 1n);
  const [first] = good.entries;
  assert.ok(first);
  fault('log-entry-missing', { ...good, entries: [first] }, await act(request(2), 1n));
  // It was acknowledged before the head was signed, and the head does not reach so far.
  fault('log-entry-missing', good, await act(request(3), 2n));
});

test('what the holder acknowledged and does not show is kept, once', async () => {
  const others = new Others();
  others.index = 1n;
  others.results.set('log', await headAlone(TWO));
  const core = await opened(others, new MemoryStorage());
  for (let looks = 0; looks < 2; looks += 1) {
    await assert.rejects(whoLooked(core, HELSINKI, POD), { code: 'log-entry-missing' });
  }
  const [lack, ...more] = core.state.lacks;
  assert.deepEqual(more, []);
  assert.deepEqual([lack?.holder, lack?.acknowledgement.auditIndex, lack?.head.size], [HELSINKI, 1n, 2n]);
});

/** As the holder answers: a head over these, and none of the entries. */
async function headAlone(entries: readonly Entry[], secs = NOW): Promise<() => Uint8Array> {
  const { treeHead } = await page(entries, { secs });
  return () => utf8(JSON.stringify({ tree_head: base64url(treeHead), entries: [] }));
}

test('two histories are caught when they are shown to two looks at once', async () => {
  const others = new Others();
  others.index = 2n;
  const shown = [await headAlone(TWO), await headAlone([entry(1), entry(9)])];
  others.results.set('log', () => shown.shift()?.() ?? new Uint8Array(0));
  const core = await opened(others, new MemoryStorage());
  const looks = await Promise.allSettled([whoLooked(core, HELSINKI, POD), whoLooked(core, HELSINKI, POD)]);
  const faults = looks.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  assert.deepEqual(
    faults.map((one: unknown) => one instanceof LogCheckFault && one.code),
    ['log-fork'],
  );
  assert.equal(core.state.forks.length, 1);
});

test('two looks at once at a log that grows in between accuse nobody', async () => {
  const others = new Others();
  others.index = 3n;
  const shown = [await headAlone(TWO), await headAlone(THREE)];
  others.results.set('log', () => shown.shift()?.() ?? new Uint8Array(0));
  // The third entry's hash is all that is missing.
  others.instead.set('/v1/consistency?from=2&to=3', jsonOf({ proof: [base64url(leafHash(entry(3).bytes))] }));
  const core = await opened(others, new MemoryStorage());
  const looks = await Promise.all([whoLooked(core, HELSINKI, POD), whoLooked(core, HELSINKI, POD)]);
  assert.deepEqual(looks.map(({ treeSize }) => treeSize).sort(), [2n, 3n]);
  assert.equal(core.state.organisations.get(HELSINKI)?.lastHead?.size, 3n);
  // A head of the same second with fewer entries was signed before, as far as anybody can tell.
  others.results.set('log', await headAlone(TWO));
  await assert.rejects(whoLooked(core, HELSINKI, POD), { code: 'log-stale' });
  assert.deepEqual(core.state.forks, []);
});
