//! What is our fault: the peer sees that we cannot answer, the operator sees why.

use thiserror::Error;

/// Something of ours failed.
#[derive(Debug, Error)]
pub enum Fault {
    /// The database failed. On a commit this stops the process (invariant 9).
    #[error("the store failed")]
    Store(#[from] pod_store::StoreError),
    /// The sealed records failed to open or to be written.
    #[error("the vault failed")]
    Vault(#[from] pod_vault::VaultFault),
    /// The audit log could not take an entry: nothing is released.
    #[error("the audit log failed")]
    Log(#[from] pod_audit::LogFault),
    /// The audit log could not be read.
    #[error("the audit log could not be read")]
    ReadLog(#[from] pod_audit::ReadFault),
    /// An entry for the audit log could not be made.
    #[error("an audit entry could not be made")]
    Entry(#[from] pod_audit::EntryFault),
    /// What lies on disk is not what this node wrote.
    #[error("{what} on disk does not decode: restore it from a backup")]
    Damaged {
        /// Which part.
        what: &'static str,
    },
}

impl Fault {
    /// Whether going on would be guessing: the process stops, and reads its log and store again when it starts.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Store(error) => error.must_stop(),
            Self::Log(fault) => fault.is_fatal(),
            Self::Vault(fault) => fault.must_stop(),
            _ => false,
        }
    }

    /// Whether somebody else changed the same thing at the same moment: nothing was done, and trying again helps.
    pub(crate) fn is_conflict(&self) -> bool {
        match self {
            Self::Store(error) => matches!(error, pod_store::StoreError::Conflict),
            Self::Vault(fault) => fault.is_conflict(),
            _ => false,
        }
    }
}

/// Why a message gets no answer: it is refused, or we failed.
#[derive(Debug, Error)]
pub enum Failure {
    /// The peer's fault, or the citizen's will.
    #[error(transparent)]
    Refused(#[from] pod_protocol::Refusal),
    /// Ours.
    #[error(transparent)]
    Fault(#[from] Fault),
}

macro_rules! fault_from {
    ($($source:ty),*) => {
        $(impl From<$source> for Failure {
            fn from(source: $source) -> Self {
                Self::Fault(source.into())
            }
        })*
    };
}

fault_from!(
    pod_store::StoreError,
    pod_vault::VaultFault,
    pod_audit::LogFault,
    pod_audit::ReadFault,
    pod_audit::EntryFault
);
