/** What one organisation has of what is asked, as far as this device knows. */

import type { Preview } from '../../../wallet/records.ts';
import type { Person, Place } from '../../people.ts';

export type Share =
  | { readonly is: 'busy'; readonly place: Place }
  /** Everything that could be shared from there. */
  | { readonly is: 'there'; readonly place: Place; readonly previews: readonly Preview[] }
  | { readonly is: 'away'; readonly place: Place; readonly fault: unknown };

/** Tells places apart on a page. */
export function keyOf({ holder, pod }: Place): string {
  return `${holder} ${pod}`;
}

/** Those of these people who have places at which the request can be granted, with these places alone; null means anywhere. */
export function grantableFor(people: readonly Person[], holders: readonly string[] | null): readonly Person[] {
  return people
    .map((person) => ({ ...person, places: person.places.filter(({ holder }) => holders?.includes(holder) ?? true) }))
    .filter(({ places }) => places.length > 0);
}
