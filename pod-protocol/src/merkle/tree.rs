//! Growing a tree, and proving something about it, over whatever keeps its nodes.

use super::{Hash, empty_root, node_hash};

/// Where the roots of a tree's complete subtrees are read: a file, tiles, memory.
pub trait Nodes {
    /// Why one cannot be read.
    type Error;

    /// The root of the complete subtree `number` at `level`; leaves are at level 0.
    ///
    /// # Errors
    /// [`Nodes::Error`].
    fn node(&self, level: u32, number: u64) -> Result<Hash, Self::Error>;

    /// The root over the leaves from `start`, which is a multiple of a power of two that is at least `count`.
    ///
    /// # Errors
    /// [`Nodes::Error`].
    fn range_root(&self, start: u64, count: u64) -> Result<Hash, Self::Error> {
        if count.is_power_of_two() {
            let level = count.trailing_zeros();
            return self.node(level, start >> level);
        }
        let left = split(count);
        Ok(node_hash(&self.range_root(start, left)?, &self.range_root(start + left, count - left)?))
    }

    /// PATH(index, D\[size\]) of RFC 6962 §2.1.1. The caller checked `index < size`.
    ///
    /// # Errors
    /// [`Nodes::Error`].
    fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, Self::Error> {
        let mut proof = Vec::new();
        let (mut start, mut count) = (0, size);
        while count > 1 {
            let left = split(count);
            if index < start + left {
                proof.push(self.range_root(start + left, count - left)?);
                count = left;
            } else {
                proof.push(self.range_root(start, left)?);
                start += left;
                count -= left;
            }
        }
        proof.reverse();
        Ok(proof)
    }

    /// PROOF(old, D\[size\]) of RFC 6962 §2.1.2. The caller checked `old <= size`.
    ///
    /// # Errors
    /// [`Nodes::Error`].
    fn consistency_proof(&self, old: u64, size: u64) -> Result<Vec<Hash>, Self::Error> {
        let mut proof = Vec::new();
        if old == 0 || old == size {
            return Ok(proof);
        }
        let (mut start, mut count) = (0, size);
        while start + count > old {
            let left = split(count);
            if old <= start + left {
                proof.push(self.range_root(start + left, count - left)?);
                count = left;
            } else {
                proof.push(self.range_root(start, left)?);
                start += left;
                count -= left;
            }
        }
        // The old tree itself needs no hash when it is one complete subtree from the beginning: the verifier has it.
        if start > 0 {
            proof.push(self.range_root(start, count)?);
        }
        proof.reverse();
        Ok(proof)
    }
}

/// The right edge of a tree: the roots of its complete subtrees, largest first. All that appending needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The edge of the tree of `size` leaves, from its peaks; none when there is another number of them.
    #[must_use]
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    /// Reads the edge of the tree of `size` leaves.
    ///
    /// # Errors
    /// [`Nodes::Error`].
    pub fn load<N: Nodes>(nodes: &N, size: u64) -> Result<Self, N::Error> {
        let levels = (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1);
        let peaks = levels.map(|level| nodes.node(level, (size >> level) - 1)).collect::<Result<_, _>>()?;
        Ok(Self { size, peaks })
    }

    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Adds a leaf, and gives the hashes that became known to `store`: the leaf, then each subtree that it completes.
    pub fn push(&mut self, leaf: &Hash, mut store: impl FnMut(&Hash)) {
        let mut hash = *leaf;
        store(&hash);
        let mut merged = self.size;
        while merged & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            store(&hash);
            merged >>= 1;
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}
