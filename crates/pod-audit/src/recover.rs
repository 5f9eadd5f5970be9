//! Opening a log: what is durable is found, what a crash left behind it is removed, what is derived is rebuilt.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use pod_protocol::cose::Signed;
use pod_protocol::merkle::Frontier;
use pod_protocol::tree_head::TreeHead;

use crate::fault::{Damage, DamageKind, OpenLogError};
use crate::frame::{FrameKind, FrameReader, Step, find_heads};
use crate::head_file::{HEAD_FILE, HeadFile, Slot, UncheckedHead, newest, read_slots};
use crate::index::FileIndex;
use crate::log::{LogConfig, Opening};
use crate::scan::{Scanned, Tail, scan};
use crate::segment::{self, SEGMENT_HEADER_BYTES, UNFINISHED};
use crate::tree::{TREE_FILE, TreeFile};
use crate::view::{FullIndex, FullSegment, NewestSegment, View};
use crate::writer::WriterState;
use crate::{Disk, SignedHead};

/// A log that is ready to be appended to.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) tree: TreeFile,
    pub(crate) view: View,
    pub(crate) state: WriterState,
    pub(crate) opening: Opening,
}

struct Recovery<'a> {
    config: &'a LogConfig,
    opening: Opening,
}

/// Finds out where the log stands.
///
/// # Errors
/// [`OpenLogError`].
pub(crate) fn recover(config: &LogConfig) -> Result<Recovered, OpenLogError> {
    let mut recovery = Recovery { config, opening: Opening::default() };
    let (firsts, slots) = recovery.find_files()?;
    for (number, first_index) in firsts.iter().enumerate() {
        if number == 0 && *first_index != 0 {
            return Err(gap(*first_index, 0).into());
        }
        segment::check_header(&config.directory, *first_index)?;
    }
    let tree = TreeFile::open(&config.directory, recovery.disk()).map_err(recovery.failed("open", TREE_FILE))?;
    let (full, frontier) = recovery.full_segments(&firsts, &tree)?;
    let first_index = firsts.last().copied().unwrap_or(0);
    let scanned = scan(&config.directory, first_index, frontier)?;
    recovery.newest_segment(first_index, scanned, &slots, full, tree)
}

fn gap(first_index: u64, expected: u64) -> Damage {
    Damage { file: segment::name(first_index), offset: 0, index: Some(expected), kind: DamageKind::Gap }
}

impl Recovery<'_> {
    fn disk(&self) -> &dyn Disk {
        &*self.config.disk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.config.directory.join(name)
    }

    fn failed(&self, action: &'static str, name: &str) -> impl FnOnce(io::Error) -> OpenLogError {
        let path = self.path(name);
        move |source| OpenLogError::Io { action, path, source }
    }

    /// The segments' first indices and the head file's slots; makes both in an empty directory.
    fn find_files(&self) -> Result<(Vec<u64>, [Slot; 2]), OpenLogError> {
        let directory = &self.config.directory;
        match fs::remove_file(self.path(UNFINISHED)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(self.failed("remove", UNFINISHED)(error));
            }
            _ => {}
        }
        let firsts = segment::list(directory).map_err(self.failed("list", ""))?;
        let slots = read_slots(directory).map_err(self.failed("read", HEAD_FILE))?;
        if let Some(slots) = &slots
            && newest(slots).is_none()
            && slots.iter().any(|slot| matches!(slot, Slot::Damaged))
        {
            let kind = DamageKind::HeadFile;
            return Err(Damage { file: HEAD_FILE.to_owned(), offset: 0, index: None, kind }.into());
        }
        match (firsts.is_empty(), slots) {
            (false, Some(slots)) => Ok((firsts, slots)),
            (false, None) => Err(OpenLogError::HeadFileMissing),
            (true, slots) => {
                if let Some(head) = slots.as_ref().and_then(newest) {
                    return Err(OpenLogError::Shortened { log: 0, head: head.unverified().size });
                }
                HeadFile::create(directory, self.disk()).map_err(self.failed("make", HEAD_FILE))?;
                segment::create(directory, 0, self.config.segment_bytes, &[], self.disk())
                    .map_err(self.failed("make", &segment::name(0)))?;
                Ok((vec![0], [Slot::Empty, Slot::Empty]))
            }
        }
    }

    /// All segments but the newest, and the tree after them. Those whose index file is there are taken as they are,
    /// when the stored tree leads to the root that the next segment repeats; the others are read.
    fn full_segments(
        &mut self,
        firsts: &[u64],
        tree: &TreeFile,
    ) -> Result<(Vec<Arc<FullSegment>>, Frontier), OpenLogError> {
        let directory = &self.config.directory;
        let bounds = || firsts.iter().copied().zip(firsts.iter().copied().skip(1));
        let mut indexed = Vec::new();
        for (first_index, next) in bounds() {
            let path = self.path(&segment::index_name(first_index));
            let index = FileIndex::open(&path, first_index, next - first_index);
            indexed.push(index.map_err(self.failed("read", &segment::index_name(first_index)))?.is_some());
        }
        let closed = indexed.iter().take_while(|indexed| **indexed).count();
        let start = firsts.get(closed).copied().unwrap_or(0);
        let mut frontier = self.stored_frontier(start, tree)?.unwrap_or_default();
        let mut full = Vec::new();
        for ((first_index, next), indexed) in bounds().zip(indexed) {
            full.push(Arc::new(FullSegment::new(first_index, next - first_index, FullIndex::Unchecked)));
            if next <= frontier.size() {
                continue;
            }
            let scanned = scan(directory, first_index, frontier)?;
            whole(&scanned, first_index, next)?;
            self.opening.rehashed_entries += next - first_index;
            tree.write_after(self.disk(), first_index, &scanned.hashes).map_err(self.failed("write", TREE_FILE))?;
            self.disk().sync_data(tree.file()).map_err(self.failed("sync", TREE_FILE))?;
            if !indexed {
                let name = segment::index_name(first_index);
                segment::write_whole(self.disk(), &self.path(&name), &scanned.index.to_file(first_index))
                    .map_err(self.failed("write", &name))?;
            }
            frontier = scanned.frontier;
        }
        Ok((full, frontier))
    }

    /// The right edge of the stored tree at `size`, when it leads to the root that the segment starting there repeats.
    fn stored_frontier(&self, size: u64, tree: &TreeFile) -> Result<Option<Frontier>, OpenLogError> {
        let Ok(frontier) = Frontier::load(tree, size) else { return Ok(None) };
        if size == 0 {
            return Ok(Some(frontier));
        }
        let name = segment::name(size);
        let open = || -> io::Result<Option<UncheckedHead>> {
            let file = File::open(self.path(&name))?;
            let end = file.metadata()?.len();
            Ok(match FrameReader::new(file, SEGMENT_HEADER_BYTES, end)?.next()? {
                Step::Frame(frame) if frame.kind == FrameKind::Head => Signed::decode(frame.payload).ok(),
                _ => None,
            })
        };
        let head = open().map_err(self.failed("read", &name))?;
        // A segment whose first frame is damaged is reported where it is read.
        Ok(head.is_none_or(|head| head.unverified().root == frontier.root()).then_some(frontier))
    }

    fn newest_segment(
        mut self,
        first_index: u64,
        scanned: Scanned,
        slots: &[Slot; 2],
        full: Vec<Arc<FullSegment>>,
        tree: TreeFile,
    ) -> Result<Recovered, OpenLogError> {
        let name = segment::name(first_index);
        let file = segment::open_for_writing(&self.path(&name)).map_err(self.failed("open", &name))?;
        self.cut_tail(&name, &file, &scanned, slots)?;
        let size = scanned.frontier.size();
        let head = scanned.head.map(|head| self.own(head)).transpose()?.map(Arc::new);

        tree.truncate(first_index).map_err(self.failed("shorten", TREE_FILE))?;
        tree.write_after(self.disk(), first_index, &scanned.hashes).map_err(self.failed("write", TREE_FILE))?;
        let mut head_file = HeadFile::open(&self.config.directory, slots).map_err(self.failed("open", HEAD_FILE))?;
        let recorded = newest(slots);
        let unrecorded = head.as_ref().filter(|head| recorded.is_none_or(|recorded| recorded.bytes() != head.bytes()));
        if unrecorded.is_some() && recorded.is_some_and(|recorded| recorded.unverified().size == size) {
            return Err(OpenLogError::ForeignHead { size });
        }
        self.make_durable(&name, &file, scanned.signed_end, &scanned.last_group)?;
        if let Some(head) = unrecorded {
            head_file
                .write(self.disk(), head.bytes())
                .and_then(|()| head_file.sync(self.disk()))
                .map_err(self.failed("write", HEAD_FILE))?;
        }
        self.opening.entries = size;
        self.opening.rehashed_entries += size - first_index;
        let file = Arc::new(file);
        let end = scanned.signed_end;
        let newest = NewestSegment { first_index, file: Arc::clone(&file), index: scanned.index, end };
        let view = View { full, newest, head: head.clone() };
        let state = WriterState {
            file,
            first_index,
            position: end,
            // What lies behind may be reserved but never written: the next group writes zeros ahead again.
            zeroed_to: end,
            frontier: scanned.frontier,
            head_file,
            head,
        };
        Ok(Recovered { tree, view, state, opening: self.opening })
    }

    /// Makes the last group and the segment's name durable, which may have come from the page cache alone: whoever wrote
    /// them was killed before the sync, or the sync failed. Then the system takes pages for clean, so the group is written
    /// once more.
    fn make_durable(&self, name: &str, file: &File, signed_end: u64, last_group: &[u8]) -> Result<(), OpenLogError> {
        self.disk()
            .write_all_at(file, last_group, signed_end - last_group.len() as u64)
            .and_then(|()| self.disk().sync_data(file))
            .and_then(|()| segment::sync_directory(&self.config.directory))
            .map_err(self.failed("sync", name))
    }

    /// Removes what stands behind the last head, when it can only be a group that a crash cut short: nobody was told
    /// that it is recorded.
    fn cut_tail(&mut self, name: &str, file: &File, scanned: &Scanned, slots: &[Slot; 2]) -> Result<(), OpenLogError> {
        let log_size = scanned.frontier.size();
        let promised = newest(slots).map_or(0, |head| head.unverified().size);
        let (offset, entries) = match scanned.tail {
            Tail::Clean => (None, 0),
            Tail::Unsigned { entries } => (None, entries),
            Tail::Broken { offset, entries } => (Some(offset), entries),
        };
        let damage =
            |offset| Damage { file: name.to_owned(), offset, index: Some(log_size + entries), kind: DamageKind::Frame };
        if promised > log_size {
            return Err(match offset {
                Some(offset) => damage(offset).into(),
                None => OpenLogError::Shortened { log: log_size, head: promised },
            });
        }
        // A segment gets its name when the head that it starts with is on disk: that is never part of a torn write.
        if scanned.head.is_none() && log_size > 0 {
            return Err(damage(offset.unwrap_or(scanned.signed_end)).into());
        }
        let rest = read_rest(file, scanned.signed_end).map_err(self.failed("read", name))?;
        // The writer begins a group when the one before it is synced, so only one can be cut short. Two heads behind
        // the bad place mean that the first was acknowledged: that is damage, whatever the head file lost.
        let later = find_heads(&rest)
            .into_iter()
            .filter(|payload| Signed::<TreeHead>::decode(payload).is_ok_and(|head| head.unverified().size > log_size));
        if later.count() > 1 {
            return Err(damage(offset.unwrap_or(scanned.signed_end)).into());
        }
        let Some(last) = rest.iter().rposition(|byte| *byte != 0) else { return Ok(()) };
        self.opening.cut_entries = entries;
        self.opening.cut_bytes = last as u64 + 1;
        tracing::warn!(
            segment = name,
            entries,
            bytes = self.opening.cut_bytes,
            "removed what a crash left unacknowledged at the end of the audit log"
        );
        self.disk()
            .write_all_at(file, &vec![0; last + 1], scanned.signed_end)
            .and_then(|()| self.disk().sync_data(file))
            .map_err(self.failed("clear the end of", name))
    }

    /// Checks that this node signed `head`.
    fn own(&self, head: UncheckedHead) -> Result<SignedHead, OpenLogError> {
        let claims = *head.unverified();
        let keys = std::iter::once(self.config.key.public_key()).chain(self.config.former_keys.iter().copied());
        let signed = keys.into_iter().find_map(|key| head.clone().verify(&key).ok());
        signed.filter(|_| claims.origin == self.config.origin).ok_or(OpenLogError::ForeignHead { size: claims.size })
    }
}

/// Checks that a segment which is not the newest ends where the next one begins.
fn whole(scanned: &Scanned, first_index: u64, next: u64) -> Result<(), Damage> {
    let file = segment::name(first_index);
    let size = scanned.frontier.size();
    match scanned.tail {
        Tail::Broken { offset, entries } => {
            Err(Damage { file, offset, index: Some(size + entries), kind: DamageKind::Frame })
        }
        Tail::Unsigned { .. } => {
            Err(Damage { file, offset: scanned.signed_end, index: Some(size), kind: DamageKind::HeadMissing })
        }
        Tail::Clean if size != next => Err(gap(next, size)),
        Tail::Clean => Ok(()),
    }
}

fn read_rest(file: &File, from: u64) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len().saturating_sub(from);
    let mut rest = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut rest, from)?;
    Ok(rest)
}
