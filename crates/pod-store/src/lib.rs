//! Durable, atomic key-value storage: trait [`Store`] and its engines.
//!
//! This is the only crate that names a database. What the others see is a handful of promises, kept by every engine
//! and checked by one suite (`tests/store/`):
//!
//! - **Whole or absent.** A [`Batch`] over any number of tables is applied wholly or not at all, also when the
//!   process is killed or the machine stops in the middle.
//! - **Durable when it returns.** [`Store::commit`] returns after the operating system has said that the data is on
//!   the disk. Callers that commit at the same time share one such wait (group commit).
//! - **Conditional.** A batch can require that a key is absent or holds a value; else [`StoreError::Conflict`], and
//!   nothing of it is written.
//! - **Reads see only what is durable,** and a range is read from one moment.
//! - **It never guesses.** After a failed commit every call is refused with [`StoreError::Poisoned`]: the process
//!   stops, and opening again finds out what is on the disk.
//! - **Known schema only.** A store of another schema version does not open.
//!
//! Deleting a row is not erasing it: its bytes may stay in the file. Erase by destroying the key that sealed it.
//!
//! ```
//! use pod_store::{Batch, Engine, StoreConfig, StoreError, Table};
//! const GRANTS: Table = Table("grants");
//! let store = pod_store::open(&StoreConfig::new(Engine::Memory, ""), &[GRANTS], 1)?;
//!
//! let mut batch = Batch::new();
//! batch.require_absent(GRANTS, b"g1").put(GRANTS, b"g1", b"first");
//! store.commit(batch.clone())?;
//! assert!(matches!(store.commit(batch), Err(StoreError::Conflict)));
//! assert_eq!(store.get(GRANTS, b"g1")?.as_deref(), Some(&b"first"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod batch;
mod config;
mod engines;
mod error;
mod group_commit;
mod limits;
mod memory;
mod open;
mod place;
mod shared;
mod store;

pub use batch::Batch;
pub use config::{DEFAULT_CACHE_BYTES, Engine, StoreConfig};
pub use error::{EngineFault, OpenError, StoreError};
pub use limits::{
    MAX_BATCH_BYTES, MAX_BATCH_OPERATIONS, MAX_GROUP_BATCHES, MAX_GROUP_BYTES, MAX_KEY_BYTES, MAX_TABLE_NAME_BYTES,
    MAX_VALUE_BYTES, MAX_WAITING_BATCHES,
};
pub use memory::MemoryStore;
pub use open::open;
pub use store::{Row, Store, Table, first_key_after};
