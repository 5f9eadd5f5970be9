/** What this wallet noticed that cannot be true together: it stays, whatever is shown later. */

import type { CallFault } from '../client/fault.ts';
import type { Evidence } from '../protocol/tlog/evidence.ts';
import type { WalletState } from '../wallet/state.ts';

/** Of whom something was noticed. */
export interface Noticed {
  readonly ofDirectory: boolean;
  readonly ofHolders: boolean;
  /** Whether it may all be nothing but an old list. */
  readonly isOlder: boolean;
}

/** Null when nothing was. */
export function noticed({ evidence, forks, lacks }: WalletState): Noticed | null {
  const [ofDirectory, ofHolders] = [evidence.length > 0, forks.length + lacks.length > 0];
  if (!ofDirectory && !ofHolders) return null;
  return { ofDirectory, ofHolders, isOlder: !ofHolders && isOnlyOlder(evidence) };
}

/** Whether all that a directory showed was shorter than before: that may be an old list, and accuses nobody by itself. */
export function isOnlyOlder(found: readonly Evidence[]): boolean {
  return found.every(({ code }) => code === 'log-truncated');
}

/** What proves to others that the directory contradicted itself, when that is what went wrong. */
export function evidenceIn(fault: unknown): Evidence | null {
  // By its name, as faults are told: the first view comes without the client.
  return fault instanceof Error && fault.name === 'CallFault' ? (fault as CallFault).evidence : null;
}
