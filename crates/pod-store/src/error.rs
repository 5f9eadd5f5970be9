//! What can go wrong: once the store is open (ours), and when it is opened (the operator's).

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::Engine;

/// An error of an engine. Shared, because every caller of a failed group commit receives it.
pub type EngineFault = Arc<dyn Error + Send + Sync + 'static>;

/// Makes an engine's error shareable.
pub(crate) fn fault(error: impl Error + Send + Sync + 'static) -> EngineFault {
    Arc::new(error)
}

/// Why a call on an open store failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A precondition of the batch does not hold; nothing of the batch was written.
    #[error("a precondition of the batch does not hold: nothing was written")]
    Conflict,
    /// The engine failed to commit. Whether the batch is on the disk is not known: stop the process and open again.
    #[error("the store could not commit: stop the process, then see what is on the disk")]
    Commit {
        /// What the engine said.
        #[source]
        source: EngineFault,
    },
    /// An earlier commit failed: this store does nothing any more. Stop the process.
    #[error("an earlier commit failed: this store does nothing until it is opened again")]
    Poisoned,
    /// The engine failed to read.
    #[error("the store could not be read")]
    Read {
        /// What the engine said.
        #[source]
        source: EngineFault,
    },
    /// The table was not among those the store was opened with.
    #[error("table `{table}` was not named when the store was opened")]
    UnknownTable {
        /// Its name.
        table: &'static str,
    },
    /// A key, a value or the batch is over its limit; nothing was written.
    #[error("{what} of {size} is over the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is (bytes, or operations).
        size: usize,
        /// How large it may be.
        limit: usize,
    },
}

impl StoreError {
    /// Whether the process must stop: what is on the disk is no longer known.
    #[must_use]
    pub fn must_stop(&self) -> bool {
        matches!(self, Self::Commit { .. } | Self::Poisoned)
    }
}

/// Why a store did not open: which setting, and what to write or do instead.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// `storage.engine` names no engine.
    #[error("storage.engine = \"{given}\" is no engine: write \"redb\" (or \"sled\", where the program has it)")]
    UnknownEngine {
        /// What was written.
        given: String,
    },
    /// The engine is not in this program.
    #[error(
        "storage.engine = \"{engine}\" is not in this program: build it with --features engine-{engine}, \
         or write storage.engine = \"redb\""
    )]
    EngineNotBuilt {
        /// The engine asked for.
        engine: Engine,
    },
    /// The store was written by a newer program.
    #[error(
        "the store at {} has schema version {found}, and this program knows up to {known}: \
         start the newer release of aitta that wrote it; do not change the file", path.display()
    )]
    NewerSchema {
        /// `storage.path`.
        path: PathBuf,
        /// The version in the store.
        found: u32,
        /// The version this program reads and writes.
        known: u32,
    },
    /// The store was written by an older program, and this one does not read it.
    #[error(
        "the store at {} has schema version {found}, and this program reads only {known}: \
         start the release of aitta that wrote it, or point storage.path to a new place and import again",
        path.display()
    )]
    OlderSchema {
        /// `storage.path`.
        path: PathBuf,
        /// The version in the store.
        found: u32,
        /// The version this program reads and writes.
        known: u32,
    },
    /// What lies at the path is not a store of this engine.
    #[error(
        "{} is not a store of engine \"{engine}\" ({reason}): set storage.path to a store or to a new place, \
         or storage.engine to the engine that wrote it", path.display()
    )]
    NotAStore {
        /// `storage.path`.
        path: PathBuf,
        /// The engine asked for.
        engine: Engine,
        /// What was found instead.
        reason: &'static str,
    },
    /// Another process (or another part of this one) has the store open.
    #[error(
        "the store at {} is open already: stop the other process, or give this one its own storage.path",
        path.display()
    )]
    InUse {
        /// `storage.path`.
        path: PathBuf,
    },
    /// A file or folder could not be made, opened or synced.
    #[error("could not {action} {}: check that storage.path names a folder this user may write to", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The engine could not open or make the store.
    #[error(
        "engine \"{engine}\" could not open the store at {}: if the file is damaged, restore it from a backup",
        path.display()
    )]
    Engine {
        /// `storage.path`.
        path: PathBuf,
        /// The engine asked for.
        engine: Engine,
        /// What it said.
        #[source]
        source: EngineFault,
    },
    /// A table has a name that cannot be used: a mistake in the program.
    #[error("table name `{name}` cannot be used: it is {reason}")]
    TableName {
        /// The name.
        name: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
}
