/** What every call needs, made once where the wallet starts: a way out, a clock, randomness. */

import { type Random, systemRandom } from '../crypto/random.ts';

export interface Caller {
  /** As browsers have it (and Node): `globalThis.fetch`, or a stand-in of a test. */
  readonly fetch: typeof fetch;
  /** The clock: seconds since 1970. */
  nowSecs(): bigint;
  readonly random: Random;
  /** How long one call may take, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * How long one call may take, its answer included, in milliseconds: the largest answers are some megabytes, which a slow mobile
 * network brings in this time.
 */
export const CALL_TIMEOUT_MS = 30_000;

/** The browser's own. */
export function browserCaller(): Caller {
  return {
    // Called as a function of the window: browsers refuse a `fetch` that was torn off.
    fetch: (input, init) => globalThis.fetch(input, init),
    nowSecs: () => BigInt(Math.floor(Date.now() / 1000)),
    random: systemRandom,
    timeoutMs: CALL_TIMEOUT_MS,
  };
}
