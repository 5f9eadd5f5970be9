//! The gate: who may connect, asked before any protocol is spoken; and the streams of calls behind it.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use libp2p::core::transport::PortUse;
use libp2p::core::{Endpoint, InboundUpgrade, OutboundUpgrade, UpgradeInfo};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound};
use libp2p::swarm::{
    CloseConnection, ConnectionClosed, ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId,
    FromSwarm, NetworkBehaviour, NotifyHandler, Stream, StreamProtocol, StreamUpgradeError, SubstreamProtocol,
    THandlerInEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use tokio::sync::oneshot;

use crate::counts::Counts;
use crate::frame::PROTOCOL;
use crate::identity;
use crate::limits::NetLimits;
use crate::net::Allow;
use crate::serving::{Caller, Serving};
use crate::transport::Transport;

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    #[error("the peer's key is not in the registry")]
    Stranger,
    #[error("too many handshakes are under way from this address")]
    Crowded,
}

/// Why a stream was not opened.
#[derive(Debug)]
pub(crate) enum OpenFault {
    /// The peer does not take calls.
    Unsupported,
    /// The connection closed: the peer cut it, or it broke.
    Closed,
}

/// Where a stream goes once it is open.
pub(crate) type Opening = oneshot::Sender<Result<Stream, OpenFault>>;

/// A connection behind the gate.
#[derive(Debug, Clone, Copy)]
struct Open {
    peer: PeerId,
    from: Caller,
    /// A stream that was opened on it was not greeted in time: no other is.
    doubted: bool,
}

/// libp2p's behaviour of the gate.
pub(crate) struct Gate {
    allow: Allow,
    serving: Option<Arc<Serving>>,
    counts: Arc<Counts>,
    handshakes_per_address: u32,
    stream: Duration,
    handshakes: HashMap<ConnectionId, IpAddr>,
    per_address: HashMap<IpAddr, u32>,
    open: HashMap<ConnectionId, Open>,
    orders: VecDeque<ToSwarm<Infallible, Opening>>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("open", &self.open.len()).finish_non_exhaustive()
    }
}

impl Gate {
    pub(crate) fn new(allow: Allow, serving: Option<Arc<Serving>>, counts: Arc<Counts>, limits: &NetLimits) -> Self {
        Self {
            allow,
            serving,
            counts,
            handshakes_per_address: limits.handshakes_per_address,
            stream: limits.stream,
            handshakes: HashMap::new(),
            per_address: HashMap::new(),
            open: HashMap::new(),
            orders: VecDeque::new(),
        }
    }

    /// The best connection to a peer that is open, of those that are not doubted.
    pub(crate) fn best(&self, key: &[u8; 32]) -> Option<(ConnectionId, Transport)> {
        let of_peer = self.open.iter().filter(|(_, open)| open.from.key == *key && !open.doubted);
        of_peer.map(|(id, open)| (*id, open.from.transport)).min_by_key(|(id, transport)| (*transport, *id))
    }

    /// Whether a connection is open.
    pub(crate) fn is_open(&self, connection: ConnectionId) -> bool {
        self.open.contains_key(&connection)
    }

    /// Opens no further stream on a connection. It is closed, unless the peer has calls of its own under way with us: then it ends
    /// as every connection does that carries nothing.
    pub(crate) fn doubt(&mut self, connection: ConnectionId) {
        let Some(open) = self.open.get_mut(&connection) else { return };
        open.doubted = true;
        if !self.serving.as_ref().is_some_and(|serving| serving.serves(&open.from.key)) {
            let (peer_id, connection) = (open.peer, CloseConnection::One(connection));
            self.orders.push_back(ToSwarm::CloseConnection { peer_id, connection });
        }
    }

    /// Opens a stream on a connection. Without the connection, `opening` is dropped.
    pub(crate) fn open_stream(&mut self, connection: ConnectionId, opening: Opening) {
        if let Some(open) = self.open.get(&connection) {
            let (peer_id, handler) = (open.peer, NotifyHandler::One(connection));
            self.orders.push_back(ToSwarm::NotifyHandler { peer_id, handler, event: opening });
        }
    }

    /// Cuts every connection whose peer is no longer allowed.
    pub(crate) fn recheck(&mut self) {
        for (id, open) in &self.open {
            if !(self.allow)(&open.from.key) {
                self.counts.stranger();
                let connection = CloseConnection::One(*id);
                self.orders.push_back(ToSwarm::CloseConnection { peer_id: open.peer, connection });
            }
        }
    }

    fn admit(&self, peer: PeerId, address: &Multiaddr) -> Result<StreamHandler, ConnectionDenied> {
        let key = identity::key_of(&peer).filter(|key| (self.allow)(key));
        let (Some(key), Some(transport)) = (key, Transport::of(address)) else {
            self.counts.stranger();
            tracing::debug!(%peer, "a stranger was cut");
            return Err(ConnectionDenied::new(Denied::Stranger));
        };
        let from = Caller { key, transport };
        Ok(StreamHandler { from, serving: self.serving.clone(), stream: self.stream, wanted: VecDeque::new() })
    }

    fn handshake_ended(&mut self, connection: ConnectionId) {
        let Some(address) = self.handshakes.remove(&connection) else { return };
        if let Some(count) = self.per_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.per_address.remove(&address);
            }
        }
    }
}

/// The IPv4 address, or the IPv6 /64, of an address.
fn network_of(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(ip.into()),
        Protocol::Ip6(ip) => Some(std::net::Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into()),
        _ => None,
    }
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = StreamHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let Some(address) = network_of(remote) else { return Ok(()) };
        let count = self.per_address.entry(address).or_insert(0);
        if *count >= self.handshakes_per_address {
            self.counts.crowded();
            return Err(ConnectionDenied::new(Denied::Crowded));
        }
        *count += 1;
        self.handshakes.insert(connection, address);
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<StreamHandler, ConnectionDenied> {
        self.handshake_ended(connection);
        // That a connection came through a relay stands in the address at which it arrived.
        let address = if Transport::of(local) == Some(Transport::Relayed) { local } else { remote };
        self.admit(peer, address)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _connection: ConnectionId,
        peer: Option<PeerId>,
        _addresses: &[Multiaddr],
        _role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        let known = peer.and_then(|peer| identity::key_of(&peer)).is_some_and(|key| (self.allow)(&key));
        if known { Ok(Vec::new()) } else { Err(ConnectionDenied::new(Denied::Stranger)) }
    }

    fn handle_established_outbound_connection(
        &mut self,
        _connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        _role: Endpoint,
        _port: PortUse,
    ) -> Result<StreamHandler, ConnectionDenied> {
        self.admit(peer, address)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(established) => {
                let address = match established.endpoint {
                    libp2p::core::ConnectedPoint::Dialer { address, .. } => address,
                    libp2p::core::ConnectedPoint::Listener { local_addr, send_back_addr } => {
                        if Transport::of(local_addr) == Some(Transport::Relayed) { local_addr } else { send_back_addr }
                    }
                };
                let key = identity::key_of(&established.peer_id);
                if let (Some(key), Some(transport)) = (key, Transport::of(address)) {
                    self.counts.opened(transport);
                    let from = Caller { key, transport };
                    let open = Open { peer: established.peer_id, from, doubted: false };
                    self.open.insert(established.connection_id, open);
                }
            }
            FromSwarm::ConnectionClosed(ConnectionClosed { connection_id, .. }) => {
                if let Some(open) = self.open.remove(&connection_id) {
                    self.counts.closed(open.from.transport);
                }
            }
            FromSwarm::ListenFailure(failure) => self.handshake_ended(failure.connection_id),
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _peer: PeerId, _connection: ConnectionId, event: Infallible) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, THandlerInEvent<Self>>> {
        // Orders come while the swarm is not being polled, so that it is polled after each.
        self.orders.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// The streams of one connection.
pub(crate) struct StreamHandler {
    from: Caller,
    serving: Option<Arc<Serving>>,
    stream: Duration,
    wanted: VecDeque<Opening>,
}

impl fmt::Debug for StreamHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamHandler").field("from", &self.from).finish_non_exhaustive()
    }
}

impl ConnectionHandler for StreamHandler {
    type FromBehaviour = Opening;
    type ToBehaviour = Infallible;
    type InboundProtocol = Offer;
    type OutboundProtocol = Offer;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Opening;

    fn listen_protocol(&self) -> SubstreamProtocol<Offer> {
        SubstreamProtocol::new(Offer { calls: self.serving.is_some() }, ()).with_timeout(self.stream)
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ConnectionHandlerEvent<Offer, Opening, Infallible>> {
        match self.wanted.pop_front() {
            Some(opening) => {
                let protocol = SubstreamProtocol::new(Offer { calls: true }, opening).with_timeout(self.stream);
                Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol })
            }
            None => Poll::Pending,
        }
    }

    fn on_behaviour_event(&mut self, opening: Opening) {
        self.wanted.push_back(opening);
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Offer, Offer, (), Opening>) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol: stream, .. }) => {
                if let Some(serving) = &self.serving {
                    serving.begin(self.from, stream);
                }
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol: stream, info: opening }) => {
                let _gone = opening.send(Ok(stream));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info: opening, error }) => {
                let fault = match error {
                    StreamUpgradeError::NegotiationFailed => OpenFault::Unsupported,
                    StreamUpgradeError::Timeout | StreamUpgradeError::Io(_) => OpenFault::Closed,
                    StreamUpgradeError::Apply(never) => match never {},
                };
                let _gone = opening.send(Err(fault));
            }
            _ => {}
        }
    }
}

/// Offers the protocol of calls, or nothing.
#[derive(Debug)]
pub(crate) struct Offer {
    calls: bool,
}

impl UpgradeInfo for Offer {
    type Info = StreamProtocol;
    type InfoIter = std::option::IntoIter<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.calls.then_some(StreamProtocol::new(PROTOCOL)).into_iter()
    }
}

impl InboundUpgrade<Stream> for Offer {
    type Output = Stream;
    type Error = Infallible;
    type Future = Ready<Result<Stream, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, _: StreamProtocol) -> Self::Future {
        ready(Ok(stream))
    }
}

impl OutboundUpgrade<Stream> for Offer {
    type Output = Stream;
    type Error = Infallible;
    type Future = Ready<Result<Stream, Infallible>>;

    fn upgrade_outbound(self, stream: Stream, _: StreamProtocol) -> Self::Future {
        ready(Ok(stream))
    }
}
