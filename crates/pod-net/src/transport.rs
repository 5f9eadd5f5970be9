//! What carries a call.

use std::fmt;

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;

/// What carries a call, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// QUIC: TLS 1.3 with X25519MLKEM768 over UDP.
    Quic,
    /// TCP with Noise XX and Yamux.
    Tcp,
    /// Through another member's node: Noise XX from end to end, as over TCP.
    Relayed,
}

impl Transport {
    /// All of them, best first.
    pub const ALL: [Self; 3] = [Self::Quic, Self::Tcp, Self::Relayed];

    /// Its name in metrics and in machine-readable output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quic => "quic",
            Self::Tcp => "tcp",
            Self::Relayed => "relayed",
        }
    }

    /// That of a connection with this address.
    pub(crate) fn of(address: &Multiaddr) -> Option<Self> {
        let mut carried = None;
        for part in address {
            match part {
                Protocol::P2pCircuit => return Some(Self::Relayed),
                Protocol::QuicV1 => carried = Some(Self::Quic),
                Protocol::Tcp(_) => carried = Some(Self::Tcp),
                _ => {}
            }
        }
        carried
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
