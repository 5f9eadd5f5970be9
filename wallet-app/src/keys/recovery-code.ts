/**
 * The printed recovery code: 160 random bits on two lines of three groups of six characters, as `pod-wallet` prints it, so that a
 * code of one wallet works in the other.
 *
 * The alphabet is Crockford's base 32 (no I, L, O, U). The last two characters of a line are a Reed-Solomon check over GF(32), of
 * distance 3: one mistyped character in a line is found, and named with what stands there on the paper. The code is random, not
 * chosen, so a key is derived from it by HKDF alone: nobody searches 160 bits.
 */

import type { Random } from '../crypto/random.ts';

const ENTROPY_BYTES = 20;
const LINES = 2;
const LINE_BYTES = ENTROPY_BYTES / LINES;
/** Characters of entropy on a line, 5 bits each. */
const DATA_CHARACTERS = 16;
/** With the two of the check. */
const LINE_CHARACTERS = DATA_CHARACTERS + 2;
/** Characters of a whole code, without what stands between them. */
export const TYPED_CHARACTERS = LINES * LINE_CHARACTERS;
/** What people read at once. */
const GROUP_CHARACTERS = 6;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Most characters that are looked at, separators included: a pasted file is not a code. */
const MAX_TYPED_CHARACTERS = 200;
/** Between characters nothing is meant by them. */
const SEPARATOR = /[\s-]/u;

/** Why something typed is not a recovery code. Groups and characters are counted from 1. */
export type CodeProblem =
  /** Too few or too many characters; `found` without spaces and dashes. */
  | { readonly code: 'code-length'; readonly found: number }
  /** A character that no code has. */
  | { readonly code: 'code-character'; readonly group: number; readonly place: number; readonly found: string }
  /** One character of the line is wrong; `expected` would fit. */
  | {
      readonly code: 'code-mistyped';
      readonly group: number;
      readonly place: number;
      readonly found: string;
      readonly expected: string;
    }
  /** More than one character of the line is wrong. */
  | { readonly code: 'code-line'; readonly firstGroup: number; readonly lastGroup: number };

export class CodeFault extends Error {
  override readonly name = 'CodeFault';
  readonly problem: CodeProblem;

  constructor(problem: CodeProblem) {
    super(`${problem.code}: compare it with the paper, group by group`);
    this.problem = problem;
  }

  get code(): CodeProblem['code'] {
    return this.problem.code;
  }
}

/** A recovery code. It cannot be printed by accident: `toPaper` is the one way. */
export class RecoveryCode {
  readonly #entropy: Uint8Array;

  private constructor(entropy: Uint8Array) {
    this.#entropy = entropy;
  }

  static generate(random: Random): RecoveryCode {
    return new RecoveryCode(random(ENTROPY_BYTES));
  }

  /**
   * Reads what somebody typed from the paper. Spaces, line ends and dashes do not matter, nor does the case; I and L count as 1, O
   * as 0. @throws {CodeFault} which names the mistyped character when there is one in a line.
   */
  static parse(typed: string): RecoveryCode {
    const characters = [...typed].filter((one) => !SEPARATOR.test(one));
    const { length } = characters;
    if (length > MAX_TYPED_CHARACTERS) throw new CodeFault({ code: 'code-length', found: length });
    const symbols = characters.map((found, at) => {
      const [group, place] = [Math.floor(at / GROUP_CHARACTERS) + 1, (at % GROUP_CHARACTERS) + 1];
      return symbolOf(found) ?? fail({ code: 'code-character', group, place, found });
    });
    if (length !== TYPED_CHARACTERS) throw new CodeFault({ code: 'code-length', found: length });
    const entropy = new Uint8Array(ENTROPY_BYTES);
    for (let number = 0; number < LINES; number += 1) {
      const line = symbols.slice(number * LINE_CHARACTERS, (number + 1) * LINE_CHARACTERS);
      checkLine(number, line);
      let bits = line.slice(0, DATA_CHARACTERS).reduce((sum, symbol) => (sum << 5n) | BigInt(symbol), 0n);
      for (let at = LINE_BYTES - 1; at >= 0; at -= 1) {
        entropy[number * LINE_BYTES + at] = Number(bits & 0xffn);
        bits >>= 8n;
      }
    }
    return new RecoveryCode(entropy);
  }

  /** The random bits, for the keys that are derived from them. */
  get entropy(): Uint8Array {
    return this.#entropy;
  }

  /** The two lines to print. */
  toPaper(): string {
    const line = (number: number): string => {
      const bytes = this.#entropy.subarray(number * LINE_BYTES, (number + 1) * LINE_BYTES);
      const text = withCheck(symbolsOf(bytes)).map(characterOf).join('');
      return text.replace(/(.{6})(?=.)/g, '$1-');
    };
    return `${line(0)}\n${line(1)}`;
  }
}

function fail(problem: CodeProblem): never {
  throw new CodeFault(problem);
}

function symbolsOf(bytes: Uint8Array): readonly number[] {
  const bits = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return Array.from({ length: DATA_CHARACTERS }, (_none, at) =>
    Number((bits >> BigInt(5 * (DATA_CHARACTERS - 1 - at))) & 31n),
  );
}

function characterOf(symbol: number): string {
  return ALPHABET.charAt(symbol);
}

function symbolOf(character: string): number | null {
  // ASCII alone: other alphabets have letters whose capitals are ours.
  const capital = /^[a-z]$/.test(character) ? character.toUpperCase() : character;
  const meant = capital === 'I' || capital === 'L' ? '1' : capital === 'O' ? '0' : capital;
  const at = meant.length === 1 ? ALPHABET.indexOf(meant) : -1;
  return at === -1 ? null : at;
}

/** Multiplication in GF(32), x^5 + x^2 + 1. */
function multiply(left: number, right: number): number {
  let product = 0;
  for (let bit = 0; bit < 5; bit += 1) {
    if ((right >> bit) & 1) product ^= left;
    left <<= 1;
    if (left & 0x20) left ^= 0x25;
  }
  return product;
}

/** x to the power of `exponent`; x generates the 31 elements other than 0, so all places of a line differ. */
function weight(exponent: number): number {
  return Array.from({ length: exponent }).reduce<number>((power) => multiply(power, 2), 1);
}

/** The group has 31 elements, so the 30th power is the inverse. */
function inverse(element: number): number {
  return Array.from({ length: 30 }).reduce<number>((power) => multiply(power, element), 1);
}

/** The two sums that are 0 on a right line: plain, and weighted by place. */
function sums(line: readonly number[]): { readonly plain: number; readonly weighted: number } {
  return {
    plain: line.reduce((sum, symbol) => sum ^ symbol, 0),
    weighted: line.reduce((sum, symbol, place) => sum ^ multiply(symbol, weight(place)), 0),
  };
}

function withCheck(data: readonly number[]): readonly number[] {
  const { plain, weighted } = sums(data);
  const [first, second] = [weight(DATA_CHARACTERS), weight(DATA_CHARACTERS + 1)];
  // first + second = plain, first*w16 + second*w17 = weighted.
  const check = multiply(weighted ^ multiply(plain, first), inverse(first ^ second));
  return [...data, plain ^ check, check];
}

function checkLine(number: number, line: readonly number[]): void {
  const { plain, weighted } = sums(line);
  if (plain === 0 && weighted === 0) return;
  const groups = LINE_CHARACTERS / GROUP_CHARACTERS;
  const firstGroup = number * groups + 1;
  const place = plain === 0 ? -1 : line.findIndex((_symbol, at) => multiply(plain, weight(at)) === weighted);
  const symbol = line[place];
  if (symbol === undefined) fail({ code: 'code-line', firstGroup, lastGroup: firstGroup + groups - 1 });
  fail({
    code: 'code-mistyped',
    group: firstGroup + Math.floor(place / GROUP_CHARACTERS),
    place: (place % GROUP_CHARACTERS) + 1,
    found: characterOf(symbol),
    expected: characterOf(symbol ^ plain),
  });
}
