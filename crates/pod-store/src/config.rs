//! Which engine, and where.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::error::OpenError;

/// Bytes of the engine's own cache when nothing else is asked for (64 MiB). A node of 12,000 pods fits, and the
/// process stays below 100 MB.
pub const DEFAULT_CACHE_BYTES: usize = 64 * 1_024 * 1_024;

/// A storage engine (`storage.engine`). Why these: `docs/decisions/0001-two-engines.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Engine {
    /// redb 4.5, one file: the default.
    #[default]
    Redb,
    /// sled 0.34, a folder: only in a program built with the feature `engine-sled`.
    Sled,
    /// In memory, gone with the process: for tests, so no configuration can ask for it.
    Memory,
}

impl Engine {
    /// The name as it stands in a configuration file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Redb => "redb",
            Self::Sled => "sled",
            Self::Memory => "memory",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Engine {
    type Err = OpenError;

    fn from_str(text: &str) -> Result<Self, OpenError> {
        match text {
            "redb" => Ok(Self::Redb),
            "sled" if cfg!(feature = "engine-sled") => Ok(Self::Sled),
            "sled" => Err(OpenError::EngineNotBuilt { engine: Self::Sled }),
            other => Err(OpenError::UnknownEngine { given: other.to_owned() }),
        }
    }
}

/// Where the store lies and how it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// The engine (`storage.engine`).
    pub engine: Engine,
    /// The file (redb) or folder (sled) of the store (`storage.path`); its parent folder must exist. Beside it lie
    /// `<path>.lock` and, while it is being made, `<path>.creating`. [`Engine::Memory`] reads nothing from it.
    pub path: PathBuf,
    /// Bytes of the engine's own cache (`storage.cache_bytes`).
    pub cache_bytes: usize,
}

impl StoreConfig {
    /// This engine at this place, with [`DEFAULT_CACHE_BYTES`] of cache.
    #[must_use]
    pub fn new(engine: Engine, path: impl Into<PathBuf>) -> Self {
        Self { engine, path: path.into(), cache_bytes: DEFAULT_CACHE_BYTES }
    }
}
