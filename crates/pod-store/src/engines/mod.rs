//! What an engine must do; everything above it is shared.

pub(crate) mod redb_engine;
#[cfg(feature = "engine-sled")]
pub(crate) mod sled_engine;

use std::ops::Bound;

use crate::batch::Batch;
use crate::error::EngineFault;
use crate::store::{Row, Table};

/// What became of one batch of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Applied, and durable.
    Applied,
    /// A precondition did not hold; nothing of it was written.
    Conflict,
}

/// Ordered tables on some medium. Tables, sizes and bounds have been checked by the caller; commits come one at a
/// time.
pub(crate) trait KeyValue: Send + Sync {
    /// Makes the tables that are not there yet.
    fn make_tables(&self, tables: &[Table]) -> Result<(), EngineFault>;

    /// The value at `key`; `None` also when the table was never made.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, EngineFault>;

    /// Rows between bounds, ascending, from one moment.
    fn range(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineFault>;

    /// Rows in a table.
    fn count(&self, table: Table) -> Result<u64, EngineFault>;

    /// Decides each batch in order, each seeing those applied before it, and makes all applied ones durable in one
    /// transaction. One verdict a batch.
    fn commit_group(&self, group: &[Batch]) -> Result<Vec<Verdict>, EngineFault>;
}
