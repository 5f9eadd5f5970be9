/** Lengths of time as catalogues write them (ISO 8601, such as `P10Y`), in words. */

import type { Words } from '../../../protocol/words.ts';

const DURATION = /^P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?$/;
const UNITS = ['year', 'month', 'week', 'day'] as const;

/** `P1Y6M` as `1 vuosi ja 6 kuukautta`; null for a text that is no such length. */
export function isoDuration(text: string): Words | null {
  const parts = DURATION.exec(text)?.slice(1);
  if (parts === undefined) return null;
  const inLanguage = (locale: string): string => {
    const some = parts.flatMap((count: string | undefined, at) => {
      const unit = UNITS[at];
      if (count === undefined || unit === undefined) return [];
      return [new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(Number(count))];
    });
    return new Intl.ListFormat(locale).format(some);
  };
  return { fi: inLanguage('fi'), sv: inLanguage('sv'), en: inLanguage('en') };
}
