//! What is wrong with what a directory shows: a closed set with stable codes.

use crate::refusal::Refusal;

/// Why what a directory (or a mirror, or a witness) showed is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// It is no signed note, or no checkpoint.
    #[error("what was shown is no signed checkpoint")]
    Note,
    /// It is another log's.
    #[error("the checkpoint is another log's")]
    Origin,
    /// Nobody who may run the directory signed it.
    #[error("the checkpoint is not signed by a member that runs the directory")]
    Signature,
    /// Too few other organisations saw it.
    #[error("only {have} of {need} organisations have cosigned the checkpoint")]
    Witnesses {
        /// How many did.
        have: usize,
        /// How many it takes.
        need: usize,
    },
    /// Two checkpoints of one log that cannot both be true.
    #[error("two views: the log shows something else than what it showed before")]
    Fork,
    /// The log has become shorter.
    #[error("the log is shorter than it was: {size} entries, and {kept} before")]
    Truncated {
        /// Entries now.
        size: u64,
        /// Entries before.
        kept: u64,
    },
    /// It is from a time to come.
    #[error("the checkpoint is from a time to come")]
    Future,
    /// The witnesses saw it too long ago.
    #[error("no witness has seen the log for {age_secs} s")]
    Stale {
        /// How long ago enough of them did.
        age_secs: u64,
    },
    /// The state does not stand where the checkpoint says.
    #[error("the state is not the last leaf of the log")]
    State,
    /// A proof of the log does not hold.
    #[error("a proof of the log does not hold")]
    Proof,
    /// The leaves do not lead to the checkpoint's root.
    #[error("the leaves are not those of the checkpoint")]
    Leaves,
    /// A leaf has another form, or stands where it must not.
    #[error("a leaf of the log is malformed: {0}")]
    Leaf(Refusal),
    /// The state that the log says is not the one that its leaves make.
    #[error("the log says another state than its leaves make")]
    Replay,
    /// An entry stands in a bucket in which it does not belong.
    #[error("an entry stands in another bucket than its tag says")]
    MapPlace,
    /// A bucket is not the one that the log vouches for: an entry more, less, or another.
    #[error("the bucket is not the one that the log vouches for: something was added, left out or changed")]
    MapRoot,
    /// There are more buckets than the entries fill: the number of one would say whom its reader looks for.
    #[error("there are more buckets than the entries fill: who asks for one would show whom they look for")]
    MapThin,
    /// An older entry stands where a newer one was seen.
    #[error("an older entry stands where a newer one was seen")]
    EntryReplayed,
    /// The registry is not the one that the log vouches for.
    #[error("the registry is not the one that the log vouches for")]
    Registry,
}

impl LogFault {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Note => "log-note",
            Self::Origin => "log-origin",
            Self::Signature => "log-signature",
            Self::Witnesses { .. } => "log-witnesses",
            Self::Fork => "log-fork",
            Self::Truncated { .. } => "log-truncated",
            Self::Future => "log-future",
            Self::Stale { .. } => "log-stale",
            Self::State => "log-state",
            Self::Proof => "log-proof",
            Self::Leaves => "log-leaves",
            Self::Leaf(_) => "log-leaf",
            Self::Replay => "log-replay",
            Self::MapPlace => "map-place",
            Self::MapRoot => "map-root",
            Self::MapThin => "map-thin",
            Self::EntryReplayed => "entry-replayed",
            Self::Registry => "log-registry",
        }
    }

    /// Whether it can only come from somebody who lies, not from one who is late or out of reach.
    #[must_use]
    pub fn is_evidence(&self) -> bool {
        matches!(
            self,
            Self::Fork
                | Self::Leaves
                | Self::Replay
                | Self::MapPlace
                | Self::MapRoot
                | Self::MapThin
                | Self::EntryReplayed
        )
    }
}
