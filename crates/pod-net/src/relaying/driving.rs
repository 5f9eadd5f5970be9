//! What the swarm's task does about relays: it connects to one before anything is asked of it, keeps the slots, and counts.

use std::fmt;

use libp2p::core::transport::ListenerId;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId, relay};
use tokio::sync::oneshot;

use super::reserving::Ended;
use crate::address::Address;
use crate::calling::DialFault;
use crate::driver::{Dialled, Driver, dial_fault, innermost};
use crate::identity;

/// What is asked of a relay, once it is connected and has said where it sees us: whoever punches a hole tells that to the peer.
pub(crate) enum Errand {
    /// A circuit to a peer.
    Circuit { peer: PeerId, circuit: Multiaddr, answer: oneshot::Sender<Dialled> },
    /// A slot.
    Slot { relay: [u8; 32], circuit: Multiaddr },
}

/// What waits for one connection to a relay.
pub(crate) struct Errands {
    relay: PeerId,
    all: Vec<Errand>,
}

impl Driver {
    /// Does something at a relay: over the connection that speaks its protocol, or a new one.
    pub(crate) fn send_to(&mut self, relay: PeerId, at: Multiaddr, errand: Errand) {
        let circuits = &mut self.swarm.behaviour_mut().circuits;
        circuits.want(relay);
        let open = circuits.connection(&relay);
        let dialled = || self.errands.iter().find(|(_, waiting)| waiting.relay == relay).map(|(id, _)| *id);
        let connection = match open.or_else(dialled) {
            Some(connection) => connection,
            None => match self.open_to(relay, at) {
                Ok(connection) => connection,
                Err(error) => return self.failed(errand, &dial_fault(&error)),
            },
        };
        let waiting = self.errands.entry(connection).or_insert_with(|| Errands { relay, all: Vec::new() });
        waiting.all.push(errand);
        if self.said.contains_key(&connection) {
            self.run_errands(connection);
        }
    }

    /// The relay on this connection has said where it sees us.
    pub(crate) fn run_errands(&mut self, connection: ConnectionId) {
        for errand in self.errands.remove(&connection).into_iter().flat_map(|waiting| waiting.all) {
            match errand {
                // Who waited has given up.
                Errand::Circuit { answer, .. } if answer.is_closed() => {}
                Errand::Circuit { peer, circuit, answer } => self.connect(peer, circuit, answer),
                Errand::Slot { relay, circuit } => self.ask_for_slot(relay, circuit),
            }
        }
    }

    /// There is no connection to the relay.
    pub(crate) fn errands_failed(&mut self, connection: ConnectionId, fault: &DialFault) {
        for errand in self.errands.remove(&connection).into_iter().flat_map(|waiting| waiting.all) {
            self.failed(errand, fault);
        }
    }

    fn failed(&mut self, errand: Errand, fault: &DialFault) {
        match errand {
            Errand::Circuit { answer, .. } => {
                let _gone = answer.send(Err(DialFault::Relay { fault: Box::new(fault.clone()) }));
            }
            Errand::Slot { relay, .. } => {
                tracing::warn!(relay = identity::peer_id(&relay), %fault, "the relay was not reached: callers may not reach us");
                if let Some(reserving) = &mut self.reserving {
                    reserving.not_asked(&relay);
                }
            }
        }
    }

    /// Asks for slots from now on.
    pub(crate) fn begin_reserving(&mut self) {
        if let Some(reserving) = &mut self.reserving {
            reserving.begin();
        }
    }

    /// Asks for the slots that are missing.
    pub(crate) fn reserve(&mut self) {
        let missing = self.reserving.as_mut().map(super::reserving::Reserving::missing).unwrap_or_default();
        for (key, address) in missing {
            let circuit = address.multiaddr().clone().with(Protocol::P2pCircuit);
            let Some(relay) = identity::peer_of(&key) else { continue };
            self.send_to(relay, address.multiaddr().clone(), Errand::Slot { relay: key, circuit });
        }
    }

    fn ask_for_slot(&mut self, key: [u8; 32], circuit: Multiaddr) {
        let (Some(reserving), Some(relay)) = (&mut self.reserving, identity::peer_of(&key)) else { return };
        match self.swarm.listen_on(circuit) {
            Ok(slot) => {
                self.swarm.behaviour_mut().circuits.asked(slot, relay);
                reserving.asked(key, slot);
            }
            Err(error) => {
                tracing::error!(%relay, %error, "the relay's address cannot be used");
                reserving.not_asked(&key);
            }
        }
    }

    /// A listener closed. Whether it was a slot.
    pub(crate) fn slot_closed(&mut self, listener: ListenerId, why: Option<&std::io::Error>) -> bool {
        let Some((relay, ended)) = self.reserving.as_mut().and_then(|reserving| reserving.closed(listener)) else {
            return false;
        };
        let (relay, why) = (identity::peer_id(&relay), why.map(|error| innermost(error)).unwrap_or_default());
        match ended {
            Ended::Lost => {
                self.counts.slot_lost();
                tracing::info!(relay, why, "the slot at the relay has ended");
            }
            Ended::Refused => tracing::warn!(relay, why, "the relay gives no slot: callers may not reach us"),
        }
        true
    }

    pub(crate) fn of_circuits(&mut self, event: &relay::client::Event) {
        if let relay::client::Event::ReservationReqAccepted { relay_peer_id: relay, .. } = event
            && let (Some(reserving), Some(key)) = (&mut self.reserving, identity::key_of(relay))
            && reserving.held(&key)
        {
            self.counts.slot_held();
            tracing::info!(%relay, "callers reach us through this relay");
        }
    }

    pub(crate) fn of_carrying(&mut self, event: &relay::Event) {
        match event {
            relay::Event::ReservationReqAccepted { renewed: false, .. } => self.counts.slot_given(),
            relay::Event::CircuitReqAccepted { .. } => self.counts.circuit(),
            relay::Event::ReservationReqDenied { .. } | relay::Event::CircuitReqDenied { .. } => {
                self.counts.relay_refused();
            }
            _ => {}
        }
    }

    /// A relay tried to reach us at one of our addresses.
    pub(crate) fn tested(&mut self, address: Multiaddr, outcome: Result<(), impl fmt::Display>) {
        self.counts.tested(outcome.is_ok());
        let Some(address) = Address::of(address) else { return };
        if let Err(why) = outcome {
            tracing::info!(%address, %why, "not reached from outside: callers come through the relay, or a hole that is punched");
            return;
        }
        let needless = self.reserving.as_mut().map(|reserving| reserving.reached_at(&address)).unwrap_or_default();
        tracing::info!(%address, slots_given_up = needless.len(), "reached from outside: with this address in the profile no relay is needed");
        for relay in needless.iter().filter_map(identity::peer_of) {
            self.swarm.behaviour_mut().circuits.leave(&relay);
        }
    }
}
