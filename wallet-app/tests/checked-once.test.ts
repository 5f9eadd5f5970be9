/** What was checked once need not be checked again, and counts for nothing else: other bytes, another anchor, keys and members that ended. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';

import { type Kept, madeOf, join, NOTHING_KEPT } from '../src/client/directory/held.ts';
import { MemoryStorage } from '../src/keys/storage.ts';
import { concat } from '../src/protocol/bytes.ts';
import { sign } from '../src/protocol/cose.ts';
import { type Checked, CheckedSignatures, NOTHING_CHECKED } from '../src/protocol/crypto/checked.ts';
import { PublicKey, SIGNATURE_BYTES } from '../src/protocol/crypto/signing.ts';
import { ObjectId, Principal } from '../src/protocol/ids.ts';
import { KeyEvent, type KeyEventClaims } from '../src/protocol/key-event/index.ts';
import { type Anchor, Registry } from '../src/protocol/registry/index.ts';
import { opened, Others } from './others.ts';
import { NOW } from './server.ts';
import {
  ANCHORED,
  ESPOO,
  ESPOO_SIGNER,
  HELSINKI,
  HELSINKI_SIGNER,
  member,
  profile,
  signer,
  STATEMENTS,
} from './world.ts';

const YEAR = 365n * 24n * 3600n;

/** What is kept of these statements after a look. */
function looked(statements: readonly Uint8Array[]): Kept {
  const joined = join(ANCHORED, [], statements, NOW, NOTHING_CHECKED);
  assert.deepEqual(joined.refused, []);
  return { ...NOTHING_KEPT, statements: joined.statements, checked: joined.checked };
}

/** Statements as they are read by a wallet that has checked some. */
function read(
  statements: readonly Uint8Array[],
  checked: Checked,
  { anchor = ANCHORED, nowSecs = NOW }: { anchor?: Anchor; nowSecs?: bigint } = {},
): { readonly registry: Registry; readonly codes: readonly string[] } {
  const { check } = new CheckedSignatures(checked);
  const { registry, refused } = Registry.build(anchor, statements, nowSecs, check);
  return { registry, codes: refused.map(({ refusal }) => refusal.code) };
}

/** How often a signature is checked. */
function checks(t: TestContext): () => number {
  const { mock } = t.mock.method(PublicKey.prototype, 'verifies');
  return () => mock.callCount();
}

test('what is kept is read again without its signatures, and says the same', (t) => {
  const { statements, checked } = looked(STATEMENTS);
  assert.equal(checked.signatures.length, STATEMENTS.length * 32);
  const count = checks(t);
  // As it lies in the storage: another array than the one that was checked.
  const again = madeOf(ANCHORED, { ...NOTHING_KEPT, statements: [...statements], checked }, NOW);
  assert.equal(count(), 0);
  assert.equal(again.registry.organisations.length, 3);
  assert.equal(again.checked.signatures.length, checked.signatures.length);
  assert.equal(again.checked.keys.length, checked.keys.length);
});

test('a wallet that opens again checks the head alone', async (t) => {
  const [others, disk] = [new Others(), new MemoryStorage()];
  await opened(others, disk);
  const count = checks(t);
  await opened(others, disk);
  // The directory's own signature, and those of two witnesses.
  assert.equal(count(), 3);
});

/** The words of one object under the signature of another. */
function mixed(words: Uint8Array, signature: Uint8Array): Uint8Array {
  return concat(words.subarray(0, -SIGNATURE_BYTES), signature.subarray(-SIGNATURE_BYTES));
}

test('words and signature were checked together: neither counts with another', async () => {
  const { checked } = looked(STATEMENTS);
  const [, helsinki] = STATEMENTS;
  assert.ok(helsinki);
  const more = await member(HELSINKI, 'helsinki', HELSINKI_SIGNER, ['holder', 'services', 'directory']);
  assert.deepEqual(read([mixed(more, helsinki)], checked).codes, ['signature']);
  const byAnother = await profile(HELSINKI, 'helsinki', signer(77), []);
  for (const statement of STATEMENTS) {
    const others = STATEMENTS.map((one) => (one === statement ? mixed(one, byAnother) : one));
    assert.ok(read(others, checked).codes.includes('signature'));
  }
});

test('a signature that holds under one key says nothing of another', async () => {
  const message = Uint8Array.of(1, 2, 3);
  const [ours, theirs] = [HELSINKI_SIGNER, ESPOO_SIGNER];
  const signature = await ours.sign(message);
  const { check } = new CheckedSignatures(NOTHING_CHECKED);
  assert.deepEqual([check(ours.key, message, signature), check(theirs.key, message, signature)], [true, false]);
});

test('under another anchor, or another key of the anchor, nothing counts', () => {
  const { checked } = looked(STATEMENTS);
  const other = signer(55).key;
  for (const anchor of [
    { ...ANCHORED, key: other },
    { ...ANCHORED, principal: Principal.of(other.bytes) },
  ]) {
    const { registry, codes } = read(STATEMENTS, checked, { anchor });
    assert.equal(registry.organisations.length, 0);
    assert.deepEqual(new Set(codes), new Set(['key-unknown']));
  }
});

test('what expired is over, however often it was checked', () => {
  const { checked } = looked(STATEMENTS);
  const { registry, codes } = read(STATEMENTS, checked, { nowSecs: NOW + YEAR });
  assert.equal(registry.organisations.length, 0);
  assert.ok(codes.includes('expired'));
});

test('a member that is suspended later is suspended', async () => {
  const { statements, checked } = looked(STATEMENTS);
  const later = await member(ESPOO, 'espoo', ESPOO_SIGNER, ['holder', 'services'], { issued: NOW, suspended: true });
  const joined = join(ANCHORED, statements, [later], NOW, checked);
  assert.equal(joined.registry.organisation(ESPOO)?.isSuspended, true);
  assert.equal(madeOf(ANCHORED, { ...NOTHING_KEPT, ...joined }, NOW).registry.isMember(ESPOO), false);
});

test('a key that the anchor names no longer speaks for nobody', async () => {
  const { statements, checked } = looked(STATEMENTS);
  const later = await member(ESPOO, 'espoo', signer(22), ['holder', 'services'], { issued: NOW });
  const { registry } = join(ANCHORED, statements, [later], NOW, checked);
  assert.equal(registry.organisationByKid(ESPOO_SIGNER.key.kid), undefined);
  assert.equal(registry.organisation(ESPOO)?.profile, null);
});

test("a key that was revoked in its member's log speaks for nobody, and the log is read again without its signatures", async (t) => {
  const [online, manager] = [signer(31), signer(32)];
  const begun: KeyEventClaims = {
    seq: 0n,
    previous: null,
    timeSecs: NOW - 100n,
    change: {
      kind: 'inception',
      organisation: null,
      devices: [
        { key: online.key, roles: { sign: true, manage: false } },
        { key: manager.key, roles: { sign: false, manage: true } },
      ],
      controls: { next: [new Uint8Array(32).fill(1)], threshold: 1n, recovery: [] },
      salt: new Uint8Array(16),
    },
  };
  const first = await sign(KeyEvent, begun, manager);
  const vantaa = Principal.of(ObjectId.bytes(first.id));
  const before = [
    await member(vantaa, 'vantaa', online, ['holder']),
    await profile(vantaa, 'vantaa', online, []),
    first.bytes,
  ];
  const { statements, checked } = looked(before);
  assert.ok(madeOf(ANCHORED, { ...NOTHING_KEPT, statements, checked }, NOW).registry.organisation(vantaa)?.profile);
  const change = { kind: 'revoke', key: online.key.kid, compromisedSince: null } as const;
  const revoked = await sign(KeyEvent, { seq: 1n, previous: first.id, timeSecs: NOW - 10n, change }, manager);
  const joined = join(ANCHORED, statements, [revoked.bytes], NOW, checked);
  const count = checks(t);
  for (const { registry } of [
    joined,
    madeOf(ANCHORED, { ...NOTHING_KEPT, ...joined, statements: [...joined.statements] }, NOW),
  ]) {
    assert.deepEqual(registry.organisation(vantaa)?.keys, []);
    assert.equal(registry.organisation(vantaa)?.profile, null);
    assert.equal(registry.organisationByKid(online.key.kid), undefined);
  }
  assert.equal(count(), 0);
});

test('what nobody asks for any more is forgotten, and what is no digest is nothing', () => {
  const { checked } = looked(STATEMENTS);
  const fewer = join(ANCHORED, [], STATEMENTS.slice(0, 3), NOW, checked);
  assert.equal(fewer.checked.signatures.length, 3 * 32);
  const torn = { ...checked, signatures: checked.signatures.slice(1), keys: Uint8Array.of(1, 2, 3) };
  assert.deepEqual(read(STATEMENTS, torn).codes, []);
});

test('a weak key is none, also when the storage says that it was registered', () => {
  const identity = new Uint8Array(32);
  identity[0] = 1;
  const { check } = new CheckedSignatures({ ...NOTHING_CHECKED, keys: identity });
  const key = PublicKey.register(identity);
  // Under the identity point this signature, of S = 0 and R = identity, holds for every message elsewhere.
  assert.equal(key !== null && check(key, Uint8Array.of(1), concat(identity, new Uint8Array(32))), false);
});
