//! How others reach a new node over libp2p: at its own addresses, or through members that relay for it.

use clap::Args;
use pod_net::{Address, Transport};
use pod_protocol::registry::Organisation;
use pod_protocol::statement::ShortName;

use crate::commands::federation::{Federation, Joined};
use crate::edge::Edge;
use crate::failure::Failure;

/// Where a node behind NAT listens unless --p2p says so: only relays, and callers for whom a hole is punched, come there.
const BEHIND_NAT: [&str; 2] = ["/ip4/0.0.0.0/udp/4001/quic-v1", "/ip4/0.0.0.0/tcp/4001"];

/// What the command line says of it.
#[derive(Debug, Args)]
pub(super) struct P2pArgs {
    /// How other organisations reach the node over libp2p, such as `/ip4/192.0.2.1/udp/4001/quic-v1`; several may be named, QUIC
    /// and TCP best both. It listens on these ports, and the addresses go into its profile. Without any they use https.
    #[arg(long, value_name = "MULTIADDR")]
    p2p: Vec<Address>,

    /// For a node that nobody can call from outside: the member that carries calls to it, by its short name; several may be named,
    /// the best first. Its addresses are looked up in the registry and go into the profile.
    #[arg(long, value_name = "NAME")]
    relay: Vec<ShortName>,
}

/// Where a new node listens, where callers find it, and through whom.
#[derive(Debug)]
pub(super) struct Reached {
    /// For `p2p.listen`.
    pub(super) listen: Vec<Address>,
    /// For the profile.
    pub(super) endpoints: Vec<Address>,
    /// For `p2p.relay`.
    pub(super) relays: Vec<String>,
}

impl P2pArgs {
    /// Asks the directory about relays, if there are any.
    pub(super) fn look_up(&self, federation: &Federation, edge: &Edge) -> Result<Reached, Failure> {
        if let Some(circuit) = self.p2p.iter().find(|address| address.transport() == Transport::Relayed) {
            return Err(Failure::usage(format!("{circuit} goes through a relay, and is no address of this node"))
                .advise("Name the member that relays with --relay NAME in its place: its addresses are looked up."));
        }
        let mut reached = Reached {
            listen: self.p2p.iter().filter_map(Address::listening).collect(),
            endpoints: self.p2p.clone(),
            relays: Vec::new(),
        };
        if self.relay.is_empty() {
            return Ok(reached);
        }
        if reached.listen.is_empty() {
            reached.listen = BEHIND_NAT.iter().filter_map(|address| address.parse().ok()).collect();
        }
        let joined = Edge::block_on(federation.visit(edge))?;
        for name in &self.relay {
            if !reached.relays.iter().any(|known| known == name.as_str()) {
                reached.endpoints.extend(circuits(&joined, name)?);
                reached.relays.push(name.to_string());
            }
        }
        Ok(reached)
    }
}

/// How callers come through a member: its profile's direct addresses, with the key that its node signs with.
fn circuits(joined: &Joined, name: &ShortName) -> Result<Vec<Address>, Failure> {
    let principal = joined.organisation(name.as_str())?;
    let relay = joined.registry().organisation(&principal).filter(|relay| !relay.is_suspended());
    let relay = relay.ok_or_else(|| {
        Failure::usage(format!("{name} is suspended: nobody calls through it")).advise("Name another member.")
    })?;
    let circuits = direct(relay);
    if circuits.is_empty() {
        return Err(Failure::usage(format!("{name} is not reached directly over libp2p, so nothing comes through it"))
            .advise("Name another member with --relay, or ask this one for `listen` and `relays = true` in [p2p] and for a new profile."));
    }
    Ok(circuits)
}

fn direct(relay: &Organisation) -> Vec<Address> {
    let Some(profile) = relay.profile() else { return Vec::new() };
    let key = profile.key().to_bytes();
    let addresses = relay.endpoints().iter().filter_map(|endpoint| endpoint.as_str().parse::<Address>().ok());
    addresses.filter_map(|address| address.circuit(&key)).collect()
}
