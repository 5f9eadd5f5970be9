//! A place for a store, and numbers that look random.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

use pod_store::{Engine, Store, StoreConfig, Table};
use tempfile::TempDir;

pub(crate) const A: Table = Table("a");
pub(crate) const B: Table = Table("b");
pub(crate) const SCHEMA_VERSION: u32 = 3;

/// Engines of this program that keep anything on disk.
pub(crate) fn engines_on_disk() -> Vec<Engine> {
    let mut engines = vec![Engine::Redb];
    if cfg!(feature = "engine-sled") {
        engines.push(Engine::Sled);
    }
    engines
}

/// A folder of its own for the store of one test.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) config: StoreConfig,
}

impl Bench {
    pub(crate) fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(engine, folder.path().join("store"));
        Self { folder, config }
    }

    pub(crate) fn open(&self) -> Arc<dyn Store> {
        pod_store::open(&self.config, &[A, B], SCHEMA_VERSION).unwrap()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.config.path.clone()
    }

    /// Whether anything outlives the handle.
    pub(crate) fn lasts(&self) -> bool {
        self.config.engine != Engine::Memory
    }
}

/// A small generator (xorshift64*): the same numbers for the same seed.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn from_seed(seed: u64) -> Self {
        // Spread small seeds, and never start at zero, where the generator stays.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A seed that differs from run to run; print it when a test fails.
    pub(crate) fn fresh_seed() -> u64 {
        RandomState::new().build_hasher().finish()
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    pub(crate) fn bytes(&mut self, count: u64) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }
}
