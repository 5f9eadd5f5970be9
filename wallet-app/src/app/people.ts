/** For whom the wallet acts: the citizen, and children and others, with what each has where. */

import type { PodId, Principal } from '../protocol/ids.ts';
import type { Words } from '../protocol/words.ts';
import { visible } from '../wallet/show.ts';
import type { WalletState } from '../wallet/state.ts';
import { verbatim } from './text/format.ts';

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
  readonly name: Words;
  readonly places: readonly Place[];
}

const SELF: Words = { fi: 'Minä', sv: 'Jag', en: 'Me' };
const CHILD: Words = { fi: 'Lapsi', sv: 'Barn', en: 'Child' };

/**
 * Everybody, oneself first. Organisations know nothing of each other's people, so children are the same one when they are called the
 * same; one without a name stays alone.
 */
export function peopleOf(state: WalletState): readonly Person[] {
  const people = new Map<string, { isSelf: boolean; name: Words; places: Place[] }>();
  for (const [holder, { pods }] of state.organisations) {
    for (const { pod, relation, label, untilSecs } of pods) {
      const isSelf = relation === 'self';
      const key = isSelf ? 'self' : label === null ? `pod ${pod}` : `child ${label}`;
      const person = people.get(key) ?? {
        isSelf,
        name: isSelf ? SELF : label === null ? CHILD : verbatim(visible(label)),
        places: [],
      };
      person.places.push({ holder, pod, untilSecs });
      people.set(key, person);
    }
  }
  const all = [...people].map(([key, person]) => ({ key, ...person }));
  return [...all.filter(({ isSelf }) => isSelf), ...all.filter(({ isSelf }) => !isSelf)];
}
