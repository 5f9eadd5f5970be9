/** The wallet's memory over its storage: what is done to it is written down before anybody is told. */

import { type Storage, type Stored, writeOver } from '../keys/storage.ts';
import { type Act, NEW_STATE, type WalletState } from './state.ts';

/** Under which key it lies. */
const STATE_KEY = 'state';
/** The shape of what lies there. One that this wallet does not know is refused, never guessed at. */
const FORMAT = 1;

interface KeptState {
  readonly format: number;
  readonly state: WalletState;
}

/** What is kept was written by a newer wallet. */
export class FormatFault extends Error {
  override readonly name = 'FormatFault';
  readonly code = 'newer-format';

  constructor() {
    super("the wallet's memory was written by a newer version: load this page again");
  }
}

export class Memory {
  readonly #storage: Storage;
  #state: WalletState;
  #revision: number | null;
  /** Ends when everything that was begun before has ended. */
  #last: Promise<void> = Promise.resolve();

  private constructor(storage: Storage, stored: Stored | null) {
    this.#storage = storage;
    [this.#state, this.#revision] = read(stored);
  }

  /** @throws {StorageFault} @throws {FormatFault} */
  static async open(storage: Storage): Promise<Memory> {
    return new Memory(storage, await storage.read(STATE_KEY));
  }

  get state(): WalletState {
    return this.#state;
  }

  /**
   * Does this to the memory; resolves once it is kept. @throws {StorageFault} and the memory is as it was. What the act throws is
   * thrown on: it is asked again on what another tab has written.
   */
  keep(act: Act): Promise<void> {
    return this.#inTurn(() => this.#write(act));
  }

  /** Takes in what another tab has written. @throws {StorageFault} @throws {FormatFault} */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#read());
  }

  /** Each after what came before it, however that ended: what this tab does at once is no race with itself. */
  #inTurn(step: () => Promise<void>): Promise<void> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => undefined);
    return done;
  }

  #write(act: Act): Promise<void> {
    const write = async (): Promise<void> => {
      const state = act(this.#state);
      const value: KeptState = { format: FORMAT, state };
      const replaces = this.#revision;
      await this.#storage.write([{ key: STATE_KEY, value, replaces }]);
      [this.#state, this.#revision] = [state, (replaces ?? 0) + 1];
    };
    // An act says what changes, so that it is done again on what another tab has written.
    return writeOver(write, () => this.#read());
  }

  async #read(): Promise<void> {
    [this.#state, this.#revision] = read(await this.#storage.read(STATE_KEY));
  }
}

function read(stored: Stored | null): [state: WalletState, revision: number | null] {
  if (stored === null) return [NEW_STATE, null];
  // This program wrote it, and pages of other origins cannot.
  const { format, state } = stored.value as KeptState;
  if (format !== FORMAT) throw new FormatFault();
  // What came later is missing from a memory of before.
  return [{ ...NEW_STATE, ...state }, stored.revision];
}
