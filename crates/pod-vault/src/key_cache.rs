//! The keys of pods that were opened lately, so that a hot pod costs no unwrapping.
//!
//! Two generations: when the young one is full it becomes the old one, and the former old one is wiped. Whatever is used in the
//! meantime moves to the young one. Constant time, bounded, and no list to keep in order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pod_protocol::ids::PodId;

use crate::limits::MAX_CACHED_POD_KEYS;
use crate::pod_keys::PodKeys;

/// Keys of at most [`MAX_CACHED_POD_KEYS`] pods.
#[derive(Default)]
pub(crate) struct KeyCache {
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<PodId, Arc<PodKeys>>,
    old: HashMap<PodId, Arc<PodKeys>>,
    /// Counts what was forgotten.
    epoch: Epoch,
}

/// Says when keys were read from the store. Keys read before something was forgotten are not kept: they may be those.
pub(crate) type Epoch = u64;

impl KeyCache {
    /// The keys of `pod`, if they are at hand; else the moment from which on they may be read.
    pub(crate) fn get(&self, pod: &PodId) -> Result<Arc<PodKeys>, Epoch> {
        let mut generations = self.lock();
        if let Some(keys) = generations.young.get(pod) {
            return Ok(Arc::clone(keys));
        }
        match generations.old.remove(pod) {
            Some(keys) => {
                generations.keep(pod, &keys);
                Ok(keys)
            }
            None => Err(generations.epoch),
        }
    }

    /// Keeps keys that were read from the store at `epoch` or later.
    pub(crate) fn keep(&self, pod: &PodId, keys: &Arc<PodKeys>, epoch: Epoch) {
        let mut generations = self.lock();
        if generations.epoch == epoch {
            generations.keep(pod, keys);
        }
    }

    /// Forgets the keys of `pod`, also those that somebody is reading just now.
    pub(crate) fn forget(&self, pod: &PodId) {
        let mut generations = self.lock();
        generations.epoch += 1;
        generations.young.remove(pod);
        generations.old.remove(pod);
    }

    /// How many pods' keys are at hand.
    pub(crate) fn len(&self) -> usize {
        let generations = self.lock();
        generations.young.len() + generations.old.len()
    }

    /// A panic while the lock is held cannot leave half a change that matters: the maps are only a cache.
    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn keep(&mut self, pod: &PodId, keys: &Arc<PodKeys>) {
        if self.young.len() >= MAX_CACHED_POD_KEYS / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(*pod, Arc::clone(keys));
    }
}
