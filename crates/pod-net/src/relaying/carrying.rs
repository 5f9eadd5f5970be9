//! This node as a relay: what it carries for others, and how much of it.

use std::num::NonZeroU32;
use std::time::Duration;

use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId, relay};

use crate::limits::NetLimits;

/// A relay for whoever the gate lets in.
pub(crate) fn relay(own: PeerId, limits: &NetLimits) -> relay::Behaviour {
    let config = relay::Config {
        max_reservations: limits.slots,
        // libp2p compares with what there was before, so that one more is let in.
        max_reservations_per_peer: limits.slots_per_peer.saturating_sub(1),
        reservation_duration: limits.slot,
        reservation_rate_limiters: Vec::new(),
        max_circuits: limits.circuits,
        max_circuits_per_peer: limits.circuits_per_peer.saturating_sub(1),
        max_circuit_duration: limits.circuit_lives,
        max_circuit_bytes: limits.circuit_bytes,
        circuit_src_rate_limiters: Vec::new(),
    };
    let burst = NonZeroU32::new(limits.relay_burst).unwrap_or(NonZeroU32::MIN);
    let again = limits.relay_again.max(Duration::from_millis(1));
    let config = config.reservation_rate_per_peer(burst, again).circuit_src_per_peer(burst, again);
    let mut relay = relay::Behaviour::new(own, config);
    // Whether it relays is the operator's decision, not one of addresses that others say they saw.
    relay.set_status(Some(relay::Status::Enable));
    relay
}

/// What a relay names as its address when it gives a slot: libp2p wants one, and whoever reserves knows where the relay is. So it
/// names none of its interfaces.
pub(crate) fn named(own: PeerId) -> Multiaddr {
    Multiaddr::empty().with(Protocol::P2p(own))
}
