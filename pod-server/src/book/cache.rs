//! A bounded cache in shards: lookups on different pods rarely meet.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

const SHARDS: usize = 16;

/// Keeps at most so many values, and forgets a whole shard when it is full: what is needed comes back from the store.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    shards: Vec<Mutex<HashMap<K, V>>>,
    shard_limit: usize,
    hasher: RandomState,
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            shard_limit: limit.div_ceil(SHARDS),
            hasher: RandomState::new(),
        }
    }

    fn shard(&self, key: &K) -> Option<MutexGuard<'_, HashMap<K, V>>> {
        let number = self.hasher.hash_one(key) % SHARDS as u64;
        let shard = self.shards.get(usize::try_from(number).unwrap_or_default())?;
        // A panic while a shard was held cannot leave it half-changed: each change is one insert or remove.
        Some(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.shard(key)?.get(key).cloned()
    }

    pub(crate) fn put(&self, key: K, value: V) {
        if let Some(mut shard) = self.shard(&key) {
            if shard.len() >= self.shard_limit {
                shard.clear();
            }
            shard.insert(key, value);
        }
    }

    pub(crate) fn forget(&self, key: &K) {
        if let Some(mut shard) = self.shard(key) {
            shard.remove(key);
        }
    }

    pub(crate) fn forget_all(&self) {
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }
}
