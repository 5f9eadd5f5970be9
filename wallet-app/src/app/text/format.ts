/** Days, times, counts and lists as each language writes them. */

import type { Words } from '../../protocol/words.ts';
import type { Language } from './languages.ts';

/** Finnish order of days and 24 hours in English too: the readers live in Finland. */
const LOCALES: Readonly<Record<Language, string>> = { fi: 'fi-FI', sv: 'sv-FI', en: 'en-FI' };

function inAll(format: (locale: string, language: Language) => string): Words {
  return { fi: format(LOCALES.fi, 'fi'), sv: format(LOCALES.sv, 'sv'), en: format(LOCALES.en, 'en') };
}

function date(secs: bigint): Date {
  return new Date(Number(secs) * 1000);
}

/** `22. marraskuuta 2026` */
export function day(secs: bigint): Words {
  return inAll((locale) => date(secs).toLocaleDateString(locale, { day: 'numeric', month: 'long', year: 'numeric' }));
}

/** `22.11.2026 klo 14.05` */
export function dayAndTime(secs: bigint): Words {
  return inAll((locale) => date(secs).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' }));
}

/** `14.05` */
export function time(secs: bigint): Words {
  return inAll((locale) => date(secs).toLocaleTimeString(locale, { timeStyle: 'short' }));
}

/** `marraskuu 2026` */
export function month(secs: bigint): Words {
  return inAll((locale) => date(secs).toLocaleDateString(locale, { month: 'long', year: 'numeric' }));
}

/** `a, b ja c`, or `a, b tai c`. */
export function listed(parts: readonly Words[], how: 'and' | 'or' = 'and'): Words {
  const type = how === 'and' ? 'conjunction' : 'disjunction';
  return inAll((locale, language) => new Intl.ListFormat(locale, { type }).format(parts.map((one) => one[language])));
}

export function number(count: number | bigint): Words {
  return inAll((locale) => count.toLocaleString(locale));
}

/** One and many, in each language: none of the three has more forms than these two. */
export function counted(count: number, one: Words, many: Words): Words {
  return inAll((locale, language) => {
    const form = new Intl.PluralRules(locale).select(count) === 'one' ? one : many;
    return form[language].replace('#', count.toLocaleString(locale));
  });
}

/** What is called the same in every language: a name, an address. */
export function verbatim(text: string): Words {
  return { fi: text, sv: text, en: text };
}

const DAY_SECS = 86_400n;

/** A length of time in the largest unit in which it is whole: `365 päivää` stays days, `2 vuotta` years. */
export function lasting(secs: bigint): Words {
  const days = secs / DAY_SECS;
  const [count, unit] =
    days > 0n && days % 365n === 0n
      ? [days / 365n, 'year']
      : days > 0n
        ? [days, 'day']
        : secs >= 3600n
          ? [secs / 3600n, 'hour']
          : secs >= 60n
            ? [secs / 60n, 'minute']
            : [secs, 'second'];
  return inAll((locale) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: unit as string, unitDisplay: 'long' }).format(count as bigint),
  );
}

/** An ISO date (`2022-09-06`) as people write it; null for any other text, and for a day that is in no calendar. */
export function isoDay(text: string): Words | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const at = new Date(`${text}T12:00:00Z`);
  // Some browsers count 30 February on into March.
  return Number.isNaN(at.getTime()) || !at.toISOString().startsWith(text) ? null : day(BigInt(at.getTime() / 1000));
}
