//! The log's handle: opening, appending, closing. Reading is in `read.rs`.

use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use pod_crypto::{PublicKey, SigningKey};
use pod_protocol::ids::Principal;
use pod_protocol::merkle::Hash;
use tokio::sync::oneshot;

use crate::block::block_on;
use crate::entry::NewEntry;
use crate::fault::{LogFault, OpenLogError, StopCause};
use crate::limits::{DEFAULT_SEGMENT_BYTES, MAX_BATCH_BYTES, MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES};
use crate::queue::Batch;
use crate::recover::recover;
use crate::segment;
use crate::view::Shared;
use crate::writer::{Pause, Writer, Writing};
use crate::{Disk, SignedHead, SystemDisk};

/// The file that is locked while a process has the log open.
const LOCK_FILE: &str = "lock";
/// Only the node's own user reads the log.
const DIRECTORY_MODE: u32 = 0o700;

/// How a log is opened.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// Where its files are; made when missing.
    pub directory: PathBuf,
    /// Whose log it is: stands in every head.
    pub origin: Principal,
    /// Signs the heads.
    pub key: Arc<SigningKey>,
    /// Keys that signed heads before `key` did.
    pub former_keys: Vec<PublicKey>,
    /// Bytes of a segment file; [`DEFAULT_SEGMENT_BYTES`].
    pub segment_bytes: u64,
    /// How bytes get to disk; [`SystemDisk`] but in tests.
    pub disk: Arc<dyn Disk>,
    /// Who writes; [`Writing::Thread`] but in simulations.
    pub writing: Writing,
}

impl LogConfig {
    /// The usual configuration.
    #[must_use]
    pub fn new(directory: PathBuf, origin: Principal, key: Arc<SigningKey>) -> Self {
        Self {
            directory,
            origin,
            key,
            former_keys: Vec::new(),
            segment_bytes: DEFAULT_SEGMENT_BYTES,
            disk: Arc::new(SystemDisk),
            writing: Writing::Thread,
        }
    }
}

/// What opening a log found and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Entries in the log.
    pub entries: u64,
    /// Entries that a crash cut short before they were acknowledged, and that were removed.
    pub cut_entries: u64,
    /// Bytes behind the last head that were removed, part of an entry perhaps.
    pub cut_bytes: u64,
    /// Entries whose hashes were computed again: those of the newest segment, or all when the file `tree` was missing.
    pub rehashed_entries: u64,
}

/// Entries that are durable.
#[derive(Clone, Debug)]
pub struct Appended {
    /// The index of the first of them; the others follow without a gap.
    pub first_index: u64,
    /// Their leaves, in order.
    pub leaves: Vec<Hash>,
    /// The first signed head that covers them, shared by all who waited for the same sync.
    pub head: Arc<SignedHead>,
}

/// Counters since the log was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogStats {
    /// Entries that became durable.
    pub entries: u64,
    /// Syncs that made them so; `entries / syncs` is how well group commit works.
    pub syncs: u64,
    /// Bytes written to segments, zeros ahead not counted.
    pub bytes: u64,
    /// Most entries that one sync made durable.
    pub largest_group: u64,
    /// Segments begun.
    pub segments_begun: u64,
}

/// Where the writer's answer comes.
type Answered = oneshot::Receiver<Result<Appended, LogFault>>;

#[derive(Debug, Default)]
pub(crate) struct Counters {
    entries: AtomicU64,
    syncs: AtomicU64,
    bytes: AtomicU64,
    largest_group: AtomicU64,
    segments_begun: AtomicU64,
}

impl Counters {
    pub(crate) fn group(&self, entries: u64, bytes: u64) {
        self.entries.fetch_add(entries, Ordering::Relaxed);
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.largest_group.fetch_max(entries, Ordering::Relaxed);
    }

    pub(crate) fn segment(&self) {
        self.segments_begun.fetch_add(1, Ordering::Relaxed);
    }
}

/// An open log. Dropping it writes what waits, then lets go of the directory.
#[derive(Debug)]
pub struct Log {
    pub(crate) shared: Arc<Shared>,
    writer: WriterPlace,
    opening: Opening,
    lock: File,
}

/// Where the writer is.
#[derive(Debug)]
enum WriterPlace {
    /// On its thread, until the log is dropped.
    Thread(Option<JoinHandle<()>>),
    /// Here, for whoever appends.
    InPlace(Mutex<Writer>, Pause),
}

impl Log {
    /// Opens the log, or makes a new one. Reads the newest segment in full (up to about 0.2 s), removes what a crash
    /// left unacknowledged behind its last head, makes the group before that durable, and rebuilds derived files that are
    /// missing.
    ///
    /// # Errors
    /// [`OpenLogError`]; nothing is changed then, but that leftovers of unfinished files may be gone.
    pub fn open(config: LogConfig) -> Result<Self, OpenLogError> {
        if !(MIN_SEGMENT_BYTES..=MAX_SEGMENT_BYTES).contains(&config.segment_bytes) {
            return Err(OpenLogError::SegmentBytes { found: config.segment_bytes });
        }
        let lock = lock(&config.directory)?;
        let recovered = recover(&config)?;
        let opening = recovered.opening;
        let (disk, key) = (Arc::clone(&config.disk), Arc::clone(&config.key));
        let shared = Arc::new(Shared::new(config.directory.clone(), recovered.tree, recovered.view, disk, key));
        let writer = Writer::new(Arc::clone(&shared), &config, recovered.state);
        let writer = match config.writing {
            Writing::Thread => {
                let started = thread::Builder::new().name("audit-writer".to_owned()).spawn(move || writer.run());
                let path = config.directory;
                WriterPlace::Thread(Some(started.map_err(|source| OpenLogError::Io {
                    action: "start the writer of",
                    path,
                    source,
                })?))
            }
            Writing::InPlace(pause) => WriterPlace::InPlace(Mutex::new(writer), pause),
        };
        Ok(Self { shared, writer, opening, lock })
    }

    /// Has the heads from now on signed with another key. Whoever opens the log the next time names the one of before among its
    /// former keys.
    pub fn sign_with(&self, key: Arc<SigningKey>) {
        self.shared.sign_with(key);
    }

    /// What opening found.
    #[must_use]
    pub fn opening(&self) -> Opening {
        self.opening
    }

    /// Appends entries, next to each other and in this order, and answers when they are durable and signed.
    ///
    /// The entries are recorded even when the future is dropped after its first wait.
    ///
    /// # Errors
    /// [`LogFault::Stopped`] is fatal: the caller stops the process. [`LogFault::Empty`], [`LogFault::TooLarge`],
    /// [`LogFault::Closed`] leave the log as it was.
    pub async fn append(&self, entries: Vec<NewEntry>) -> Result<Appended, LogFault> {
        let answered = self.hand_over(entries).await?;
        if let WriterPlace::InPlace(_, pause) = &self.writer {
            pause.wait().await;
            self.write_in_place();
        }
        self.answer(answered).await
    }

    /// As [`Log::append`], for a thread that runs no executor.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub fn append_blocking(&self, entries: Vec<NewEntry>) -> Result<Appended, LogFault> {
        let answered = block_on(self.hand_over(entries))?;
        self.write_in_place();
        block_on(self.answer(answered))
    }

    /// Hands entries to the writer.
    async fn hand_over(&self, entries: Vec<NewEntry>) -> Result<Answered, LogFault> {
        if entries.is_empty() {
            return Err(LogFault::Empty);
        }
        let bytes = entries.iter().map(|entry| entry.bytes.len()).sum();
        if bytes > MAX_BATCH_BYTES {
            return Err(LogFault::TooLarge { bytes });
        }
        let Some(room) = self.shared.queue.room(bytes).await else { return Err(self.why_closed()) };
        let (answer, answered) = oneshot::channel();
        match self.shared.queue.put(Batch { entries, bytes, answer, _room: room }) {
            Ok(()) => Ok(answered),
            Err(_) => Err(self.why_closed()),
        }
    }

    async fn answer(&self, answered: Answered) -> Result<Appended, LogFault> {
        match answered.await {
            Ok(result) => result,
            // The writer answers every batch that it took; without an answer it ended by a defect.
            Err(_) => Err(LogFault::Stopped(self.shared.stop(StopCause::WriterGone))),
        }
    }

    /// Writes what waits, when no thread does.
    fn write_in_place(&self) {
        if let WriterPlace::InPlace(writer, _) = &self.writer {
            writer.lock().unwrap_or_else(PoisonError::into_inner).write_waiting();
        }
    }

    fn why_closed(&self) -> LogFault {
        self.shared.stopped().map_or(LogFault::Closed, LogFault::Stopped)
    }

    /// Counters since the log was opened, for metrics.
    #[must_use]
    pub fn stats(&self) -> LogStats {
        let counters = &self.shared.stats;
        LogStats {
            entries: counters.entries.load(Ordering::Relaxed),
            syncs: counters.syncs.load(Ordering::Relaxed),
            bytes: counters.bytes.load(Ordering::Relaxed),
            largest_group: counters.largest_group.load(Ordering::Relaxed),
            segments_begun: counters.segments_begun.load(Ordering::Relaxed),
        }
    }

    /// Why the log stopped for good, if it did.
    #[must_use]
    pub fn stopped(&self) -> Option<Arc<StopCause>> {
        self.shared.stopped()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.shared.queue.close();
        match &mut self.writer {
            WriterPlace::Thread(writer) => {
                // A panic of the writer was reported to those who waited.
                let _ended = writer.take().map(JoinHandle::join);
            }
            WriterPlace::InPlace(writer, _) => writer.get_mut().unwrap_or_else(PoisonError::into_inner).finish(),
        }
        // Closing the file does not unlock it while a child that is being started still shares it.
        let _unlocked = self.lock.unlock();
    }
}

fn lock(directory: &Path) -> Result<File, OpenLogError> {
    let failed = |action| move |source| OpenLogError::Io { action, path: directory.to_owned(), source };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY_MODE)
        .create(directory)
        .map_err(failed("make the directory"))?;
    let file = segment::open_for_writing(&directory.join(LOCK_FILE)).map_err(failed("open the lock file in"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(OpenLogError::Locked { path: directory.to_owned() }),
        Err(fs::TryLockError::Error(source)) => Err(failed("lock")(source)),
    }
}
