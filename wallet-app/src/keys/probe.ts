/** What this browser can do for a wallet, tried out rather than read from its name. */

import { own } from '../crypto/aead.ts';
import { utf8 } from '../protocol/bytes.ts';
import { type Storage, StorageFault, writeOver } from './storage.ts';

/** What came of it. */
export interface Abilities {
  /** Whether pages of this origin may use WebCrypto at all: not without HTTPS. */
  readonly cryptography: boolean;
  /** Whether an Ed25519 key that nobody reads out is made and kept here, and signs after it was read back. Lockdown modes refuse. */
  readonly keptKeys: boolean;
  /** Whether anything is kept beyond this visit. */
  readonly storage: boolean;
}

/** How keys are to be kept here. */
export type Advice =
  /** By the browser. */
  | 'browser'
  /** Derived from a secret that a passkey or the printed code opens on each visit. */
  | 'wrapped'
  /** Not here: the wallet needs another browser, or to leave private browsing. */
  | 'unusable';

/** What to do with these abilities. */
export function advise({ cryptography, keptKeys, storage }: Abilities): Advice {
  if (!cryptography || !storage) return 'unusable';
  return keptKeys ? 'browser' : 'wrapped';
}

const PROBE_KEY = 'probe';
const MESSAGE = utf8('aitta-wallet-probe');

/** Tries it out. `storage` is null where none could be opened. Never fails: what fails cannot be done here. */
export async function probe(storage: Storage | null): Promise<Abilities> {
  const cryptography = typeof globalThis.crypto?.subtle === 'object';
  const keptKeys = cryptography && storage !== null && (await succeeds(() => signsAfter(storage)));
  // What keeps a key keeps anything: mostly there is no more to try, and a person waits.
  const stored = keptKeys || (storage !== null && (await succeeds(() => keeps(storage))));
  return { cryptography, keptKeys, storage: stored };
}

async function succeeds(attempt: () => Promise<boolean>): Promise<boolean> {
  try {
    return await attempt();
  } catch {
    // Why a browser cannot do it, it says in words of its own; that it cannot is what counts.
    return false;
  }
}

async function keeps(storage: Storage): Promise<boolean> {
  return (await putAndRead(storage, 'kept')) === 'kept';
}

async function signsAfter(storage: Storage): Promise<boolean> {
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  const kept = (await putAndRead(storage, pair.privateKey)) as CryptoKey;
  const signature = await crypto.subtle.sign('Ed25519', kept, own(MESSAGE));
  // The browser's own word: whatever is signed with its keys for others is checked strictly each time.
  return !kept.extractable && (await crypto.subtle.verify('Ed25519', pair.publicKey, signature, own(MESSAGE)));
}

/** What is read back after it was written. Another window that tries the browser out at the same time is waited out. */
function putAndRead(storage: Storage, value: unknown): Promise<unknown> {
  const write = async (): Promise<unknown> => {
    const replaces = (await storage.read(PROBE_KEY))?.revision ?? null;
    await storage.write([{ key: PROBE_KEY, value, replaces }]);
    const found = await storage.read(PROBE_KEY);
    if (found !== null && found.revision !== (replaces ?? 0) + 1) throw new StorageFault('changed-elsewhere');
    return found?.value;
  };
  // What it wrote is read anew each time.
  return writeOver(write, () => Promise.resolve());
}
