/** Texts of others, before a person sees them. */

import { hasHidden } from '../protocol/hidden.ts';

/** Most characters of a stranger's text that are shown in one place: a long name, a short sentence. */
export const MAX_SHOWN_CHARACTERS = 200;
/** What stands for a character that people would not see, or that makes them see others differently. */
const REPLACEMENT = '\u{fffd}';
const CUT = '…';
/** Where letters are written from right to left (Unicode 17, DerivedBidiClass: the blocks whose default is R or AL). */
const RIGHT_TO_LEFT = /[\u{590}-\u{8ff}\u{fb1d}-\u{fdff}\u{fe70}-\u{feff}\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** Around a text that is ordered by itself (Unicode Annex 9, 2.4). */
const [ISOLATE, END_OF_ISOLATE] = ['\u{2068}', '\u{2069}'];

/**
 * A stranger's text made harmless: hidden characters, controls and marks of direction are replaced, so that they are seen; what is
 * too long is cut, and shows that it is; it keeps its own order, as `isolated` says. It stays text: whoever shows it never reads it as HTML.
 */
export function visible(text: string, most: number = MAX_SHOWN_CHARACTERS): string {
  // By code points, so that no half of a character is left; no more of a long text is looked at than is shown.
  const shown = [...text.slice(0, 2 * most + 2)];
  const safe = shown.slice(0, most).map((one) => (hasHidden(one) || !one.isWellFormed() ? REPLACEMENT : one));
  return isolated(shown.length > most ? safe.join('') + CUT : safe.join(''));
}

/** A text as it goes between others: what is written from right to left leaves what stands beside it in its place. */
export function isolated(text: string): string {
  return RIGHT_TO_LEFT.test(text) ? ISOLATE + text + END_OF_ISOLATE : text;
}
