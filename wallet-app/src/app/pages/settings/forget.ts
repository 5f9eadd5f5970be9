/** Forgetting the wallet on this device, and what its program is called here. */

import { deleteIndexedDb } from '../../../keys/indexed-db.ts';
import { session } from '../../session.svelte.ts';

/** As the service worker names what it keeps of one version of the program. */
const CACHE = /^aitta-(.+)$/;

/** Versions of the program that are kept here: the one in use, then one that waits for its turn. None before the first is kept. */
export async function versions(): Promise<readonly string[]> {
  if (!('caches' in globalThis)) return [];
  return (await caches.keys()).flatMap((name) => CACHE.exec(name)?.[1] ?? []);
}

/**
 * Takes everything away that the wallet kept in this browser: keys first, for they are what counts. From then on no window writes what it
 * still has, and the others begin anew. @throws {StorageFault}
 */
export async function forgetAll(): Promise<void> {
  await deleteIndexedDb(indexedDB);
  session.tellForgotten();
  if ('serviceWorker' in navigator) {
    const workers = await navigator.serviceWorker.getRegistrations();
    await Promise.all(workers.map((worker) => worker.unregister()));
  }
  if ('caches' in globalThis) await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
}
