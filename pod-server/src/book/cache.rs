//! A bounded cache in shards: lookups on different pods rarely meet.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

const SHARDS: usize = 16;

/// Keeps at most so many values, and forgets a whole shard when it is full: what is needed comes back from the store.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    shards: Vec<Mutex<Shard<K, V>>>,
    shard_limit: usize,
    hasher: RandomState,
}

#[derive(Debug)]
struct Shard<K, V> {
    values: HashMap<K, V>,
    /// Counts what was forgotten.
    epoch: u64,
}

/// Says since when a value may be read from the store to be kept: one that was read before something was forgotten may be
/// what was forgotten.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Epoch(u64);

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::new(Shard { values: HashMap::new(), epoch: 0 })).collect(),
            shard_limit: limit.div_ceil(SHARDS),
            hasher: RandomState::new(),
        }
    }

    fn shard(&self, key: &K) -> Option<MutexGuard<'_, Shard<K, V>>> {
        let number = self.hasher.hash_one(key) % SHARDS as u64;
        let shard = self.shards.get(usize::try_from(number).unwrap_or_default())?;
        // A panic while a shard was held cannot leave it half-changed: each change is one insert or remove.
        Some(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.shard(key)?.values.get(key).cloned()
    }

    /// Keeps a value that never changes.
    pub(crate) fn put(&self, key: K, value: V) {
        let epoch = self.epoch(&key);
        self.put_since(epoch, key, value);
    }

    /// The moment from which on a value for `key` may be read, to be kept with [`put_since`](Self::put_since).
    pub(crate) fn epoch(&self, key: &K) -> Epoch {
        Epoch(self.shard(key).map_or(0, |shard| shard.epoch))
    }

    /// Keeps a value that was read after `epoch`, unless something was forgotten since.
    pub(crate) fn put_since(&self, epoch: Epoch, key: K, value: V) {
        if let Some(mut shard) = self.shard(&key) {
            if shard.epoch != epoch.0 {
                return;
            }
            if shard.values.len() >= self.shard_limit {
                shard.values.clear();
            }
            shard.values.insert(key, value);
        }
    }

    pub(crate) fn forget(&self, key: &K) {
        if let Some(mut shard) = self.shard(key) {
            shard.epoch += 1;
            shard.values.remove(key);
        }
    }

    pub(crate) fn forget_all(&self) {
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.epoch += 1;
            shard.values.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cache;

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let cache = Cache::new(16);
        let before = cache.epoch(&"pod");
        cache.forget(&"pod");
        cache.put_since(before, "pod", "as it was");
        assert_eq!(cache.get(&"pod"), None);

        let before = cache.epoch(&"pod");
        cache.forget_all();
        cache.put_since(before, "pod", "as it was");
        assert_eq!(cache.get(&"pod"), None);

        cache.put_since(cache.epoch(&"pod"), "pod", "as it is");
        assert_eq!(cache.get(&"pod"), Some("as it is"));
    }
}
