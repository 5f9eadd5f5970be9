//! Reading one segment from its start, strictly: checksums, entries, and that every head covers what stands before it.

use std::fs::File;
use std::io;
use std::path::Path;

use pod_protocol::cose::Signed;
use pod_protocol::merkle::{Frontier, Hash};
use pod_protocol::tree_head::TreeHead;

use crate::entry::StoredEntry;
use crate::fault::{Damage, DamageKind, OpenLogError};
use crate::frame::{FRAME_HEADER_BYTES, Frame, FrameKind, FrameReader, Step, put_frame};
use crate::head_file::UncheckedHead;
use crate::index::MemoryIndex;
use crate::segment::{self, SEGMENT_HEADER_BYTES};

/// A segment as it was found, up to its last head.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// Where its entries stand.
    pub(crate) index: MemoryIndex,
    /// The hashes that its entries added to the tree.
    pub(crate) hashes: Vec<u8>,
    /// The right edge after its last head.
    pub(crate) frontier: Frontier,
    /// Its last head: the repeated one when it has no other, none in a new log.
    pub(crate) head: Option<UncheckedHead>,
    /// Where the last head ends.
    pub(crate) signed_end: u64,
    /// The frames that end there: the last head, and the entries that it was written with.
    pub(crate) last_group: Vec<u8>,
    /// What follows.
    pub(crate) tail: Tail,
}

/// What stands behind the last head of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing: zeros or the end of the file.
    Clean,
    /// Whole entries without a head, and no more.
    Unsigned { entries: u64 },
    /// Bytes that are no frame, after so many whole entries without a head.
    Broken { offset: u64, entries: u64 },
}

/// The state while a segment is read.
struct Scan {
    file: String,
    first_index: u64,
    signed: Scanned,
    /// Entries, hashes and frames after the last head.
    frontier: Frontier,
    pending: Vec<u8>,
    group: Vec<u8>,
}

/// Reads the segment that starts with entry `first_index` onto the tree `before` it. Damage up to the last head is an
/// error; what follows the last head is left to the caller.
///
/// # Errors
/// [`OpenLogError::Damaged`], [`OpenLogError::Io`].
pub(crate) fn scan(directory: &Path, first_index: u64, before: Frontier) -> Result<Scanned, OpenLogError> {
    let name = segment::name(first_index);
    let path = directory.join(&name);
    let failed = |source: io::Error| OpenLogError::Io { action: "read", path: path.clone(), source };
    let file = File::open(&path).map_err(failed)?;
    let end = file.metadata().map_err(failed)?.len();
    let mut frames = FrameReader::new(file, SEGMENT_HEADER_BYTES, end).map_err(failed)?;
    let mut scan = Scan {
        file: name,
        first_index,
        frontier: before.clone(),
        pending: Vec::new(),
        group: Vec::new(),
        signed: Scanned {
            index: MemoryIndex::default(),
            hashes: Vec::new(),
            frontier: before,
            head: None,
            signed_end: SEGMENT_HEADER_BYTES,
            last_group: Vec::new(),
            tail: Tail::Clean,
        },
    };
    let tail_offset = loop {
        match frames.next().map_err(failed)? {
            Step::Frame(frame) => scan.take(&frame)?,
            Step::End { .. } => break None,
            Step::Bad { offset, .. } => break Some(offset),
        }
    };
    Ok(scan.finish(tail_offset))
}

impl Scan {
    fn take(&mut self, frame: &Frame<'_>) -> Result<(), Damage> {
        put_frame(&mut self.group, frame.kind, &frame.digest, frame.payload);
        match frame.kind {
            FrameKind::Entry => self.entry(frame),
            FrameKind::Head => self.head(frame),
        }
    }

    fn damage(&self, offset: u64, index: Option<u64>, kind: DamageKind) -> Damage {
        Damage { file: self.file.clone(), offset, index, kind }
    }

    fn entry(&mut self, frame: &Frame<'_>) -> Result<(), Damage> {
        let index = self.frontier.size();
        // A segment that is not the first starts with the head of the one before it.
        if self.signed.head.is_none() && self.first_index > 0 {
            return Err(self.damage(frame.offset, Some(index), DamageKind::HeadMissing));
        }
        let entry = StoredEntry::with_leaf(index, frame.digest, frame.payload.to_vec())
            .map_err(|_| self.damage(frame.offset, Some(index), DamageKind::Entry))?;
        self.signed.index.push(frame.offset, entry.public().pod);
        let pending = &mut self.pending;
        self.frontier.push(&frame.digest, |hash: &Hash| pending.extend_from_slice(hash));
        Ok(())
    }

    fn head(&mut self, frame: &Frame<'_>) -> Result<(), Damage> {
        let head =
            Signed::<TreeHead>::decode(frame.payload).map_err(|_| self.damage(frame.offset, None, DamageKind::Head))?;
        let claims = head.unverified();
        let grown = self.frontier.size() > self.signed.frontier.size() || self.signed.head.is_none();
        if !grown || claims.size != self.frontier.size() || claims.root != self.frontier.root() {
            return Err(self.damage(frame.offset, Some(self.signed.frontier.size()), DamageKind::HeadMismatch));
        }
        self.signed.frontier = self.frontier.clone();
        self.signed.hashes.append(&mut self.pending);
        self.signed.signed_end = frame.offset + (FRAME_HEADER_BYTES as u64) + frame.payload.len() as u64;
        self.signed.last_group = std::mem::take(&mut self.group);
        self.signed.head = Some(head);
        Ok(())
    }

    fn finish(mut self, broken_at: Option<u64>) -> Scanned {
        let entries = self.frontier.size() - self.signed.frontier.size();
        let signed_entries = self.signed.frontier.size() - self.first_index;
        self.signed.index.truncate(usize::try_from(signed_entries).unwrap_or(usize::MAX));
        self.signed.tail = match (broken_at, entries) {
            (Some(offset), entries) => Tail::Broken { offset, entries },
            (None, 0) => Tail::Clean,
            (None, entries) => Tail::Unsigned { entries },
        };
        self.signed
    }
}
