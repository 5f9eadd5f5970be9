/** The wallet's storage in a browser: one IndexedDB database, one transaction for what belongs together. */

import { type Change, nextRevisions, type Storage, type Stored, StorageFault } from './storage.ts';

const DATABASE = 'aitta-wallet';
const VERSION = 1;
const STORE = 'kept';

/** Opens it. @throws {StorageFault} `not-kept` */
export async function openIndexedDb(factory: IDBFactory): Promise<Storage> {
  const opening = factory.open(DATABASE, VERSION);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(STORE);
  };
  const database = await done(opening);
  // Another tab with a newer wallet asks to change the database: this one gives way, and its next write fails.
  database.onversionchange = () => {
    database.close();
  };
  return new IndexedDbStorage(database);
}

/** Takes away everything that was kept; windows that have it open give way. @throws {StorageFault} `not-kept` */
export async function deleteIndexedDb(factory: IDBFactory): Promise<void> {
  await done(factory.deleteDatabase(DATABASE));
}

class IndexedDbStorage implements Storage {
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  async read(key: string): Promise<Stored | null> {
    const found = await done<unknown>(this.#transaction('readonly').objectStore(STORE).get(key));
    return (found as Stored | undefined) ?? null;
  }

  async write(changes: readonly Change[]): Promise<void> {
    const transaction = this.#transaction('readwrite');
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => {
        resolve();
      };
      transaction.onabort = () => {
        reject(new StorageFault('not-kept', transaction.error));
      };
    });
    // It is looked at below, also when something else fails before.
    ended.catch(() => undefined);
    const store = transaction.objectStore(STORE);
    try {
      const found = new Map<string, Stored | null>();
      for (const { key } of changes) {
        found.set(key, ((await done<unknown>(store.get(key))) as Stored | undefined) ?? null);
      }
      for (const [key, stored] of nextRevisions(changes, (key) => found.get(key) ?? null)) store.put(stored, key);
    } catch (thrown) {
      try {
        transaction.abort();
      } catch {
        // It has ended already.
      }
      throw thrown instanceof StorageFault ? thrown : new StorageFault('not-kept', thrown);
    }
    await ended;
  }

  #transaction(mode: IDBTransactionMode): IDBTransaction {
    try {
      // Strict: complete means that it is on the disk, as far as the browser can say.
      return this.#database.transaction(STORE, mode, { durability: 'strict' });
    } catch (thrown) {
      throw new StorageFault('not-kept', thrown);
    }
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(new StorageFault('not-kept', request.error));
    };
  });
}
