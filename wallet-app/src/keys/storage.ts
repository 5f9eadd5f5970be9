/**
 * Where the wallet keeps what it must not lose, behind an interface with one rule: what is written together is there together or
 * not at all, and only over what the writer has read. So a wallet that is killed between two writes loses nothing that was
 * acknowledged, and two tabs do not write over each other.
 */

/** Something that is kept. The value is what structured clones carry: objects, bytes, whole numbers, keys. */
export interface Stored {
  readonly value: unknown;
  /** Counts how often it was written, from 1. */
  readonly revision: number;
}

/** What to write in the place of what was read. */
export interface Change {
  readonly key: string;
  readonly value: unknown;
  /** The revision that was read; null when there was nothing. */
  readonly replaces: number | null;
}

/** Where things are kept. */
export interface Storage {
  /** Null when there is nothing under this key. @throws {StorageFault} */
  read(key: string): Promise<Stored | null>;
  /** All of them or none; resolves once they are there for good. @throws {StorageFault} */
  write(changes: readonly Change[]): Promise<void>;
}

/** Why something was not kept or not found. */
export type StorageCode =
  /** Somebody else, such as another tab, wrote meanwhile: read again. */
  | 'changed-elsewhere'
  /** The browser does not keep it. */
  | 'not-kept';

const WHAT: Readonly<Record<StorageCode, string>> = {
  'changed-elsewhere': 'another window of the wallet has changed it meanwhile: look again, then repeat',
  'not-kept': 'the browser does not keep it: free some space, or leave private browsing, then repeat',
};

export class StorageFault extends Error {
  override readonly name = 'StorageFault';
  readonly code: StorageCode;

  constructor(code: StorageCode, cause?: unknown) {
    super(WHAT[code], cause === undefined ? {} : { cause });
    this.code = code;
  }
}

/** The revisions that these changes make. @throws {StorageFault} `changed-elsewhere` */
export function nextRevisions(
  changes: readonly Change[],
  found: (key: string) => Stored | null,
): readonly (readonly [key: string, stored: Stored])[] {
  return changes.map(({ key, value, replaces }) => {
    const before = found(key)?.revision ?? null;
    if (before !== replaces) throw new StorageFault('changed-elsewhere');
    return [key, { value, revision: (before ?? 0) + 1 }];
  });
}

/** How often something is written again on what another tab has written meanwhile. */
const MAX_RACES = 5;

/**
 * Writes; when somebody else wrote meanwhile, `takeIn` reads what they wrote, and `write` is asked again. @throws {StorageFault} also
 * when others write all the time.
 */
export async function writeOver<T>(write: () => Promise<T>, takeIn: () => Promise<void>): Promise<T> {
  for (let race = 1; ; race += 1) {
    try {
      return await write();
    } catch (thrown) {
      const isRace = thrown instanceof StorageFault && thrown.code === 'changed-elsewhere';
      if (!isRace || race >= MAX_RACES) throw thrown;
      await takeIn();
    }
  }
}

/** In memory: for tests, and for browsers that keep nothing. */
export class MemoryStorage implements Storage {
  readonly #stored: Map<string, Stored> = new Map();

  read(key: string): Promise<Stored | null> {
    return Promise.resolve(this.#stored.get(key) ?? null);
  }

  write(changes: readonly Change[]): Promise<void> {
    // In one step, so that nobody sees half of it.
    return Promise.resolve().then(() => {
      const next = nextRevisions(changes, (key) => this.#stored.get(key) ?? null);
      for (const [key, stored] of next) this.#stored.set(key, stored);
    });
  }
}
