//! What readers see: everything that is durable, and nothing else. The writer publishes here after each sync.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use pod_crypto::SigningKey;
use pod_protocol::merkle::Frontier;

use crate::SignedHead;
use crate::entry::PodTag;
use crate::fault::{Damage, DamageKind, OpenLogError, ReadFault, StopCause};
use crate::index::{FileIndex, MemoryIndex};
use crate::queue::Queue;
use crate::scan::{Tail, scan};
use crate::segment;
use crate::tree::TreeFile;
use crate::{Disk, disk};

/// What the log's handle, its writer and its readers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) directory: PathBuf,
    pub(crate) queue: Queue,
    pub(crate) tree: TreeFile,
    pub(crate) view: RwLock<View>,
    pub(crate) stats: crate::log::Counters,
    pub(crate) disk: Arc<dyn Disk>,
    /// Signs the heads from now on.
    key: RwLock<Arc<SigningKey>>,
    stopped: OnceLock<Arc<StopCause>>,
}

impl Shared {
    pub(crate) fn new(
        directory: PathBuf,
        tree: TreeFile,
        view: View,
        disk: Arc<dyn Disk>,
        key: Arc<SigningKey>,
    ) -> Self {
        Self {
            directory,
            queue: Queue::new(),
            tree,
            view: RwLock::new(view),
            stats: crate::log::Counters::default(),
            disk,
            key: RwLock::new(key),
            stopped: OnceLock::new(),
        }
    }

    /// What signs the next head.
    pub(crate) fn key(&self) -> Arc<SigningKey> {
        Arc::clone(&self.key.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has heads from now on signed with another key.
    pub(crate) fn sign_with(&self, key: Arc<SigningKey>) {
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = key;
    }

    /// Reads the view. A panic elsewhere cannot leave it half-written: it is changed by single assignments.
    pub(crate) fn view(&self) -> std::sync::RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the log stopped, if it did.
    pub(crate) fn stopped(&self) -> Option<Arc<StopCause>> {
        self.stopped.get().cloned()
    }

    /// Stops the log for good; the first cause stays.
    pub(crate) fn stop(&self, cause: StopCause) -> Arc<StopCause> {
        let cause = Arc::clone(self.stopped.get_or_init(|| Arc::new(cause)));
        self.queue.close();
        cause
    }
}

/// Everything that is durable.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) full: Vec<Arc<FullSegment>>,
    pub(crate) newest: NewestSegment,
    pub(crate) head: Option<Arc<SignedHead>>,
}

/// The segment that is being written.
#[derive(Debug)]
pub(crate) struct NewestSegment {
    pub(crate) first_index: u64,
    pub(crate) file: Arc<File>,
    pub(crate) index: MemoryIndex,
    /// Where the last synced frame ends.
    pub(crate) end: u64,
}

impl View {
    /// How many entries the log has.
    pub(crate) fn size(&self) -> u64 {
        self.newest.first_index + self.newest.index.count()
    }

    /// The full segment that has the entry at `index`.
    pub(crate) fn full_segment_of(&self, index: u64) -> Option<Arc<FullSegment>> {
        let after = self.full.partition_point(|segment| segment.first_index <= index);
        self.full.get(after.checked_sub(1)?).filter(|segment| index < segment.end_index()).cloned()
    }
}

/// A segment to which nothing is appended any more.
#[derive(Debug)]
pub(crate) struct FullSegment {
    pub(crate) first_index: u64,
    pub(crate) count: u64,
    index: RwLock<FullIndex>,
}

/// Where the index of a full segment is.
#[derive(Debug)]
pub(crate) enum FullIndex {
    /// In memory, while its file is being written.
    Memory(MemoryIndex),
    /// In its file, which nobody has looked at in this process.
    Unchecked,
    /// In its file, whose checksum held when it was first used.
    Checked,
}

impl FullSegment {
    pub(crate) fn new(first_index: u64, count: u64, index: FullIndex) -> Self {
        Self { first_index, count, index: RwLock::new(index) }
    }

    /// The index of the entry after its last.
    pub(crate) fn end_index(&self) -> u64 {
        self.first_index + self.count
    }

    pub(crate) fn name(&self) -> String {
        segment::name(self.first_index)
    }

    /// The bytes of the index file, while the index is still in memory.
    pub(crate) fn memory_to_file(&self) -> Option<Vec<u8>> {
        match &*self.index.read().unwrap_or_else(PoisonError::into_inner) {
            FullIndex::Memory(index) => Some(index.to_file(self.first_index)),
            FullIndex::Unchecked | FullIndex::Checked => None,
        }
    }

    /// The index file was written: forget the memory.
    pub(crate) fn index_is_on_disk(&self) {
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = FullIndex::Checked;
    }

    /// Where entry `number` of this segment stands.
    pub(crate) fn offset(&self, directory: &Path, number: u64) -> Result<Option<u64>, ReadFault> {
        if let FullIndex::Memory(index) = &*self.index.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(index.offset(number));
        }
        self.file_index(directory)?.offset(number).map_err(|source| self.index_failed(source))
    }

    /// As [`MemoryIndex::find`].
    pub(crate) fn find(&self, directory: &Path, pod: PodTag, from: u64, limit: usize) -> Result<Vec<u64>, ReadFault> {
        if let FullIndex::Memory(index) = &*self.index.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(index.find(pod, from, limit));
        }
        self.file_index(directory)?.find(pod, from, limit).map_err(|source| self.index_failed(source))
    }

    fn index_failed(&self, source: io::Error) -> ReadFault {
        ReadFault::Io { file: segment::index_name(self.first_index), source }
    }

    /// Opens the index file. The first use in a process checks it, and rebuilds it from the segment when it is missing
    /// or damaged: an index that leaves out an entry would hide a disclosure from its citizen.
    fn file_index(&self, directory: &Path) -> Result<FileIndex, ReadFault> {
        let failed = |source| self.index_failed(source);
        let path = directory.join(segment::index_name(self.first_index));
        let opened = FileIndex::open(&path, self.first_index, self.count).map_err(failed)?;
        if let Some(index) = opened {
            if matches!(*self.index.read().unwrap_or_else(PoisonError::into_inner), FullIndex::Checked) {
                return Ok(index);
            }
            if index.is_whole().map_err(failed)? {
                *self.index.write().unwrap_or_else(PoisonError::into_inner) = FullIndex::Checked;
                return Ok(index);
            }
        }
        tracing::warn!(segment = self.name(), "the index of an audit segment is missing or damaged and is rebuilt");
        let mut state = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let rebuilt = self.rebuild(directory)?;
        segment::write_whole(&disk::SystemDisk, &path, &rebuilt.to_file(self.first_index)).map_err(failed)?;
        *state = FullIndex::Checked;
        FileIndex::open(&path, self.first_index, self.count)
            .map_err(failed)?
            .ok_or_else(|| failed(io::Error::other("the index that was just written does not open")))
    }

    fn rebuild(&self, directory: &Path) -> Result<MemoryIndex, ReadFault> {
        let tree = TreeFile::open_existing(directory)
            .and_then(|tree| Frontier::load(&tree, self.first_index))
            .map_err(|source| ReadFault::Io { file: crate::tree::TREE_FILE.to_owned(), source })?;
        match scan(directory, self.first_index, tree) {
            Ok(scanned) if scanned.index.count() == self.count && scanned.tail == Tail::Clean => Ok(scanned.index),
            Ok(scanned) => Err(Damage {
                file: self.name(),
                offset: scanned.signed_end,
                index: Some(scanned.frontier.size()),
                kind: DamageKind::Gap,
            }
            .into()),
            Err(OpenLogError::Damaged(damage)) => Err(damage.into()),
            Err(OpenLogError::Io { source, .. }) => Err(ReadFault::Io { file: self.name(), source }),
            Err(other) => Err(ReadFault::Io { file: self.name(), source: io::Error::other(other) }),
        }
    }
}
