//! The last good copy of the registry: who is a member, which keys speak for whom, what services are registered for.
//!
//! What was once fetched stands until something newer replaces it or it expires, whatever a later copy leaves out.

use std::sync::{Arc, PoisonError, RwLock};

use pod_protocol::Refusal;
use pod_protocol::registry::{Anchor, MAX_REGISTRY_AGE_SECS, Registry};
use pod_store::{Batch, Store};
use tokio::sync::watch;

use crate::fault::{Failure, Fault};
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
    held: RwLock<Held>,
    /// How often another copy came into use.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Clone)]
struct Held {
    /// What was fetched, also when it is too old to count.
    newest: Arc<Registry>,
    /// What counts of it.
    in_use: Arc<Registry>,
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
        let held = Held::new(Registry::of_held(&anchor, &statements, now_secs), fetched_secs).aged(now_secs);
        Ok(Self { store, held: RwLock::new(held), changes: watch::Sender::new(0) })
    }

    /// The registry in use.
    pub(crate) fn current(&self) -> Arc<Registry> {
        self.held().in_use
    }

    /// When the copy in use was fetched, or the directory last said that it is its newest; 0 when there is none.
    pub(crate) fn fetched_secs(&self) -> u64 {
        self.held().fetched_secs
    }

    /// Takes a new copy into use, joined with the one that is held, after keeping both. Statements that do not hold are left
    /// out and reported.
    pub(crate) fn take(&self, snapshot: &[u8], now_secs: u64) -> Result<Vec<(usize, Refusal)>, Failure> {
        let fetched = Registry::read_snapshot(snapshot)?;
        let (registry, left_out) = self.held().newest.joined(&fetched, now_secs);
        // What could not be read at the next start is not kept.
        Registry::read_snapshot(&registry.held_snapshot())?;
        self.keep(registry, now_secs, now_secs)?;
        Ok(left_out)
    }

    fn keep(&self, registry: Registry, fetched_secs: u64, now_secs: u64) -> Result<(), Fault> {
        let mut batch = Batch::new();
        batch.put(SINGLES, KEY, [fetched_secs.to_be_bytes().as_slice(), &registry.held_snapshot()].concat());
        batch.delete(SINGLES, CONFIRMED_KEY);
        self.store.commit(batch)?;
        self.set(Held::new(registry, fetched_secs).aged(now_secs));
        Ok(())
    }

    /// What was fetched, also when it is too old to count.
    pub(crate) fn newest(&self) -> Registry {
        (*self.held().newest).clone()
    }

    /// Takes a registry into use that was joined with [`RegistryBook::newest`] and last known to be the newest at
    /// `fetched_secs`; after keeping it, when something in it `changed`. What is too old at `now_secs` does not come into use, not
    /// for a moment: a directory that serves it, and shows no head that is believed, shows it at every look.
    pub(crate) fn hold(
        &self,
        registry: Registry,
        changed: bool,
        fetched_secs: u64,
        now_secs: u64,
    ) -> Result<(), Fault> {
        if changed { self.keep(registry, fetched_secs, now_secs) } else { self.confirm(fetched_secs, now_secs) }
    }

    /// The copy that is held was the directory's newest at `fetched_secs`.
    fn confirm(&self, fetched_secs: u64, now_secs: u64) -> Result<(), Fault> {
        let mut held = self.held();
        if fetched_secs >= held.kept_secs + CONFIRMED_EVERY_SECS {
            let mut batch = Batch::new();
            batch.put(SINGLES, CONFIRMED_KEY, fetched_secs.to_be_bytes());
            self.store.commit(batch)?;
            held.kept_secs = fetched_secs;
        }
        self.set(Held { fetched_secs, ..held }.aged(now_secs));
        Ok(())
    }

    /// Leaves out of use what no longer counts: statements that expired, and everything once the copy itself is older than a
    /// suspension may take to reach this node.
    pub(crate) fn age(&self, now_secs: u64) {
        self.set(self.held().aged(now_secs));
    }

    fn held(&self) -> Held {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells whenever another copy has come into use.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn set(&self, held: Held) {
        let mut place = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let knows_nobody = |registry: &Registry| registry.organisations().next().is_none();
        let both_empty = knows_nobody(&place.in_use) && knows_nobody(&held.in_use);
        let another = !both_empty && !Arc::ptr_eq(&place.in_use, &held.in_use);
        *place = held;
        drop(place);
        if another {
            self.changes.send_modify(|changes| *changes += 1);
        }
    }
}

impl Held {
    fn new(registry: Registry, fetched_secs: u64) -> Self {
        let newest = Arc::new(registry);
        Self { in_use: Arc::clone(&newest), newest, fetched_secs, kept_secs: fetched_secs }
    }

    /// With what counts of it at `now_secs`.
    fn aged(mut self, now_secs: u64) -> Self {
        if now_secs >= self.newest.valid_until() {
            self.newest = Arc::new(self.newest.joined(&[], now_secs).0);
        }
        let too_old = now_secs >= self.fetched_secs.saturating_add(MAX_REGISTRY_AGE_SECS);
        self.in_use = if too_old {
            Arc::new(Registry::build(self.newest.anchor(), &[], now_secs).0)
        } else {
            Arc::clone(&self.newest)
        };
        self
    }
}
