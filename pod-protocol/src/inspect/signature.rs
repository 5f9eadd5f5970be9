//! Whether a signature holds under the keys that somebody gave.

use pod_crypto::PublicKey;

use crate::cose::Signed;
use crate::refusal::Refusal;
use crate::tlog::checkpoint::SignedCheckpoint;

/// What the keys that were given say of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    /// No keys were given.
    Unchecked,
    /// It holds under one of them.
    Holds,
    /// It is by none of them.
    OtherKey,
    /// It should be by one of them, and does not hold.
    Broken,
}

impl Signature {
    pub(super) fn of<T: Clone>(object: &Signed<T>, keys: &[PublicKey]) -> Self {
        if keys.is_empty() {
            return Self::Unchecked;
        }
        let found = keys.iter().map(|key| object.clone().verify(key).err()).find(|fault| *fault != Some(Refusal::Key));
        match found {
            None => Self::OtherKey,
            Some(None) => Self::Holds,
            Some(Some(_)) => Self::Broken,
        }
    }

    /// Of the log's own line in a checkpoint. Its line names its key by four bytes alone: no key is said to be another.
    pub(super) fn of_checkpoint(checkpoint: &SignedCheckpoint, keys: &[PublicKey]) -> Self {
        match keys {
            [] => Self::Unchecked,
            keys if keys.iter().any(|key| checkpoint.is_signed_by(key)) => Self::Holds,
            _ => Self::Broken,
        }
    }

    /// Whether it holds; none when no keys were given.
    pub(super) fn holds(self) -> Option<bool> {
        (self != Self::Unchecked).then_some(self == Self::Holds)
    }

    /// The stable code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Holds => "holds",
            Self::OtherKey => "other-key",
            Self::Broken => "broken",
        }
    }

    /// The end of a sentence.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Unchecked => "whether the signature holds is not checked here",
            Self::Holds => "the signature holds",
            Self::OtherKey => "that is none of the keys that were given",
            Self::Broken => "the signature does NOT hold",
        }
    }
}

/// What signatures say together: the worst of them.
pub(super) fn together(signatures: &[Signature]) -> Signature {
    let worst = [Signature::Unchecked, Signature::Broken, Signature::OtherKey];
    worst.into_iter().find(|one| signatures.contains(one)).unwrap_or(Signature::Holds)
}
