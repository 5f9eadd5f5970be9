//! What can go wrong: when the vault is opened (the operator's), and once it is open (ours).

use pod_protocol::codec::CborFault;
use pod_protocol::ids::PodId;
use pod_store::StoreError;

/// Why a vault did not open: what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The store was written with other identity or audit-tag keys.
    #[error(
        "these are not the node keys that the store was written with: every person would get a new, empty pod; \
         point the node to the key file that belongs to this store"
    )]
    OtherKeys,
    /// A key-encryption key that still seals pods is not among the node's keys.
    #[error(
        "pods in the store are sealed under a key that the node's key file lacks (its id begins with {id}): put the old \
         `seal` line back as the last one"
    )]
    SealKeyMissing {
        /// The beginning of the key's id, in hexadecimal.
        id: String,
    },
    /// The store holds the vault in a format that this program does not know.
    #[error("the vault in the store has a format that this program does not know: start the release that wrote it")]
    UnknownFormat,
    /// The store failed.
    #[error("the vault could not be read or marked")]
    Store(#[from] StoreError),
}

/// Why the vault could not do something. It says nothing of what is inside.
#[derive(Debug, thiserror::Error)]
pub enum VaultFault {
    /// The store failed, or another writer was faster ([`VaultFault::is_conflict`]).
    #[error("the store did not do what the vault asked")]
    Store(#[from] StoreError),
    /// There is no such pod.
    #[error("there is no {pod}")]
    NoSuchPod {
        /// The pod that was named.
        pod: PodId,
    },
    /// The pod's keys are sealed under a key that is not among the node's.
    #[error("the keys of {pod} are sealed under a key that the node no longer has")]
    SealKeyMissing {
        /// The pod.
        pod: PodId,
    },
    /// Sealed bytes do not open where they lie: they were changed, or belong elsewhere.
    #[error("a row of `{table}` does not open in its place: it was changed or put there from elsewhere")]
    DoesNotOpen {
        /// The table.
        table: &'static str,
    },
    /// A row is not laid out as this release lays it out.
    #[error("a row of `{table}` is not as this release writes it")]
    Row {
        /// The table.
        table: &'static str,
    },
    /// A record's fields are nested too deeply, or a list in them is too long, to stand in an answer.
    #[error("the fields of the record could never stand in an answer")]
    NotStorable(#[source] CborFault),
    /// Something is over its limit.
    #[error("{what}: {size} is over the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        size: usize,
        /// How large it may be.
        limit: usize,
    },
}

impl VaultFault {
    /// Whether the process must stop: what is on the disk is no longer known (invariant 9).
    #[must_use]
    pub fn must_stop(&self) -> bool {
        matches!(self, Self::Store(error) if error.must_stop())
    }

    /// Whether somebody else changed the same rows first. Nothing was written: make the batch again from what is there now.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(StoreError::Conflict))
    }
}

/// Checks a size against its limit.
pub(crate) fn within(what: &'static str, size: usize, limit: usize) -> Result<(), VaultFault> {
    if size <= limit { Ok(()) } else { Err(VaultFault::TooLarge { what, size, limit }) }
}
