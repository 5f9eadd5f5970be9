//! Releases against changes: a fetch holds its pods for reading from the decision until the answer is made, a change of a
//! pod's standing holds it for writing. So what is released was allowed at the moment of release, and after a revocation is
//! acknowledged nothing is (invariant 2).

use std::collections::BTreeSet;
use std::sync::Arc;

use pod_protocol::ids::PodId;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, RwLockWriteGuard};

/// Pods share so many locks: a change waits for the fetches of one pod in a thousand, a millisecond at most.
const STRIPES: usize = 1024;

/// The locks.
#[derive(Debug)]
pub(crate) struct Releases {
    stripes: Vec<Arc<RwLock<()>>>,
}

/// Holds the pods of one request against changes.
#[derive(Debug)]
pub(crate) struct Holding {
    _guards: Vec<OwnedRwLockReadGuard<()>>,
}

/// Holds pods against releases and other changes.
#[derive(Debug)]
pub(crate) struct Changing {
    _guards: Vec<OwnedRwLockWriteGuard<()>>,
}

impl Releases {
    pub(crate) fn new() -> Self {
        Self { stripes: (0..STRIPES).map(|_| Arc::default()).collect() }
    }

    /// Holds `pods` for reading. Stripes are taken in ascending order, each once, so that requests cannot wait for one
    /// another in a circle with changes between them.
    pub(crate) async fn hold(&self, pods: impl IntoIterator<Item = PodId>) -> Holding {
        let numbers: BTreeSet<usize> = pods.into_iter().map(|pod| stripe(&pod)).collect();
        let mut guards = Vec::with_capacity(numbers.len());
        for number in numbers {
            if let Some(lock) = self.stripes.get(number) {
                guards.push(Arc::clone(lock).read_owned().await);
            }
        }
        Holding { _guards: guards }
    }

    /// Holds `pod` for writing.
    pub(crate) async fn change(&self, pod: &PodId) -> Changing {
        let mut guards = Vec::with_capacity(1);
        if let Some(lock) = self.stripes.get(stripe(pod)) {
            guards.push(Arc::clone(lock).write_owned().await);
        }
        Changing { _guards: guards }
    }

    /// Holds `pods` for writing, from a thread that may block: for an import, which changes the standings of many.
    pub(crate) fn change_blocking<'a>(
        &self,
        pods: impl IntoIterator<Item = &'a PodId>,
    ) -> Vec<RwLockWriteGuard<'_, ()>> {
        let numbers: BTreeSet<usize> = pods.into_iter().map(stripe).collect();
        // A lock that is free is taken without a wait, which a simulation's one thread must not begin.
        numbers
            .into_iter()
            .filter_map(|number| self.stripes.get(number))
            .map(|lock| lock.try_write().unwrap_or_else(|_| lock.blocking_write()))
            .collect()
    }

    /// Holds every pod for writing: for what changes several standings at once, such as a guardian's keys.
    pub(crate) async fn change_all(&self) -> Changing {
        let mut guards = Vec::with_capacity(STRIPES);
        for lock in &self.stripes {
            guards.push(Arc::clone(lock).write_owned().await);
        }
        Changing { _guards: guards }
    }
}

/// Pod ids are random, so their first bytes spread them.
fn stripe(pod: &PodId) -> usize {
    let [first, second, ..] = *pod.as_bytes();
    usize::from(u16::from_be_bytes([first, second])) % STRIPES
}
