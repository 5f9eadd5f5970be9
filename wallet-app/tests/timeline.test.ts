/** All logs as one timeline: who looked stands out, one's own acts stay in the background, and what is new is new once. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  byMonth,
  isNewSince,
  kindOf,
  lastMonths,
  readVisited,
  type Seen,
  visitKey,
  type Wanted,
  wantedOf,
  writeVisited,
} from '../src/app/pages/looked/timeline.ts';
import { Principal } from '../src/protocol/ids.ts';
import type { Opened } from '../src/wallet/log-page.ts';
import { ESPOO, HELSINKI, POD, SERVICE } from './world.ts';

const OWN = Principal.of(new Uint8Array(32).fill(50));
const MOTHER = Principal.of(new Uint8Array(32).fill(51));
const SOME: Opened = {
  timeSecs: 0n,
  kind: 'disclosure',
  service: SERVICE,
  organisation: 'espoo',
  purpose: 'dpv:ServiceProvision',
  released: [],
  withheld: [],
  outcome: 'released',
  actor: null,
  requestId: null,
  grant: null,
};
const ALL: Wanted = { person: null, holder: null, service: null, kind: null, quiet: false };

function at(date: string): bigint {
  return BigInt(new Date(date).getTime() / 1000);
}

function seen(index: bigint, date: string, more: Partial<Seen> = {}, opened: Partial<Opened> = {}): Seen {
  const entry = { index, opened: { ...SOME, timeSecs: at(date), ...opened } };
  return { holder: HELSINKI, pod: POD, person: 'self', kind: 'used', entry, treeSize: 9n, isNew: false, ...more };
}

test('a refused command is an act of whoever gave it, a refused request is not', () => {
  assert.equal(kindOf(SOME, OWN), 'used');
  assert.equal(kindOf({ ...SOME, kind: 'refusal', outcome: 'revoked' }, OWN), 'refused');
  const act: Opened = { ...SOME, service: null, purpose: 'read', actor: OWN, kind: 'command' };
  assert.equal(kindOf(act, OWN), 'own');
  assert.equal(kindOf({ ...act, kind: 'refusal' }, OWN), 'own');
  assert.equal(kindOf({ ...act, actor: MOTHER }, OWN), 'others');
  assert.equal(kindOf({ ...act, actor: MOTHER }, null), 'others');
  assert.equal(kindOf({ ...act, kind: 'import', actor: null }, OWN), 'import');
  assert.equal(kindOf({ ...SOME, kind: 'notice-answer' }, OWN), 'notice');
  // Its own key was erased: that data left is still said.
  assert.equal(kindOf({ ...SOME, service: null, actor: null }, OWN), 'used');
  assert.equal(kindOf({ ...SOME, kind: 'something-new' }, OWN), 'unknown');
});

test('the newest stands first, across holders; acts of one’s own come when they are asked for', () => {
  const all = [
    seen(1n, '2026-03-01T10:00:00'),
    seen(7n, '2026-03-03T10:00:00', { holder: ESPOO, person: 'child Anni' }),
    seen(2n, '2026-03-02T10:00:00', { kind: 'own' }, { service: null }),
    seen(3n, '2026-03-01T10:00:00', { kind: 'others' }),
  ];
  const indices = (wanted: Partial<Wanted>): readonly bigint[] =>
    wantedOf(all, { ...ALL, ...wanted }).map(({ entry }) => entry.index);
  assert.deepEqual(indices({}), [7n, 3n, 1n]);
  assert.deepEqual(indices({ quiet: true }), [7n, 2n, 3n, 1n]);
  assert.deepEqual(indices({ kind: 'own' }), [2n]);
  assert.deepEqual(indices({ person: 'child Anni' }), [7n]);
  assert.deepEqual(indices({ holder: HELSINKI }), [3n, 1n]);
  assert.deepEqual(indices({ service: SERVICE, quiet: true, holder: HELSINKI }), [3n, 1n]);
});

test('months follow each other, and a year ends', () => {
  const all = [
    seen(3n, '2026-01-02T10:00:00', { kind: 'refused' }),
    seen(2n, '2025-12-31T23:59:59'),
    seen(1n, '2025-12-01T00:00:00'),
    seen(0n, '2024-12-31T23:59:59'),
  ];
  assert.deepEqual(
    byMonth(all).map(({ month, entries }) => [month.year, month.month, entries.length]),
    [
      [2026, 0, 1],
      [2025, 11, 2],
      [2024, 11, 1],
    ],
  );
  const months = lastMonths(all, at('2026-01-31T12:00:00'));
  assert.equal(months.length, 12);
  assert.deepEqual(months[0], { year: 2025, month: 1, used: 0, refused: 0 });
  assert.deepEqual(months.slice(-2), [
    { year: 2025, month: 11, used: 2, refused: 0 },
    { year: 2026, month: 0, used: 0, refused: 1 },
  ]);
});

test('at the first visit nothing is new; then what came since, in each log by itself', () => {
  assert.equal(isNewSince(new Map(), HELSINKI, POD, 5n), false);
  const visited = readVisited(writeVisited(new Map([[visitKey(HELSINKI, POD), 5n]])));
  assert.equal(isNewSince(visited, HELSINKI, POD, 4n), false);
  assert.equal(isNewSince(visited, HELSINKI, POD, 5n), true);
  assert.equal(isNewSince(visited, ESPOO, POD, 5n), false);
  for (const odd of [null, '', '{}', 'null', '[1,[2],["a","b"]]', '[["a",1.5]]']) {
    assert.deepEqual(readVisited(odd), new Map());
  }
});
