/**
 * Padding before sealing, so that the length of what is sealed does not say what it is: a byte `0x80`, then zeros
 * (ISO/IEC 7816-4), up to a whole number of steps.
 */

const BEGINS = 0x80;

/** Fills up to the next multiple of `step` bytes; at least one byte is added. */
export function pad(plain: Uint8Array, step: number): Uint8Array {
  const padded = new Uint8Array(Math.ceil((plain.length + 1) / step) * step);
  padded.set(plain);
  padded[plain.length] = BEGINS;
  return padded;
}

/** What stood before the padding; null when there is none. */
export function unpad(padded: Uint8Array): Uint8Array | null {
  const end = padded.findLastIndex((byte) => byte !== 0);
  return padded[end] === BEGINS ? padded.subarray(0, end) : null;
}
