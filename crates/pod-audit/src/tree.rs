//! The complete subtrees of the Merkle tree (RFC 6962 §2.1), in the derived file `tree`.
//!
//! The file holds a header and then hashes in the order in which they become known: each leaf, followed by the
//! subtrees that it completes. The tree of `n` leaves has `2n - popcount(n)` of them, 64 bytes an entry.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use pod_protocol::merkle::{Hash, Nodes};

use crate::disk::Disk;
use crate::segment::open_for_writing;

/// The name of the file.
pub(crate) const TREE_FILE: &str = "tree";
/// The format: a file that starts otherwise is built anew.
pub(crate) const TREE_HEADER: [u8; HASH_BYTES] = *b"aittatre\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
/// Bytes of a hash.
pub(crate) const HASH_BYTES: usize = 32;

/// How many complete subtrees, leaves included, a tree of `size` leaves has.
pub(crate) fn stored_count(size: u64) -> u64 {
    size.saturating_mul(2).saturating_sub(u64::from(size.count_ones()))
}

/// Where the subtree with number `number` at `level` (0: leaves) stands among the stored hashes: it is completed by its
/// last leaf, and written `level` places after it.
fn stored_position(level: u32, number: u64) -> u64 {
    let last_leaf = ((number + 1) << level) - 1;
    stored_count(last_leaf) + u64::from(level)
}

/// The file of stored hashes.
#[derive(Debug)]
pub(crate) struct TreeFile {
    file: File,
}

impl TreeFile {
    /// Opens the file for the writer, emptying one of another format.
    pub(crate) fn open(directory: &Path, disk: &dyn Disk) -> io::Result<Self> {
        let tree = Self { file: open_for_writing(&directory.join(TREE_FILE))? };
        if !tree.has_header() {
            tree.file.set_len(0)?;
            disk.write_all_at(&tree.file, &TREE_HEADER, 0)?;
        }
        Ok(tree)
    }

    /// Opens the file to look at it only.
    pub(crate) fn open_existing(directory: &Path) -> io::Result<Self> {
        File::open(directory.join(TREE_FILE)).map(|file| Self { file })
    }

    /// Whether the file is of this format.
    pub(crate) fn has_header(&self) -> bool {
        let mut header = [0; HASH_BYTES];
        self.file.read_exact_at(&mut header, 0).is_ok() && header == TREE_HEADER
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Forgets everything after the tree of `size` leaves.
    pub(crate) fn truncate(&self, size: u64) -> io::Result<()> {
        self.file.set_len(offset_of(stored_count(size)))
    }

    /// Writes the hashes that follow the tree of `size` leaves.
    pub(crate) fn write_after(&self, disk: &dyn Disk, size: u64, hashes: &[u8]) -> io::Result<()> {
        disk.write_all_at(&self.file, hashes, offset_of(stored_count(size)))
    }

    /// Whether the hashes that follow the tree of `size` leaves are these.
    pub(crate) fn matches(&self, size: u64, hashes: &[Hash]) -> io::Result<bool> {
        let mut stored = vec![0; hashes.len() * HASH_BYTES];
        self.file.read_exact_at(&mut stored, offset_of(stored_count(size)))?;
        Ok(stored == hashes.as_flattened())
    }

    /// Whether the file has less than `count` hashes after the tree of `size` leaves.
    pub(crate) fn ends_before(&self, size: u64, count: usize) -> bool {
        let needed = offset_of(stored_count(size).saturating_add(count as u64));
        self.file.metadata().is_ok_and(|file| file.len() < needed)
    }

    /// The leaf of the entry at `index`.
    pub(crate) fn leaf(&self, index: u64) -> io::Result<Hash> {
        self.node(0, index)
    }
}

impl Nodes for TreeFile {
    type Error = io::Error;

    fn node(&self, level: u32, number: u64) -> io::Result<Hash> {
        let mut hash = [0; HASH_BYTES];
        self.file.read_exact_at(&mut hash, offset_of(stored_position(level, number)))?;
        Ok(hash)
    }
}

fn offset_of(position: u64) -> u64 {
    (HASH_BYTES as u64).saturating_mul(position.saturating_add(1))
}
