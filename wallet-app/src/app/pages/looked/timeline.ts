/** The entries of all logs as one timeline: what kind each is, which months they fall into, and which of them a person asked for. */

import type { PodId, Principal } from '../../../protocol/ids.ts';
import type { CheckedEntry } from '../../../wallet/log-check.ts';
import type { Opened } from '../../../wallet/log-page.ts';

/** What an entry is for the person who reads it. */
export type Kind =
  /** Data left. */
  | 'used'
  /** Somebody asked, and got nothing. */
  | 'refused'
  /** What this wallet did. */
  | 'own'
  /** What somebody else did who may act here, or another device of the same person. */
  | 'others'
  /** The holder's registers were read in. */
  | 'import'
  /** The holder told a service to stop, or the service answered. */
  | 'notice'
  /** A kind that this wallet has no words for. */
  | 'unknown';

/** What is not shown before it is asked for: it says nothing of who looked. */
export const QUIET: readonly Kind[] = ['own', 'import'];

/** An entry, and where it stands. */
export interface Seen {
  readonly holder: Principal;
  readonly pod: PodId;
  /** Whom it is about: a key of `peopleOf`. */
  readonly person: string;
  readonly kind: Kind;
  readonly entry: CheckedEntry;
  readonly treeSize: bigint;
  /** Whether it came after the last visit. */
  readonly isNew: boolean;
}

/** What the holder writes for a purpose where it tells a service to stop. */
const NOTICE = 'notice';

/** `own` is who this wallet is at the holder. */
export function kindOf({ kind, service, actor, purpose }: Opened, own: Principal | null): Kind {
  // A service that answered twice, each time something else: its second answer was refused.
  if (purpose === NOTICE) return 'notice';
  // A command that was refused is an act too: nobody asked for data.
  if ((kind === 'command' || kind === 'refusal') && service === null && actor !== null) {
    return actor === own ? 'own' : 'others';
  }
  switch (kind) {
    case 'disclosure':
      return 'used';
    case 'refusal':
      return 'refused';
    case 'import':
      return 'import';
    case 'notice':
    case 'notice-answer':
      return 'notice';
    default:
      return 'unknown';
  }
}

/** What a person asked to see; null for all. */
export interface Wanted {
  readonly person: string | null;
  readonly holder: string | null;
  readonly service: string | null;
  readonly kind: Kind | null;
  /** Whether what is quiet is shown too, when no kind was asked for. */
  readonly quiet: boolean;
}

/** Those that were asked for, the newest first. */
export function wantedOf(all: readonly Seen[], { person, holder, service, kind, quiet }: Wanted): readonly Seen[] {
  const is = (asked: string | null, found: string | null): boolean => asked === null || asked === found;
  return all
    .filter(
      (one) =>
        is(person, one.person) &&
        is(holder, one.holder) &&
        is(service, one.entry.opened.service) &&
        (kind === null ? quiet || !QUIET.includes(one.kind) : kind === one.kind),
    )
    .toSorted(newestFirst);
}

function newestFirst(one: Seen, other: Seen): number {
  const [early, late] = [one.entry.opened.timeSecs, other.entry.opened.timeSecs];
  if (early !== late) return early < late ? 1 : -1;
  // Within one second the log itself says what came later.
  return one.entry.index < other.entry.index ? 1 : -1;
}

/** One month of the calendar, in the time zone of the device. */
export interface Month {
  readonly year: number;
  /** From 0, as `Date` counts. */
  readonly month: number;
}

function monthOf(secs: bigint): Month {
  const date = new Date(Number(secs) * 1000);
  return { year: date.getFullYear(), month: date.getMonth() };
}

function isSame(one: Month, other: Month): boolean {
  return one.year === other.year && one.month === other.month;
}

/** The entries by month, in their order. */
export function byMonth(
  entries: readonly Seen[],
): readonly { readonly month: Month; readonly entries: readonly Seen[] }[] {
  const months: { month: Month; entries: Seen[] }[] = [];
  for (const seen of entries) {
    const month = monthOf(seen.entry.opened.timeSecs);
    const last = months.at(-1);
    if (last && isSame(last.month, month)) last.entries.push(seen);
    else months.push({ month, entries: [seen] });
  }
  return months;
}

/** How often data were used and asked for in vain in a month. */
export interface Counted extends Month {
  readonly used: number;
  readonly refused: number;
}

/** So many months are drawn. */
const MONTHS = 12;

/** The last twelve months, the oldest first, this month included. */
export function lastMonths(all: readonly Seen[], nowSecs: bigint): readonly Counted[] {
  const { year, month } = monthOf(nowSecs);
  return Array.from({ length: MONTHS }, (_, at) => {
    const first = new Date(year, month - (MONTHS - 1 - at), 1);
    const one: Month = { year: first.getFullYear(), month: first.getMonth() };
    const of = (kind: Kind): number =>
      all.filter((seen) => seen.kind === kind && isSame(one, monthOf(seen.entry.opened.timeSecs))).length;
    return { ...one, used: of('used'), refused: of('refused') };
  });
}

/** How far each log was seen at the last visit: the size of its tree, by holder and pod. */
export type Visited = ReadonlyMap<string, bigint>;

export function visitKey(holder: Principal, pod: PodId): string {
  return `${holder} ${pod}`;
}

/** What a visit left behind; nothing for a text that this wallet did not write. */
export function readVisited(text: string | null): Visited {
  try {
    const entries: unknown = JSON.parse(text ?? '[]');
    if (!Array.isArray(entries)) return new Map();
    return new Map(
      entries.flatMap((one: unknown): readonly (readonly [string, bigint])[] => {
        const [key, size] = Array.isArray(one) ? (one as readonly unknown[]) : [];
        return typeof key === 'string' && typeof size === 'number' && Number.isSafeInteger(size)
          ? [[key, BigInt(size)]]
          : [];
      }),
    );
  } catch {
    return new Map();
  }
}

export function writeVisited(visited: Visited): string {
  return JSON.stringify([...visited].map(([key, size]) => [key, Number(size)]));
}

/** Whether an entry came after the last visit. At the first visit nothing is new: all of it would be. */
export function isNewSince(visited: Visited, holder: Principal, pod: PodId, index: bigint): boolean {
  const seen = visited.get(visitKey(holder, pod));
  return seen !== undefined && index >= seen;
}
