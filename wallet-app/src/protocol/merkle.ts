/** Merkle trees and their proofs (RFC 6962 §2.1, RFC 9162 §2.1): what wallets, peers and auditors check. */

import { equalBytes } from './bytes.ts';
import { sha256 } from './crypto/hash.ts';

/** Why a proof does not hold. */
export type ProofFault =
  /** The index or the size is out of range. */
  | 'range'
  /** The proof has the wrong length. */
  | 'length'
  /** The proof leads to another root. */
  | 'root';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The hash of an entry. */
export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(LEAF, entry);
}

/** The hash of two subtrees. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(NODE, left, right);
}

/** The root of a tree without entries. */
export function emptyRoot(): Uint8Array {
  return sha256();
}

/** What is wrong with a proof that `leaf` stands at `index` of the tree of `size` entries with this root; null when nothing is (RFC 9162 §2.1.3.2). */
export function inclusionFault(
  index: bigint,
  size: bigint,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): ProofFault | null {
  if (index < 0n || index >= size) return 'range';
  let [node, last] = [index, size - 1n];
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0n) return 'length';
    if (isRight(node, last)) {
      hash = nodeHash(sibling, hash);
      [node, last] = up(node, last);
    } else {
      hash = nodeHash(hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) return 'length';
  return equalBytes(hash, root) ? null : 'root';
}

/** What is wrong with a proof that the tree of `newSize` entries continues that of `oldSize`; null when nothing is (RFC 9162 §2.1.4.2). */
export function consistencyFault(
  oldSize: bigint,
  newSize: bigint,
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
  proof: readonly Uint8Array[],
): ProofFault | null {
  if (oldSize < 0n || oldSize > newSize) return 'range';
  if (oldSize === 0n || oldSize === newSize) {
    // The empty tree begins every tree, and every tree begins itself: nothing is left to prove.
    if (proof.length > 0) return 'length';
    const isItself = oldSize !== newSize || equalBytes(oldRoot, newRoot);
    const isEmpty = oldSize !== 0n || equalBytes(oldRoot, emptyRoot());
    return isItself && isEmpty ? null : 'root';
  }
  let [node, last] = [oldSize - 1n, newSize - 1n];
  while (node % 2n === 1n) {
    node >>= 1n;
    last >>= 1n;
  }
  // A power of two is its own first node, which the proof then leaves out.
  const isPowerOfTwo = (oldSize & (oldSize - 1n)) === 0n;
  const hashes = isPowerOfTwo ? [oldRoot, ...proof] : proof;
  const [first, ...siblings] = hashes;
  if (first === undefined) return 'length';
  let [older, newer] = [first, first];
  for (const sibling of siblings) {
    if (last === 0n) return 'length';
    if (isRight(node, last)) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      [node, last] = up(node, last);
    } else {
      newer = nodeHash(newer, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) return 'length';
  return equalBytes(older, oldRoot) && equalBytes(newer, newRoot) ? null : 'root';
}

/** Whether the sibling is to the left. */
function isRight(node: bigint, last: bigint): boolean {
  return node % 2n === 1n || node === last;
}

/** Past the levels on which a last node stands alone. */
function up(node: bigint, last: bigint): [node: bigint, last: bigint] {
  while (node % 2n === 0n && node !== 0n) {
    node >>= 1n;
    last >>= 1n;
  }
  return [node, last];
}
