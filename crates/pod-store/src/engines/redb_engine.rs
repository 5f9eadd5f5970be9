//! redb 4.5: one file, copy-on-write B-trees.
//!
//! Every commit is two-phase (data, sync, switch of the root, sync), so that no state of the disk after a crash is
//! taken for a commit that was not one, and saves the allocator (quick repair), so that opening after a crash takes
//! a millisecond and not a walk over the file. Such a commit is dear: group commit shares it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::ops::Bound;
use std::path::Path;

use redb::{
    Database, DatabaseError, ReadOnlyTable, ReadableDatabase, ReadableTable, ReadableTableMetadata, StorageError,
    TableDefinition, TableError, WriteTransaction,
};

use crate::batch::Batch;
use crate::config::{Engine, StoreConfig};
use crate::engines::{KeyValue, Verdict};
use crate::error::{EngineFault, OpenError, fault};
use crate::place;
use crate::store::{Row, Table};

type Bytes = &'static [u8];

/// An open redb file.
pub(crate) struct RedbEngine {
    database: Database,
}

impl RedbEngine {
    /// Makes a new, empty database file.
    pub(crate) fn create(config: &StoreConfig, path: &Path) -> Result<Self, OpenError> {
        // An empty file is made first: redb would give it the mode of the umask.
        place::new_file(path)?;
        let made = builder(config).create(path);
        made.map(|database| Self { database }).map_err(|error| open_error(path, error))
    }

    /// Opens a file that is there.
    pub(crate) fn open(config: &StoreConfig) -> Result<Self, OpenError> {
        let path = config.path.as_path();
        let found = fs::metadata(path).map_err(|source| place::io_error("open", path, source))?;
        if !found.is_file() {
            return Err(not_a_store(path, "it is not a file"));
        }
        let opened = builder(config).open(path);
        opened.map(|database| Self { database }).map_err(|error| open_error(path, error))
    }

    fn table(&self, table: Table) -> Result<Option<ReadOnlyTable<Bytes, Bytes>>, EngineFault> {
        let read = self.database.begin_read().map_err(fault)?;
        match read.open_table(definition(table)) {
            Ok(open) => Ok(Some(open)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(fault(error)),
        }
    }

    /// A transaction that is durable, two-phase and quick to repair.
    fn begin(&self) -> Result<WriteTransaction, EngineFault> {
        let mut write = self.database.begin_write().map_err(fault)?;
        write.set_two_phase_commit(true);
        write.set_quick_repair(true);
        Ok(write)
    }
}

impl KeyValue for RedbEngine {
    fn make_tables(&self, tables: &[Table]) -> Result<(), EngineFault> {
        let write = self.begin()?;
        for table in tables {
            write.open_table(definition(*table)).map_err(fault)?;
        }
        write.commit().map_err(fault)
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, EngineFault> {
        let Some(open) = self.table(table)? else { return Ok(None) };
        let found = open.get(key).map_err(fault)?;
        Ok(found.map(|value| value.value().to_vec()))
    }

    fn range(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineFault> {
        let Some(open) = self.table(table)? else { return Ok(Vec::new()) };
        let mut rows = Vec::new();
        for row in open.range::<&[u8]>((from, to)).map_err(fault)?.take(limit) {
            let (key, value) = row.map_err(fault)?;
            rows.push((key.value().to_vec(), value.value().to_vec()));
        }
        Ok(rows)
    }

    fn count(&self, table: Table) -> Result<u64, EngineFault> {
        let Some(open) = self.table(table)? else { return Ok(0) };
        open.len().map_err(fault)
    }

    fn commit_group(&self, group: &[Batch]) -> Result<Vec<Verdict>, EngineFault> {
        let write = self.begin()?;
        // An error here drops `write`, which rolls back.
        let verdicts = apply(&write, group)?;
        if verdicts.contains(&Verdict::Applied) {
            write.commit().map_err(fault)?;
        } else {
            write.abort().map_err(fault)?;
        }
        Ok(verdicts)
    }
}

/// Applies what can be applied of `group` to the transaction.
fn apply(write: &WriteTransaction, group: &[Batch]) -> Result<Vec<Verdict>, EngineFault> {
    let mut tables = OpenTables { write, open: BTreeMap::new() };
    let mut verdicts = Vec::with_capacity(group.len());
    for batch in group {
        let holds = batch.holds(|table, key| {
            let found = tables.table(table)?.get(key).map_err(fault)?;
            Ok::<_, EngineFault>(found.map(|value| value.value().to_vec()))
        })?;
        if !holds {
            verdicts.push(Verdict::Conflict);
            continue;
        }
        for change in &batch.operations {
            let table = tables.table(change.table)?;
            let key = change.key.as_slice();
            match &change.value {
                Some(value) => table.insert(key, value.as_slice()).map(drop).map_err(fault)?,
                None => table.remove(key).map(drop).map_err(fault)?,
            }
        }
        verdicts.push(Verdict::Applied);
    }
    Ok(verdicts)
}

/// The tables a transaction has touched: redb opens each at most once in a transaction.
struct OpenTables<'txn> {
    write: &'txn WriteTransaction,
    open: BTreeMap<Table, redb::Table<'txn, Bytes, Bytes>>,
}

impl<'txn> OpenTables<'txn> {
    fn table(&mut self, table: Table) -> Result<&mut redb::Table<'txn, Bytes, Bytes>, EngineFault> {
        match self.open.entry(table) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(self.write.open_table(definition(table)).map_err(fault)?)),
        }
    }
}

fn builder(config: &StoreConfig) -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(config.cache_bytes);
    builder
}

fn definition(table: Table) -> TableDefinition<'static, Bytes, Bytes> {
    TableDefinition::new(table.0)
}

fn open_error(path: &Path, error: DatabaseError) -> OpenError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => OpenError::InUse { path: path.to_owned() },
        DatabaseError::Storage(StorageError::Io(error)) if error.kind() == std::io::ErrorKind::InvalidData => {
            not_a_store(path, "the file does not begin as redb's do")
        }
        DatabaseError::Storage(StorageError::Io(source)) => place::io_error("open", path, source),
        other => OpenError::Engine { path: path.to_owned(), engine: Engine::Redb, source: fault(other) },
    }
}

fn not_a_store(path: &Path, reason: &'static str) -> OpenError {
    OpenError::NotAStore { path: path.to_owned(), engine: Engine::Redb, reason }
}
