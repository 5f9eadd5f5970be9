//! A host's clock: the simulation's time, and wrong by some seconds.

use std::sync::Arc;

use crate::history::{History, START_SECS};

#[derive(Clone)]
pub struct HostClock {
    history: Arc<History>,
    offset_secs: i64,
    /// A planted defect: so much later than everybody thinks.
    late_secs: u64,
}

impl HostClock {
    pub fn new(history: &Arc<History>, offset_secs: i64, late_secs: u64) -> Self {
        Self { history: Arc::clone(history), offset_secs, late_secs }
    }

    /// Seconds since 1970, as this host has them.
    pub fn secs(&self) -> u64 {
        self.secs_at(self.history.ms()) - self.late_secs
    }

    /// What a clock with this offset shows after so many milliseconds, if it has no defect.
    pub fn secs_at(&self, ms: u64) -> u64 {
        (START_SECS + ms / 1000).saturating_add_signed(self.offset_secs)
    }
}
