//! The bounded queue between those who append and the one writer.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::entry::NewEntry;
use crate::fault::LogFault;
use crate::limits::QUEUE_BYTES;
use crate::log::Appended;

/// Room in the queue is counted in units of this many bytes, because semaphores count in 32 bits.
const ROOM_UNIT_BYTES: usize = 64;

/// What one caller appends, and where its answer goes.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) entries: Vec<NewEntry>,
    pub(crate) bytes: usize,
    pub(crate) answer: oneshot::Sender<Result<Appended, LogFault>>,
    /// Given back when the batch is done with.
    pub(crate) _room: OwnedSemaphorePermit,
}

/// The queue. Room is handed out in the order it was asked for, so nobody starves.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    room: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct State {
    batches: Vec<Batch>,
    closed: bool,
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::default(),
            filled: Condvar::new(),
            room: Arc::new(Semaphore::new(QUEUE_BYTES / ROOM_UNIT_BYTES)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is room for `bytes`; `None` when the queue is closed.
    pub(crate) async fn room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let units = u32::try_from(bytes.div_ceil(ROOM_UNIT_BYTES)).unwrap_or(u32::MAX);
        Arc::clone(&self.room).acquire_many_owned(units).await.ok()
    }

    /// Hands `batch` to the writer; gives it back when the queue is closed.
    pub(crate) fn put(&self, batch: Batch) -> Result<(), Batch> {
        let mut state = self.state();
        if state.closed {
            return Err(batch);
        }
        state.batches.push(batch);
        // The writer looks before it waits: only the first batch can find it waiting.
        if state.batches.len() == 1 {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Waits for batches and takes all; `None` when the queue is closed and empty.
    pub(crate) fn take_all(&self) -> Option<Vec<Batch>> {
        let mut state = self.state();
        while state.batches.is_empty() {
            if state.closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        // When every core is busy, those who are about to append go first and share the signature and the sync. On an idle
        // machine it returns at once.
        thread::yield_now();
        Some(std::mem::take(&mut self.state().batches))
    }

    /// Takes all without waiting, for a writer that is called and not woken.
    pub(crate) fn take_waiting(&self) -> Vec<Batch> {
        std::mem::take(&mut self.state().batches)
    }

    /// Takes nothing more in; what is in it can still be taken out.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.room.close();
        self.filled.notify_one();
    }
}
