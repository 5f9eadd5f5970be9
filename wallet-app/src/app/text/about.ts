/** Texts with a place for what they are about. */

import type { Words } from '../../protocol/words.ts';

/** `#` stands where it is named, in each language. */
export function about(fi: string, sv: string, en: string): (what: Words) => Words {
  // By functions: a name with `$&` in it stays as it is.
  return (what) => ({
    fi: fi.replaceAll('#', () => what.fi),
    sv: sv.replaceAll('#', () => what.sv),
    en: en.replaceAll('#', () => what.en),
  });
}
