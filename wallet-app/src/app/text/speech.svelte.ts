/** The language that the wallet speaks now. Everything that is said is there in three languages, side by side. */

import type { Words } from '../../protocol/words.ts';
import { isLanguage, type Language } from './languages.ts';

/** Under which name the choice is remembered. */
const REMEMBERED = 'aitta-language';

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
