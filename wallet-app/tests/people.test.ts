/** Who is who: a child is one person wherever it has data, and two children never become one by themselves. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { maybeSame, type Person, peopleOf } from '../src/app/people.ts';
import { verbatim } from '../src/app/text/format.ts';
import type { BoundPod } from '../src/client/node.ts';
import { Pod, type PodId, type Principal } from '../src/protocol/ids.ts';
import { all, bound, childForgotten, childKnown, held, NEW_STATE, type WalletState } from '../src/wallet/state.ts';
import { ESPOO, HELSINKI } from './world.ts';

const pod = (number: number): PodId => Pod.of(new Uint8Array(16).fill(number));
/** The first seconds, in Finland, on which children of these birthdays turn 18. */
const BORN_2015 = BigInt(Date.parse('2033-02-28T22:00:00Z') / 1000);
const BORN_NEW_YEAR_2019 = BigInt(Date.parse('2036-12-31T22:00:00Z') / 1000);

const child = (number: number, label: string | null, untilSecs: bigint | null = BORN_2015): BoundPod => ({
  pod: pod(number),
  relation: 'guardian',
  untilSecs,
  label,
});
const SELF: BoundPod = { pod: pod(99), relation: 'self', untilSecs: null, label: null };

function enrolled(at: ReadonlyMap<Principal, readonly BoundPod[]>): WalletState {
  return all([...at].flatMap(([holder, pods]) => [held(holder, 'city', []), bound(holder, pods)]))(NEW_STATE);
}
const atBoth = (helsinki: readonly BoundPod[], espoo: readonly BoundPod[]): WalletState =>
  enrolled(
    new Map([
      [HELSINKI, helsinki],
      [ESPOO, espoo],
    ]),
  );

const nameOf = (holder: Principal): ReturnType<typeof verbatim> => verbatim(holder === HELSINKI ? 'Helsinki' : 'Espoo');
const people = (state: WalletState): readonly Person[] => peopleOf(state, nameOf);
const shown = (state: WalletState): readonly (readonly [string, number])[] =>
  people(state).map(({ name, places }) => [name.en, places.length]);

test('a child with one name and one birthday is one, wherever it is named', () => {
  assert.deepEqual(shown(atBoth([child(1, 'Anni'), SELF], [child(2, 'Anni')])), [
    ['Me', 1],
    ['Anni', 2],
  ]);
});

test('one name and two birthdays are two children, and nobody takes one for the other', () => {
  const state = atBoth([child(1, 'Anni')], [child(2, 'Anni', BORN_NEW_YEAR_2019)]);
  assert.deepEqual(shown(state), [
    ['Anni, born 2015 (Helsinki)', 1],
    ['Anni, born 2019 (Espoo)', 1],
  ]);
  assert.deepEqual(shown(atBoth([child(1, 'Anni', null)], [child(2, 'Anni', null)])), [
    ['Anni (Helsinki)', 1],
    ['Anni (Espoo)', 1],
  ]);
});

test('where an organisation has two that look alike, nothing is put together', () => {
  const state = atBoth([child(1, 'Anni'), child(2, 'Anni')], [child(3, 'Anni')]);
  assert.deepEqual(shown(state), [
    ['Anni, born 2015 (Helsinki)', 1],
    ['Anni, born 2015 (Helsinki), no. 2', 1],
    ['Anni, born 2015 (Espoo)', 1],
  ]);
});

test('a child that is not named is nobody else until the person says who it is, and again when that is undone', () => {
  const helsinki = [child(1, 'Anni'), child(2, 'Otto'), child(5, 'Aino', BORN_NEW_YEAR_2019)];
  const before = atBoth(helsinki, [child(3, null), child(4, null)]);
  const unsaid = [
    ['Anni', 1],
    ['Otto', 1],
    ['Aino', 1],
    ['Child, born 2015 (Espoo)', 1],
    ['Child, born 2015 (Espoo), no. 2', 1],
  ];
  assert.deepEqual(shown(before), unsaid);
  const unnamed = people(before)[3];
  assert.ok(unnamed);
  assert.deepEqual(
    maybeSame(unnamed, people(before)).map(({ called }) => called),
    ['Anni', 'Otto'],
  );

  const anni = childKnown({ name: 'Anni', pods: [pod(1), pod(3)] })(before);
  assert.deepEqual(shown(anni), [
    ['Anni', 2],
    ['Otto', 1],
    ['Aino', 1],
    ['Child, born 2015 (Espoo)', 1],
  ]);
  const left = people(anni)[3];
  assert.ok(left);
  assert.deepEqual(
    maybeSame(left, people(anni)).map(({ called }) => called),
    ['Otto'],
    'Espoo has one pod for one child',
  );
  assert.deepEqual(shown(childForgotten([pod(1), pod(3)])(anni)), unsaid);
});

test('a name that the person gave takes the place of none, and what was said last counts', () => {
  const state = atBoth([child(1, null)], [child(2, null)]);
  const named = childKnown({ name: 'Anni', pods: [pod(1)] })(state);
  assert.deepEqual(shown(named), [
    ['Anni', 1],
    ['Child, born 2015 (Espoo)', 1],
  ]);
  const both = childKnown({ name: 'Anni', pods: [pod(1), pod(2)] })(named);
  assert.deepEqual(both.knownChildren.length, 1);
  assert.deepEqual(shown(both), [['Anni', 2]]);
});
