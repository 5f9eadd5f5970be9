/** A directory that leaves something out, changes it, or shows each another log: what it shows is not believed, and what proves it is kept. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CallFault } from '../src/client/fault.ts';
import { DirectoryClient, type RegistryCopy } from '../src/client/directory/index.ts';
import type { Kept } from '../src/client/directory/held.ts';
import { base64url } from '../src/protocol/base64.ts';
import { encode } from '../src/protocol/codec/index.ts';
import { sha256 } from '../src/protocol/crypto/hash.ts';
import { Signed, sign } from '../src/protocol/cose.ts';
import { HolderEntry, SEALED_HANDLE_BYTES } from '../src/protocol/holder-entry.ts';
import { bucketHash, type ProvenBucket, provenBucketToBytes } from '../src/protocol/tlog/map.ts';
import { leafHash } from '../src/protocol/merkle.ts';
import type { Head } from '../src/protocol/tlog/head.ts';
import { verdictOf } from '../src/protocol/tlog/evidence.ts';
import { Registry } from '../src/protocol/registry/index.ts';
import { bytesOf, callerOf, jsonOf, NOW, problemOf } from './server.ts';
import {
  ANCHORED,
  DIRECTORY_URL,
  ESPOO,
  headOver,
  HELSINKI,
  HELSINKI_SIGNER,
  member,
  served,
  SNAPSHOT,
  someLeaf,
  STATEMENTS,
} from './world.ts';

const CBOR = 'application/cbor';
const OCTETS = 'application/octet-stream';

/** A directory that shows these. */
interface Shows {
  readonly head?: Head;
  readonly snapshot?: Uint8Array;
  /** Its only bucket, with the head that vouches for it. */
  readonly bucket?: ProvenBucket;
  /** The leaves of its only tile. */
  readonly leaves?: readonly Uint8Array[];
}

function client(
  { head, bucket, snapshot = SNAPSHOT, leaves = [] }: Shows,
  nowSecs = NOW,
  mirrors: readonly string[] = [],
  asked: string[] = [],
): DirectoryClient {
  const caller = callerOf(
    (path, request) => {
      if (new URL(request.url).origin !== DIRECTORY_URL) return problemOf(503, { code: 'unavailable' });
      asked.push(path);
      // What is said here is not proven, and this directory would know for whom it is asked.
      if (path === '/v1/buckets') return jsonOf({ bits: 24, entries: 1 });
      if (path === '/v1/buckets/0/0' && bucket !== undefined) return bytesOf(CBOR, provenBucketToBytes(bucket));
      if (path === '/v1/registry') return bytesOf(CBOR, snapshot);
      if (path === '/v1/log/head' && head !== undefined) return bytesOf(CBOR, served(head));
      if (path.startsWith('/v1/log/tile/0/000')) {
        return bytesOf(OCTETS, Uint8Array.from(leaves.flatMap((leaf) => [...leafHash(leaf)])));
      }
      return problemOf(404, { code: 'not-found', title: path });
    },
    { nowSecs: () => nowSecs },
  );
  return new DirectoryClient(caller, DIRECTORY_URL, 2, mirrors);
}

async function seen(shows: Shows, kept: Kept | null = null, nowSecs = NOW): Promise<RegistryCopy> {
  return client(shows, nowSecs).registry(ANCHORED, kept);
}

async function lie(shows: Shows, kept: Kept | null = null, nowSecs = NOW): Promise<CallFault> {
  try {
    const copy = await seen(shows, kept, nowSecs);
    const [trouble] = copy.troubles;
    assert.ok(trouble, 'something is wrong with what it shows');
    assert.notEqual(copy.standing.by, 'log');
    return trouble;
  } catch (thrown) {
    assert.ok(thrown instanceof CallFault, String(thrown));
    return thrown;
  }
}

const FIRST = [someLeaf(1)];
const MORE = [someLeaf(1), (await headOver(FIRST)).leaf, someLeaf(2)];

test('what two witnesses saw is proven, and kept', async () => {
  const copy = await seen({ head: await headOver(FIRST) });
  assert.deepEqual(copy.standing, { by: 'log', seenSecs: NOW - 10n });
  assert.deepEqual(copy.troubles, []);
  assert.equal(copy.registry.organisations.length, 3);
});

test('the log goes on, with a proof that the client makes itself', async () => {
  const { kept } = await seen({ head: await headOver(FIRST) });
  const head = await headOver(MORE);
  const copy = await seen({ head, leaves: [...MORE, head.leaf] }, kept);
  assert.equal(copy.standing.by, 'log');
  assert.equal(copy.kept.view?.checkpoint.size, 4n);
});

test('another history of the same length is a fork, and is kept as evidence', async () => {
  const { kept } = await seen({ head: await headOver(FIRST) });
  const fault = await lie({ head: await headOver([someLeaf(9)]) }, kept);
  assert.equal(fault.code, 'log-fork');
  assert.ok(fault.evidence);
  assert.equal(verdictOf(fault.evidence), 'two-roots');
});

test('a longer log that leaves out what was there is a fork, and is kept as evidence', async () => {
  const { kept } = await seen({ head: await headOver(FIRST) });
  const other = [someLeaf(9), someLeaf(8), someLeaf(7)];
  const head = await headOver(other);
  const fault = await lie({ head, leaves: [...other, head.leaf] }, kept);
  assert.equal(fault.code, 'log-fork');
  assert.ok(fault.evidence);
  assert.equal(verdictOf(fault.evidence), 'not-continued');
});

test('tiles that are not those of the head are a lie, and no fork', async () => {
  const { kept } = await seen({ head: await headOver(FIRST) });
  const head = await headOver(MORE);
  const fault = await lie({ head, leaves: [someLeaf(1), someLeaf(1), someLeaf(1), head.leaf] }, kept);
  assert.equal(fault.code, 'log-proof');
  assert.equal(fault.evidence, null);
  const short = await lie({ head, leaves: [someLeaf(1)] }, kept);
  assert.equal(short.code, 'log-proof');
});

test('a log that became shorter is kept as evidence', async () => {
  const head = await headOver(MORE);
  const { kept } = await seen({ head, leaves: [...MORE, head.leaf] });
  const fault = await lie({ head: await headOver(FIRST) }, kept);
  assert.equal(fault.code, 'log-truncated');
  assert.ok(fault.evidence);
  assert.equal(verdictOf(fault.evidence), 'shorter');
});

test('a head that too few saw, or long ago, is not believed; who never saw another takes what is signed', async () => {
  const few = await seen({ head: await headOver(FIRST, { witnesses: ['espoo'] }) });
  assert.deepEqual([few.standing.by, few.troubles[0]?.code], ['signatures', 'log-witnesses']);
  const old = await seen({ head: await headOver(FIRST, { witnessedSecs: NOW - 301n }) });
  assert.deepEqual([old.standing.by, old.troubles[0]?.code], ['signatures', 'log-stale']);
  // Twice the same witness is one.
  const twice = await seen({ head: await headOver(FIRST, { witnesses: ['espoo', 'espoo'] }) });
  assert.equal(twice.troubles[0]?.code, 'log-witnesses');
});

test('who saw a proven head goes on for a day without one, and no longer', async () => {
  const { kept } = await seen({ head: await headOver(FIRST) });
  const late = { head: await headOver(FIRST, { witnesses: [] }) };
  const hour = 3600n;
  assert.equal((await seen(late, kept, NOW + 23n * hour)).standing.by, 'signatures');
  assert.equal((await lie(late, kept, NOW + 25n * hour)).code, 'log-witnesses');
});

test('a head that another member signed is none', async () => {
  assert.equal((await lie({ head: await headOver(FIRST, { by: HELSINKI_SIGNER }) })).code, 'log-signature');
});

test('a registry that is not the one of the log is not believed', async () => {
  const without = encode(STATEMENTS.slice(0, 3));
  assert.equal((await lie({ head: await headOver(FIRST), snapshot: without })).code, 'log-registry');
});

test('a registry under another trust anchor is none', async () => {
  const empty = encode([]);
  assert.equal((await lie({ head: await headOver(FIRST), snapshot: empty })).code, 'not-believed');
  assert.equal((await lie({ head: await headOver(FIRST), snapshot: Uint8Array.of(1) })).code, 'not-believed');
});

test('a directory that is away leaves the last good copy, for a day', async () => {
  const { kept } = await seen({ head: await headOver(FIRST) });
  const away = new DirectoryClient(
    callerOf(() => Promise.reject(new TypeError('no route')), { nowSecs: () => NOW + 60n }),
    DIRECTORY_URL,
    2,
  );
  const copy = await away.registry(ANCHORED, kept);
  assert.deepEqual([copy.standing.by, copy.troubles[0]?.code], ['last-good', 'not-reached']);
  assert.ok(copy.registry.isMember(HELSINKI) && copy.registry.isMember(ESPOO));
  await assert.rejects(away.registry(ANCHORED, null), (thrown) => thrown instanceof CallFault && thrown.mayPass);
});

test('what was suspended does not come back with an old registry that leaves it out', async () => {
  const { kept } = await seen({ head: await headOver(FIRST) });
  const old = encode(STATEMENTS.slice(0, 4));

  const head = await headOver(MORE, { registry: sha256(old) });
  const copy = await seen({ head, snapshot: old, leaves: [...MORE, head.leaf] }, kept);
  // Espoo's profile is not in what was shown: what was held counts on.
  assert.ok(copy.registry.organisation(ESPOO)?.profile);
});

test('more mirrors than may be asked are refused', () => {
  const many = Array.from({ length: 9 }, (_none, at) => `https://mirror-${at}.example`);
  assert.throws(() => client({}, NOW, many), { code: 'own-input' });
});

const TAG = new Uint8Array(16).fill(3);

async function holderEntry(issued = NOW - 50n): Promise<Signed<HolderEntry>> {
  const sealed = new Uint8Array(SEALED_HANDLE_BYTES);
  const claims: HolderEntry = { holder: HELSINKI, expires: NOW + 1000n, issued, tag: TAG, sealed };
  return Signed.decode(HolderEntry, (await sign(HolderEntry, claims, HELSINKI_SIGNER)).bytes);
}

/** A bucket with these entries, under a head that vouches for others, or for the same. */
async function bucketOf(entries: readonly Signed<HolderEntry>[], vouched = entries): Promise<ProvenBucket> {
  const head = await headOver(FIRST, { mapRoot: bucketHash(vouched.map(({ bytes }) => bytes)) });
  return { bucket: { bits: 0n, number: 0n, entries }, siblings: [], head };
}

async function lookedUp(
  bucket: ProvenBucket,
  newest: ReadonlyMap<string, bigint> = new Map(),
  asked: string[] = [],
): Promise<number> {
  const directory = client({ head: bucket.head, bucket }, NOW, [], asked);
  const copy = await directory.registry(ANCHORED, null);
  return (await directory.lookup(() => copy, newest).entries(HELSINKI, TAG)).length;
}

test('an entry in a bucket that the log vouches for is found', async () => {
  assert.equal(await lookedUp(await bucketOf([await holderEntry()])), 1);
  assert.equal(await lookedUp(await bucketOf([])), 0);
});

test('a holder that is suspended while a search goes on is not found any more', async () => {
  const bucket = await bucketOf([await holderEntry()]);
  const directory = client({ head: bucket.head, bucket });
  let copy = await directory.registry(ANCHORED, null);
  const lookup = directory.lookup(() => copy, new Map());
  assert.equal((await lookup.entries(HELSINKI, TAG)).length, 1);
  const since = { suspended: true, issued: NOW - 1n };
  const suspended = await member(HELSINKI, 'helsinki', HELSINKI_SIGNER, ['holder', 'services'], since);
  const { registry } = Registry.build(ANCHORED, [...STATEMENTS, suspended], NOW);
  copy = { ...copy, registry };
  assert.equal((await lookup.entries(HELSINKI, TAG)).length, 0);
});

test('a directory is not told more of a tag than its entries hide', async () => {
  const asked: string[] = [];
  const found = await bucketOf([await holderEntry()]);
  assert.equal(await lookedUp(found, new Map(), asked), 1);
  assert.deepEqual(
    asked.filter((path) => path.startsWith('/v1/buckets')),
    ['/v1/buckets/0/0'],
  );
  const leaves = Array.from({ length: 199 }, (_none, at) => someLeaf(at));
  for (const [bits, entries, thin] of [
    [1n, 120n, false],
    [1n, 119n, true],
    [2n, 199n, true],
    // What is no leaf is no entry.
    [24n, 1n << 40n, true],
  ] as const) {
    const head = await headOver(leaves, { bits, entries });
    const copy = await seen({ head: thin ? await headOver(FIRST) : head });
    asked.length = 0;
    const lookup = client({ head }, NOW, [], asked).lookup(() => copy, new Map());
    await assert.rejects(lookup.entries(HELSINKI, TAG), { code: thin ? 'map-thin' : 'not-found' });
    assert.equal(asked.filter((path) => path.startsWith('/v1/buckets')).length, thin ? 0 : 1);
  }
});

test('a bucket from which something was taken, or into which something was put, is not believed', async () => {
  const entry = await holderEntry();
  await assert.rejects(lookedUp(await bucketOf([], [entry])), { code: 'map-root' });
  await assert.rejects(lookedUp(await bucketOf([entry], [])), { code: 'map-root' });
});

test('an entry that is older than the one seen before is a replay', async () => {
  const bucket = await bucketOf([await holderEntry(NOW - 50n)]);
  assert.equal(await lookedUp(bucket, new Map([[base64url(TAG), NOW - 50n]])), 1);
  await assert.rejects(lookedUp(bucket, new Map([[base64url(TAG), NOW - 49n]])), { code: 'entry-replayed' });
});
