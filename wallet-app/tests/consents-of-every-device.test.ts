/** Consents of every device, and of before a recovery: each is seen on every device, believed by what was signed, and ended there. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Consent, type Consents, consentsOf, keyOf } from '../src/app/pages/consents/consents.ts';
import { MemoryStorage, type Storage } from '../src/keys/storage.ts';
import { encode } from '../src/protocol/codec/index.ts';
import { sign, type Signer, type Verified } from '../src/protocol/cose.ts';
import { Grant } from '../src/protocol/grant.ts';
import { Cti, ObjectId, Pod } from '../src/protocol/ids.ts';
import { agreeTo, review } from '../src/wallet/answer.ts';
import type { Core } from '../src/wallet/core.ts';
import { addDevice, deviceCode, devices, revokeDevice } from '../src/wallet/devices.ts';
import { refreshLog } from '../src/wallet/key-logs.ts';
import { askWhatIsOnRecord } from '../src/wallet/on-record.ts';
import { recover } from '../src/wallet/recovery.ts';
import { bound, MAX_ON_RECORD, type RecordedGrant, recordTold, type WalletState } from '../src/wallet/state.ts';
import { finish, stopService, takeBack } from '../src/wallet/take-back.ts';
import { enrolledAtBoth, HOSTS, Others, PAPER, partsOf } from './others.ts';
import { NOW } from './server.ts';
import { lookedCore } from './support.ts';
import {
  askedFor,
  ESPOO,
  field,
  HELSINKI,
  POD,
  recordType,
  SERVICE,
  SERVICE_SIGNER,
  signer,
  STATEMENTS,
  VALIDITY_SECS,
  withService,
} from './world.ts';

const LAPTOP = 43;
const DELAY = 72n * 3600n;
const OWN = { pod: POD, relation: 'self', untilSecs: null, label: null } as const;
const WANTED = {
  optional: [],
  holders: HOSTS.map(([, holder]) => ({ holder, pod: POD })),
  untilSecs: NOW + VALIDITY_SECS,
  depth: null,
  leaveOutOverAsked: false,
};

/** The other device, enrolled wherever the phone is. */
async function laptopOf(others: Others, phone: Core): Promise<Core> {
  const laptop = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  await addDevice(phone, await deviceCode(laptop), { label: 'laptop', manages: true });
  await logIn(laptop);
  return laptop;
}

async function logIn(core: Core): Promise<void> {
  for (const [, holder] of HOSTS) {
    await refreshLog(core, holder);
    await core.keep(bound(holder, [OWN]));
  }
}

/** Agrees on a device; each holder has its grant on record then. */
async function agreed(others: Others, device: Core): Promise<readonly Verified<Grant>[]> {
  const { grants } = await agreeTo(device, await review(device, await askedFor()), WANTED);
  onRecord(others, ...grants);
  return grants;
}

/** Puts a grant on record where it counts. */
function onRecord(others: Others, ...grants: readonly Verified<Grant>[]): void {
  for (const { id, bytes, claims } of grants) {
    const [host] = HOSTS.find(([, holder]) => holder === claims.audience) ?? [];
    assert.ok(host);
    others.onRecord.push({ id, bytes, host });
  }
}

interface Two {
  readonly others: Others;
  readonly phone: Core;
  readonly laptop: Core;
  /** What the laptop gave. */
  readonly given: readonly Verified<Grant>[];
  /** What the phone remembers. */
  readonly disk: Storage;
}

/** A phone and a laptop, on which a consent was given. */
async function two(others = new Others()): Promise<Two> {
  const disk = new MemoryStorage();
  const phone = await enrolledAtBoth(others, disk);
  const laptop = await laptopOf(others, phone);
  return { others, phone, laptop, given: await agreed(others, laptop), disk };
}

function shown({ state, caller }: Core): Consents {
  return consentsOf(state, caller.nowSecs());
}

/** A federation in which a service comes and goes: nobody holds its registry against a log. */
function unlogged(): Others {
  const others = new Others();
  others.log = null;
  return others;
}

/** How many are in force, ended and denied. */
function counts(core: Core): readonly number[] {
  const { active, ended, denied } = shown(core);
  return [active.flatMap(({ consents }) => consents).length, ended.length, denied.length];
}

function onlyConsent(core: Core): Consent {
  const [consent, another] = shown(core).active.flatMap(({ consents }) => consents);
  assert.ok(consent !== undefined && another === undefined);
  return consent;
}

/** A grant like another; what is not said is the same. */
function like({ claims }: Verified<Grant>, more: Partial<Grant>, by: Signer): Promise<Verified<Grant>> {
  return sign(Grant, { ...claims, ...more }, by);
}

function first<T>([one]: readonly T[]): T {
  assert.ok(one !== undefined);
  return one;
}

test('a consent of another device is shown like one of this device, and ended here', async () => {
  const { others, phone, given } = await two();
  assert.deepEqual(counts(phone), [0, 0, 0]);
  assert.deepEqual(await askWhatIsOnRecord(phone), []);
  const { decision, to, parts, decidedSecs } = onlyConsent(phone);
  assert.deepEqual(
    [decision, to?.service, to?.organisation, decidedSecs, parts.map(({ standing }) => standing)],
    [null, SERVICE, ESPOO, NOW, ['active', 'active']],
  );
  assert.deepEqual(first(parts).grant?.permissions, [
    { kind: 'raw', recordType: recordType('child-health'), fields: [field('allergies.substance')] },
  ]);
  for (const { known } of parts) assert.equal((await takeBack(phone, known.id)).by, 'holder');
  assert.deepEqual([...others.revoked].sort(), given.map(({ id }) => id).sort());
  assert.deepEqual(counts(phone), [0, 1, 0]);
  assert.ok(first(shown(phone).ended).parts.every(({ known }) => known.revokedSecs === NOW));
});

test('what was given on this device stands there once, and ended elsewhere it has ended', async () => {
  const { others, phone, laptop, given } = await two();
  await askWhatIsOnRecord(laptop);
  assert.ok(onlyConsent(laptop).decision);
  await askWhatIsOnRecord(phone);
  for (const { id } of given) await takeBack(phone, id);
  await askWhatIsOnRecord(laptop);
  assert.deepEqual([counts(laptop), others.revoked.length], [[0, 1, 0], 2]);
});

test('it is ended until its holder has confirmed that, whatever happens meanwhile', async () => {
  const { others, phone, disk } = await two();
  await askWhatIsOnRecord(phone);
  const { parts } = onlyConsent(phone);
  others.away = 'helsinki.example';
  const atHelsinki = parts.find(({ known }) => known.holder === HELSINKI)?.known.id;
  assert.ok(atHelsinki);
  await assert.rejects(takeBack(phone, atHelsinki), { code: 'not-reached' });
  others.away = null;
  const again = await lookedCore(partsOf(others, disk));
  assert.deepEqual(
    onlyConsent(again)
      .parts.map(({ standing }) => standing)
      .sort(),
    ['active', 'ending'],
  );
  assert.deepEqual((await finish(again)).missing, []);
  assert.deepEqual(others.revoked, [atHelsinki]);
});

test('what was given before a recovery is there after it', async () => {
  const others = new Others();
  const lost = await enrolledAtBoth(others, new MemoryStorage());
  await agreed(others, lost);
  const core = await lookedCore(partsOf(others, new MemoryStorage(), LAPTOP));
  others.nowSecs = NOW + 60n;
  await recover(core, PAPER, null);
  others.nowSecs += DELAY;
  await recover(core, PAPER, null);
  await logIn(core);
  assert.deepEqual(await askWhatIsOnRecord(core), []);
  assert.deepEqual([counts(core), onlyConsent(core).parts.length], [[1, 0, 0], 2]);
});

test('a holder that is away is named and asked again; what it told before is there, and the others are asked', async () => {
  const { others, phone, disk } = await two();
  others.away = 'espoo.example';
  const missing = await askWhatIsOnRecord(phone);
  assert.deepEqual(
    missing.map(({ name, fault }) => [name, fault.code]),
    [['espoo', 'not-reached']],
  );
  assert.deepEqual(
    onlyConsent(phone).parts.map(({ known }) => known.holder),
    [HELSINKI],
  );
  others.away = null;
  assert.deepEqual(await askWhatIsOnRecord(phone), []);
  // From then on it is remembered, whoever answers.
  const again = await lookedCore(partsOf(others, disk));
  assert.equal(onlyConsent(again).parts.length, 2);
  others.away = 'espoo.example';
  await askWhatIsOnRecord(again);
  assert.equal(onlyConsent(again).parts.length, 2);
});

test('what a holder leaves out after it had shown it is not forgotten', async () => {
  const { others, phone } = await two();
  await askWhatIsOnRecord(phone);
  others.onRecord.length = 0;
  await askWhatIsOnRecord(phone);
  const { parts, key } = onlyConsent(phone);
  assert.ok(key);
  for (const { known } of parts) await takeBack(phone, known.id);
  assert.equal(others.revoked.length, 2);
});

test('a holder that lists what this person did not sign is not believed in that, and counted', async () => {
  const { others, phone, laptop, given } = await two();
  const own = first(given.filter(({ claims }) => claims.audience === HELSINKI));
  const { signer: byLaptop } = await laptop.signer(HELSINKI);
  const expires = own.claims.expires - 1n;
  const forged = [
    // In the person's name, by a key that never was theirs.
    await like(own, { expires }, signer(77)),
    // What the person signed for another holder, and about somebody else.
    await like(own, { audience: ESPOO, expires }, byLaptop),
    await like(own, { subject: Pod.of(new Uint8Array(16).fill(6)), expires }, byLaptop),
    // Passed on by nobody who had it, and below nothing.
    await like(own, { issuer: ESPOO, parent: own.id, keyEvent: 0n, expires }, signer(78)),
    await like(own, { issuer: ESPOO, parent: ObjectId.of(new Uint8Array(32)), keyEvent: 0n }, SERVICE_SIGNER),
  ];
  const host = 'helsinki.example';
  others.onRecord.push(...forged.map(({ id, bytes }) => ({ id, bytes, host })));
  // Another's bytes under an id of its own, and no grant at all.
  others.onRecord.push({ id: ObjectId.of(new Uint8Array(32).fill(1)), bytes: own.bytes, host });
  others.onRecord.push({ id: ObjectId.of(new Uint8Array(32).fill(2)), bytes: Uint8Array.of(1, 2, 3), host });
  assert.deepEqual(await askWhatIsOnRecord(phone), []);
  const told = phone.state.onRecord.map(({ holder, grants, refused, ofOthers }) => [
    holder,
    grants.length,
    refused,
    ofOthers,
  ]);
  assert.deepEqual(
    told.sort(),
    [
      [HELSINKI, 1, 7, 0],
      [ESPOO, 1, 0, 0],
    ].sort(),
  );
  assert.equal(onlyConsent(phone).parts.length, 2);
  for (const { id } of forged) await assert.rejects(takeBack(phone, id), { code: 'unknown-grant' });
});

test('what another guardian gave is counted apart: this wallet cannot tell whether they did', async () => {
  const { others, phone, given } = await two();
  const own = first(given.filter(({ claims }) => claims.audience === HELSINKI));
  const other = await like(own, { issuer: ESPOO }, signer(79));
  onRecord(others, other);
  await askWhatIsOnRecord(phone);
  const atHelsinki = phone.state.onRecord.find(({ holder }) => holder === HELSINKI);
  assert.deepEqual([atHelsinki?.grants.length, atHelsinki?.ofOthers, atHelsinki?.refused], [1, 1, 0]);
});

test('a list without end is not checked without end', async () => {
  const { others, phone, given } = await two();
  const own = first(given.filter(({ claims }) => claims.audience === HELSINKI));
  const { bytes } = await like(own, { expires: own.claims.expires - 1n }, signer(77));
  const host = 'helsinki.example';
  for (let number = 0; number <= MAX_ON_RECORD; number += 1) {
    const id = new Uint8Array(32);
    new DataView(id.buffer).setUint32(0, number + 1);
    others.onRecord.push({ id: ObjectId.of(id), bytes, host });
  }
  await askWhatIsOnRecord(phone);
  const atHelsinki = phone.state.onRecord.find(({ holder }) => holder === HELSINKI);
  assert.deepEqual([atHelsinki?.grants.length, atHelsinki?.refused], [1, MAX_ON_RECORD + 1]);
});

test('no more is remembered of one holder than a node keeps, and what can be used goes first', async () => {
  const { others, phone } = await two();
  await askWhatIsOnRecord(phone);
  const at = first(phone.state.onRecord.filter(({ holder }) => holder === HELSINKI));
  const usable = first(at.grants);
  const over = (number: number): RecordedGrant => {
    const id = new Uint8Array(32);
    new DataView(id.buffer).setUint32(0, number + 1);
    return { ...usable, id: ObjectId.of(id), isOver: true, issuedSecs: NOW + BigInt(number) };
  };
  const grants = [...Array.from({ length: MAX_ON_RECORD }, (_, number) => over(number)), usable];
  const told = recordTold({ ...at, grants }, NOW)(phone.state);
  const kept = told.onRecord.find(({ holder }) => holder === HELSINKI)?.grants ?? [];
  assert.deepEqual([kept.length, kept[0]?.id, others.revoked], [MAX_ON_RECORD, usable.id, []]);
  assert.equal(kept.at(-1)?.issuedSecs, NOW + 1n);
});

test('what counts no longer has ended: taken back, all of before, or by a key that was lost before', async () => {
  const byHolder = await two();
  byHolder.others.revoked.push(...byHolder.given.map(({ id }) => id));
  const byTime = await two();
  byTime.others.revokedBeforeSecs = NOW + 1n;
  const byKey = await two();
  const [, lost] = (await devices(byKey.phone)).devices;
  await revokeDevice(byKey.phone, lost?.keys ?? [], NOW - 1n);
  for (const { phone } of [byHolder, byTime, byKey]) {
    await askWhatIsOnRecord(phone);
    assert.deepEqual(counts(phone), [0, 1, 0]);
  }
});

test('what was passed on stands under the consent that it came from, and ends with it', async () => {
  const { others, phone, laptop, given } = await two();
  const own = first(given.filter(({ claims }) => claims.audience === HELSINKI));
  const { signer: byLaptop } = await laptop.signer(HELSINKI);
  const limits = { ...own.claims.limits, depth: 1n };
  const cti = Cti.of(new Uint8Array(16).fill(66));
  const root = await like(own, { limits, cti }, byLaptop);
  const deeper = { keyEvent: 0n, issuer: ESPOO, limits: own.claims.limits, legalBasis: null };
  const passedOn = await like(own, { ...deeper, parent: root.id }, SERVICE_SIGNER);
  // Listed before what it is below.
  others.onRecord.length = 0;
  onRecord(others, passedOn, root);
  await askWhatIsOnRecord(phone);
  const { parts } = onlyConsent(phone);
  assert.deepEqual(
    parts.map(({ known, passedOn: below }) => [
      known.id,
      below.map(({ id, to, standing }) => [id, to?.service, standing]),
    ]),
    [[root.id, [[passedOn.id, SERVICE, 'active']]]],
  );
  await takeBack(phone, root.id);
  assert.equal(first(first(shown(phone).ended).parts).passedOn[0]?.standing, 'ended');
});

test('everything of a service is stopped while it is in no registry: its keys are remembered', async () => {
  const { others, phone, given } = await two(unlogged());
  await askWhatIsOnRecord(phone);
  others.snapshot = encode([...STATEMENTS, await withService(null)]);
  await phone.refresh();
  assert.equal(phone.registry.service(SERVICE), undefined);
  // One more to the same key, which this device has not seen yet.
  const own = first(given.filter(({ claims }) => claims.audience === HELSINKI));
  const lateByLaptop = await like(own, { cti: Cti.of(new Uint8Array(16).fill(67)) }, await keyOfLaptop(others));
  onRecord(others, lateByLaptop);
  const { missing } = await stopService(phone, SERVICE);
  assert.deepEqual([missing, phone.state.toStop], [[], []]);
  assert.deepEqual([...others.revoked].sort(), [...given, lateByLaptop].map(({ id }) => id).sort());
});

async function keyOfLaptop(others: Others): Promise<Signer> {
  return partsOf(others, new MemoryStorage(), LAPTOP).custody.signer(HELSINKI, 'device', 0);
}

test('what it holds goes through the log where a holder is away, also what another device gave', async () => {
  const { others, phone } = await two();
  await askWhatIsOnRecord(phone);
  others.away = 'espoo.example';
  others.posted = [];
  const { done, missing } = await stopService(phone, SERVICE);
  assert.deepEqual(
    [done.map(({ task, how }) => [task.holder, how.by]).sort(), missing.map(({ holder }) => holder)],
    [
      [
        [HELSINKI, 'holder'],
        [ESPOO, 'log'],
      ].sort(),
      [ESPOO],
    ],
  );
});

test('a key that nobody ever knew is shown as such and ended by itself; stopping waits until it is known', async () => {
  const { others, phone, given } = await two(unlogged());
  others.snapshot = encode([...STATEMENTS, await withService(null)]);
  await phone.refresh();
  await askWhatIsOnRecord(phone);
  const consent = onlyConsent(phone);
  assert.deepEqual([consent.to, keyOf(consent)], [null, SERVICE_SIGNER.key.thumbprint]);
  assert.deepEqual(
    shown(phone).active.map(({ service, key }) => [service, key]),
    [[null, SERVICE_SIGNER.key.thumbprint]],
  );

  const [one, other] = consent.parts;
  assert.ok(one && other);
  assert.equal((await takeBack(phone, one.known.id)).by, 'holder');
  // The service is named by its id: whether the other one is its own is not known, so that it is not done with.
  assert.deepEqual((await stopService(phone, SERVICE)).done, []);
  assert.deepEqual(
    phone.state.toStop.map(({ holder }) => holder),
    [other.known.holder],
  );
  others.snapshot = encode([...STATEMENTS, await withService({}, NOW)]);
  await phone.refresh();
  assert.deepEqual((await finish(phone)).missing, []);
  assert.deepEqual([phone.state.toStop, [...others.revoked].sort()], [[], given.map(({ id }) => id).sort()]);
});

test('stopped is what was given until then, on whichever device', async () => {
  const { others, phone, given } = await two();
  others.away = 'helsinki.example';
  await stopService(phone, SERVICE);
  others.away = null;
  const own = first(given.filter(({ claims }) => claims.audience === HELSINKI));
  const issued = NOW + 3600n;
  const since = await like(own, { issued, expires: issued + 3600n }, await keyOfLaptop(others));
  onRecord(others, since);
  others.nowSecs = issued;
  assert.deepEqual((await finish(phone)).missing, []);
  assert.deepEqual([...others.revoked].sort(), given.map(({ id }) => id).sort());
});

test('a memory of before opens, and what is on record comes with the first look', async () => {
  const { others, phone, disk } = await two();
  await askWhatIsOnRecord(phone);
  const stored = await disk.read('state');
  assert.ok(stored);
  const { format, state } = stored.value as { readonly format: number; readonly state: WalletState };
  const { onRecord: _, ...rest } = state;
  const before = { format, state: { ...rest, noticesAsked: new Map([[POD, NOW]]) } };
  await disk.write([{ key: 'state', value: before, replaces: stored.revision }]);
  const again = await lookedCore(partsOf(others, disk));
  assert.deepEqual(counts(again), [0, 0, 0]);
  await askWhatIsOnRecord(again);
  assert.deepEqual(counts(again), [1, 0, 0]);
});
