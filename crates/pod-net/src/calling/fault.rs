//! Why a call brought nothing, and whether it may be sent again.

use crate::address::Address;

/// Why a call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallFault {
    /// Our own registry does not have the peer.
    #[error("the peer's key is not in the registry")]
    Stranger,
    /// No address led to the peer.
    #[error("no way to the peer was open{}", tried.iter().map(|tried| format!("; {tried}")).collect::<String>())]
    NotReached {
        /// What was tried, in order.
        tried: Vec<Tried>,
    },
    /// The peer closed the stream before it read the call.
    #[error("the peer closed the stream before the call was sent")]
    Closed,
    /// The peer has as many calls of ours under way as it takes, and none ended in time.
    #[error("as many calls are under way as the peer takes")]
    Busy,
    /// The call is too large for the peer.
    #[error("the call is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The stream broke after the call was sent.
    #[error("the stream broke before the answer came")]
    Broken,
    /// No answer in time.
    #[error("no answer came in time")]
    Deadline,
}

impl CallFault {
    /// Whether it is certain that the peer acted on nothing of the call, so that it may be sent again another way.
    #[must_use]
    pub const fn nothing_was_sent(&self) -> bool {
        match self {
            Self::Stranger | Self::NotReached { .. } | Self::Closed | Self::Busy | Self::TooLarge { .. } => true,
            Self::Broken | Self::Deadline => false,
        }
    }

    /// What to do about it, in one sentence.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Stranger => "Refresh the registry; if the peer is still not in it, it is no member or suspended.",
            Self::NotReached { .. } => {
                "Run `aitta node doctor` for this peer: it says which step fails and what to do."
            }
            Self::Closed | Self::Busy => "Send it again.",
            Self::TooLarge { .. } => "Ask for less in one call.",
            Self::Broken => "Ask whether the call took effect before sending it again: it may have.",
            Self::Deadline => "Try again; when it happens often, look at the other side's load.",
        }
    }
}

/// An address that did not lead to the peer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{address}: {fault}")]
pub struct Tried {
    /// The address.
    pub address: Address,
    /// Why not.
    #[source]
    pub fault: DialFault,
}

/// Why an address did not lead to the peer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DialFault {
    /// Nothing answered in time.
    #[error("nothing answered in time")]
    TimedOut,
    /// The system, or what is on the way, said no.
    #[error("not reachable ({why})")]
    Unreachable {
        /// In whose words.
        why: String,
    },
    /// Somebody with another key answers there.
    #[error("somebody with another key answers there")]
    WrongPeer {
        /// Its key, when it is an Ed25519 key.
        key: Option<[u8; 32]>,
    },
    /// It is our own address.
    #[error("this is our own address")]
    Ourselves,
    /// Our own registry does not have the peer.
    #[error("the peer's key is not in our registry")]
    Denied,
    /// We have as many connections as we may.
    #[error("as many connections are open as may be")]
    Crowded,
    /// The peer closed the connection right after the handshake, or while a stream was opened: mostly because our key is not
    /// in its registry.
    #[error("the peer closed the connection after the handshake")]
    Cut,
    /// The peer takes no calls.
    #[error("the peer takes no calls")]
    NoCalls,
    /// The relay on the way to the peer was not reached.
    #[error("the relay on the way to it: {fault}")]
    Relay {
        /// Why not.
        #[source]
        fault: Box<DialFault>,
    },
    /// The relay has no slot of the peer, or does not reach it.
    #[error("the relay has no way to it")]
    NoSlot,
    /// The relay does not carry this call.
    #[error("the relay refuses ({why})")]
    RelayRefused {
        /// In whose words.
        why: String,
    },
    /// The network of this process has stopped.
    #[error("this process no longer talks to peers")]
    Stopped,
}
