/** Texts of others, before a person sees them. */

import { hasHidden } from '../protocol/hidden.ts';

/** Most characters of a stranger's text that are shown in one place: a long name, a short sentence. */
export const MAX_SHOWN_CHARACTERS = 200;
/** What stands for a character that people would not see, or that makes them see others differently. */
const REPLACEMENT = '\u{fffd}';
const CUT = '…';

/**
 * A stranger's text made harmless: hidden characters, controls and marks of direction are replaced, so that they are seen; what is
 * too long is cut, and shows that it is. It stays text: whoever shows it never reads it as HTML.
 */
export function visible(text: string, most: number = MAX_SHOWN_CHARACTERS): string {
  // By code points, so that no half of a character is left; no more of a long text is looked at than is shown.
  const shown = [...text.slice(0, 2 * most + 2)];
  const safe = shown.slice(0, most).map((one) => (hasHidden(one) || !one.isWellFormed() ? REPLACEMENT : one));
  return shown.length > most ? safe.join('') + CUT : safe.join('');
}
