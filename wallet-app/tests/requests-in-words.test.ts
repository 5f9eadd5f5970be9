/** A request on a page: the link is read however it came, each question is in words, and what would be shared follows what is ticked. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  isAgreeable,
  overAskedWords,
  refusedWords,
  retentionOf,
  unknownWords,
} from '../src/app/pages/request/faults.ts';
import { grantableFor } from '../src/app/pages/request/share.ts';
import { byType, hasAnything, narrowed } from '../src/app/pages/request/shown.ts';
import { dateOf, lastDay, untilOf } from '../src/app/pages/request/until.ts';
import { inInbox, readSource } from '../src/app/pages/requests/link.ts';
import { answered, asked, learnt } from '../src/app/parts/questions.ts';
import type { Person } from '../src/app/people.ts';
import { isoDay, verbatim } from '../src/app/text/format.ts';
import type { AccessRequest } from '../src/protocol/access-request.ts';
import type { Permission } from '../src/protocol/grant.ts';
import { ObjectId, Principal } from '../src/protocol/ids.ts';
import type { Predicate, Question } from '../src/protocol/predicate.ts';
import { ValueMap } from '../src/protocol/value.ts';
import { LinkFault } from '../src/wallet/answer.ts';
import { permissionsOf } from '../src/wallet/decide.ts';
import { previewOf } from '../src/wallet/records.ts';
import { type Review, reviewOf } from '../src/wallet/review.ts';
import { NOW } from './server.ts';
import { askedFor, ESPOO, field, HELSINKI, LABELS, POD, predicateId, purpose, recordType, REGISTRY } from './world.ts';

// Days begin and end where the person is.
process.env['TZ'] = 'Europe/Helsinki';

const ID = ObjectId.of(new Uint8Array(32).fill(8));
const LINK = `https://espoo.example/v1/access-requests/${ID}`;
const HEALTH = recordType('child-health');

async function reviewed(more: Partial<AccessRequest> = {}): Promise<Review> {
  return reviewOf(await askedFor(more), REGISTRY, LABELS, NOW);
}

test('a link is the same bare, in an address of a wallet, and broken into lines by a message', () => {
  const expected = { from: 'link', id: ID, link: LINK };
  assert.deepEqual(readSource(LINK), expected);
  assert.deepEqual(readSource(`https://aitta.example/#/request/${encodeURIComponent(LINK)}`), expected);
  assert.deepEqual(readSource(`https://aitta.example/#/request/${LINK}`), expected);
  assert.deepEqual(readSource(`  ${LINK.slice(0, 40)}\r\n ${LINK.slice(40)}\n`), expected);
  assert.deepEqual(readSource(inInbox(ID)), { from: 'inbox', id: ID });
  assert.deepEqual(readSource(`https://aitta.example/#/request/${encodeURIComponent(inInbox(ID))}`), {
    from: 'inbox',
    id: ID,
  });
});

test('what is no link to a request opens nothing', () => {
  const others = [
    '',
    'hello',
    'inbox:hello',
    'https://espoo.example/',
    LINK.slice(0, -1),
    LINK.replace('https', 'http'),
    LINK.replace('https://espoo.example', 'javascript:alert(1)'),
    'https://aitta.example/#/request/%E4%A',
    `https://aitta.example/#/request/${encodeURIComponent('https://espoo.example/other')}`,
  ];
  for (const text of others) assert.throws(() => readSource(text), LinkFault, text);
});

const question = (of: Question): Predicate => ({ id: predicateId('?q'), field: field('born'), question: of });
const inEnglish = (of: Question): string => asked(question(of), verbatim('Born')).en;

test('every kind of question is asked in words, and says that the value itself stays', () => {
  assert.equal(inEnglish({ op: 'eq', constant: 'milk' }), '“Born”: is it “milk”?');
  assert.equal(inEnglish({ op: 'eq', constant: true }), '“Born”: is it yes?');
  assert.equal(inEnglish({ op: 'in', constants: ['a', 3n, null] }), '“Born”: is it one of these: “a”, 3 or empty?');
  assert.equal(inEnglish({ op: 'ge', constant: 7n }), '“Born”: is it at least 7?');
  assert.equal(inEnglish({ op: 'ge', constant: '118.00' }), '“Born”: is it at least 118.00?');
  assert.equal(inEnglish({ op: 'ge', constant: '2020-08-01' }), '“Born”: is the day 1 August 2020 or later?');
  assert.equal(inEnglish({ op: 'ge', constant: 'M' }), '“Born”: is it “M” or later in the alphabet?');
  assert.equal(inEnglish({ op: 'le', constant: '2020-08-01' }), '“Born”: is the day 1 August 2020 or earlier?');
  assert.equal(
    inEnglish({ op: 'age_ge', years: 7n, day: '2027-08-01' }),
    '“Born”: is the age at least 7 years on 1 August 2027?',
  );
  assert.equal(inEnglish({ op: 'exists' }), '“Born”: is anything known?');
  assert.equal(inEnglish({ op: 'count_ge', count: 2n }), '“Born”: are there at least 2?');
  const ranges: Question = { op: 'bucket', bounds: [10n, 20n] };
  assert.equal(
    inEnglish(ranges),
    '“Born”: in which of these ranges is it: below 10, at least 10 and below 20 or at least 20?',
  );
  assert.notDeepEqual(learnt(question(ranges)), learnt(question({ op: 'exists' })));
});

test('an answer says what it means', () => {
  const exists = question({ op: 'exists' });
  assert.equal(answered(exists, true).fi, 'kyllä');
  assert.equal(answered(exists, false).sv, 'nej');
  assert.equal(answered(exists, null).en, 'nothing known');
  const ranges = question({ op: 'bucket', bounds: [10n, 20n] });
  assert.deepEqual(
    [0n, 1n, 2n, 3n].map((answer) => answered(ranges, answer).en),
    ['below 10', 'at least 10 and below 20', 'at least 20', 'nothing known'],
  );
});

test('letters of a name do not get into the sentence around it', () => {
  assert.equal(asked(question({ op: 'ge', constant: 7n }), verbatim('F and V')).en, '“F and V”: is it at least 7?');
});

test('a day that is in no calendar is shown as it is written', () => {
  assert.equal(isoDay('2026-02-30'), null);
  assert.equal(inEnglish({ op: 'eq', constant: '2026-02-30' }), '“Born”: is it “2026-02-30”?');
});

test('what would be shared follows what is ticked, without asking again', async () => {
  const predicate = { ...question({ op: 'exists' }), field: field('clinic') };
  const review = await reviewed({
    items: [
      {
        recordType: HEALTH,
        required: [field('allergies.substance')],
        optional: [field('vaccinations')],
        requiredPredicates: [],
        optionalPredicates: [],
      },
    ],
  });
  const record = new ValueMap([
    [
      'allergies',
      [
        new ValueMap([
          ['substance', 'milk'],
          ['note', 'secret'],
        ]),
      ],
    ],
    ['vaccinations', ['MPR']],
    ['clinic', 'Kallio'],
  ]);
  const records = [{ recordType: HEALTH, fields: record }] as Parameters<typeof previewOf>[1];
  const everything = permissionsOf(review, { optional: [{ recordType: HEALTH, name: 'vaccinations' }] });
  const questions: Permission = { kind: 'derived', recordType: HEALTH, predicates: [predicate] };
  const read = previewOf([...everything, questions], records);

  for (const ticked of [everything, permissionsOf(review, { optional: [] }), [questions], []])
    assert.deepEqual(narrowed(read, ticked), previewOf(ticked, records));
  assert.deepEqual(
    byType(read).map(({ values, answers }) => [values.length, answers.size]),
    [[1, 1]],
  );
  assert.deepEqual(byType(previewOf(everything, [])), []);
  assert.ok(hasAnything(read));
  assert.ok(!hasAnything(previewOf(everything, [])));
  assert.ok(!hasAnything(previewOf([questions], [])));
});

test('what cannot be shown cannot be agreed to, a purpose without words neither', async () => {
  assert.ok(isAgreeable(await reviewed()));
  const unknown = await reviewed({ purpose: purpose('dpv:SomethingNew') });
  assert.ok(!isAgreeable(unknown));
  assert.match(unknownWords(unknown)[0]?.en ?? '', /dpv:SomethingNew/);
  assert.ok(!isAgreeable(await reviewed({ holders: [Principal.of(new Uint8Array(32).fill(77))] })));
});

test('what is over-asked is named; an over-asked purpose can only be denied', async () => {
  const over = await reviewed({
    items: [
      {
        recordType: HEALTH,
        required: [field('clinic'), field('allergies')],
        optional: [],
        requiredPredicates: [],
        optionalPredicates: [],
      },
    ],
    retentionSecs: 1000n * 86_400n,
  });
  assert.deepEqual(
    overAskedWords(over).map(({ en }) => en),
    ['Child health: clinic'],
  );
  assert.deepEqual(retentionOf(over), { secs: 400n * 86_400n, askedSecs: 1000n * 86_400n });
  assert.ok(isAgreeable(over));
  assert.ok(!isAgreeable(await reviewed({ purpose: purpose('dpv:Marketing') })));
});

test('each reason for which a request is not shown has words', () => {
  const notGenuine = refusedWords('signature');
  assert.deepEqual(refusedWords('cbor-truncated'), notGenuine);
  assert.deepEqual(refusedWords('toString'), notGenuine);
  for (const code of ['expired', 'suspended', 'claim-unknown', 'issued-in-future'])
    assert.notDeepEqual(refusedWords(code), notGenuine, code);
});

test('only people and places count at which the request can be granted', () => {
  const at = (holder: typeof HELSINKI): Person['places'][number] => ({ holder, pod: POD, untilSecs: null });
  const people: readonly Person[] = [
    { key: 'self', isSelf: true, name: verbatim('Me'), called: null, isSaidHere: false, places: [at(HELSINKI)] },
    {
      key: 'anni',
      isSelf: false,
      name: verbatim('Anni'),
      called: 'Anni',
      isSaidHere: false,
      places: [at(HELSINKI), at(ESPOO)],
    },
  ];
  assert.deepEqual(grantableFor(people, null), people);
  assert.deepEqual(
    grantableFor(people, [ESPOO]).map(({ key, places }) => [key, places.length]),
    [['anni', 1]],
  );
});

test('a consent counts through the whole of its last day, where the person is', () => {
  const at = (text: string): bigint => BigInt(Date.parse(text) / 1000);
  const now = at('2026-10-20T09:30:00Z');
  const latest = now + 30n * 86_400n;
  assert.equal(dateOf(at('2026-10-20T21:30:00Z')), '2026-10-21');
  assert.equal(lastDay(at('2026-10-20T21:00:00Z')), '2026-10-20');
  assert.equal(untilOf('2026-10-20', now, latest), at('2026-10-20T21:00:00Z'));
  // The night in which clocks go back is in the 25th.
  assert.equal(untilOf('2026-10-25', now, latest), at('2026-10-25T22:00:00Z'));
  assert.equal(untilOf(lastDay(latest), now, latest), latest);
  for (const none of ['', 'soon', '2026-10-19', '2026-11-20', '2026-02-30', '2026-13-01'])
    assert.equal(untilOf(none, now, latest), undefined, none);
  assert.equal(untilOf('2026-11-31', now, now + 90n * 86_400n), undefined);
});
