/** Randomness is an argument, so that tests can say what it was. */

/** Gives so many random bytes. */
export type Random = (length: number) => Uint8Array;

/** The browser's own (and Node's): a cryptographically secure generator. */
export const systemRandom: Random = (length) => crypto.getRandomValues(new Uint8Array(length));
