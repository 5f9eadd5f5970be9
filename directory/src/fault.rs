//! Why a call gets no answer: the peer's fault, or ours.

use pod_http::ProblemType;
use pod_protocol::refusal::{ClaimFault, EnvelopeFault};
use pod_protocol::{Refusal, inspect};
use pod_store::StoreError;

use crate::problems;

/// What [`Fault::Damaged`] says of the directory's log.
pub(crate) const LOG: &str = "the log";

/// Something of ours failed: the peer sees that we cannot answer, the operator sees why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The store failed. On a commit this stops the process: what is on the disk is no longer known.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// What lies in the store is not what this program wrote.
    #[error("{what} in the store does not decode: restore the store from a backup")]
    Damaged {
        /// Which part.
        what: &'static str,
    },
    /// Nobody keeps the log any more: the fault that ended it was told when it came.
    #[error("the log takes nothing more: see what the log of this process said before")]
    Sequencer,
    /// Work on another thread did not come to its end: a defect.
    #[error("work on another thread did not come to its end")]
    Thread(#[source] tokio::task::JoinError),
    /// The blinder's key could not be used under an info: never seen with honest values.
    #[error("the blinder's key could not be used")]
    Blinder(#[source] pod_crypto::blind::BlindError),
}

impl Fault {
    /// Whether going on would be guessing: the process stops, and reads its store again when it starts.
    #[must_use]
    pub fn must_stop(&self) -> bool {
        match self {
            Self::Store(error) => error.must_stop(),
            // A log that nobody keeps is worse than a process that its operator sees stopped.
            Self::Sequencer | Self::Damaged { what: LOG } => true,
            Self::Damaged { .. } | Self::Thread(_) | Self::Blinder(_) => false,
        }
    }
}

/// What a peer is told, from the closed set of problems.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) kind: &'static ProblemType,
    pub(crate) detail: Option<String>,
    /// RFC 6901, into the request body: the first that is at fault.
    pub(crate) pointer: Option<String>,
    /// All that are at fault, where each is known.
    pub(crate) pointers: Vec<String>,
}

impl Refused {
    pub(crate) const fn new(kind: &'static ProblemType) -> Self {
        Self { kind, detail: None, pointer: None, pointers: Vec::new() }
    }

    pub(crate) fn saying(kind: &'static ProblemType, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::new(kind) }
    }

    /// Names the member of the body that is at fault.
    pub(crate) fn at(self, pointer: String) -> Self {
        Self { pointer: Some(pointer), ..self }
    }

    /// Names all members of the body that are at fault.
    pub(crate) fn at_each(self, pointers: Vec<String>) -> Self {
        Self { pointer: pointers.first().cloned(), pointers, ..self }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::saying(problems::problem_of(refusal), format!("{refusal}. {}", inspect::advice(refusal)))
    }
}

/// Why a call gets no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    Refused(Refused),
    Fault(Fault),
}

macro_rules! failure_from {
    ($($variant:ident <- $($source:ty),*);*) => {
        $($(impl From<$source> for Failure {
            fn from(source: $source) -> Self {
                Self::$variant(source.into())
            }
        })*)*
    };
}

failure_from!(
    Refused <- Refused, Refusal;
    Fault <- Fault, StoreError
);

impl From<pod_protocol::codec::CborFault> for Failure {
    fn from(fault: pod_protocol::codec::CborFault) -> Self {
        Refusal::from(fault).into()
    }
}

impl From<ClaimFault> for Failure {
    fn from(fault: ClaimFault) -> Self {
        Refusal::from(fault).into()
    }
}

impl From<EnvelopeFault> for Failure {
    fn from(fault: EnvelopeFault) -> Self {
        Refusal::from(fault).into()
    }
}
