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

/// Where each item of a post stands; none for one that changed nothing, and of which it is not known where it stands.
pub(super) type Places = Vec<Option<u64>>;

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

    /// Adds what is posted, all of it or nothing. What stands already changes nothing and needs no leaf. Gives where each item
    /// stands, or why all are refused.
    pub(super) fn add(&mut self, post: Posted) -> Result<Result<Places, Refused>, Fault> {
        Ok(match post {
            Posted::Statement(bytes) => self.statement(&bytes).map(|()| Vec::new()),
            Posted::Entries { entries, registry } => self.entries(&entries, &registry),
            Posted::Sealed(items) => {
                Ok(items.into_iter().map(|item| self.sealed(item).map(Some)).collect::<Result<_, _>>()?)
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

    fn entries(&mut self, entries: &[Verified<HolderEntry>], registry: &Arc<Registry>) -> Result<Places, Refused> {
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
        let log = |entry: &Verified<HolderEntry>| {
            let is_newer = self.plan.entry(self.machine, entry);
            is_newer.then(|| self.leaf(Body::HolderEntry(entry.bytes().to_vec())))
        };
        Ok(entries.iter().map(log).collect())
    }

    fn sealed(&mut self, item: Sealed) -> Result<u64, Fault> {
        let key = post_key(&item);
        if let Some(place) = placed(self.store, &key)?.or_else(|| self.posted.get(&key).copied()) {
            return Ok(place);
        }
        let place = self.leaf(Body::Sealed(item));
        self.posted.insert(key, place);
        Ok(place)
    }

    /// Adds a leaf; gives where it stands.
    fn leaf(&mut self, body: Body) -> u64 {
        let place = self.first + self.leaves.len() as u64;
        self.leaves.push(Leaf { time_secs: self.plan.time_secs(), body }.to_bytes());
        place
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
