//! libp2p's client of relays, spoken on connections to chosen relays and on no others: whoever is not called through a relay, and
//! holds no slot at one, offers none of its protocols.

use std::collections::{HashMap, HashSet, VecDeque};
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::{ListenerId, PortUse};
use libp2p::swarm::derive_prelude::Either;
use libp2p::swarm::{
    CloseConnection, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId, relay};

use crate::address::Address;
use crate::transport::Transport;

/// libp2p's behaviour of circuits.
pub(crate) struct Circuits {
    client: relay::client::Behaviour,
    /// Relays that a slot or a circuit is wanted of.
    wanted: HashSet<PeerId>,
    /// Connections that we opened to them.
    spoken: HashMap<ConnectionId, PeerId>,
    /// Those of them that are being closed.
    closing: HashSet<ConnectionId>,
    /// At which relay each slot is held or asked for.
    slots: HashMap<ListenerId, PeerId>,
    /// Where relays see us: for punching holes, and to be tested.
    seen_at: HashSet<Multiaddr>,
    most_seen: usize,
    orders: VecDeque<Order>,
}

/// What is to be done at the next poll.
enum Order {
    Close(PeerId, ConnectionId),
    Candidate(Multiaddr),
}

impl Circuits {
    pub(crate) fn new(client: relay::client::Behaviour, most_seen: usize) -> Self {
        Self {
            client,
            wanted: HashSet::new(),
            spoken: HashMap::new(),
            closing: HashSet::new(),
            slots: HashMap::new(),
            seen_at: HashSet::new(),
            most_seen,
            orders: VecDeque::new(),
        }
    }

    /// Connections that we open to this peer from now on speak the protocol of relays.
    pub(crate) fn want(&mut self, relay: PeerId) {
        self.wanted.insert(relay);
    }

    /// A connection to this relay on which its protocol is spoken.
    pub(crate) fn connection(&self, relay: &PeerId) -> Option<ConnectionId> {
        self.spoken.iter().find(|(id, peer)| *peer == relay && !self.closing.contains(id)).map(|(id, _)| *id)
    }

    /// A slot is asked for at this relay.
    pub(crate) fn asked(&mut self, slot: ListenerId, relay: PeerId) {
        self.slots.insert(slot, relay);
    }

    /// Gives up the slot at a relay: whatever goes over the connections to it ends.
    pub(crate) fn leave(&mut self, relay: &PeerId) {
        for (id, _) in self.spoken.iter().filter(|(_, peer)| *peer == relay) {
            if self.closing.insert(*id) {
                self.orders.push_back(Order::Close(*relay, *id));
            }
        }
    }

    /// Where the peer of a connection sees us: believed when it is a relay that we chose. Of more addresses than may be, the first
    /// count.
    pub(crate) fn seen(&mut self, connection: ConnectionId, address: &Multiaddr) {
        if !self.spoken.contains_key(&connection) {
            return;
        }
        let direct = Address::of(address.clone()).is_some_and(|seen| seen.transport() != Transport::Relayed);
        let known = self.seen_at.contains(address);
        if direct && (known || self.seen_at.len() < self.most_seen) {
            self.seen_at.insert(address.clone());
            self.orders.push_back(Order::Candidate(address.clone()));
        }
    }
}

impl NetworkBehaviour for Circuits {
    type ConnectionHandler = <relay::client::Behaviour as NetworkBehaviour>::ConnectionHandler;
    type ToSwarm = relay::client::Event;

    fn handle_established_inbound_connection(
        &mut self,
        _connection: ConnectionId,
        _peer: PeerId,
        _local: &Multiaddr,
        _remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Either::Right(dummy::ConnectionHandler))
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.wanted.contains(&peer) || Transport::of(address) == Some(Transport::Relayed) {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        self.spoken.insert(connection, peer);
        self.client.handle_established_outbound_connection(connection, peer, address, role, port)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match &event {
            // The client keeps to what it was told of: it would speak on any connection to a relay.
            FromSwarm::ConnectionEstablished(established) if !self.spoken.contains_key(&established.connection_id) => {
                return;
            }
            FromSwarm::ConnectionClosed(closed) => {
                self.closing.remove(&closed.connection_id);
                if self.spoken.remove(&closed.connection_id).is_none() {
                    return;
                }
            }
            FromSwarm::DialFailure(failure) => {
                self.spoken.remove(&failure.connection_id);
            }
            FromSwarm::ListenerClosed(closed) => {
                // An answer to a renewal may still be on its way, and the client of 0.22 panics when it comes for a slot that it
                // has given up. On a connection that is closed nothing comes.
                if let Some(relay) = self.slots.remove(&closed.listener_id) {
                    self.leave(&relay);
                }
            }
            _ => {}
        }
        self.client.on_swarm_event(event);
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, event: THandlerOutEvent<Self>) {
        if !self.closing.contains(&connection) {
            self.client.on_connection_handler_event(peer, connection, event);
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<relay::client::Event, THandlerInEvent<Self>>> {
        match self.orders.pop_front() {
            Some(Order::Close(peer_id, id)) => {
                return Poll::Ready(ToSwarm::CloseConnection { peer_id, connection: CloseConnection::One(id) });
            }
            Some(Order::Candidate(address)) => return Poll::Ready(ToSwarm::NewExternalAddrCandidate(address)),
            None => {}
        }
        loop {
            match self.client.poll(cx) {
                // Where we are reached stands in the profile: peers need not be told.
                Poll::Ready(ToSwarm::ExternalAddrConfirmed(_) | ToSwarm::ExternalAddrExpired(_)) => {}
                other => return other,
            }
        }
    }
}
