/** Everything in one file: what each organisation sent, by organisation and person. */

import type { PodId, Principal } from '../../../protocol/ids.ts';
import type { Words } from '../../../protocol/words.ts';
import type { Exported } from '../../../wallet/look.ts';

/** What is to be said of those who sent something, or did not. */
export interface Names {
  organisation(holder: Principal): Words;
  person(holder: Principal, pod: PodId): Words;
}

/** Somebody who did not answer. */
export interface Lacking {
  readonly holder: Principal;
  /** Why, as a stable code. */
  readonly code: string;
}

const ABOUT: Words = {
  fi: 'Kaikki tiedot, jotka organisaatiot ovat antaneet: tiedot sellaisina kuin ne tulivat, ja niiden selitykset.',
  sv: 'Alla uppgifter som organisationerna har gett: uppgifterna som de kom, och deras förklaringar.',
  en: 'All data that the organisations gave: the data as they came, and what they mean.',
};

/** The file's text. What organisations sent stays as it came; `catalogue` explains it. */
export function fileText(
  arrived: readonly Exported[],
  lacking: readonly Lacking[],
  names: Names,
  nowSecs: bigint,
): string {
  const holders = [...new Set(arrived.map(({ holder }) => holder))];
  const organisations = holders.map((holder) => {
    const own = arrived.filter((one) => one.holder === holder);
    return {
      id: holder,
      names: names.organisation(holder),
      people: own.map(({ pod, records }) => ({ person: names.person(holder, pod), pod, records })),
      catalogue: own[0]?.catalogue ?? null,
    };
  });
  const missing = lacking.map(({ holder, code }) => ({ id: holder, names: names.organisation(holder), code }));
  return `${JSON.stringify({ about: ABOUT, made: iso(nowSecs), organisations, missing }, null, 2)}\n`;
}

/** `aitta-2026-11-22.json` */
export function fileName(nowSecs: bigint): string {
  return `aitta-${iso(nowSecs).slice(0, 10)}.json`;
}

function iso(secs: bigint): string {
  return new Date(Number(secs) * 1000).toISOString();
}
