/** The day on which a device was lost, as it is typed and as it is signed. */

/** The first second of a day (`2026-11-22`) where the person is; null when none was named. */
export function firstSecondOf(day: string): bigint | null {
  const at = Date.parse(`${day}T00:00:00`);
  return Number.isNaN(at) ? null : BigInt(Math.floor(at / 1000));
}

/** Today, as a field for days wants it: nothing was lost later. */
export function today(): string {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}
