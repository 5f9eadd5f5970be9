//! Whether the node gets through to those it needs now and then: the directory and the blinder. The tasks that call them say
//! how it went; `/readiness` tells the operator. A node works on without either for as long as its copies count.

use std::sync::{Mutex, PoisonError};

use crate::upkeep::LogStanding;

/// How calls to one other process went lately.
#[derive(Debug, Default)]
pub(crate) struct Neighbour(Mutex<Lately>);

/// What is known of one neighbour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lately {
    /// When a call last succeeded; none when none has.
    pub(crate) reached_secs: Option<u64>,
    /// Why the last call failed; none when it succeeded. A sentence for the operator, without personal data.
    pub(crate) failed: Option<String>,
}

impl Neighbour {
    /// A call succeeded.
    pub(crate) fn reached(&self, now_secs: u64) {
        *self.hold() = Lately { reached_secs: Some(now_secs), failed: None };
    }

    /// A call failed.
    pub(crate) fn failed(&self, why: String) {
        self.hold().failed = Some(why);
    }

    /// How it went lately.
    pub(crate) fn lately(&self) -> Lately {
        self.hold().clone()
    }

    fn hold(&self) -> std::sync::MutexGuard<'_, Lately> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All neighbours of a node.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// Whether what the directory shows holds.
    pub(crate) log: LogStanding,
    /// Gives the registry and takes holder entries.
    pub(crate) directory: Neighbour,
    /// Makes the tags of holder entries.
    pub(crate) blinder: Neighbour,
}
