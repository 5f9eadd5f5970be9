/** Random choices that a seed repeats. */

/** sfc32, a small generator with 128 bits of state; good enough to choose what to break. */
export class Dice {
  readonly #state: Uint32Array;

  constructor(seed: number, stream: number) {
    this.#state = Uint32Array.of(seed, seed >>> 16, stream, 1);
    for (let round = 0; round < 16; round += 1) this.#next();
  }

  #next(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, counter = 0] = state;
    const sum = (a + b + counter) | 0;
    state[3] = counter + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = (c + (c << 3)) | 0;
    state[2] = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A whole number from 0 on, below `bound`. */
  below(bound: number): number {
    return bound < 2 ? 0 : Math.floor((this.#next() / 2 ** 32) * bound);
  }

  /** Whether something with this chance, in hundredths, happens. */
  chance(hundredths: number): boolean {
    return this.below(100) < hundredths;
  }

  /** One of them. */
  pick<T>(from: readonly T[]): T {
    const found = from[this.below(from.length)];
    if (found === undefined) throw new RangeError('nothing to choose from');
    return found;
  }

  /** So many bytes. */
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
