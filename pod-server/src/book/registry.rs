//! The last good copy of the registry: who is a member, which keys speak for whom, what services are registered for.

use std::sync::{Arc, PoisonError, RwLock};

use pod_protocol::Refusal;
use pod_protocol::registry::{Anchor, Registry};
use pod_store::{Batch, Store};

use crate::fault::Fault;
use crate::tables::SINGLES;

/// Under which the snapshot lies.
const KEY: &[u8] = b"registry";

/// The registry in use, and how old it is.
#[derive(Debug)]
pub(crate) struct RegistryBook {
    store: Arc<dyn Store>,
    anchor: Anchor,
    current: RwLock<(Arc<Registry>, u64)>,
}

impl RegistryBook {
    /// Begins with the copy on disk; with an empty registry, which knows no service, when there is none.
    pub(crate) fn open(store: Arc<dyn Store>, anchor: Anchor, now_secs: u64) -> Result<Self, Fault> {
        let stored = store.get(SINGLES, KEY)?;
        let (fetched_secs, statements) = match stored.as_deref().and_then(<[u8]>::split_first_chunk::<8>) {
            None => (0, Vec::new()),
            Some((fetched, snapshot)) => {
                let damaged = |_: Refusal| Fault::Damaged { what: "the copy of the registry" };
                (u64::from_be_bytes(*fetched), Registry::read_snapshot(snapshot).map_err(damaged)?)
            }
        };
        let (registry, _left_out) = Registry::build(&anchor, &statements, now_secs);
        Ok(Self { store, anchor, current: RwLock::new((Arc::new(registry), fetched_secs)) })
    }

    /// The registry in use.
    pub(crate) fn current(&self) -> Arc<Registry> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).0)
    }

    /// When the copy in use was fetched; 0 when there is none.
    pub(crate) fn fetched_secs(&self) -> u64 {
        self.current.read().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Takes a new copy into use, after keeping it. Statements that do not hold are left out and reported.
    pub(crate) fn take(&self, snapshot: &[u8], now_secs: u64) -> Result<Vec<(usize, Refusal)>, crate::fault::Failure> {
        let statements = Registry::read_snapshot(snapshot)?;
        let (registry, left_out) = Registry::build(&self.anchor, &statements, now_secs);
        let mut batch = Batch::new();
        batch.put(SINGLES, KEY, [now_secs.to_be_bytes().as_slice(), snapshot].concat());
        self.store.commit(batch)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = (Arc::new(registry), now_secs);
        Ok(left_out)
    }
}
