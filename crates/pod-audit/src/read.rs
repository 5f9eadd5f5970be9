//! Reading the log: entries, the entries of a pod, proofs, and replay at start.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use pod_protocol::merkle::{Frontier, Hash, Nodes, verify_consistency, verify_inclusion};

use crate::SignedHead;
use crate::entry::{PodTag, StoredEntry};
use crate::fault::{Damage, DamageKind, ReadFault};
use crate::frame::{FRAME_HEADER_BYTES, Frame, FrameHeader, FrameKind, FrameReader, Step};
use crate::log::Log;
use crate::segment;
use crate::tree::TREE_FILE;

/// Where an entry stands.
struct Place {
    file: Arc<File>,
    name: String,
    offset: u64,
    index: u64,
}

/// A segment to be replayed.
struct Stretch {
    first_index: u64,
    /// The offset of the first entry wanted.
    offset: u64,
    /// Where the synced frames end; `None` for the end of the file.
    end: Option<u64>,
}

impl Log {
    /// How many entries are durable.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.shared.view().size()
    }

    /// The newest signed head; `None` before the first entry.
    #[must_use]
    pub fn head(&self) -> Option<Arc<SignedHead>> {
        self.shared.view().head.clone()
    }

    /// The entry at `index`; `None` when the log has fewer.
    ///
    /// # Errors
    /// [`ReadFault::Damaged`] when the entry is not the one in the tree; [`ReadFault::Io`].
    pub fn entry(&self, index: u64) -> Result<Option<StoredEntry>, ReadFault> {
        self.place(index)?.map(|place| self.read(&place)).transpose()
    }

    /// Entries of `pod`, oldest first, with index `from` or later, at most `limit`. The next page begins one after the
    /// last of this one.
    ///
    /// # Errors
    /// As [`Log::entry`].
    pub fn entries_of(&self, pod: PodTag, from: u64, limit: usize) -> Result<Vec<StoredEntry>, ReadFault> {
        let directory = &self.shared.directory;
        // Taken together, so that a segment which becomes full meanwhile is in one of the two.
        let (full, newest) = {
            let view = self.shared.view();
            let full: Vec<_> = view.full.iter().filter(|segment| segment.end_index() > from).cloned().collect();
            let first_index = view.newest.first_index;
            let found = view.newest.index.find(pod, from.saturating_sub(first_index), limit);
            (full, found.into_iter().map(move |number| first_index + number).collect::<Vec<_>>())
        };
        let mut found = Vec::new();
        for segment in full {
            let left = limit - found.len();
            if left == 0 {
                break;
            }
            let numbers = segment.find(directory, pod, from.saturating_sub(segment.first_index), left)?;
            found.extend(numbers.into_iter().map(|number| segment.first_index + number));
        }
        found.extend(newest);
        found.truncate(limit);
        found.into_iter().filter_map(|index| self.entry(index).transpose()).collect()
    }

    /// Gives every entry from `from_index` to `take`, in order, reading the files once from front to back; for the
    /// replay window and the counters at start. Gives back the size up to which it read.
    ///
    /// # Errors
    /// [`ReadFault::Damaged`], [`ReadFault::Io`].
    pub fn replay(&self, from_index: u64, mut take: impl FnMut(&StoredEntry)) -> Result<u64, ReadFault> {
        let (stretches, size) = self.stretches(from_index)?;
        let mut index = from_index;
        for stretch in stretches {
            let name = segment::name(stretch.first_index);
            let failed = |source| ReadFault::Io { file: name.clone(), source };
            let file = File::open(self.shared.directory.join(&name)).map_err(failed)?;
            let length = file.metadata().map_err(failed)?.len();
            let end = stretch.end.unwrap_or(length).min(length);
            let mut frames = FrameReader::new(file, stretch.offset, end).map_err(failed)?;
            loop {
                match frames.next().map_err(failed)? {
                    Step::Frame(Frame { kind: FrameKind::Head, .. }) => {}
                    Step::Frame(Frame { offset, payload, digest, .. }) => {
                        let entry = StoredEntry::with_leaf(index, digest, payload.to_vec())
                            .map_err(|_| damage(&name, offset, index, DamageKind::Entry))?;
                        take(&entry);
                        index += 1;
                    }
                    Step::End { .. } => break,
                    Step::Bad { offset, .. } => return Err(damage(&name, offset, index, DamageKind::Frame).into()),
                }
            }
        }
        Ok(size)
    }

    /// The proof that the entry at `index` is in the tree of `size` entries (RFC 6962 §2.1.1). It was checked.
    ///
    /// # Errors
    /// [`ReadFault::Range`]; [`ReadFault::Damaged`] when the stored tree does not hold; [`ReadFault::Io`].
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, ReadFault> {
        let recorded = self.size();
        if index >= size || size > recorded {
            return Err(ReadFault::Range { index, size, recorded });
        }
        let tree = &self.shared.tree;
        let leaf = tree.leaf(index).map_err(tree_failed)?;
        let proof = tree.inclusion_proof(index, size).map_err(tree_failed)?;
        verify_inclusion(index, size, &leaf, &proof, &self.root(size)?).map_err(|_| bad_tree(index))?;
        Ok(proof)
    }

    /// The proof that the tree of `old_size` entries is the beginning of that of `size` (RFC 6962 §2.1.2). It was
    /// checked.
    ///
    /// # Errors
    /// As [`Log::inclusion_proof`].
    pub fn consistency_proof(&self, old_size: u64, size: u64) -> Result<Vec<Hash>, ReadFault> {
        let recorded = self.size();
        if old_size > size || size > recorded {
            return Err(ReadFault::Range { index: old_size, size, recorded });
        }
        let proof = self.shared.tree.consistency_proof(old_size, size).map_err(tree_failed)?;
        verify_consistency(old_size, size, &self.root(old_size)?, &self.root(size)?, &proof)
            .map_err(|_| bad_tree(old_size))?;
        Ok(proof)
    }

    /// The root of the tree of `size` entries: the signed one when that is the newest, else from the stored hashes.
    fn root(&self, size: u64) -> Result<Hash, ReadFault> {
        match self.head() {
            Some(head) if head.size == size => Ok(head.root),
            _ => Ok(Frontier::load(&self.shared.tree, size).map_err(tree_failed)?.root()),
        }
    }

    fn place(&self, index: u64) -> Result<Option<Place>, ReadFault> {
        let full = {
            let view = self.shared.view();
            let newest = &view.newest;
            if let Some(number) = index.checked_sub(newest.first_index) {
                return Ok(newest.index.offset(number).map(|offset| Place {
                    file: Arc::clone(&newest.file),
                    name: segment::name(newest.first_index),
                    offset,
                    index,
                }));
            }
            view.full_segment_of(index)
        };
        let Some(full) = full else { return Ok(None) };
        let directory = &self.shared.directory;
        let Some(offset) = full.offset(directory, index - full.first_index)? else { return Ok(None) };
        let name = full.name();
        let file = File::open(directory.join(&name)).map_err(|source| ReadFault::Io { file: name.clone(), source })?;
        Ok(Some(Place { file: Arc::new(file), name, offset, index }))
    }

    /// Reads one entry; its checksum and its leaf in the tree must both agree, so that nothing changed is ever shown.
    fn read(&self, place: &Place) -> Result<StoredEntry, ReadFault> {
        let wrong = |kind| damage(&place.name, place.offset, place.index, kind);
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::UnexpectedEof => ReadFault::Damaged(wrong(DamageKind::Frame)),
            _ => ReadFault::Io { file: place.name.clone(), source },
        };
        let mut header = [0; FRAME_HEADER_BYTES];
        place.file.read_exact_at(&mut header, place.offset).map_err(failed)?;
        let header = FrameHeader::read(&header)
            .filter(|header| header.kind == FrameKind::Entry)
            .ok_or_else(|| wrong(DamageKind::Frame))?;
        let mut payload = vec![0; header.length];
        place.file.read_exact_at(&mut payload, place.offset + FRAME_HEADER_BYTES as u64).map_err(failed)?;
        let leaf = header.check(&payload).ok_or_else(|| wrong(DamageKind::Frame))?;
        if self.shared.tree.leaf(place.index).map_err(tree_failed)? != leaf {
            return Err(wrong(DamageKind::Leaf).into());
        }
        StoredEntry::with_leaf(place.index, leaf, payload).map_err(|_| wrong(DamageKind::Entry).into())
    }

    fn stretches(&self, from: u64) -> Result<(Vec<Stretch>, u64), ReadFault> {
        let (full, newest, size) = {
            let view = self.shared.view();
            let newest = &view.newest;
            let offset = newest.index.offset(from.saturating_sub(newest.first_index));
            let newest =
                offset.map(|offset| Stretch { first_index: newest.first_index, offset, end: Some(newest.end) });
            let full: Vec<_> = view.full.iter().filter(|segment| segment.end_index() > from).cloned().collect();
            (full, newest, view.size())
        };
        let mut stretches = Vec::new();
        for segment in full {
            let number = from.saturating_sub(segment.first_index);
            let offset = segment.offset(&self.shared.directory, number)?;
            stretches.extend(offset.map(|offset| Stretch { first_index: segment.first_index, offset, end: None }));
        }
        stretches.extend(newest);
        Ok((stretches, size))
    }
}

fn damage(file: &str, offset: u64, index: u64, kind: DamageKind) -> Damage {
    Damage { file: file.to_owned(), offset, index: Some(index), kind }
}

fn tree_failed(source: io::Error) -> ReadFault {
    ReadFault::Io { file: TREE_FILE.to_owned(), source }
}

fn bad_tree(index: u64) -> ReadFault {
    damage(TREE_FILE, 0, index, DamageKind::Tree).into()
}
