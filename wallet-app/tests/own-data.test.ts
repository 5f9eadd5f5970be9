/** One's own data: where they came from, why they are held, and what the holder says of each field. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { utf8 } from '../src/protocol/bytes.ts';
import { Labels } from '../src/wallet/labels.ts';
import { ownRecord } from '../src/wallet/records.ts';
import { readStanding } from '../src/wallet/standing.ts';
import { NOW } from './server.ts';
import { field, recordType } from './world.ts';

const RESIDENCE = recordType('residence');
const THREE = { fi: 'Asukastiedot', sv: 'Invånaruppgifter', en: 'Residence' };

function catalogue(more: object, fields: readonly object[] = [], registers?: readonly object[]): Uint8Array {
  return utf8(JSON.stringify({ record_types: [{ id: 'residence', labels: THREE, fields, ...more }], registers }));
}

test('a record says from which register it came, and when', () => {
  const read = ownRecord({
    record_type: 'residence',
    fields: { family_name: 'Timonen' },
    source: 'residents',
    imported_at_secs: Number(NOW),
  });
  assert.deepEqual([read.source, read.importedSecs], ['residents', NOW]);
  const bare = ownRecord({ record_type: 'residence', fields: {} });
  assert.deepEqual([bare.source, bare.importedSecs], [null, null]);
});

test('a catalogue says why a type is held, for how long, and what it protects', () => {
  const labels = Labels.of(
    catalogue(
      {
        descriptions: { fi: 'Nimi', sv: 'Namn', en: 'Name' },
        legal_basis: ['eu-gdpr:A6-1-c', 'eu-gdpr:A9-2-h'],
        retention: 'P10Y',
        sensitivity: 'special-category',
      },
      [
        { path: 'address', labels: THREE, whose: 'subject', withheld_under_non_disclosure: true },
        { path: 'fee', labels: THREE, whose: 'guardian', values: [{ value: 'constructor', labels: THREE }] },
        { path: 'contact', labels: THREE, whose: 'neighbour' },
      ],
    ),
  );
  const about = labels.aboutType(RESIDENCE);
  assert.deepEqual(about?.legalBasis, ['eu-gdpr:A6-1-c', 'eu-gdpr:A9-2-h']);
  assert.deepEqual([about.retention, about.isSpecial, about.description?.en], ['P10Y', true, 'Name']);
  const fields = labels.aboutFields(RESIDENCE);
  assert.equal(fields.get(field('address'))?.isWithheld, true);
  assert.equal(fields.get(field('fee'))?.whose, 'guardian');
  assert.equal(fields.get(field('contact'))?.whose, 'other');
  assert.equal(labels.field(RESIDENCE, field('fee'))?.en, 'Residence');
  assert.equal(labels.value(RESIDENCE, field('fee'), 'constructor')?.fi, THREE.fi);
  assert.equal(labels.value(RESIDENCE, field('fee'), 'toString'), null);
});

test('a register has the name that its organisation gave it', () => {
  const labels = Labels.of(catalogue({}, [], [{ id: 'residents', labels: THREE }]));
  assert.deepEqual(labels.register('residents'), THREE);
  assert.equal(labels.register('library'), null);
});

test('a catalogue that says less is still one, and a longer description is no reason to show nothing', () => {
  const bare = Labels.of(catalogue({}));
  assert.deepEqual(bare.aboutType(RESIDENCE)?.legalBasis, []);
  assert.equal(bare.aboutType(RESIDENCE)?.isSpecial, false);
  assert.equal(bare.aboutType(recordType('library')), null);
  assert.equal(bare.aboutFields(recordType('library')).size, 0);
  const long = 'a'.repeat(5000);
  assert.equal(
    Labels.of(catalogue({ descriptions: { fi: long, sv: long, en: long } })).recordType(RESIDENCE)?.en,
    'Residence',
  );
});

test('of what two holders say of the same type, the first speaks', () => {
  const [first, second] = [Labels.of(catalogue({ retention: 'P1Y' })), Labels.of(catalogue({ retention: 'P2Y' }))];
  assert.equal(first.with(second).aboutType(RESIDENCE)?.retention, 'P1Y');
});

test('what stands says whether everything is restricted', () => {
  const page = { grants: [], revoked: [], revoked_before_secs: 0 };
  const read = (more: object): ReturnType<typeof readStanding> =>
    readStanding(utf8(JSON.stringify({ ...page, ...more })));
  assert.equal(read({}).isRestricted, false);
  assert.equal(read({ restricted: true }).isRestricted, true);
  assert.deepEqual(read({ restricted_types: ['residence'] }).restrictedTypes, ['residence']);
});
