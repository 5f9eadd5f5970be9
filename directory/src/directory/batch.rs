//! A batch that is being put together from posts.

use std::collections::HashMap;
use std::sync::Arc;

use pod_protocol::Verified;
use pod_protocol::holder_entry::HolderEntry;
use pod_protocol::registry::Registry;
use pod_protocol::tlog::leaf::{Body, Leaf, Sealed};
use pod_store::Store;

use super::machine::{Machine, Plan, Settled};
use super::posts::{Posted, post_key};
use super::tables::POSTS;
use crate::fault::{Fault, Refused};

/// Leaves, and what they will have made.
pub(super) struct Draft<'a> {
    machine: &'a Machine,
    store: &'a dyn Store,
    plan: Plan,
    /// The index of the first leaf.
    first: u64,
    leaves: Vec<Vec<u8>>,
    /// Where what was posted in this batch stands.
    posted: HashMap<[u8; 32], u64>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(machine: &'a Machine, store: &'a dyn Store, first: u64, now_secs: u64) -> Self {
        let plan = machine.plan(now_secs);
        Self { machine, store, plan, first, leaves: Vec::new(), posted: HashMap::new() }
    }

    /// Whether nothing has to be logged.
    pub(super) fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    fn next(&self) -> u64 {
        self.first + self.leaves.len() as u64
    }

    /// Adds what is posted, all of it or nothing. What stands already changes nothing and needs no leaf. Gives the leaf of
    /// the first item, or why it is refused.
    pub(super) fn add(&mut self, post: Posted) -> Result<Result<u64, Refused>, Fault> {
        let first = self.next();
        Ok(match post {
            Posted::Statement(bytes) => self.statement(&bytes).map(|()| first),
            Posted::Entries { entries, registry } => self.entries(&entries, &registry).map(|()| first),
            Posted::Sealed(items) => {
                let places = items.into_iter().map(|item| self.sealed(item)).collect::<Result<Vec<u64>, Fault>>()?;
                Ok(places.first().copied().unwrap_or(first))
            }
        })
    }

    fn statement(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        if self.plan.statement(bytes)? {
            let leaves = Leaf::statement(self.plan.time_secs(), bytes);
            self.leaves.extend(leaves.iter().map(Leaf::to_bytes));
        }
        Ok(())
    }

    fn entries(&mut self, entries: &[Verified<HolderEntry>], registry: &Arc<Registry>) -> Result<(), Refused> {
        let same = Arc::ptr_eq(registry, self.plan.registry());
        for (place, entry) in entries.iter().enumerate() {
            let checked = match same {
                true => self.plan.check_time(entry),
                // A member may have been suspended since.
                false => self.plan.check_entry(entry.bytes()).map(drop),
            };
            checked.map_err(|refusal| Refused::from(refusal).at(format!("/{place}")))?;
        }
        self.plan.check_room(self.machine, entries)?;
        self.plan.check_buckets(self.machine, entries)?;
        for entry in entries {
            if self.plan.entry(self.machine, entry) {
                self.leaf(Body::HolderEntry(entry.bytes().to_vec()));
            }
        }
        Ok(())
    }

    fn sealed(&mut self, item: Sealed) -> Result<u64, Fault> {
        let key = post_key(&item);
        if let Some(place) = placed(self.store, &key)?.or_else(|| self.posted.get(&key).copied()) {
            return Ok(place);
        }
        let place = self.next();
        self.posted.insert(key, place);
        self.leaf(Body::Sealed(item));
        Ok(place)
    }

    fn leaf(&mut self, body: Body) {
        self.leaves.push(Leaf { time_secs: self.plan.time_secs(), body }.to_bytes());
    }

    /// The batch with its state, and its leaves but that of the state.
    pub(super) fn settle(self) -> (Settled, Vec<Vec<u8>>) {
        (self.plan.settle(self.machine), self.leaves)
    }
}

/// Where something that was posted stands, if it does.
pub(super) fn placed(store: &dyn Store, key: &[u8; 32]) -> Result<Option<u64>, Fault> {
    let place = store.get(POSTS, key)?;
    Ok(place.and_then(|place| place.try_into().ok()).map(u64::from_be_bytes))
}
