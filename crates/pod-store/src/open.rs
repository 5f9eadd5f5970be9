//! Opening: take the place, make the store if there is none, check its schema, make new tables.

use std::path::Path;
use std::sync::Arc;

use crate::batch::Batch;
use crate::config::{Engine, StoreConfig};
use crate::engines::KeyValue;
use crate::engines::redb_engine::RedbEngine;
#[cfg(feature = "engine-sled")]
use crate::engines::sled_engine::SledEngine;
use crate::error::{EngineFault, OpenError};
use crate::memory::MemoryStore;
use crate::place::{self, PlaceLock};
use crate::shared::{STORE_TABLE, SharedStore, TableSet};
use crate::store::{Store, Table};

/// Where [`STORE_TABLE`] keeps the schema version: four bytes, big-endian.
const SCHEMA_VERSION_KEY: &[u8] = b"schema_version";

/// Opens the store at `config.path`, or makes it. `tables` are all tables the caller will name; new ones are made.
/// `schema_version` is what the caller reads and writes; a new store is marked with it.
///
/// # Errors
/// [`OpenError`]: each says which setting is wrong, or what to do.
pub fn open(config: &StoreConfig, tables: &[Table], schema_version: u32) -> Result<Arc<dyn Store>, OpenError> {
    match config.engine {
        Engine::Memory => Ok(Arc::new(MemoryStore::new(tables)?)),
        Engine::Redb => {
            let how = Openers { create: RedbEngine::create, open: RedbEngine::open };
            open_on_disk(config, tables, schema_version, &how)
        }
        #[cfg(feature = "engine-sled")]
        Engine::Sled => {
            let how = Openers { create: SledEngine::create, open: SledEngine::open };
            open_on_disk(config, tables, schema_version, &how)
        }
        #[cfg(not(feature = "engine-sled"))]
        Engine::Sled => Err(OpenError::EngineNotBuilt { engine: Engine::Sled }),
    }
}

/// How an engine makes a new store at a path, and opens the one at `config.path`.
struct Openers<E> {
    create: fn(&StoreConfig, &Path) -> Result<E, OpenError>,
    open: fn(&StoreConfig) -> Result<E, OpenError>,
}

fn open_on_disk<E: KeyValue + 'static>(
    config: &StoreConfig,
    tables: &[Table],
    schema_version: u32,
    how: &Openers<E>,
) -> Result<Arc<dyn Store>, OpenError> {
    let table_set = TableSet::new(tables)?;
    let lock = PlaceLock::take(&config.path)?;
    let exists = config.path.try_exists();
    if !exists.map_err(|source| place::io_error("look at", &config.path, source))? {
        place::make_whole(&config.path, |aside| {
            let engine = (how.create)(config, aside)?;
            mark(&engine, schema_version).map_err(|source| engine_error(config, source))
        })?;
    }
    let engine = (how.open)(config)?;
    check_schema(&engine, config, schema_version)?;
    engine.make_tables(tables).map_err(|source| engine_error(config, source))?;
    Ok(Arc::new(SharedStore::new(engine, table_set, Some(lock))))
}

/// Writes the schema version into a new store.
fn mark(engine: &impl KeyValue, schema_version: u32) -> Result<(), EngineFault> {
    engine.make_tables(&[STORE_TABLE])?;
    let mut batch = Batch::new();
    batch.put(STORE_TABLE, SCHEMA_VERSION_KEY, schema_version.to_be_bytes());
    engine.commit_group(&[batch]).map(drop)
}

fn check_schema(engine: &impl KeyValue, config: &StoreConfig, known: u32) -> Result<(), OpenError> {
    let path = config.path.clone();
    let marked = engine.get(STORE_TABLE, SCHEMA_VERSION_KEY);
    let marked = marked.map_err(|source| engine_error(config, source))?;
    let Some(bytes) = marked.and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()) else {
        let reason = "it has no schema version: aitta did not make it";
        return Err(OpenError::NotAStore { path, engine: config.engine, reason });
    };
    match u32::from_be_bytes(bytes) {
        found if found > known => Err(OpenError::NewerSchema { path, found, known }),
        found if found < known => Err(OpenError::OlderSchema { path, found, known }),
        _ => Ok(()),
    }
}

fn engine_error(config: &StoreConfig, source: EngineFault) -> OpenError {
    OpenError::Engine { path: config.path.clone(), engine: config.engine, source }
}
