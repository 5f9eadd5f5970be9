/** What became of the data under a consent that was taken back: who had it, was told, and answered or not. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MemoryStorage } from '../src/keys/storage.ts';
import { base64url } from '../src/protocol/base64.ts';
import { sign, type Signer, type Verified } from '../src/protocol/cose.ts';
import { Cti, type ObjectId } from '../src/protocol/ids.ts';
import { Notice, NoticeReceipt, type NoticeOutcome } from '../src/protocol/notice.ts';
import { agreeTo, review } from '../src/wallet/answer.ts';
import type { Core } from '../src/wallet/core.ts';
import { noticesOf } from '../src/wallet/notices.ts';
import { askWhatIsOnRecord } from '../src/wallet/on-record.ts';
import type { GivenGrant } from '../src/wallet/state.ts';
import { takeBack } from '../src/wallet/take-back.ts';
import { opened, Others } from './others.ts';
import { NOW } from './server.ts';
import {
  askedFor,
  ESPOO,
  field,
  HELSINKI,
  HELSINKI_SIGNER,
  POD,
  recordType,
  SERVICE,
  SERVICE_SIGNER,
  VALIDITY_SECS,
} from './world.ts';

const DAY = 24n * 3600n;

function noticeOf(grant: ObjectId, by: Signer = HELSINKI_SIGNER): Promise<Verified<Notice>> {
  const claims: Notice = {
    issuer: HELSINKI,
    audience: ESPOO,
    expires: NOW + 100n * DAY,
    issued: NOW,
    cti: Cti.of(new Uint8Array(16).fill(8)),
    service: SERVICE,
    grants: [grant],
    endedSecs: NOW,
    cause: 'taken-back',
    released: [{ recordType: recordType('child-health'), names: [field('allergies.substance')] }],
    awaitedUntilSecs: NOW + 30n * DAY,
  };
  return sign(Notice, claims, by);
}

async function receiptOf(notice: ObjectId, outcome: NoticeOutcome): Promise<object> {
  const cti = Cti.of(new Uint8Array(16).fill(9));
  const claims = { issuer: SERVICE, audience: HELSINKI, issued: NOW + 1n, cti, notice, outcome };
  const { bytes } = await sign(NoticeReceipt, claims, SERVICE_SIGNER);
  return { time_secs: Number(NOW + 2n), receipt: base64url(bytes) };
}

/** A consent that was given, and taken back. */
async function takenBack(others: Others): Promise<{ readonly core: Core; readonly given: GivenGrant }> {
  const core = await opened(others, new MemoryStorage());
  const wanted = { optional: [], untilSecs: NOW + VALIDITY_SECS, depth: null, leaveOutOverAsked: false };
  await agreeTo(core, await review(core, await askedFor()), { ...wanted, holders: [{ holder: HELSINKI, pod: POD }] });
  const [{ id } = { id: null }] = core.state.grants;
  assert.ok(id);
  await takeBack(core, id);
  const [given] = core.state.grants;
  assert.ok(given);
  return { core, given };
}

test('who had what is told, when they were told, and what they answered', async () => {
  const others = new Others();
  const { core, given } = await takenBack(others);
  const notice = await noticeOf(given.id);
  const told = { id: notice.id, notice: base64url(notice.bytes) };
  const shown = async (more: object): Promise<readonly unknown[]> => {
    others.notices.splice(0, 1, { ...told, ...more });
    assert.deepEqual(await askWhatIsOnRecord(core), []);
    const [one, another] = noticesOf(core, given);
    assert.ok(one !== undefined && one.state !== 'not-believed' && another === undefined);
    assert.deepEqual([one.notice.service, one.notice.released[0]?.names], [SERVICE, ['allergies.substance']]);
    return [one.state, one.toldSecs, one.answer?.outcome.kind, one.contradictedSecs];
  };
  assert.deepEqual(await shown({}), ['undelivered', null, undefined, null]);
  assert.deepEqual(await shown({ told_secs: Number(NOW) }), ['awaited', NOW, undefined, null]);
  others.nowSecs = NOW + 30n * DAY;
  assert.deepEqual(await shown({ told_secs: Number(NOW) }), ['overdue', NOW, undefined, null]);
  const answer = await receiptOf(notice.id, { kind: 'deleted' });
  const contradiction = await receiptOf(notice.id, { kind: 'gone' });
  assert.deepEqual(await shown({ told_secs: Number(NOW), answer, contradiction }), [
    'answered',
    NOW,
    'deleted',
    NOW + 2n,
  ]);
});

test('a holder that is away is named, and what it told before is still told', async () => {
  const others = new Others();
  const { core, given } = await takenBack(others);
  const notice = await noticeOf(given.id);
  others.notices.push({ id: notice.id, notice: base64url(notice.bytes) });
  await askWhatIsOnRecord(core);
  others.away = 'helsinki.example';
  assert.deepEqual(
    (await askWhatIsOnRecord(core)).map(({ name, fault }) => [name, fault.code]),
    [['helsinki', 'not-reached']],
  );
  assert.equal(noticesOf(core, given).length, 1);
});

test('what nobody signed is told as not believed', async () => {
  const others = new Others();
  const { core, given } = await takenBack(others);
  const [notice, forged] = [await noticeOf(given.id), await noticeOf(given.id, SERVICE_SIGNER)];
  const elsewhere = await receiptOf(given.id, { kind: 'deleted' });
  others.notices.push({ id: forged.id, notice: base64url(forged.bytes) });
  others.notices.push({ id: notice.id, notice: base64url(notice.bytes), answer: elsewhere });
  await askWhatIsOnRecord(core);
  assert.deepEqual(
    noticesOf(core, given).map((one) => one.state === 'not-believed' && one.code),
    ['key-unknown', 'key-refused'],
  );
});
