//! A change to the store: what must hold, and what is then written.

use std::fmt;

use crate::store::Table;

/// Operations applied together, and the preconditions under which they are.
///
/// Preconditions speak of the store before the batch. Operations apply in the order given: the last one on a key
/// wins. Deleting an absent key is no error.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Batch {
    pub(crate) preconditions: Vec<Precondition>,
    pub(crate) operations: Vec<Operation>,
}

/// What must stand at a key before the batch.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Precondition {
    pub(crate) table: Table,
    pub(crate) key: Vec<u8>,
    /// `None`: the key must be absent.
    pub(crate) expected: Option<Vec<u8>>,
}

/// What a key holds after the batch.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) table: Table,
    pub(crate) key: Vec<u8>,
    /// `None`: the key is deleted.
    pub(crate) value: Option<Vec<u8>>,
}

impl Batch {
    /// A batch that changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key` to `value`.
    pub fn put(&mut self, table: Table, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> &mut Self {
        self.operations.push(Operation { table, key: key.into(), value: Some(value.into()) });
        self
    }

    /// Removes `key`, if it is there.
    pub fn delete(&mut self, table: Table, key: impl Into<Vec<u8>>) -> &mut Self {
        self.operations.push(Operation { table, key: key.into(), value: None });
        self
    }

    /// Applies the batch only if `key` is absent.
    pub fn require_absent(&mut self, table: Table, key: impl Into<Vec<u8>>) -> &mut Self {
        self.preconditions.push(Precondition { table, key: key.into(), expected: None });
        self
    }

    /// Applies the batch only if `key` holds exactly `value`.
    pub fn require_equal(&mut self, table: Table, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> &mut Self {
        let expected = Some(value.into());
        self.preconditions.push(Precondition { table, key: key.into(), expected });
        self
    }

    /// Whether the batch neither requires nor changes anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.preconditions.is_empty() && self.operations.is_empty()
    }

    /// How many operations and preconditions it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.preconditions.len() + self.operations.len()
    }

    /// Bytes of keys and values in it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.entries().map(|entry| entry.key.len() + entry.value.map_or(0, <[u8]>::len)).sum()
    }

    /// Everything named in it, preconditions first.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let required = self.preconditions.iter().map(|required| Entry {
            table: required.table,
            key: &required.key,
            value: required.expected.as_deref(),
        });
        let changed = self.operations.iter().map(|change| Entry {
            table: change.table,
            key: &change.key,
            value: change.value.as_deref(),
        });
        required.chain(changed)
    }

    /// Whether every precondition holds, when `read` gives what stands at a key.
    pub(crate) fn holds<E>(&self, mut read: impl FnMut(Table, &[u8]) -> Result<Option<Vec<u8>>, E>) -> Result<bool, E> {
        for required in &self.preconditions {
            if read(required.table, &required.key)? != required.expected {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// One table, key and value named by a batch.
pub(crate) struct Entry<'a> {
    pub(crate) table: Table,
    pub(crate) key: &'a [u8],
    pub(crate) value: Option<&'a [u8]>,
}

/// Counts alone: keys and values may be personal.
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("preconditions", &self.preconditions.len())
            .field("operations", &self.operations.len())
            .finish()
    }
}
