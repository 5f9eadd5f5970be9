//! The one thread that writes: takes everything that waits, writes it, syncs once, answers, looks again. No timers. In a
//! simulation whoever appends does the same in place.

use std::fmt;
use std::fs::File;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};

use pod_protocol::ids::Principal;
use pod_protocol::merkle::Frontier;
use pod_protocol::tree_head::TreeHead;

use crate::fault::{LogFault, StopCause};
use crate::frame::{FRAME_HEADER_BYTES, FrameKind, put_frame};
use crate::head_file::{HEAD_FILE, HeadFile};
use crate::index::MemoryIndex;
use crate::limits::{MAX_GROUP_BYTES, MAX_HEAD_BYTES, ZERO_AHEAD_BYTES};
use crate::log::{Appended, LogConfig};
use crate::queue::Batch;
use crate::segment;
use crate::tree::TREE_FILE;
use crate::view::{FullIndex, FullSegment, NewestSegment, Shared};
use crate::{Disk, SignedHead};

/// Where the log stands: what recovery hands to the writer.
#[derive(Debug)]
pub(crate) struct WriterState {
    /// The newest segment.
    pub(crate) file: Arc<File>,
    pub(crate) first_index: u64,
    /// Where its next frame goes.
    pub(crate) position: u64,
    /// Up to where it is known to hold zeros on disk.
    pub(crate) zeroed_to: u64,
    pub(crate) frontier: Frontier,
    pub(crate) head_file: HeadFile,
    pub(crate) head: Option<Arc<SignedHead>>,
}

/// Who writes.
#[derive(Clone, Debug)]
pub enum Writing {
    /// A thread of the log's own: what every program has.
    Thread,
    /// Whoever appends, after a pause, and for all who wait by then: for simulations, in which a thread would answer at a
    /// moment that no seed repeats.
    InPlace(Pause),
}

/// How long an appender of [`Writing::InPlace`] lets others come, in the simulation's time.
#[derive(Clone)]
pub struct Pause(Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>);

impl Pause {
    /// Waits for what `begin` gives, each time anew.
    #[must_use]
    pub fn new(begin: impl Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(begin))
    }

    pub(crate) async fn wait(&self) {
        (self.0)().await;
    }
}

impl fmt::Debug for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pause")
    }
}

/// The writer.
#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
    disk: Arc<dyn Disk>,
    origin: Principal,
    segment_bytes: u64,
    state: WriterState,
    closing: Option<JoinHandle<()>>,
    /// Whether what is beside the appenders' path is done in place too.
    in_place: bool,
}

/// What one group looks like on disk.
struct Group {
    frames: Vec<u8>,
    index: MemoryIndex,
    hashes: Vec<u8>,
    head: Arc<SignedHead>,
}

/// Fails what waits when the writer ends by a panic, so that nobody waits for ever.
struct LastBreath(Arc<Shared>);

impl Drop for LastBreath {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop(StopCause::WriterGone);
            // Dropping a batch drops its answer, which its appender takes for this cause.
            while self.0.queue.take_all().is_some() {}
        }
    }
}

fn failed(action: &'static str, file: impl Into<String>) -> impl FnOnce(io::Error) -> StopCause {
    let file = file.into();
    move |source| StopCause::Io { action, file, source }
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, config: &LogConfig, state: WriterState) -> Self {
        Self {
            shared,
            disk: Arc::clone(&config.disk),
            origin: config.origin,
            segment_bytes: config.segment_bytes,
            state,
            closing: None,
            in_place: matches!(config.writing, Writing::InPlace(_)),
        }
    }

    /// Runs until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        let _last_breath = LastBreath(Arc::clone(&self.shared));
        while let Some(batches) = self.shared.queue.take_all() {
            self.record_all(batches);
        }
        self.finish();
    }

    /// Records what waits now.
    pub(crate) fn write_waiting(&mut self) {
        let batches = self.shared.queue.take_waiting();
        if !batches.is_empty() {
            self.record_all(batches);
        }
    }

    /// Records what still waits, and ends.
    pub(crate) fn finish(&mut self) {
        self.write_waiting();
        self.wait_for_closing();
        // Only convenience: a head file that is behind is put right at the next start.
        if let Err(error) = self.state.head_file.sync(&*self.disk) {
            tracing::warn!(%error, "the audit log's head file could not be synced while closing");
        }
    }

    fn record_all(&mut self, batches: Vec<Batch>) {
        let mut group = Vec::new();
        let mut bytes = 0;
        for batch in batches {
            if bytes >= MAX_GROUP_BYTES {
                self.record(std::mem::take(&mut group));
                bytes = 0;
            }
            bytes += batch.bytes;
            group.push(batch);
        }
        self.record(group);
    }

    /// Makes a group durable and answers everybody in it.
    fn record(&mut self, group: Vec<Batch>) {
        let mut next_index = self.state.frontier.size();
        let result = match self.shared.stopped() {
            Some(cause) => Err(cause),
            None => self.commit(&group).map_err(|cause| {
                tracing::error!(%cause, "the audit log has stopped: nothing more can be released");
                self.shared.stop(cause)
            }),
        };
        for batch in group {
            let first_index = next_index;
            next_index += batch.entries.len() as u64;
            let answer = match &result {
                Ok(head) => Ok(Appended {
                    first_index,
                    leaves: batch.entries.iter().map(|entry| entry.leaf).collect(),
                    head: Arc::clone(head),
                }),
                Err(cause) => Err(LogFault::Stopped(Arc::clone(cause))),
            };
            // An appender that went away does not unmake its entries.
            let _gone = batch.answer.send(answer);
        }
    }

    fn commit(&mut self, batches: &[Batch]) -> Result<Arc<SignedHead>, StopCause> {
        let entries = || batches.iter().flat_map(|batch| &batch.entries);
        let framed: usize = entries().map(|entry| entry.bytes.len() + FRAME_HEADER_BYTES).sum();
        let most = (framed + FRAME_HEADER_BYTES + MAX_HEAD_BYTES) as u64;
        if self.state.frontier.size() > self.state.first_index && self.state.position + most > self.segment_bytes {
            self.begin_segment()?;
        }
        let old_size = self.state.frontier.size();
        let group = self.compose(batches, most);
        let name = segment::name(self.state.first_index);
        let end = self.state.position + group.frames.len() as u64;
        self.write(&name, &group.frames, end)?;
        self.shared.stats.group(group.index.count(), group.frames.len() as u64);

        // Durable from here on. The tree file is derived and the head file may lag: neither is synced.
        let disk = &*self.disk;
        self.shared.tree.write_after(disk, old_size, &group.hashes).map_err(failed("write", TREE_FILE))?;
        self.state.head_file.write(disk, group.head.bytes()).map_err(failed("write", HEAD_FILE))?;
        self.state.position = end;
        self.state.head = Some(Arc::clone(&group.head));
        let mut view = self.shared.view.write().unwrap_or_else(PoisonError::into_inner);
        view.newest.index.append(group.index);
        view.newest.end = end;
        view.head = Some(Arc::clone(&group.head));
        Ok(group.head)
    }

    /// Lays out the frames of a group, grows the tree by it, and signs the head that covers it.
    fn compose(&mut self, batches: &[Batch], most_bytes: u64) -> Group {
        let mut frames = Vec::with_capacity(usize::try_from(most_bytes).unwrap_or(0));
        let mut index = MemoryIndex::default();
        let mut hashes = Vec::new();
        let mut time_secs = self.state.head.as_ref().map_or(1, |head| head.time_secs);
        for entry in batches.iter().flat_map(|batch| &batch.entries) {
            index.push(self.state.position + frames.len() as u64, entry.pod);
            put_frame(&mut frames, FrameKind::Entry, &entry.leaf, &entry.bytes);
            self.state.frontier.push(&entry.leaf, |hash| hashes.extend_from_slice(hash));
            time_secs = time_secs.max(entry.time_secs);
        }
        let head = Arc::new(SignedHead::sign(
            &self.shared.key(),
            TreeHead {
                origin: self.origin,
                size: self.state.frontier.size(),
                root: self.state.frontier.root(),
                time_secs,
            },
        ));
        put_frame(&mut frames, FrameKind::Head, &FrameKind::Head.digest(head.bytes()), head.bytes());
        Group { frames, index, hashes, head }
    }

    /// Writes and syncs frames that end at `end`; now and then with zeros behind them, which the same sync covers.
    fn write(&mut self, name: &str, frames: &[u8], end: u64) -> Result<(), StopCause> {
        let (file, disk, position) = (&*self.state.file, &*self.disk, self.state.position);
        disk.write_all_at(file, frames, position).map_err(failed("write", name))?;
        if end > self.state.zeroed_to {
            let zeroed_to = (end + ZERO_AHEAD_BYTES).min(self.segment_bytes.max(end));
            let zeros = vec![0; usize::try_from(zeroed_to - end).unwrap_or(0)];
            disk.write_all_at(file, &zeros, end).map_err(failed("write", name))?;
            self.state.zeroed_to = zeroed_to;
        }
        disk.sync_data(file).map_err(failed("sync", name))
    }

    /// Ends the newest segment and begins another. What is derived from the full one is written beside the path of
    /// the appenders, who would otherwise wait some 30 ms for it.
    fn begin_segment(&mut self) -> Result<(), StopCause> {
        self.wait_for_closing();
        let first_index = self.state.frontier.size();
        let old_name = segment::name(self.state.first_index);
        // The reserved space behind the last frame is given back.
        self.state.file.set_len(self.state.position).map_err(failed("shorten", &old_name))?;
        self.disk.sync_data(&self.state.file).map_err(failed("sync", &old_name))?;
        let mut head_frame = Vec::new();
        if let Some(head) = &self.state.head {
            put_frame(&mut head_frame, FrameKind::Head, &FrameKind::Head.digest(head.bytes()), head.bytes());
        }
        let begun = segment::create(&self.shared.directory, first_index, self.segment_bytes, &head_frame, &*self.disk)
            .map_err(failed("make", segment::name(first_index)))?;
        self.shared.stats.segment();
        let file = Arc::new(begun.file);
        let newest =
            NewestSegment { first_index, file: Arc::clone(&file), index: MemoryIndex::default(), end: begun.position };
        let full = {
            let mut view = self.shared.view.write().unwrap_or_else(PoisonError::into_inner);
            let old = std::mem::replace(&mut view.newest, newest);
            let count = old.index.count();
            let full = Arc::new(FullSegment::new(old.first_index, count, FullIndex::Memory(old.index)));
            view.full.push(Arc::clone(&full));
            full
        };
        self.state.file = file;
        self.state.first_index = first_index;
        self.state.position = begun.position;
        self.state.zeroed_to = begun.zeroed_to;
        if self.in_place { close_segment(&self.shared, &full) } else { self.close_in_background(full) }
    }

    fn close_in_background(&mut self, full: Arc<FullSegment>) -> Result<(), StopCause> {
        let shared = Arc::clone(&self.shared);
        let name = segment::index_name(full.first_index);
        let closing = thread::Builder::new().name("audit-close".to_owned()).spawn(move || {
            if let Err(cause) = close_segment(&shared, &full) {
                tracing::error!(%cause, "the audit log has stopped: a full segment could not be closed");
                shared.stop(cause);
            }
        });
        self.closing = Some(closing.map_err(failed("start the thread that writes", name))?);
        Ok(())
    }

    fn wait_for_closing(&mut self) {
        if let Some(closing) = self.closing.take()
            && closing.join().is_err()
        {
            self.shared.stop(StopCause::WriterGone);
        }
    }
}

/// Makes the derived files of a full segment durable. The order matters: an index file says that the tree file is
/// durable up to the end of its segment, and recovery relies on it.
fn close_segment(shared: &Shared, full: &FullSegment) -> Result<(), StopCause> {
    let disk = &*shared.disk;
    let name = segment::index_name(full.first_index);
    disk.sync_data(shared.tree.file()).map_err(failed("sync", TREE_FILE))?;
    if let Some(bytes) = full.memory_to_file() {
        let path = shared.directory.join(&name);
        segment::write_whole(disk, &path, &bytes)
            .and_then(|()| segment::sync_directory(&shared.directory))
            .map_err(failed("write", name))?;
        full.index_is_on_disk();
    }
    Ok(())
}
