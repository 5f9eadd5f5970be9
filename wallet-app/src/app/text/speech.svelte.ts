/** The language that the wallet speaks now. Everything that is said is there in three languages, side by side. */

import type { Words } from '../../protocol/words.ts';

export type Language = keyof Words;

/** Each in its own words. */
export const LANGUAGES: Readonly<Record<Language, string>> = { fi: 'Suomi', sv: 'Svenska', en: 'English' };

/** Under which name the choice is remembered. */
const REMEMBERED = 'aitta-language';

function isLanguage(text: string | null | undefined): text is Language {
  return text !== null && text !== undefined && Object.hasOwn(LANGUAGES, text);
}

/** What was chosen before, else the first that the browser asks for and the wallet speaks, else Finnish. */
function first(): Language {
  const chosen = localStorage.getItem(REMEMBERED);
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.split('-', 1)[0]).find(isLanguage) ?? 'fi';
}

class Speech {
  language: Language = $state(first());

  speak(language: Language): void {
    this.language = language;
    localStorage.setItem(REMEMBERED, language);
  }
}

export const speech = new Speech();

/** In the language of now: what a page calls for each text, so that another language needs no reload. */
export function say(words: Words): string {
  return words[speech.language];
}
