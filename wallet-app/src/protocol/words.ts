/** Words for people, in the three languages that the wallet speaks. */

import { utf8Length } from './bytes.ts';
import { type Cbor, text } from './codec/index.ts';
import { hasHidden } from './hidden.ts';
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

const LETTER_OR_DIGIT = /[\p{Alphabetic}\p{N}]/u;

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
