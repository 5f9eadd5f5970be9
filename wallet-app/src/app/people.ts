/** For whom the wallet acts: the citizen, and children and others, with what each has where. */

import type { BoundPod } from '../client/node.ts';
import type { PodId, Principal } from '../protocol/ids.ts';
import type { Words } from '../protocol/words.ts';
import { visible } from '../wallet/show.ts';
import type { KnownChild, WalletState } from '../wallet/state.ts';
import { peopleWords as words } from './people.words.ts';
import { listed, verbatim } from './text/format.ts';

/** Where a person's data lie. */
export interface Place {
  readonly holder: Principal;
  readonly pod: PodId;
  /** First second at which it ends that the wallet acts for this person there. */
  readonly untilSecs: bigint | null;
}

export interface Person {
  /** Tells people apart on a page. */
  readonly key: string;
  readonly isSelf: boolean;
  /** Nobody else has the same. */
  readonly name: Words;
  /** The bare name; null for oneself, and for a child whom no organisation names. */
  readonly called: string | null;
  /** Whether it was said on this device who it is. */
  readonly isSaidHere: boolean;
  readonly places: readonly Place[];
}

type Child = Pick<Person, 'called' | 'isSaidHere' | 'places'>;

/** Authority over a child ends on the day on which it turns so old. */
const MAJORITY_YEARS = 18;
/** Half a day: that day begins two or three hours before that of UTC. */
const HALF_DAY_SECS = 43_200n;

/** Everybody, oneself first. `nameOf` says what an organisation is called. */
export function peopleOf(state: WalletState, nameOf: (holder: Principal) => Words): readonly Person[] {
  const pods = [...state.organisations].flatMap(([holder, at]) => at.pods.map((bound) => ({ holder, ...bound })));
  const own = pods.filter(({ relation }) => relation === 'self');
  const self: Person = { key: 'self', isSelf: true, name: words.self, called: null, isSaidHere: false, places: own };
  const children = childrenOf(
    pods.filter((one) => !own.includes(one)),
    state.knownChildren,
  );
  const names = unlike(children, nameOf);
  const others = children.map((child, at): Person => {
    return { key: child.places[0]?.pod ?? '', isSelf: false, name: names[at] ?? words.child, ...child };
  });
  return own.length > 0 ? [self, ...others] : others;
}

/**
 * Organisations know nothing of each other's people, and what is agreed to for a child is agreed to wherever it has data. So children
 * of two organisations are one when the person says so, or when both the name and the day of birth, to the second at which the
 * authority ends, are the same; never by the name alone. An organisation has one pod for one child: where it has two that look alike,
 * nothing is put together by itself.
 */
function childrenOf(
  pods: readonly (Place & Pick<BoundPod, 'label'>)[],
  knownChildren: readonly KnownChild[],
): readonly Child[] {
  const alike = new Map<string, { called: string | null; isSaidHere: boolean; places: Place[] }>();
  for (const { label, ...place } of pods) {
    const known = knownChildren.findIndex((one) => one.pods.includes(place.pod));
    const said = knownChildren[known];
    const isTold = label !== null && place.untilSecs !== null;
    const key = said ? `said ${known}` : isTold ? `told ${place.untilSecs} ${label}` : place.pod;
    const child = alike.get(key) ?? { called: said?.name ?? label, isSaidHere: said !== undefined, places: [] };
    child.places.push(place);
    alike.set(key, child);
  }
  return [...alike.values()].flatMap((child) => {
    const isOne = child.isSaidHere || new Set(child.places.map(({ holder }) => holder)).size === child.places.length;
    return isOne ? [child] : child.places.map((place) => ({ ...child, places: [place] }));
  });
}

/**
 * Who may be the same child: those with a name, of the same birthday as far as it is known, at other organisations. An organisation
 * has one pod for one child.
 */
export function maybeSame(child: Person, people: readonly Person[]): readonly (Person & { readonly called: string })[] {
  const holders = new Set(child.places.map(({ holder }) => holder));
  const birthdays = (one: Person): readonly bigint[] => one.places.flatMap(({ untilSecs }) => untilSecs ?? []);
  return people.flatMap((one) => {
    const isElsewhere = one !== child && one.places.every(({ holder }) => !holders.has(holder));
    const isOneBirthday = new Set([...birthdays(child), ...birthdays(one)]).size <= 1;
    return isElsewhere && isOneBirthday && one.called !== null ? [{ ...one, called: one.called }] : [];
  });
}

/** What each is called, so that nobody is taken for another: with year of birth and place where the name alone does not tell. */
function unlike(children: readonly Child[], nameOf: (holder: Principal) => Words): readonly Words[] {
  const bare = children.map(({ called }) => called && visible(called));
  const told = children.map(({ places }, at): Words => {
    const name = bare[at] ?? null;
    if (name !== null && bare.filter((one) => one === name).length === 1) return verbatim(name);
    const year = bornIn(places);
    const who = name === null ? words.child : verbatim(name);
    const born = year && (name === null ? words.childBorn(year) : words.born(who, year));
    return words.at(born ?? who, listed(places.map(({ holder }) => nameOf(holder))));
  });
  return told.map((one, at) => {
    const before = told.slice(0, at).filter(({ fi }) => fi === one.fi).length;
    return before === 0 ? one : words.numbered(one, verbatim(String(before + 1)));
  });
}

function bornIn(places: readonly Place[]): Words | null {
  const until = places.find(({ untilSecs }) => untilSecs !== null)?.untilSecs ?? null;
  if (until === null) return null;
  const turns18 = new Date(Number(until + HALF_DAY_SECS) * 1000);
  return verbatim(String(turns18.getUTCFullYear() - MAJORITY_YEARS));
}
