/** What a person decides is what gets signed: nothing that cannot be shown, nothing that was not ticked, nothing beyond the registration. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lastDay, untilOf } from '../src/app/pages/request/until.ts';
import { systemRandom } from '../src/crypto/random.ts';
import { AccessRequest } from '../src/protocol/access-request.ts';
import { CborMap } from '../src/protocol/codec/index.ts';
import { type Payload, sign } from '../src/protocol/cose.ts';
import { DECISION_STEP_BYTES, openDecision } from '../src/protocol/decision.ts';
import type { Grant } from '../src/protocol/grant.ts';
import { ObjectId, Principal } from '../src/protocol/ids.ts';
import { type Value, ValueMap } from '../src/protocol/value.ts';
import { LinkFault, parseLink } from '../src/wallet/answer.ts';
import { agree, type Choice, type ChoiceCode, ChoiceFault, deny } from '../src/wallet/decide.ts';
import { Labels } from '../src/wallet/labels.ts';
import { previewOf } from '../src/wallet/records.ts';
import { type Review, reviewOf } from '../src/wallet/review.ts';
import { NOW } from './server.ts';
import { refusedWith } from './support.ts';
import {
  askedFor,
  enrolled,
  ESPOO,
  field,
  HELSINKI,
  LABELS,
  POD,
  predicateId,
  purpose,
  recordType,
  REGISTRY,
  SEAL_KEY,
  SERVICE_SIGNER,
  VALIDITY_SECS,
} from './world.ts';

const HEALTH = recordType('child-health');
/** No member. */
const NOBODY = Principal.of(new Uint8Array(32).fill(77));
const { signer } = await enrolled();
const CHOICE: Choice = {
  optional: [],
  holders: [{ pod: POD, signer, recordTypes: null }],
  untilSecs: NOW + VALIDITY_SECS,
  depth: null,
  leaveOutOverAsked: false,
};

async function reviewed(more: Partial<AccessRequest> = {}, labels = LABELS): Promise<Review> {
  return reviewOf(await askedFor(more), REGISTRY, labels, NOW);
}

async function granted(review: Review, choice: Partial<Choice> = {}): Promise<Grant> {
  const { grants } = await agree(review, { ...CHOICE, ...choice }, NOW, systemRandom);
  assert.equal(grants.length, 1);
  const [grant] = grants;
  assert.ok(grant);
  return grant.claims;
}

async function notSigned(code: ChoiceCode, review: Review, choice: Partial<Choice> = {}, nowSecs = NOW): Promise<void> {
  await assert.rejects(
    agree(review, { ...CHOICE, ...choice }, nowSecs, systemRandom),
    (thrown) => thrown instanceof ChoiceFault && thrown.code === code,
    code,
  );
}

const ask = (
  fields: readonly string[],
  optional: readonly string[] = [],
  type = HEALTH,
): AccessRequest['items'][number] => ({
  recordType: type,
  required: fields.map(field),
  optional: optional.map(field),
  requiredPredicates: [],
  optionalPredicates: [],
});

test('a grant has everything required, and of the rest exactly what was ticked', async () => {
  const review = await reviewed();
  const fields = (grant: Grant): readonly unknown[] => grant.permissions.map((one) => one.kind === 'raw' && one.fields);
  assert.deepEqual(fields(await granted(review)), [['allergies.substance']]);
  const optional = [{ recordType: HEALTH, name: 'vaccinations' }];
  const grant = await granted(review, { optional });
  assert.deepEqual(fields(grant), [['allergies.substance', 'vaccinations']]);
  assert.deepEqual(
    [grant.audience, grant.subject, grant.purposes, grant.legalBasis, grant.expires, grant.confirmation],
    [
      HELSINKI,
      POD,
      ['dpv:ServiceProvision'],
      'eu-gdpr:A6-1-a',
      NOW + review.request.claims.validitySecs,
      SERVICE_SIGNER.key.thumbprint,
    ],
  );
  await notSigned('not-optional', review, { optional: [{ recordType: HEALTH, name: 'allergies.substance' }] });
  await notSigned('not-optional', review, { optional: [{ recordType: HEALTH, name: 'clinic' }] });
});

test('the service opens the decision, and a no is as long as a yes', async () => {
  const review = await reviewed();
  const yes = await agree(review, CHOICE, NOW, systemRandom);
  const no = deny(review, true, NOW, systemRandom);
  const opened = openDecision(SEAL_KEY, review.request.id, yes.sealed);
  assert.deepEqual(opened?.outcome, {
    kind: 'granted',
    grants: yes.grants.map(({ bytes }) => ({ holder: HELSINKI, pod: POD, grant: bytes })),
  });
  assert.deepEqual(openDecision(SEAL_KEY, review.request.id, no.sealed)?.outcome, { kind: 'denied', forGood: true });
  assert.equal(no.sealed.length, yes.sealed.length);
  assert.equal(no.sealed.length, DECISION_STEP_BYTES + 48);
  assert.equal(openDecision(SEAL_KEY, ObjectId.of(new Uint8Array(32)), no.sealed), null);
});

test('what no holder has words for is not signed, and can be denied', async () => {
  for (const [items, code] of [
    [[ask(['shoe_size'])], 'unknown-field'],
    [[ask(['size'], [], recordType('shoes'))], 'unknown-type'],
    [
      [
        {
          ...ask([]),
          requiredPredicates: [
            { id: predicateId('?any'), field: field('shoe_size'), question: { op: 'exists' } as const },
          ],
        },
      ],
      'unknown-question-field',
    ],
  ] as const) {
    const review = await reviewed({ items });
    assert.ok(
      review.problems.some((one) => one.code === code),
      code,
    );
    await notSigned('unshowable', review, { leaveOutOverAsked: true });
    assert.equal(deny(review, false, NOW, systemRandom).grants.length, 0);
  }
  // Without any catalogue nothing can be shown.
  await notSigned('unshowable', await reviewed({}, Labels.none()));
  const stranger = await reviewed({ holders: [NOBODY] });
  assert.deepEqual(stranger.problems, [{ code: 'unknown-holder', principal: NOBODY }]);
});

/** Writes access requests with one claim more than there are. */
const WITH_ONE_MORE: Payload<AccessRequest> = {
  ...AccessRequest,
  toCbor: (request) => {
    const item = AccessRequest.toCbor(request);
    assert.ok(item instanceof CborMap);
    return new CborMap([...item.entries, [-70299n, true]]);
  },
  fromCbor: (item) => {
    assert.ok(item instanceof CborMap);
    return AccessRequest.fromCbor(new CborMap(item.entries.filter(([key]) => key !== -70299n)));
  },
};

test('a request with one claim that the wallet does not know is not one', async () => {
  const { request } = await reviewed();
  const { bytes } = await sign(WITH_ONE_MORE, request.claims, SERVICE_SIGNER);
  refusedWith('claim-unknown', () => reviewOf(bytes, REGISTRY, LABELS, NOW));
});

/** Signs what no reader takes. */
const WRITTEN: Payload<AccessRequest> = { ...AccessRequest, fromCbor: () => ({}) as AccessRequest };

test('words that hide something, or are too long, are refused with the whole request', async () => {
  const { request } = await reviewed();
  for (const en of ['Anni \u{202e}starts', 'Anni\u{0}', 'A\u{200b}nni', 'x'.repeat(10_000), '\u{200d}']) {
    const claims = { ...request.claims, reason: { fi: 'a', sv: 'b', en } };
    const { bytes } = await sign(WRITTEN, claims, SERVICE_SIGNER);
    refusedWith('claim-range', () => reviewOf(bytes, REGISTRY, LABELS, NOW));
  }
  // Markup is text, and stays text.
  const claims = { ...request.claims, reason: { fi: 'a', sv: 'b', en: '<script>alert(1)</script>' } };
  const { bytes } = await sign(WRITTEN, claims, SERVICE_SIGNER);
  assert.equal(reviewOf(bytes, REGISTRY, LABELS, NOW).request.claims.reason.en, '<script>alert(1)</script>');
});

test('a catalogue whose words hide something is left out', () => {
  const label = { fi: 'a', sv: 'b', en: 'sala\u{202e}ry' };
  const catalogue = { record_types: [{ id: 'income', labels: label, fields: [] }] };
  const bytes = new TextEncoder().encode(JSON.stringify(catalogue));
  assert.throws(() => Labels.of(bytes), { name: 'ShapeFault' });
});

test('a request that was changed, or is over, or not of a registered service, is none', async () => {
  const bytes = await askedFor();
  refusedWith('signature', () =>
    reviewOf(bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1), REGISTRY, LABELS, NOW),
  );
  refusedWith('expired', () => reviewOf(bytes, REGISTRY, LABELS, NOW + 40n * 86_400n));
  const stranger = await sign(AccessRequest, (await reviewed()).request.claims, signer.signer);
  refusedWith('key-unknown', () => reviewOf(stranger.bytes, REGISTRY, LABELS, NOW));
  await notSigned('too-late', await reviewed(), {}, NOW + 40n * 86_400n);
});

test('what goes beyond the registration is named, not signed, and can be left out', async () => {
  const review = await reviewed({ items: [ask(['allergies.substance', 'clinic'])] });
  assert.deepEqual(review.overAsked, [{ code: 'over-ask-field', recordType: HEALTH, field: 'clinic' }]);
  assert.deepEqual(
    review.types[0]?.names.map(({ name, overAsked }) => [name, overAsked]),
    [
      ['allergies.substance', false],
      ['clinic', true],
    ],
  );
  await notSigned('over-asked', review);
  const grant = await granted(review, { leaveOutOverAsked: true });
  assert.ok(!JSON.stringify(grant.permissions).includes('clinic'));
  await notSigned('nothing', await reviewed({ items: [ask(['clinic'])] }), { leaveOutOverAsked: true });
  const long = await reviewed({ retentionSecs: 900n * 86_400n });
  assert.equal((await granted(long, { leaveOutOverAsked: true })).limits.retentionSecs, 400n * 86_400n);
  const other = await reviewed({ purpose: purpose('dpv:Marketing') });
  await notSigned('over-asked', other, { leaveOutOverAsked: true });
});

test('less can be agreed to, and never more', async () => {
  const review = await reviewed({ depth: 2n, delegatees: [ESPOO] });
  assert.equal((await granted(review, { untilSecs: NOW + 1n })).expires, NOW + 1n);
  const latest = NOW + review.request.claims.validitySecs;
  for (const untilSecs of [NOW, NOW - 1n, latest + 1n]) await notSigned('until', review, { untilSecs });
  assert.equal((await granted(review, { untilSecs: latest })).expires, latest);
  const none = await granted(review, { depth: 0n });
  assert.deepEqual([none.limits.depth, none.limits.organisations], [0n, null]);
  assert.deepEqual((await granted(review, { depth: 1n })).limits.organisations, [ESPOO]);
  await notSigned('depth', review, { depth: 3n });
  await notSigned('depth', review, { depth: -1n });
});

test('what is agreed to on a page that was open for days ends on the day that it showed', async () => {
  const review = await reviewed();
  const latest = NOW + review.request.claims.validitySecs;
  const shown = lastDay(latest);
  const untilSecs = untilOf(shown, NOW, latest);
  assert.ok(untilSecs !== undefined);
  const later = NOW + 5n * 86_400n;
  const { grants } = await agree(review, { ...CHOICE, untilSecs }, later, systemRandom);
  assert.deepEqual(
    grants.map(({ claims }) => lastDay(claims.expires)),
    [shown],
  );
});

test('a decision is about holders that were asked, one person at each, and what lies there', async () => {
  const [holder] = CHOICE.holders;
  assert.ok(holder);
  await notSigned('no-holder', await reviewed(), { holders: [] });
  await notSigned('holder-twice', await reviewed(), { holders: [holder, holder] });
  await notSigned('holder-not-asked', await reviewed({ holders: [ESPOO] }));
  await notSigned('nothing-there', await reviewed(), { holders: [{ ...holder, recordTypes: [] }] });
});

test('a preview shows what a grant would release right now, and nothing beside it', async () => {
  const record = (value: Record<string, Value>): Value => new ValueMap(Object.entries(value));
  const fields = record({
    allergies: [record({ substance: 'milk', severity: 'mild' })],
    clinic: 'Vuosaari',
  });
  const { permissions } = await granted(await reviewed());
  const shown = previewOf(permissions, [
    { recordType: HEALTH, fields },
    { recordType: recordType('residence'), fields },
  ]);
  assert.deepEqual(shown, [
    { recordType: HEALTH, values: [record({ allergies: [record({ substance: 'milk' })] })], answers: new Map() },
  ]);
});

test('a link names one request at one node, or is none', () => {
  const id = ObjectId.of(new Uint8Array(32).fill(4));
  assert.deepEqual(parseLink(`https://espoo.example/a/v1/access-requests/${id}`), {
    node: 'https://espoo.example/a',
    id,
  });
  // A whole federation on one machine.
  assert.equal(parseLink(`http://127.0.0.1:8443/v1/access-requests/${id}`).node, 'http://127.0.0.1:8443');
  for (const link of [
    '',
    'x',
    `http://espoo.example/v1/access-requests/${id}`,
    `https://espoo.example/v1/access-requests/${id}x`,
    `/v1/access-requests/${id}`,
    `javascript:/v1/access-requests/${id}`,
  ]) {
    assert.throws(() => parseLink(link), LinkFault, link);
  }
});
