/** Until which day a consent counts, as a person chooses it: the whole of that day, where the person is. */

const DAY_MS = 86_400_000;

/** The day of a moment, as `2026-08-01`: what a field for dates holds. */
export function dateOf(secs: bigint): string {
  const at = new Date(Number(secs) * 1000);
  const [year, month, day] = [at.getFullYear(), at.getMonth() + 1, at.getDate()];
  return [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-');
}

/** The last day of what ends at this second. */
export function lastDay(untilSecs: bigint): string {
  return dateOf(untilSecs - 1n);
}

/**
 * First second at which it no longer counts; on the latest day that is as asked. Undefined for what is no day, or one before today or
 * after the latest.
 */
export function untilOf(date: string, nowSecs: bigint, latestSecs: bigint): bigint | undefined {
  if (date === lastDay(latestSecs)) return latestSecs;
  const begins = new Date(`${date}T00:00:00`);
  // What is in no calendar is no day, or comes out as another one.
  if (Number.isNaN(begins.getTime()) || dateOf(BigInt(begins.getTime() / 1000)) !== date) return undefined;
  if (date < dateOf(nowSecs) || date > lastDay(latestSecs)) return undefined;
  // Through the next noon: a day of summer time begins and ends an hour off.
  const next = new Date(begins.getTime() + 1.5 * DAY_MS);
  next.setHours(0, 0, 0, 0);
  return BigInt(next.getTime() / 1000);
}
