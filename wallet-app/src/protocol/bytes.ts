/** Byte strings: compare, join, and to and from text. */

const ENCODER = new TextEncoder();
/** Strict, and keeps a byte order mark as the character that it is: what is read is written again the same. */
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text as UTF-8. A lone surrogate has no UTF-8; whoever builds text from input checks it before. */
export function utf8(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new RangeError('a lone surrogate is no text');
  return ENCODER.encode(text);
}

/** How many bytes the text has in UTF-8: limits of texts count these. */
export function utf8Length(text: string): number {
  return utf8(text).length;
}

/** UTF-8 as text; null when it is not. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}

/** Bytewise order: negative, 0 or positive. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shorter = Math.min(left.length, right.length);
  for (let at = 0; at < shorter; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** The order of two texts by their UTF-8. JavaScript's own `<` is that of UTF-16, which differs beyond U+FFFF. */
export function compareText(left: string, right: string): number {
  return compareBytes(utf8(left), utf8(right));
}

/** Whether both are the same bytes. Takes longer the more of them are: for public values alone. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && compareBytes(left, right) === 0;
}

/** All parts, one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** 8 bytes, the most significant first. */
export function toBigEndian64(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, value);
  return out;
}

/** The unsigned integer in these bytes, the most significant first. */
export function fromBigEndian(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
