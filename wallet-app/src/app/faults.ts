/** What went wrong, in words for people: what it means, and what to do. Never the words of whoever caused it. */

import type { Words } from '../protocol/words.ts';
import { nameOf } from './names.ts';
import { faultWords as words } from './faults.words.ts';

/** A fault as all of ours are: an error with a stable code. */
interface Coded {
  readonly name: string;
  readonly code: string;
}

function isCoded(fault: unknown): fault is Coded {
  return fault instanceof Error && typeof (fault as Partial<Coded>).code === 'string';
}

/** Its stable code, for those who help. */
export function codeOf(fault: unknown): string {
  return isCoded(fault) ? fault.code : 'unexpected';
}

/** What it means for the person, in a sentence or two. */
export function told(fault: unknown): Words {
  if (!isCoded(fault)) return words.unexpected;
  const known = (words.byCode as Readonly<Record<string, Words>>)[fault.code];
  if (known !== undefined) return known;
  if (fault.name !== 'CallFault') return words.unexpected;
  const { kind, whom } = fault as Coded & { kind: keyof typeof words.byKind; whom: string };
  const ours = (words.whom as Readonly<Record<string, Words>>)[whom];
  return words.byKind[kind](ours ?? nameOf(whom));
}
