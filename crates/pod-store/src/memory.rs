//! The store in memory: same promises but durability, for tests.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

use crate::batch::Batch;
use crate::engines::{KeyValue, Verdict};
use crate::error::{EngineFault, OpenError, StoreError};
use crate::shared::{SharedStore, TableSet};
use crate::store::{Row, Store, Table};

/// A store that is gone with the process.
pub struct MemoryStore {
    shared: SharedStore<MemoryEngine>,
}

impl MemoryStore {
    /// An empty store with these tables.
    ///
    /// # Errors
    /// [`OpenError::TableName`] for a name that no store takes.
    pub fn new(tables: &[Table]) -> Result<Self, OpenError> {
        let shared = SharedStore::new(MemoryEngine::default(), TableSet::new(tables)?, None);
        Ok(Self { shared })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}

impl Store for MemoryStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.shared.get(table, key)
    }

    fn range(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.shared.range(table, from, to, limit)
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        self.shared.count(table)
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.shared.commit(batch)
    }
}

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// Maps under a lock. A panic while the lock is held cannot leave half a batch, for applying one does not panic:
/// a poisoned lock is therefore read on.
#[derive(Default)]
struct MemoryEngine {
    tables: RwLock<BTreeMap<Table, Rows>>,
}

impl KeyValue for MemoryEngine {
    fn make_tables(&self, _tables: &[Table]) -> Result<(), EngineFault> {
        Ok(())
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, EngineFault> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        Ok(value_in(&tables, table, key))
    }

    fn range(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineFault> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        let Some(rows) = tables.get(&table) else { return Ok(Vec::new()) };
        let between = rows.range::<[u8], _>((from, to)).take(limit);
        Ok(between.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn count(&self, table: Table) -> Result<u64, EngineFault> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        Ok(tables.get(&table).map_or(0, |rows| rows.len() as u64))
    }

    fn commit_group(&self, group: &[Batch]) -> Result<Vec<Verdict>, EngineFault> {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        let mut verdicts = Vec::with_capacity(group.len());
        for batch in group {
            if !batch.holds(|table, key| Ok::<_, EngineFault>(value_in(&tables, table, key)))? {
                verdicts.push(Verdict::Conflict);
                continue;
            }
            for change in &batch.operations {
                let rows = tables.entry(change.table).or_default();
                match &change.value {
                    Some(value) => rows.insert(change.key.clone(), value.clone()),
                    None => rows.remove(&change.key),
                };
            }
            verdicts.push(Verdict::Applied);
        }
        Ok(verdicts)
    }
}

fn value_in(tables: &BTreeMap<Table, Rows>, table: Table, key: &[u8]) -> Option<Vec<u8>> {
    tables.get(&table).and_then(|rows| rows.get(key)).cloned()
}
