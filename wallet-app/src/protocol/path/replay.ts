/** The replay window: which signed objects were already answered. State without a clock: time is an argument. */

import type { Cti, Kid } from '../ids.ts';
import { CLOCK_SKEW_SECS } from '../limits.ts';
import { refuse } from '../refusal.ts';

/** Most entries: some 100 bytes each. A caller that has none left is told to come again. */
export const MAX_REPLAY_ENTRIES = 100_000;

/** What was seen, until nobody could replay it. */
export class ReplayWindow {
  /** Pairs of key and cti, and the second at which each is forgotten. */
  readonly #seen = new Map<string, bigint>();

  /** Notes that an object was seen. @throws {Refusal} `replay`; `unavailable` when there is no room. */
  admit(kid: Kid, cti: Cti, expires: bigint, nowSecs: bigint): void {
    for (const [entry, forgottenSecs] of this.#seen) if (forgottenSecs <= nowSecs) this.#seen.delete(entry);
    const entry = `${kid} ${cti}`;
    if (this.#seen.has(entry)) refuse('replay');
    if (this.#seen.size >= MAX_REPLAY_ENTRIES) refuse('unavailable');
    this.#seen.set(entry, expires + CLOCK_SKEW_SECS);
  }
}
