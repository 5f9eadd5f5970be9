/** Padding before sealing (ISO/IEC 7816-4): a byte `80`, then zeros, up to a whole number of steps. */

/** Fills up to the next multiple of `step` bytes; at least one byte is added. */
export function pad(plain: Uint8Array, step: number): Uint8Array {
  const padded = new Uint8Array(Math.ceil((plain.length + 1) / step) * step);
  padded.set(plain);
  padded[plain.length] = 0x80;
  return padded;
}

/** What stood before the padding; null when it is none. */
export function unpad(padded: Uint8Array): Uint8Array | null {
  const end = padded.findLastIndex((byte) => byte !== 0);
  return padded[end] === 0x80 ? padded.slice(0, end) : null;
}
