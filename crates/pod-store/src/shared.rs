//! What is the same for every engine: checks, group commit, and the end after a failed commit.

use std::any;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Bound;

use crate::batch::Batch;
use crate::engines::KeyValue;
use crate::error::{EngineFault, OpenError, StoreError};
use crate::group_commit::GroupCommit;
use crate::limits::{MAX_BATCH_BYTES, MAX_BATCH_OPERATIONS, MAX_KEY_BYTES, MAX_TABLE_NAME_BYTES, MAX_VALUE_BYTES};
use crate::place::PlaceLock;
use crate::store::{Row, Store, Table};

/// The table of the store itself: its schema version.
pub(crate) const STORE_TABLE: Table = Table("aitta:store");

/// The tables a store was opened with.
#[derive(Debug)]
pub(crate) struct TableSet {
    tables: BTreeSet<Table>,
}

impl TableSet {
    /// Takes names that every engine can hold.
    pub(crate) fn new(tables: &[Table]) -> Result<Self, OpenError> {
        let mut known = BTreeSet::new();
        for &table in tables {
            if let Some(reason) = unusable(table) {
                return Err(OpenError::TableName { name: table.0, reason });
            }
            if !known.insert(table) {
                return Err(OpenError::TableName { name: table.0, reason: "given twice" });
            }
        }
        Ok(Self { tables: known })
    }

    fn check(&self, table: Table) -> Result<(), StoreError> {
        if self.tables.contains(&table) { Ok(()) } else { Err(StoreError::UnknownTable { table: table.0 }) }
    }
}

/// What keeps a table from bearing this name.
fn unusable(table: Table) -> Option<&'static str> {
    match table.0 {
        "" => Some("empty"),
        name if name.len() > MAX_TABLE_NAME_BYTES => Some("too long"),
        // sled's keys are the table's name, a zero byte, the key.
        name if name.contains('\0') => Some("not free of zero bytes"),
        _ if table == STORE_TABLE => Some("reserved for the store itself"),
        _ => None,
    }
}

/// A store over an engine. The fields drop in this order: the engine is closed before its place is free.
pub(crate) struct SharedStore<E> {
    engine: E,
    tables: TableSet,
    commits: GroupCommit,
    _place: Option<PlaceLock>,
}

impl<E> SharedStore<E> {
    pub(crate) fn new(engine: E, tables: TableSet, place: Option<PlaceLock>) -> Self {
        Self { engine, tables, commits: GroupCommit::new(), _place: place }
    }
}

impl<E> fmt::Debug for SharedStore<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("engine", &any::type_name::<E>()).finish_non_exhaustive()
    }
}

impl<E: KeyValue> SharedStore<E> {
    /// Reads are refused after a failed commit too: what they would show may not be on the disk.
    fn read<T>(&self, table: Table, read: impl FnOnce() -> Result<T, EngineFault>) -> Result<T, StoreError> {
        self.tables.check(table)?;
        if self.commits.is_poisoned() {
            return Err(StoreError::Poisoned);
        }
        read().map_err(|source| StoreError::Read { source })
    }

    fn check_batch(&self, batch: &Batch) -> Result<(), StoreError> {
        within("a batch (operations)", batch.len(), MAX_BATCH_OPERATIONS)?;
        within("a batch (bytes)", batch.bytes(), MAX_BATCH_BYTES)?;
        for entry in batch.entries() {
            self.tables.check(entry.table)?;
            within("a key (bytes)", entry.key.len(), MAX_KEY_BYTES)?;
            within("a value (bytes)", entry.value.map_or(0, <[u8]>::len), MAX_VALUE_BYTES)?;
        }
        Ok(())
    }
}

impl<E: KeyValue> Store for SharedStore<E> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(table, || self.engine.get(table, key))
    }

    fn range(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.read(table, || {
            // Engines disagree about bounds that exclude each other (a map of std panics).
            if limit == 0 || exclude_each_other(from, to) {
                return Ok(Vec::new());
            }
            self.engine.range(table, from, to, limit)
        })
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        self.read(table, || self.engine.count(table))
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.check_batch(&batch)?;
        self.commits.commit(batch, |group| self.engine.commit_group(group))
    }
}

fn within(what: &'static str, size: usize, limit: usize) -> Result<(), StoreError> {
    if size <= limit { Ok(()) } else { Err(StoreError::TooLarge { what, size, limit }) }
}

fn exclude_each_other(from: Bound<&[u8]>, to: Bound<&[u8]>) -> bool {
    match (from, to) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => from >= to,
    }
}
