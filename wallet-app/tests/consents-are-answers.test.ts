/** Consents on a page: one for each answer to a request, read from what was signed. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Consents, consentsOf, untilSecs } from '../src/app/pages/consents/consents.ts';
import { nameIn, typeName } from '../src/app/pages/looked/names.ts';
import { namedTypes } from '../src/app/parts/permissions.ts';
import { systemRandom } from '../src/crypto/random.ts';
import { sign, Signed } from '../src/protocol/cose.ts';
import { Grant } from '../src/protocol/grant.ts';
import type { Predicate } from '../src/protocol/predicate.ts';
import { agree, deny } from '../src/wallet/decide.ts';
import { Labels } from '../src/wallet/labels.ts';
import { type Review, reviewOf } from '../src/wallet/review.ts';
import { all, decided, NEW_STATE, revoked, told, toRevoke, type WalletState } from '../src/wallet/state.ts';
import { NOW } from './server.ts';
import { askedFor, enrolled, field, LABELS, POD, predicateId, recordType, REGISTRY, VALIDITY_SECS } from './world.ts';

const { signer } = await enrolled();
const review: Review = reviewOf(await askedFor(), REGISTRY, LABELS, NOW);

async function yes(state: WalletState, nowSecs = NOW, untilSecs = nowSecs + VALIDITY_SECS): Promise<WalletState> {
  const holders = [{ pod: POD, signer, recordTypes: null }];
  const choice = { optional: [], holders, untilSecs, depth: null, leaveOutOverAsked: false };
  const made = await agree(review, choice, nowSecs, systemRandom);
  return all([decided(review, made, nowSecs), told(made.sealed)])(state);
}

function no(state: WalletState, nowSecs = NOW): WalletState {
  const made = deny(review, false, nowSecs, systemRandom);
  return all([decided(review, made, nowSecs), told(made.sealed)])(state);
}

/** How many are in force, ended and denied. */
const counts = ({ active, ended, denied }: Consents): readonly number[] => [
  active.flatMap(({ consents }) => consents).length,
  ended.length,
  denied.length,
];

test('who denies first and agrees later has said two things', async () => {
  const state = await yes(no(NEW_STATE));
  const consents = consentsOf(state, NOW);
  assert.deepEqual(counts(consents), [1, 0, 1]);
  assert.equal(consents.active[0]?.service, review.service.principal);
});

test('a consent says what was signed, not what was asked', async () => {
  const until = NOW + 86_400n;
  const [group] = consentsOf(await yes(NEW_STATE, NOW, until), NOW).active;
  const [consent] = group?.consents ?? [];
  assert.ok(consent);
  assert.equal(untilSecs(consent), until);
  const grant = consent.parts[0]?.grant;
  assert.ok(grant);
  assert.deepEqual(grant.permissions, [
    { kind: 'raw', recordType: recordType('child-health'), fields: [field('allergies.substance')] },
  ]);
  assert.equal(namedTypes(grant.permissions, LABELS)[0]?.words.en, 'Child health');
  assert.equal(namedTypes(grant.permissions, Labels.none())[0]?.names[0]?.en, 'allergies.substance');
});

test('what is ended stays until the organisation has confirmed it, and has then ended', async () => {
  const given = await yes(NEW_STATE);
  const [grant] = given.grants;
  assert.ok(grant);
  const ending = toRevoke({ holder: grant.holder, pod: POD, grant: grant.id, expiresSecs: grant.expiresSecs })(given);
  assert.equal(consentsOf(ending, NOW).active[0]?.consents[0]?.parts[0]?.standing, 'ending');
  const over = consentsOf(revoked(grant.id, NOW + 1n)(ending), NOW);
  assert.deepEqual(counts(over), [0, 1, 0]);
});

test('what was ended on the page stays in its place, so that its end is seen', async () => {
  const given = await yes(NEW_STATE);
  const [grant] = given.grants;
  assert.ok(grant);
  const state = revoked(grant.id, NOW + 1n)(given);
  const [over] = consentsOf(state, NOW).ended;
  assert.ok(over);
  const kept = consentsOf(state, NOW, new Set([over.key]));
  assert.deepEqual(counts(kept), [1, 0, 0]);
  assert.equal(kept.active[0]?.consents[0]?.parts[0]?.standing, 'ended');
});

test('a consent ends by itself, and a later answer stands first', async () => {
  const soon = NOW + 60n;
  const first = await yes(NEW_STATE, NOW, soon);
  const state = await yes(first, soon);
  assert.deepEqual(counts(consentsOf(state, soon)), [1, 1, 0]);
  const byAge = consentsOf(no(no(NEW_STATE), NOW + 5n), NOW + 5n).denied;
  assert.deepEqual(
    byAge.map(({ decision }) => decision.decidedSecs),
    [NOW + 5n, NOW],
  );
  assert.notEqual(byAge[0]!.key, byAge[1]!.key);
});

test('who looked names a question by what the consent says that it asks', async () => {
  const [given] = (await yes(NEW_STATE)).grants;
  assert.ok(given);
  const grant = Signed.decode(Grant, given.bytes).unverified;
  const born: Predicate = {
    id: predicateId('?born-by'),
    field: field('clinic'),
    question: { op: 'ge', constant: '2020-08-01' },
  };
  const permissions = [{ kind: 'derived', recordType: recordType('child-health'), predicates: [born] }] as const;
  const { bytes } = await sign(Grant, { ...grant, permissions }, signer.signer);
  const named = (type: string, name: string, used: typeof given | undefined = { ...given, bytes }): string =>
    nameIn(type, name, LABELS, used).en;
  assert.equal(
    named('child-health', '?born-by'),
    'an answer to the question “clinic”: is the day 1 August 2020 or later?',
  );
  // What this device did not sign, or not so, it does not guess at.
  for (const used of [undefined, given])
    assert.equal(nameIn('child-health', '?born-by', LABELS, used).en, 'an answer to a question called “born by”');
  assert.equal(named('child-health', '?other'), 'an answer to a question called “other”');
  assert.equal(named('library', '?born-by'), 'an answer to a question called “born by”');
  assert.equal(named('child-health', 'allergies'), 'allergies');
  assert.equal(named('child-health', 'shoe_size'), 'something called “shoe_size”');
  assert.equal(typeName('library', LABELS).sv, 'en uppgift som heter ”library”');
});
