//! Where a peer listens: the multiaddrs that are called and listened on, and no others.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};

use crate::identity;
use crate::transport::Transport;

/// Text that is no address that we call or listen on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no address for peers: write /ip4/ADDRESS/udp/PORT/quic-v1 or /ip4/ADDRESS/tcp/PORT (ip6 as well); names are not resolved"
)]
pub struct AddressFault {
    /// As it was written.
    pub text: String,
}

/// A multiaddr of one of the forms that we use: an IP address with QUIC or TCP, or a circuit through a relay at such an address.
/// It may end with the peer's id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    whole: Multiaddr,
    transport: Transport,
    /// The key in a last `/p2p/…`.
    key: Option<[u8; 32]>,
}

impl Address {
    /// What carries calls to it.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// The key of the peer that it names, when it names one.
    #[must_use]
    pub const fn key(&self) -> Option<&[u8; 32]> {
        self.key.as_ref()
    }

    /// The same address with the peer's id at its end.
    #[must_use]
    pub fn of_peer(mut self, key: &[u8; 32]) -> Self {
        if self.key.is_none()
            && let Some(peer) = identity::peer_of(key)
        {
            self.whole.push(Protocol::P2p(peer));
            self.key = Some(*key);
        }
        self
    }

    /// How callers reach whom the peer with this key relays for, when the peer is at this address. None for a circuit: a relay is
    /// reached directly.
    #[must_use]
    pub fn circuit(self, relay: &[u8; 32]) -> Option<Self> {
        Self::of(self.of_peer(relay).whole.with(Protocol::P2pCircuit))
    }

    /// Where to listen so that this address is served: its port on every interface, or on this machine alone when that is what it
    /// says. None for a circuit.
    #[must_use]
    pub fn listening(&self) -> Option<Self> {
        if self.transport == Transport::Relayed {
            return None;
        }
        let anywhere = |part: Protocol<'static>| match part {
            Protocol::Ip4(ip) if !ip.is_loopback() => Some(Protocol::Ip4(Ipv4Addr::UNSPECIFIED)),
            Protocol::Ip6(ip) if !ip.is_loopback() => Some(Protocol::Ip6(Ipv6Addr::UNSPECIFIED)),
            Protocol::P2p(_) => None,
            part => Some(part),
        };
        let whole = self.whole.iter().map(Protocol::acquire).filter_map(anywhere).collect();
        Some(Self { whole, key: None, transport: self.transport })
    }

    /// Whether it is the same place, whichever of the two names the peer.
    #[must_use]
    pub fn is_place_of(&self, other: &Self) -> bool {
        let bare = |address: &Self| {
            let mut whole = address.whole.clone();
            if address.key.is_some() {
                whole.pop();
            }
            whole
        };
        bare(self) == bare(other)
    }

    /// Of a circuit: the relay's id, and its address.
    pub(crate) fn relay(&self) -> Option<(PeerId, Multiaddr)> {
        if self.transport != Transport::Relayed {
            return None;
        }
        let mut at = Multiaddr::empty();
        for part in &self.whole {
            match part {
                Protocol::P2p(relay) => return Some((relay, at)),
                part => at.push(part),
            }
        }
        None
    }

    pub(crate) const fn multiaddr(&self) -> &Multiaddr {
        &self.whole
    }

    /// An address that libp2p told us, when it is of a form that we use.
    pub(crate) fn of(whole: Multiaddr) -> Option<Self> {
        let mut parts = whole.iter().peekable();
        let mut transport = point(&mut parts)?;
        let mut last = peer(&mut parts)?;
        if parts.next_if(|part| matches!(part, Protocol::P2pCircuit)).is_some() {
            // A circuit names its relay, so that nobody else at that address can play it.
            last?;
            transport = Transport::Relayed;
            last = peer(&mut parts)?;
        }
        if parts.next().is_some() {
            return None;
        }
        let key = match last {
            Some(peer) => Some(identity::key_of(&peer)?),
            None => None,
        };
        Some(Self { transport, key, whole })
    }
}

/// An IP address with QUIC or TCP.
fn point<'a>(parts: &mut impl Iterator<Item = Protocol<'a>>) -> Option<Transport> {
    let (Protocol::Ip4(_) | Protocol::Ip6(_)) = parts.next()? else { return None };
    match parts.next()? {
        Protocol::Tcp(_) => Some(Transport::Tcp),
        Protocol::Udp(_) => matches!(parts.next()?, Protocol::QuicV1).then_some(Transport::Quic),
        _ => None,
    }
}

/// The peer id that comes next, if one does; `None` outside when it is no Ed25519 key.
#[expect(clippy::option_option, reason = "absent and wrong are two things here")]
fn peer<'a>(parts: &mut std::iter::Peekable<impl Iterator<Item = Protocol<'a>>>) -> Option<Option<PeerId>> {
    match parts.next_if(|part| matches!(part, Protocol::P2p(_))) {
        Some(Protocol::P2p(peer)) => identity::key_of(&peer).map(|_| Some(peer)),
        _ => Some(None),
    }
}

impl FromStr for Address {
    type Err = AddressFault;

    fn from_str(text: &str) -> Result<Self, AddressFault> {
        let wrong = || AddressFault { text: text.to_owned() };
        text.parse().ok().and_then(Self::of).ok_or_else(wrong)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.whole.fmt(f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.whole.fmt(f)
    }
}
