//! What a store is to the rest of the program.

use std::fmt::Debug;
use std::ops::Bound;

use crate::batch::Batch;
use crate::error::StoreError;

/// A table by name. Names are fixed at compile time and given to [`open`](crate::open()); they are part of the format
/// on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Table(pub &'static str);

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// Tables of ordered keys, changed by atomic, durable, conditional batches.
///
/// All methods block; async callers use their runtime's blocking threads. Keys are ordered as bytes.
pub trait Store: Send + Sync + Debug {
    /// The value at `key`, if any.
    ///
    /// # Errors
    /// [`StoreError::UnknownTable`]; [`StoreError::Read`] when the engine fails; [`StoreError::Poisoned`] after a
    /// failed commit.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// At most `limit` rows between the two bounds, ascending by key, all from one moment. Bounds that exclude each
    /// other give no rows.
    ///
    /// # Errors
    /// As [`Store::get`].
    fn range(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreError>;

    /// At most `limit` rows whose key begins with `prefix`, ascending by key, all from one moment.
    ///
    /// # Errors
    /// As [`Store::get`].
    fn prefix(&self, table: Table, prefix: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        let end = first_key_after(prefix);
        let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        self.range(table, Bound::Included(prefix), to, limit)
    }

    /// How many rows `table` holds. The engine sled walks the table for it.
    ///
    /// # Errors
    /// As [`Store::get`].
    fn count(&self, table: Table) -> Result<u64, StoreError>;

    /// Applies `batch` wholly, durably, or not at all. Concurrent callers share one engine transaction; each learns
    /// of its own conflict alone.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::UnknownTable`], [`StoreError::TooLarge`]: nothing was written, and the
    /// store goes on. [`StoreError::Commit`], [`StoreError::Poisoned`]: the caller stops the process
    /// ([`StoreError::must_stop`]).
    fn commit(&self, batch: Batch) -> Result<(), StoreError>;
}

/// The least key greater than every key that begins with `prefix`: where a [`Store::range`] of them ends. `None` when there
/// is none (all bytes are 0xff).
#[must_use]
pub fn first_key_after(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}
