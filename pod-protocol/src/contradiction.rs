//! What an organisation signed about its own log and a wallet could not bring together: two heads, or an acknowledgement and a
//! head. What the two prove is for whoever gets them to judge (`docs/protocol/tree-head.md`, "Proof file").

use crate::command::Acknowledgement;
use crate::cose::Signed;
use crate::merkle::{Hash, verify_consistency};
use crate::tree_head::TreeHead;

/// Two things that one organisation signed, not checked yet.
#[derive(Clone, Debug)]
pub enum Contradiction {
    /// Two heads of one log.
    Fork {
        /// The one that was seen first.
        earlier: Signed<TreeHead>,
        /// The one that was seen later.
        later: Signed<TreeHead>,
        /// What came as the proof that one goes on from the other. Nobody signed it.
        proof: Vec<Hash>,
    },
    /// An act that was acknowledged, and a head of the log that is said to lack it.
    Lack {
        /// The acknowledgement.
        acknowledgement: Signed<Acknowledgement>,
        /// The head.
        head: Signed<TreeHead>,
    },
}

/// What the two say of each other, if both signatures hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// One size, two roots.
    TwoRoots,
    /// What was signed later knows of fewer entries.
    Shorter,
    /// One is longer, and nothing that came with it shows that it goes on from the other.
    NotContinued {
        /// The size of the shorter.
        from: u64,
        /// The size of the longer.
        to: u64,
    },
    /// The act has its place below the head; whether it stands there, neither says.
    NotShown {
        /// Its place.
        index: u64,
        /// The size of the head.
        size: u64,
    },
    /// The same tree twice.
    Same,
    /// The longer one goes on from the shorter, as the proof shows.
    Continued,
    /// The head need not know of the act: it is not from later.
    Older,
    /// Two organisations, each with its own log.
    TwoLogs,
}

/// How much a verdict weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Both can be true.
    Nothing,
    /// Both can be true, if whoever signed them has a proof of it: to be asked for.
    Question,
    /// They cannot both be true: whoever signed them lied to somebody.
    Lie,
}

impl Contradiction {
    /// What the two say of each other.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Fork { earlier, later, proof } => fork(earlier.unverified(), later.unverified(), proof),
            Self::Lack { acknowledgement, head } => lack(acknowledgement.unverified(), head.unverified()),
        }
    }
}

/// Which was seen first is the finder's word: what counts is which was signed first.
fn fork(one: &TreeHead, other: &TreeHead, proof: &[Hash]) -> Verdict {
    let (short, long) = if one.size <= other.size { (one, other) } else { (other, one) };
    if short.origin != long.origin {
        return Verdict::TwoLogs;
    }
    if short.size == long.size {
        return if short.root == long.root { Verdict::Same } else { Verdict::TwoRoots };
    }
    // A log may grow within a second: two heads of the same one are in either order.
    if short.time_secs > long.time_secs {
        return Verdict::Shorter;
    }
    // From the empty tree there is nothing to prove, whatever came along.
    let proof = if short.size == 0 { &[] } else { proof };
    match verify_consistency(short.size, long.size, &short.root, &long.root, proof) {
        Ok(()) => Verdict::Continued,
        Err(_) => Verdict::NotContinued { from: short.size, to: long.size },
    }
}

/// The acknowledgement names the tree in which the act stands: it says of the log what a head says.
fn lack(act: &Acknowledgement, head: &TreeHead) -> Verdict {
    if act.issuer != head.origin {
        return Verdict::TwoLogs;
    }
    if act.tree_size == head.size && act.tree_root != head.root {
        return Verdict::TwoRoots;
    }
    if head.size < act.tree_size && head.time_secs > act.issued {
        return Verdict::Shorter;
    }
    let (index, size) = (act.audit_index, head.size);
    if index < size { Verdict::NotShown { index, size } } else { Verdict::Older }
}

impl Verdict {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TwoRoots => "two-roots",
            Self::Shorter => "shorter",
            Self::NotContinued { .. } => "not-continued",
            Self::NotShown { .. } => "not-shown",
            Self::Same => "same",
            Self::Continued => "continued",
            Self::Older => "older",
            Self::TwoLogs => "two-logs",
        }
    }

    /// How much it weighs.
    #[must_use]
    pub const fn weight(self) -> Weight {
        match self {
            Self::TwoRoots | Self::Shorter => Weight::Lie,
            Self::NotContinued { .. } | Self::NotShown { .. } => Weight::Question,
            Self::Same | Self::Continued | Self::Older | Self::TwoLogs => Weight::Nothing,
        }
    }
}

impl Weight {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Question => "question",
            Self::Lie => "lie",
        }
    }
}
