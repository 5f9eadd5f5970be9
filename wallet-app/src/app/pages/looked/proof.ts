/** What proves to others that an organisation showed two histories, as a file. */

import { base64url } from '../../../protocol/base64.ts';
import type { Words } from '../../../protocol/words.ts';
import type { ForkEvidence, LackEvidence, SeenHead } from '../../../wallet/state.ts';

const ABOUT: Words = {
  fi: 'Organisaatio allekirjoitti nämä siitä, kuka on katsonut tietoja, eikä laite saanut niitä sopimaan yhteen. Mitä ne todistavat, sen kertoo komento ”aitta inspect”.',
  sv: 'Organisationen skrev under dessa om vem som har tittat på uppgifter, och enheten fick dem inte att gå ihop. Vad de bevisar säger kommandot ”aitta inspect”.',
  en: 'The organisation signed these, about who looked at data, and the device could not bring them together. What they prove is told by the command “aitta inspect”.',
};

/** What an organisation signed and cannot be true together. */
export interface Contradictions {
  readonly forks: readonly ForkEvidence[];
  readonly lacks: readonly LackEvidence[];
}

/**
 * The file's text (`docs/protocol/tree-head.md`, "Proof file"), with what was signed as it was signed: pairs of tree heads with the proof that was given that one
 * goes on from the other, and acknowledgements with a tree head under which what they speak of does not stand.
 */
export function proofText(organisation: Words, { forks, lacks }: Contradictions): string {
  const forked = forks.map(({ holder, earlier, later, proof, seenSecs }) => ({
    organisation: holder,
    seen: iso(seenSecs),
    earlier: headJson(earlier),
    later: headJson(later),
    proof: proof.map(base64url),
  }));
  const lacking = lacks.map(({ holder, acknowledgement, head, seenSecs }) => ({
    organisation: holder,
    seen: iso(seenSecs),
    acknowledgement: base64url(acknowledgement.bytes),
    index: String(acknowledgement.auditIndex),
    head: headJson(head),
  }));
  const contradictions = [...forked, ...lacking];
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
