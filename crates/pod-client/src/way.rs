//! What carries a call: libp2p between organisations where both ends have it, HTTPS otherwise.

use std::fmt;

use pod_http::Bytes;
use pod_net::{Address, CallFault, Kind, Net, Peer, Reply, Transport, Turned};
use pod_protocol::registry::Organisation;
use pod_protocol::request::Binding;

use crate::error::{CallError, RemoteRefusal};
use crate::target::Bound;

/// What carried a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// libp2p.
    Peer(Transport),
    /// HTTPS, or plain HTTP on this machine.
    Https,
}

impl Way {
    /// Its name in machine-readable output: `quic`, `tcp`, `relayed` or `https`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Peer(transport) => transport.name(),
            Self::Https => "https",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What carried a call, and why nothing better did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// What did.
    pub way: Way,
    /// Why libp2p did not, when the other side offers it and it was tried.
    pub instead: Option<String>,
}

/// How a node is called over libp2p: once for each key that its organisation signs with, since one of them is its peer id.
/// Empty when its profile has no address for it.
#[must_use]
pub fn peers_of(organisation: &Organisation) -> Vec<Peer> {
    let multiaddrs = organisation.endpoints().iter().filter(|endpoint| endpoint.is_multiaddr());
    let addresses: Vec<Address> = multiaddrs.filter_map(|endpoint| endpoint.as_str().parse().ok()).collect();
    let of_key = |key: [u8; 32]| {
        let own = addresses.iter().filter(|address| address.key().is_none_or(|named| *named == key));
        Peer { key, addresses: own.cloned().collect() }
    };
    let peers = organisation.keys().iter().map(|key| of_key(key.to_bytes()));
    peers.filter(|peer| !peer.addresses.is_empty()).collect()
}

/// What came of trying libp2p.
pub(crate) enum Tried<T> {
    /// The other side answered, or turned the call down.
    Answered(Result<(Bytes, T, Way), CallError>),
    /// Nothing was sent, for this reason if it was tried at all: another way may be taken.
    NotSent(Option<String>),
}

/// Calls a node over libp2p, signed by `make` for our key. Only when it is certain that nothing was sent may another way be taken.
pub(crate) async fn through_peers<T>(
    net: &Net,
    peers: &[Peer],
    kind: Kind,
    whom: &str,
    make: &impl Fn(&Bound) -> (Vec<u8>, T),
) -> Tried<T> {
    let mut why = None;
    for peer in peers {
        let (body, kept) = make(&Bound { binding: Binding::Peer(*net.key()), nonce: None });
        match net.call(peer, kind, body).await {
            Ok(Reply { outcome: Ok(body), transport }) => {
                return Tried::Answered(Ok((body, kept, Way::Peer(transport))));
            }
            Ok(Reply { outcome: Err(turned), .. }) => return Tried::Answered(Err(refused(whom, turned))),
            Err(fault) if fault.nothing_was_sent() => why = Some(fault.to_string()),
            Err(fault) => return Tried::Answered(Err(broken(whom, fault))),
        }
    }
    Tried::NotSent(why)
}

fn refused(whom: &str, turned: Turned) -> CallError {
    let whom = whom.to_owned();
    let refusal = Box::new(RemoteRefusal::of_peer(turned));
    let theirs = refusal.outward.is_none_or(|outward| outward == pod_protocol::Outward::Unavailable);
    if theirs { CallError::Failed { whom, refusal } } else { CallError::Refused { whom, refusal } }
}

fn broken(whom: &str, source: CallFault) -> CallError {
    CallError::Broken { whom: whom.to_owned(), source: Box::new(source) }
}
