/** Base64 in its two alphabets, each value in its one text: no stray bits, no missing or superfluous padding. */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const URL_SAFE = `${LETTERS}-_`;
const STANDARD = `${LETTERS}+/`;

function values(alphabet: string): ReadonlyMap<string, number> {
  return new Map([...alphabet].map((letter, value) => [letter, value]));
}

const URL_SAFE_VALUES = values(URL_SAFE);
const STANDARD_VALUES = values(STANDARD);

function encode(alphabet: string, bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += alphabet.charAt((held >> bits) & 63);
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + alphabet.charAt((held << (6 - bits)) & 63);
}

function decode(letters: ReadonlyMap<string, number>, text: string): Uint8Array | null {
  const out = new Uint8Array((text.length * 6) >> 3);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    const value = letters.get(text.charAt(index));
    if (value === undefined) return null;
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at] = held >> bits;
      at += 1;
    }
    held &= (1 << bits) - 1;
  }
  // 6 bits left are a letter too many, and bits that are set would be a second text for the same bytes.
  return bits < 6 && held === 0 ? out : null;
}

/** As base64url without padding (RFC 4648 §5), which is what JSON and ids have. */
export function base64url(bytes: Uint8Array): string {
  return encode(URL_SAFE, bytes);
}

/** Reads base64url without padding; null when it is not that. */
export function fromBase64url(text: string): Uint8Array | null {
  return decode(URL_SAFE_VALUES, text);
}

/** As base64 with padding (RFC 4648 §4), which is what signed notes have. */
export function base64(bytes: Uint8Array): string {
  const text = encode(STANDARD, bytes);
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** Reads base64 with padding; null when it is not that. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return decode(STANDARD_VALUES, text.slice(0, text.length - padding));
}
