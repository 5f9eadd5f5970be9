/** Everything in one file: what came, as it came, and who is missing. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fileName, fileText } from '../src/app/pages/download/file.ts';
import { isoDuration } from '../src/app/pages/data/duration.ts';
import { ESPOO, HELSINKI, POD } from './world.ts';

const NAMES = {
  organisation: (holder: string) => ({ fi: `F ${holder}`, sv: `S ${holder}`, en: `E ${holder}` }),
  person: () => ({ fi: 'Minä', sv: 'Jag', en: 'Me' }),
};
const NOON = BigInt(Date.parse('2026-11-22T12:00:00Z') / 1000);

test('the file has each organisation by name with the records as they came, and says who is missing', () => {
  const records = [{ record_type: 'residence', fields: { family_name: 'O\u{2019}Neill' }, later: [1, null] }];
  const arrived = [{ holder: HELSINKI, name: 'helsinki', pod: POD, catalogue: { format: 1 }, records }];
  const text = fileText(arrived, [{ holder: ESPOO, code: 'not-reached' }], NAMES, NOON);
  const read = JSON.parse(text) as {
    made: string;
    organisations: { names: { en: string }; people: { records: unknown }[]; catalogue: unknown }[];
    missing: { id: string; code: string }[];
  };
  assert.equal(read.made, '2026-11-22T12:00:00.000Z');
  const [helsinki] = read.organisations;
  assert.equal(helsinki?.names.en, `E ${HELSINKI}`);
  assert.deepEqual(helsinki.people[0]?.records, records);
  assert.deepEqual(helsinki.catalogue, { format: 1 });
  assert.deepEqual(
    read.missing.map(({ id, code }) => [id, code]),
    [[ESPOO, 'not-reached']],
  );
  assert.equal(fileName(NOON), 'aitta-2026-11-22.json');
});

test('what two people have at one organisation stands there together, explained once', () => {
  const one = { holder: HELSINKI, name: 'helsinki', pod: POD, catalogue: { format: 1 }, records: [] };
  const read = JSON.parse(fileText([one, one], [], NAMES, NOON)) as { organisations: { people: unknown[] }[] };
  assert.deepEqual(
    read.organisations.map(({ people }) => people.length),
    [2],
  );
});

test('how long something is kept is said in words, or as it was written', () => {
  assert.equal(isoDuration('P10Y')?.en, '10 years');
  assert.equal(isoDuration('P1Y')?.fi, '1 vuosi');
  assert.equal(isoDuration('P1Y6M')?.sv, '1 år och 6 månader');
  assert.equal(isoDuration('P2W')?.en, '2 weeks');
  for (const odd of ['', 'P', 'PT1H', '24 months', 'P1.5Y', '-P1Y', 'P1D2Y']) assert.equal(isoDuration(odd), null);
});
