//! The last good copy of the registry: who is a member, which keys speak for whom, what services are registered for.

use std::sync::{Arc, PoisonError, RwLock};

use pod_protocol::Refusal;
use pod_protocol::registry::{Anchor, MAX_REGISTRY_AGE_SECS, Registry};
use pod_store::{Batch, Store};

use crate::fault::Fault;
use crate::tables::SINGLES;

/// Under which the snapshot lies, behind the time at which it was fetched.
const KEY: &[u8] = b"registry";
/// Under which it lies when the directory last said that the snapshot is still its newest.
const CONFIRMED_KEY: &[u8] = b"registry-confirmed";
/// How often that is written down: a node that starts again takes its copy for this much older than it is, at most.
const CONFIRMED_EVERY_SECS: u64 = 300;

/// The registry in use, and how old it is.
#[derive(Debug)]
pub(crate) struct RegistryBook {
    store: Arc<dyn Store>,
    anchor: Anchor,
    current: RwLock<Held>,
}

#[derive(Debug, Clone)]
struct Held {
    registry: Arc<Registry>,
    /// When it was fetched, or confirmed to be the newest; 0 when there is none.
    fetched_secs: u64,
    /// As [`Held::fetched_secs`], as far as it is on disk.
    kept_secs: u64,
}

impl RegistryBook {
    /// Begins with the copy on disk; with an empty registry, which knows no service, when there is none or it is too old.
    pub(crate) fn open(store: Arc<dyn Store>, anchor: Anchor, now_secs: u64) -> Result<Self, Fault> {
        let damaged = || Fault::Damaged { what: "the copy of the registry" };
        let stored = store.get(SINGLES, KEY)?;
        let (fetched_secs, statements) = match stored.as_deref() {
            None => (0, Vec::new()),
            Some(stored) => {
                let (fetched, snapshot) = stored.split_first_chunk::<8>().ok_or_else(damaged)?;
                (u64::from_be_bytes(*fetched), Registry::read_snapshot(snapshot).map_err(|_| damaged())?)
            }
        };
        let confirmed_secs = match store.get(SINGLES, CONFIRMED_KEY)? {
            None => 0,
            Some(stored) => u64::from_be_bytes(stored.try_into().map_err(|_| damaged())?),
        };
        let fetched_secs = fetched_secs.max(confirmed_secs);
        let (registry, _left_out) = Registry::build(&anchor, &statements, now_secs);
        let current = Held { registry: Arc::new(registry), fetched_secs, kept_secs: fetched_secs };
        let book = Self { store, anchor, current: RwLock::new(current) };
        book.age(now_secs);
        Ok(book)
    }

    /// The registry in use.
    pub(crate) fn current(&self) -> Arc<Registry> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).registry)
    }

    /// When the copy in use was fetched, or the directory last said that it is its newest; 0 when there is none.
    pub(crate) fn fetched_secs(&self) -> u64 {
        self.current.read().unwrap_or_else(PoisonError::into_inner).fetched_secs
    }

    /// Takes a new copy into use, after keeping it. Statements that do not hold are left out and reported.
    pub(crate) fn take(&self, snapshot: &[u8], now_secs: u64) -> Result<Vec<(usize, Refusal)>, crate::fault::Failure> {
        let statements = Registry::read_snapshot(snapshot)?;
        let (registry, left_out) = Registry::build(&self.anchor, &statements, now_secs);
        let mut batch = Batch::new();
        batch.put(SINGLES, KEY, [now_secs.to_be_bytes().as_slice(), snapshot].concat());
        batch.delete(SINGLES, CONFIRMED_KEY);
        self.store.commit(batch)?;
        self.set(Held { registry: Arc::new(registry), fetched_secs: now_secs, kept_secs: now_secs });
        Ok(left_out)
    }

    /// The directory says that the copy in use is still its newest.
    pub(crate) fn confirm(&self, now_secs: u64) -> Result<(), Fault> {
        let mut copy = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        if now_secs >= copy.kept_secs + CONFIRMED_EVERY_SECS {
            let mut batch = Batch::new();
            batch.put(SINGLES, CONFIRMED_KEY, now_secs.to_be_bytes());
            self.store.commit(batch)?;
            copy.kept_secs = now_secs;
        }
        self.set(Held { fetched_secs: now_secs, ..copy });
        self.age(now_secs);
        Ok(())
    }

    /// Leaves out of the copy in use what no longer counts: statements that expired, and everything once the copy itself is
    /// older than a suspension may take to reach this node.
    pub(crate) fn age(&self, now_secs: u64) {
        let copy = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        let too_old = now_secs >= copy.fetched_secs.saturating_add(MAX_REGISTRY_AGE_SECS);
        let nothing_left = copy.registry.organisations().next().is_none();
        if nothing_left || (!too_old && now_secs < copy.registry.valid_until()) {
            return;
        }
        let statements: Vec<Vec<u8>> =
            if too_old { Vec::new() } else { copy.registry.statements().map(<[u8]>::to_vec).collect() };
        let (registry, _left_out) = Registry::build(&self.anchor, &statements, now_secs);
        self.set(Held { registry: Arc::new(registry), ..copy });
    }

    fn set(&self, copy: Held) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = copy;
    }
}
