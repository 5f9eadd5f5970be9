//! A directory's store, opened without serving: to look into it, and to measure what lookups cost without a network.

use std::sync::Arc;

use pod_http::Bytes;
use pod_protocol::registry::Anchor;
use pod_store::{Store, StoreConfig};

use super::opening;
use super::published::Published;
use super::tables::{ALL, SCHEMA_VERSION};
use crate::startup::StartupError;

/// What a directory or a mirror would show.
#[allow(missing_debug_implementations, reason = "it is a map of millions")]
pub struct Offline {
    published: Published,
    _store: Arc<dyn Store>,
}

impl Offline {
    /// Opens the store, as a directory does at its start.
    ///
    /// # Errors
    /// [`StartupError`].
    pub fn open(storage: &StoreConfig, anchor: Anchor) -> Result<Self, StartupError> {
        let store = pod_store::open(storage, &ALL, SCHEMA_VERSION)?;
        let opened = opening::open(&store, anchor)?;
        Ok(Self { published: Published::new(opened.machine, opened.head), _store: store })
    }

    /// How many bits number the buckets, and how many entries count.
    #[must_use]
    pub fn buckets(&self) -> (u8, u64) {
        let shown = self.published.read();
        (shown.machine.map().tree().bits(), shown.machine.map().live())
    }

    /// What `GET /v1/buckets/{bits}/{number}` answers with.
    #[must_use]
    pub fn bucket(&self, bits: u8, number: u32) -> Option<Bytes> {
        self.published.at_hand()?.bucket(bits, number)
    }
}
