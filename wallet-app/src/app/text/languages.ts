/** The languages that the wallet speaks. */

import type { Words } from '../../protocol/words.ts';

export type Language = keyof Words;

/** Each in its own words. */
export const LANGUAGES: Readonly<Record<Language, string>> = { fi: 'Suomi', sv: 'Svenska', en: 'English' };

export function isLanguage(text: string | null | undefined): text is Language {
  return text !== null && text !== undefined && Object.hasOwn(LANGUAGES, text);
}
