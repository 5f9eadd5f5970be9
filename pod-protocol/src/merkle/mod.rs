//! Merkle trees and their proofs (RFC 6962 §2.1, RFC 9162 §2.1): what wallets, peers and auditors check.

mod tree;

pub use tree::{Frontier, Nodes};

use pod_crypto::sha256;

/// A node of the tree.
pub type Hash = [u8; 32];

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// The index or size makes no sense.
    #[error("the index or the size is out of range")]
    Range,
    /// Too few or too many hashes.
    #[error("the proof has the wrong length")]
    Length,
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// The hash of an entry.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry])
}

/// The hash of two subtrees.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The root of the empty tree.
#[must_use]
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// Checks that `leaf` stands at `index` in the tree of `size` entries with `root` (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`ProofFault`].
pub fn verify_inclusion(index: u64, size: u64, leaf: &Hash, proof: &[Hash], root: &Hash) -> Result<(), ProofFault> {
    if index >= size {
        return Err(ProofFault::Range);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofFault::Length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofFault::Root),
        _ => Err(ProofFault::Length),
    }
}

/// Checks that the tree of `old_size` entries is the beginning of the tree of `new_size` (RFC 9162 §2.1.4.2).
///
/// # Errors
/// [`ProofFault`].
pub fn verify_consistency(
    old_size: u64,
    new_size: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofFault> {
    if old_size > new_size {
        return Err(ProofFault::Range);
    }
    if old_size == 0 || old_size == new_size {
        // The empty tree begins every tree, and every tree begins itself: nothing is left to prove.
        let holds = if old_size == new_size { old_root == new_root } else { true };
        let empty_is_empty = old_size != 0 || *old_root == empty_root();
        return match (proof.is_empty(), holds && empty_is_empty) {
            (false, _) => Err(ProofFault::Length),
            (true, false) => Err(ProofFault::Root),
            (true, true) => Ok(()),
        };
    }
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    // A power of two is its own first node, which the proof then leaves out.
    let mut hashes = proof.iter();
    let first = if old_size.is_power_of_two() { *old_root } else { *hashes.next().ok_or(ProofFault::Length)? };
    let (mut old, mut new) = (first, first);
    for sibling in hashes {
        if last == 0 {
            return Err(ProofFault::Length);
        }
        if node & 1 == 1 || node == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    match (last, old == *old_root && new == *new_root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofFault::Root),
        _ => Err(ProofFault::Length),
    }
}
