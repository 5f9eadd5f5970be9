/** What proves to others that an organisation showed two histories, as a file. */

import { base64url } from '../../../protocol/base64.ts';
import type { Words } from '../../../protocol/words.ts';
import type { ForkEvidence, SeenHead } from '../../../wallet/state.ts';

const ABOUT: Words = {
  fi: 'Organisaatio allekirjoitti kaksi luetteloa siitä, kuka on katsonut tietoja. Ne eivät voi molemmat pitää paikkaansa.',
  sv: 'Organisationen skrev under två listor över vem som har tittat på uppgifter. Båda kan inte stämma.',
  en: 'The organisation signed two lists of who looked at data. They cannot both be true.',
};

/** The file's text: pairs of signed tree heads (COSE, base64url) with the proof that was given that one goes on from the other. */
export function proofText(organisation: Words, forks: readonly ForkEvidence[]): string {
  const contradictions = forks.map(({ holder, earlier, later, proof, seenSecs }) => ({
    organisation: holder,
    seen: iso(seenSecs),
    earlier: headJson(earlier),
    later: headJson(later),
    proof: proof.map(base64url),
  }));
  return `${JSON.stringify({ about: ABOUT, names: organisation, contradictions }, null, 2)}\n`;
}

/** `aitta-helsinki-2026-11-22.json` */
export function proofName(name: string, seenSecs: bigint): string {
  return `aitta-${name}-${iso(seenSecs).slice(0, 10)}.json`;
}

function headJson({ size, root, timeSecs, bytes }: SeenHead): Readonly<Record<string, string>> {
  return { size: String(size), root: base64url(root), signed: iso(timeSecs), tree_head: base64url(bytes) };
}

function iso(secs: bigint): string {
  return new Date(Number(secs) * 1000).toISOString();
}
