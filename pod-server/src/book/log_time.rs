//! When a key event was logged: recoveries wait by log time (`docs/protocol/key-event.md`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pod_protocol::ids::ObjectId;
use pod_store::{Batch, Store};

use crate::fault::Fault;
use crate::tables::LOG_TIMES;

/// What this node knows of it.
#[derive(Debug)]
pub(crate) struct LogTimes {
    store: Arc<dyn Store>,
    /// A node without a directory has no log to wait for: its own time of receipt stands for it.
    followed: AtomicBool,
}

impl LogTimes {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, followed: AtomicBool::new(false) }
    }

    /// From now on a log is followed, and its time counts.
    pub(crate) fn follow(&self) {
        self.followed.store(true, Ordering::Release);
    }

    pub(crate) fn are_followed(&self) -> bool {
        self.followed.load(Ordering::Acquire)
    }

    /// The log time of the event that was taken in at `taken_secs`; none when it is not in the log yet. It is never before the event
    /// was here: whose log it is can see it here for the whole time that it waits, whatever a directory says that stood still.
    pub(crate) fn of(&self, event: &ObjectId, taken_secs: u64) -> Result<Option<u64>, Fault> {
        if !self.are_followed() {
            return Ok(Some(taken_secs));
        }
        Ok(self.get(event)?.map(|logged_secs| logged_secs.max(taken_secs)))
    }

    /// Has a batch note when an event was logged; the first time counts. Whether there is anything to note.
    pub(crate) fn note(&self, batch: &mut Batch, event: &ObjectId, logged_secs: u64) -> Result<bool, Fault> {
        let new = self.get(event)?.is_none();
        if new {
            batch.put(LOG_TIMES, event.as_bytes().as_slice(), logged_secs.to_be_bytes());
        }
        Ok(new)
    }

    fn get(&self, event: &ObjectId) -> Result<Option<u64>, Fault> {
        let damaged = |_| Fault::Damaged { what: "when a key event was logged" };
        let secs = self.store.get(LOG_TIMES, event.as_bytes())?;
        secs.map(|secs| <[u8; 8]>::try_from(secs.as_slice()).map(u64::from_be_bytes).map_err(damaged)).transpose()
    }
}
