/** What a month is called. */

import type { Words } from '../../../protocol/words.ts';
import type { Month } from './timeline.ts';

/** `marraskuu 2026`, or its first letter alone. */
export function monthName({ year, month }: Month, language: keyof Words, length: 'long' | 'narrow'): string {
  const first = new Date(year, month, 1);
  return first.toLocaleDateString(
    language,
    length === 'long' ? { month: 'long', year: 'numeric' } : { month: 'narrow' },
  );
}
