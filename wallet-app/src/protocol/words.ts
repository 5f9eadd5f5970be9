/** Words for people, in the three languages that the wallet speaks. */

import { utf8Length } from './bytes.ts';
import { type Cbor, text } from './codec/index.ts';
import { tuple } from './lists.ts';
import { refuseClaim } from './refusal.ts';

/** Longest text in one language, in bytes: two or three sentences, which fit a telephone's screen without scrolling. */
export const MAX_WORDS_BYTES = 600;

/** The same words in Finnish, Swedish and English. None is empty, too long, or has a character that hides something. */
export interface Words {
  readonly fi: string;
  readonly sv: string;
  readonly en: string;
}

/**
 * A character that people would not see, or that makes them see others differently: controls, Default_Ignorable_Code_Point of
 * Unicode 17, separators of lines and paragraphs, annotations, the Braille pattern without a dot. Written out, since the
 * browser's own tables may be of another version of Unicode.
 */
const HIDDEN = new RegExp(
  '[\\u{0}-\\u{1f}\\u{7f}-\\u{9f}\\u{ad}\\u{34f}\\u{61c}\\u{115f}-\\u{1160}\\u{17b4}-\\u{17b5}\\u{180b}-\\u{180f}' +
    '\\u{200b}-\\u{200f}\\u{2028}-\\u{2029}\\u{202a}-\\u{202e}\\u{2060}-\\u{206f}\\u{2800}\\u{3164}\\u{fe00}-\\u{fe0f}' +
    '\\u{feff}\\u{ffa0}\\u{fff0}-\\u{fff8}\\u{fff9}-\\u{fffb}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]',
  'u',
);
const LETTER_OR_DIGIT = /[\p{Alphabetic}\p{N}]/u;

/** Whether text has a character that is not shown as it is. */
export function hasHidden(text: string): boolean {
  return HIDDEN.test(text);
}

/** As `[fi, sv, en]`. */
export function wordsToCbor(words: Words): Cbor {
  return [words.fi, words.sv, words.en];
}

/** Reads `[fi, sv, en]`. @throws {Refusal} `claim-type`, `claim-empty`; `claim-range` when too long or with a hidden character. */
export function words(claim: bigint, item: Cbor): Words {
  const parts = tuple(3)(claim, item);
  const [fi, sv, en] = [text(claim, parts[0]), text(claim, parts[1]), text(claim, parts[2])];
  for (const one of [fi, sv, en]) {
    if (utf8Length(one) > MAX_WORDS_BYTES || hasHidden(one)) refuseClaim('claim-range', claim);
    if (!LETTER_OR_DIGIT.test(one)) refuseClaim('claim-empty', claim);
  }
  return { fi, sv, en };
}
