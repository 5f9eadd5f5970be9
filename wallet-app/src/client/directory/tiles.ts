/** Tiles (C2SP tlog-tiles): the tree and the leaves in files of 256, and the proofs that a client makes out of them itself. */

import { HASH_BYTES } from '../../protocol/crypto/hash.ts';
import { nodeHash } from '../../protocol/merkle.ts';
import { distrust } from '../../protocol/tlog/fault.ts';
import { MAX_LEAF_BYTES } from '../../protocol/tlog/leaf.ts';

/** How many hashes a full tile has, and leaves a full bundle. */
export const TILE_WIDTH = 256n;
/** How many levels of the tree a tile has. */
const TILE_HEIGHT = 8n;
/** Most bytes of a tile of hashes. */
export const MAX_TILE_BYTES = 8 * 1024;
/** Most bytes of a bundle of leaves: 256 of the longest, each with its length. */
export const MAX_BUNDLE_BYTES = 256 * (MAX_LEAF_BYTES + 2);

/** One tile. */
export interface Tile {
  /** Hashes of this level (0 is that of the leaves), or the leaves themselves. */
  readonly level: bigint | 'entries';
  /** Which, from 0. */
  readonly number: bigint;
  /** How many hashes or leaves, 1 to `TILE_WIDTH`. */
  readonly width: bigint;
}

/** The path after the log's address: `tile/0/x001/067.p/8`. */
export function tilePath({ level, number, width }: Tile): string {
  const groups = [(number % 1000n).toString().padStart(3, '0')];
  for (let rest = number / 1000n; rest > 0n; rest /= 1000n) {
    groups.unshift(`x${(rest % 1000n).toString().padStart(3, '0')}`);
  }
  return `tile/${level}/${groups.join('/')}${width < TILE_WIDTH ? `.p/${width}` : ''}`;
}

/** The tile in a log of `size` leaves; null when that has nothing of it. */
export function tileOf(level: bigint | 'entries', number: bigint, size: bigint): Tile | null {
  const count = level === 'entries' ? size : size >> (TILE_HEIGHT * level);
  const left = count - number * TILE_WIDTH;
  return left > 0n ? { level, number, width: left < TILE_WIDTH ? left : TILE_WIDTH } : null;
}

/** That a tile is to be brought first. */
export class MissingTile extends Error {
  readonly tile: Tile;

  constructor(tile: Tile) {
    super(tilePath(tile));
    this.tile = tile;
  }
}

/** The nodes of a log of some size, out of tiles that were brought. */
export class TileNodes {
  readonly #size: bigint;
  readonly #tiles: Map<string, readonly Uint8Array[]> = new Map();

  constructor(size: bigint) {
    this.#size = size;
  }

  /** Takes the bytes of a tile that `MissingTile` asked for. @throws {LogFault} `log-proof` */
  bring({ level, number, width }: Tile, bytes: Uint8Array): void {
    if (BigInt(bytes.length) !== width * BigInt(HASH_BYTES)) distrust('log-proof');
    const hashes = Array.from({ length: Number(width) }, (_none, at) =>
      bytes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES),
    );
    this.#tiles.set(`${level}/${number}`, hashes);
  }

  /** The root of the whole tree of the first `size` leaves, at least one. @throws {MissingTile} */
  root(size: bigint): Uint8Array {
    return this.#range(0n, size);
  }

  /** PATH(index, D[size]) of RFC 6962 §2.1.1. @throws {MissingTile} */
  inclusionProof(index: bigint, size: bigint): readonly Uint8Array[] {
    const proof: Uint8Array[] = [];
    let [start, count] = [0n, size];
    while (count > 1n) {
      const left = split(count);
      if (index < start + left) {
        proof.push(this.#range(start + left, count - left));
        count = left;
      } else {
        proof.push(this.#range(start, left));
        [start, count] = [start + left, count - left];
      }
    }
    return proof.reverse();
  }

  /** PROOF(old, D[size]) of RFC 6962 §2.1.2. @throws {MissingTile} */
  consistencyProof(old: bigint, size: bigint): readonly Uint8Array[] {
    const proof: Uint8Array[] = [];
    if (old === 0n || old === size) return proof;
    let [start, count] = [0n, size];
    while (start + count > old) {
      const left = split(count);
      if (old <= start + left) {
        proof.push(this.#range(start + left, count - left));
        count = left;
      } else {
        proof.push(this.#range(start, left));
        [start, count] = [start + left, count - left];
      }
    }
    // An old tree that is one complete subtree from the beginning needs no hash: the verifier has it.
    if (start > 0n) proof.push(this.#range(start, count));
    return proof.reverse();
  }

  /** The root over the leaves from `start`, which is a multiple of a power of two that is at least `count`. */
  #range(start: bigint, count: bigint): Uint8Array {
    if ((count & (count - 1n)) === 0n) {
      const level = BigInt(count.toString(2).length - 1);
      return this.#node(level, start >> level);
    }
    const left = split(count);
    return nodeHash(this.#range(start, left), this.#range(start + left, count - left));
  }

  #node(level: bigint, number: bigint): Uint8Array {
    const [row, height] = [level / TILE_HEIGHT, level % TILE_HEIGHT];
    const first = number << height;
    const tile = tileOf(row, first / TILE_WIDTH, this.#size) ?? distrust('log-proof');
    const hashes = this.#tiles.get(`${row}/${tile.number}`);
    if (hashes === undefined) throw new MissingTile(tile);
    const place = Number(first % TILE_WIDTH);
    let under: readonly Uint8Array[] = hashes.slice(place, place + Number(1n << height));
    if (under.length !== Number(1n << height)) distrust('log-proof');
    while (under.length > 1) under = pairs(under);
    return under[0] ?? distrust('log-proof');
  }
}

function pairs(row: readonly Uint8Array[]): readonly Uint8Array[] {
  return Array.from({ length: row.length / 2 }, (_none, at) => {
    const [left, right] = [row[2 * at], row[2 * at + 1]];
    return left && right ? nodeHash(left, right) : distrust('log-proof');
  });
}

/** The largest power of two below `count`, which is above 1. */
function split(count: bigint): bigint {
  return 1n << BigInt((count - 1n).toString(2).length - 1);
}

/** Takes a bundle of `count` leaves apart: each has its length before it, two bytes. @throws {LogFault} `log-leaves` */
export function unbundle(bytes: Uint8Array, count: bigint): readonly Uint8Array[] {
  const leaves: Uint8Array[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const leaf = bytes.slice(at + 2, at + 2 + length);
    if (leaf.length !== length) distrust('log-leaves');
    leaves.push(leaf);
    at += 2 + length;
  }
  return at === bytes.length && BigInt(leaves.length) === count ? leaves : distrust('log-leaves');
}
