/**
 * Asking the browser to keep what this origin stores: unasked, it may throw everything away when the disk fills, and with it keys that
 * exist nowhere else. Some browsers ask the person, so it is asked once, and where that makes sense to them: at the first login.
 */

import type { Storage } from './storage.ts';

/** As browsers have it (`navigator.storage`, Storage Standard §4), or a stand-in of a test. */
export interface Persistence {
  persisted(): Promise<boolean>;
  persist(): Promise<boolean>;
}

/** The browser's own; null where there is none. */
export function browserPersistence(): Persistence | null {
  const storage: StorageManager | undefined = globalThis.navigator?.storage;
  if (typeof storage?.persist !== 'function') return null;
  return { persisted: () => storage.persisted(), persist: () => storage.persist() };
}

/** Under which key it is noted that it was asked. */
const ASKED_KEY = 'persistence-asked';

/** Whether the browser keeps it; asks for that once. Never fails: a browser that cannot say may throw it away. */
export async function askToPersist(storage: Storage, port: Persistence | null): Promise<boolean> {
  if (port === null) return false;
  try {
    if (await port.persisted()) return true;
    if ((await storage.read(ASKED_KEY)) !== null) return false;
    // Noted before it is asked, so that of two windows one asks.
    await storage.write([{ key: ASKED_KEY, value: true, replaces: null }]);
    return await port.persist();
  } catch {
    // Why a browser does not, it says in words of its own; what cannot be kept at all, the next write tells.
    return false;
  }
}
