//! The task that runs libp2p's swarm, and what others may tell it.

use std::collections::HashMap;
use std::error::Error;
use std::net::{IpAddr, TcpListener};
use std::num::NonZeroU8;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use libp2p::autonat::v2::{client, server};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::core::transport::ListenerId;
use libp2p::core::transport::timeout::TransportTimeoutError;
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use libp2p::relay::outbound::hop::ConnectError;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError, NetworkBehaviour, SwarmEvent};
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, dcutr, identify, memory_connection_limits, noise, quic, relay, tcp,
};
use tokio::sync::{mpsc, oneshot};

use crate::address::Address;
use crate::calling::DialFault;
use crate::frame::PROTOCOL;
use crate::gate::{Denied, Gate, Opening};
use crate::identity;
use crate::limits::NetLimits;
use crate::muxer;
use crate::relaying::circuits::Circuits;
use crate::relaying::driving::{Errand, Errands};
use crate::relaying::heard::Heard;
use crate::relaying::reserving::Reserving;
use crate::relaying::{Relaying, carrying};
use crate::startup::NetStartError;
use crate::transport::Transport;

/// What identify says we speak.
const SPOKEN: &str = "/aitta";
/// What identify says we are.
const PROGRAM: &str = concat!("aitta/", env!("CARGO_PKG_VERSION"));
/// Letters of what a peer says that it is.
const PROGRAM_LETTERS: usize = 64;
/// Addresses are dialled one after another: the order is ours.
const ONE_AT_A_TIME: NonZeroU8 = NonZeroU8::MIN;

/// Everything that libp2p runs for us. The gate comes first: who is a stranger to it reaches nothing else.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub(crate) gate: Gate,
    connections: connection_limits::Behaviour,
    memory: memory_connection_limits::Behaviour,
    identify: Heard,
    /// Calls through relays, and slots at them.
    pub(crate) circuits: Circuits,
    /// Tries to replace a connection through a relay by a direct one. Speaks on such connections alone.
    punching: dcutr::Behaviour,
    /// As a relay: carries calls of others.
    carrying: Toggle<relay::Behaviour>,
    /// Behind NAT: asks relays whether we are reached from outside.
    asking: Toggle<client::Behaviour>,
    /// As a relay: says so.
    dial_back: Toggle<server::Behaviour>,
}

/// What a dial gives.
pub(crate) type Dialled = Result<(ConnectionId, Transport), DialFault>;

/// What the task may be told.
pub(crate) enum Order {
    /// Connect to a peer at an address.
    Dial { peer: [u8; 32], address: Address, answer: oneshot::Sender<Dialled> },
    /// The best connection to a peer that is open.
    Best { peer: [u8; 32], answer: oneshot::Sender<Option<(ConnectionId, Transport)>> },
    /// Open a stream of calls on a connection.
    Open { connection: ConnectionId, opening: Opening },
    /// Open no further stream on a connection.
    Doubt { connection: ConnectionId },
    /// What the peer on a connection says about itself, as soon as it has.
    Said { connection: ConnectionId, answer: oneshot::Sender<Said> },
    /// Listen everywhere there, or nowhere; gives the addresses with their real ports. Slots are asked for then.
    Listen { addresses: Vec<Address>, answer: oneshot::Sender<Result<Vec<Address>, NetStartError>> },
    /// Ask relays for slots, before it listens.
    Reserve,
    /// Cut whoever is no longer allowed.
    Recheck,
    /// Close every connection, tell the peers, and end.
    Leave { left: oneshot::Sender<()>, goodbye: Duration },
}

/// What a peer says about itself over identify. Nothing of it is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its program and version.
    pub program: String,
    /// Whether it takes calls.
    pub takes_calls: bool,
    /// At which address it sees us.
    pub sees_us_at: String,
}

impl Said {
    fn of(info: &identify::Info) -> Self {
        Self {
            program: info.agent_version.chars().filter(|letter| !letter.is_control()).take(PROGRAM_LETTERS).collect(),
            takes_calls: info.protocols.iter().any(|protocol| protocol.as_ref() == PROTOCOL),
            sees_us_at: info.observed_addr.to_string(),
        }
    }
}

/// A swarm that is not run yet.
pub(crate) fn swarm(
    keypair: Keypair,
    gate: Gate,
    relaying: &Relaying,
    limits: &NetLimits,
) -> Result<Swarm<Behaviour>, NetStartError> {
    let transport = |error: noise::Error| NetStartError::Transport(error.into());
    let (own, behind_nat) = (keypair.public().to_peer_id(), relaying.through.is_some());
    // All circuits to us are streams of one connection.
    let streams = limits.streams_per_connection + if behind_nat { limits.circuits_taken } else { 0 };
    let muxer = || muxer::Upgrade::new(streams as usize);
    let quic = |mut quic: quic::Config| {
        quic.handshake_timeout = limits.handshake;
        quic.max_concurrent_stream_limit = streams;
        quic.max_stream_data = limits.stream_window_bytes;
        quic.max_connection_data = limits.connection_window_bytes;
        quic
    };
    let built = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, muxer)
        .map_err(transport)?
        .with_quic_config(quic)
        .with_relay_client(noise::Config::new, muxer)
        .map_err(transport)?
        .with_behaviour(|keypair, client| behaviour(keypair, gate, client, relaying, limits));
    let Ok(mut built) = built.map(|built| {
        built
            .with_swarm_config(|config| {
                config
                    .with_idle_connection_timeout(limits.connection_idle)
                    .with_max_negotiating_inbound_streams(limits.negotiating)
                    .with_dial_concurrency_factor(ONE_AT_A_TIME)
            })
            .with_connection_timeout(limits.handshake)
            .build()
    });
    if relaying.for_members {
        built.add_external_address(carrying::named(own));
    }
    Ok(built)
}

fn behaviour(
    keypair: &Keypair,
    gate: Gate,
    client: relay::client::Behaviour,
    relaying: &Relaying,
    limits: &NetLimits,
) -> Behaviour {
    let own = keypair.public().to_peer_id();
    let most = ConnectionLimits::default()
        .with_max_pending_incoming(Some(limits.handshakes))
        .with_max_pending_outgoing(Some(limits.handshakes))
        .with_max_established(Some(limits.connections))
        .with_max_established_per_peer(Some(limits.connections_per_peer));
    let say = identify::Config::new(SPOKEN.to_owned(), keypair.public())
        .with_agent_version(PROGRAM.to_owned())
        .with_cache_size(0)
        .with_hide_listen_addrs(true);
    Behaviour {
        gate,
        connections: connection_limits::Behaviour::new(most),
        memory: memory_connection_limits::Behaviour::with_max_percentage(limits.memory_share),
        identify: Heard(identify::Behaviour::new(say)),
        circuits: Circuits::new(client, limits.seen_at),
        punching: dcutr::Behaviour::new(own),
        carrying: Toggle::from(relaying.for_members.then(|| carrying::relay(own, limits))),
        asking: Toggle::from(relaying.through.is_some().then(client::Behaviour::default)),
        dial_back: Toggle::from(relaying.for_members.then(server::Behaviour::default)),
    }
}

/// Asks the system whether a TCP address is free: libp2p shares its ports, so that a second node would start on the same one and
/// get half of the first one's connections.
fn free(address: &Address) -> std::io::Result<()> {
    let mut parts = address.multiaddr().iter();
    let ip: IpAddr = match parts.next() {
        Some(Protocol::Ip4(ip)) => ip.into(),
        Some(Protocol::Ip6(ip)) => ip.into(),
        _ => return Ok(()),
    };
    match parts.next() {
        Some(Protocol::Tcp(port)) => TcpListener::bind((ip, port)).map(drop),
        _ => Ok(()),
    }
}

/// Runs a swarm.
pub(crate) struct Driver {
    pub(crate) swarm: Swarm<Behaviour>,
    pub(crate) orders: mpsc::Receiver<Order>,
    pub(crate) dialling: HashMap<ConnectionId, oneshot::Sender<Dialled>>,
    /// Of connections that are open.
    pub(crate) said: HashMap<ConnectionId, Said>,
    /// Who waits for it.
    pub(crate) asking: HashMap<ConnectionId, oneshot::Sender<Said>>,
    pub(crate) counts: Arc<crate::counts::Counts>,
    /// What waits until a relay is connected, and has said where it sees us.
    pub(crate) errands: HashMap<ConnectionId, Errands>,
    /// For a node behind NAT.
    pub(crate) reserving: Option<Reserving>,
}

impl Driver {
    /// A driver of a swarm that listens already.
    pub(crate) fn new(
        swarm: Swarm<Behaviour>,
        orders: mpsc::Receiver<Order>,
        counts: Arc<crate::counts::Counts>,
        reserving: Option<Reserving>,
    ) -> Self {
        Self {
            swarm,
            orders,
            dialling: HashMap::new(),
            said: HashMap::new(),
            asking: HashMap::new(),
            counts,
            errands: HashMap::new(),
            reserving,
        }
    }

    /// Runs until nobody can give orders any more.
    pub(crate) async fn run(mut self) {
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.take(event),
                () = due(&mut self.reserving) => self.reserve(),
                order = self.orders.recv() => match order {
                    Some(Order::Leave { left, goodbye }) => {
                        self.leave(goodbye).await;
                        let _gone = left.send(());
                        return;
                    }
                    Some(Order::Listen { addresses, answer }) => {
                        let _gone = answer.send(self.listen(&addresses).await);
                    }
                    Some(order) => self.obey(order),
                    None => return,
                },
            }
        }
    }

    async fn listen(&mut self, addresses: &[Address]) -> Result<Vec<Address>, NetStartError> {
        let mut listeners = HashMap::new();
        let opened = self.open_all(addresses, &mut listeners).await;
        match &opened {
            Ok(_) => self.begin_reserving(),
            Err(_) => {
                for listener in listeners.into_keys() {
                    self.swarm.remove_listener(listener);
                }
            }
        }
        opened
    }

    /// Every address is open when it returns; else some of `listeners` may be.
    async fn open_all(
        &mut self,
        addresses: &[Address],
        listeners: &mut HashMap<ListenerId, Address>,
    ) -> Result<Vec<Address>, NetStartError> {
        let failed = |address: &Address, source| NetStartError::Listen { address: address.to_string(), source };
        for address in addresses {
            if address.transport() == Transport::Tcp {
                free(address).map_err(|source| failed(address, source))?;
            }
            let listener = self.swarm.listen_on(address.multiaddr().clone()).map_err(|error| match error {
                libp2p::TransportError::Other(source) => failed(address, source),
                unsupported => failed(address, std::io::Error::other(unsupported.to_string())),
            })?;
            listeners.insert(listener, address.clone());
        }
        let (mut waiting, mut open) = (listeners.clone(), Vec::new());
        while !waiting.is_empty() {
            match self.swarm.select_next_some().await {
                SwarmEvent::NewListenAddr { listener_id, address } if listeners.contains_key(&listener_id) => {
                    waiting.remove(&listener_id);
                    open.extend(Address::of(address));
                }
                SwarmEvent::ListenerClosed { listener_id, reason: Err(source), .. }
                    if listeners.contains_key(&listener_id) =>
                {
                    let address = listeners.remove(&listener_id).map(|address| address.to_string());
                    return Err(NetStartError::Listen { address: address.unwrap_or_default(), source });
                }
                event => self.take(event),
            }
        }
        Ok(open)
    }

    /// Closes every connection, and stays until the peers have been told.
    async fn leave(&mut self, goodbye: Duration) {
        let peers: Vec<PeerId> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            let _closed_already = self.swarm.disconnect_peer_id(peer);
        }
        while self.swarm.connected_peers().next().is_some() {
            let event = self.swarm.select_next_some().await;
            self.take(event);
        }
        // A QUIC connection is closed here before its task has sent the datagram that says so, and nothing tells when it has.
        tokio::time::sleep(goodbye).await;
    }

    fn obey(&mut self, order: Order) {
        match order {
            // Taken by [`Driver::run`].
            Order::Leave { .. } | Order::Listen { .. } => {}
            Order::Dial { peer, address, answer } => self.dial(&peer, &address, answer),
            Order::Best { peer, answer } => {
                let _gone = answer.send(self.swarm.behaviour().gate.best(&peer));
            }
            Order::Open { connection, opening } => {
                self.swarm.behaviour_mut().gate.open_stream(connection, opening);
            }
            Order::Doubt { connection } => self.swarm.behaviour_mut().gate.doubt(connection),
            Order::Said { connection, answer } => match self.said.get(&connection) {
                Some(said) => {
                    let _gone = answer.send(said.clone());
                }
                // Of a connection that has closed nothing will ever be said.
                None if self.swarm.behaviour().gate.is_open(connection) => {
                    self.asking.insert(connection, answer);
                }
                None => {}
            },
            Order::Reserve => self.begin_reserving(),
            Order::Recheck => self.swarm.behaviour_mut().gate.recheck(),
        }
    }

    fn dial(&mut self, key: &[u8; 32], address: &Address, answer: oneshot::Sender<Dialled>) {
        let Some(peer) = identity::peer_of(key) else {
            let _gone = answer.send(Err(DialFault::Denied));
            return;
        };
        match address.relay() {
            Some((relay, at)) => {
                let circuit = address.multiaddr().clone();
                self.send_to(relay, at, Errand::Circuit { peer, circuit, answer });
            }
            None => self.connect(peer, address.multiaddr().clone(), answer),
        }
    }

    /// Dials an address, and answers whoever waits for it.
    pub(crate) fn connect(&mut self, peer: PeerId, at: Multiaddr, answer: oneshot::Sender<Dialled>) {
        match self.open_to(peer, at) {
            Ok(connection) => {
                self.dialling.insert(connection, answer);
            }
            Err(error) => {
                let _gone = answer.send(Err(dial_fault(&error)));
            }
        }
    }

    /// Dials an address, whatever else is open to the peer.
    pub(crate) fn open_to(&mut self, peer: PeerId, at: Multiaddr) -> Result<ConnectionId, DialError> {
        let options = DialOpts::peer_id(peer).condition(PeerCondition::Always).addresses(vec![at]).build();
        let connection = options.connection_id();
        self.swarm.dial(options).map(|()| connection)
    }

    fn take(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { connection_id, endpoint, .. } => {
                if let Some(answer) = self.dialling.remove(&connection_id) {
                    let transport = Transport::of(endpoint.get_remote_address());
                    let _gone =
                        answer.send(transport.map(|transport| (connection_id, transport)).ok_or(DialFault::Denied));
                }
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                if let Some(answer) = self.dialling.remove(&connection_id) {
                    let _gone = answer.send(Err(dial_fault(&error)));
                }
                self.errands_failed(connection_id, &dial_fault(&error));
            }
            SwarmEvent::IncomingConnectionError { error, .. } => {
                if let libp2p::swarm::ListenError::Denied { cause } = &error
                    && cause.downcast_ref::<Denied>().is_none()
                {
                    // The gate counts its own.
                    self.counts.crowded();
                }
                tracing::debug!(%error, "a connection did not come about");
            }
            SwarmEvent::ConnectionClosed { connection_id, .. } => {
                self.said.remove(&connection_id);
                self.asking.remove(&connection_id);
                self.errands_failed(connection_id, &DialFault::Cut);
            }
            SwarmEvent::ListenerClosed { listener_id, addresses, reason } => {
                if !self.slot_closed(listener_id, reason.as_ref().err())
                    && let Err(error) = reason
                {
                    tracing::error!(?addresses, %error, "peers are no longer listened for");
                }
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "a listener failed for one connection"),
            SwarmEvent::Behaviour(event) => self.happened(event),
            _ => {}
        }
    }

    fn happened(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Identify(identify::Event::Received { connection_id, info, .. }) => {
                self.heard(connection_id, &info);
            }
            BehaviourEvent::Circuits(event) => self.of_circuits(&event),
            BehaviourEvent::Carrying(event) => self.of_carrying(&event),
            BehaviourEvent::Asking(tested) => self.tested(tested.tested_addr, tested.result),
            BehaviourEvent::Punching(dcutr::Event { result, .. }) => match result {
                Ok(_) => self.counts.punched(),
                Err(error) => tracing::debug!(%error, "no hole was punched"),
            },
            _ => {}
        }
    }

    fn heard(&mut self, connection: ConnectionId, info: &identify::Info) {
        let said = Said::of(info);
        if let Some(answer) = self.asking.remove(&connection) {
            let _gone = answer.send(said.clone());
        }
        let behaviour = self.swarm.behaviour_mut();
        behaviour.circuits.seen(connection, &info.observed_addr);
        if behaviour.gate.is_open(connection) {
            self.said.insert(connection, said);
        }
        self.run_errands(connection);
    }
}

/// When slots are to be looked after; never without a relay.
async fn due(reserving: &mut Option<Reserving>) {
    match reserving {
        Some(reserving) => reserving.due().await,
        None => std::future::pending().await,
    }
}

pub(crate) fn dial_fault(error: &DialError) -> DialFault {
    match error {
        DialError::WrongPeerId { obtained, .. } => DialFault::WrongPeer { key: identity::key_of(obtained) },
        DialError::LocalPeerId { .. } => DialFault::Ourselves,
        DialError::Denied { cause } if cause.downcast_ref::<Denied>().is_some() => DialFault::Denied,
        DialError::Denied { .. } => DialFault::Crowded,
        DialError::NoAddresses | DialError::DialPeerConditionFalse(_) | DialError::Aborted => {
            DialFault::Unreachable { why: error.to_string() }
        }
        DialError::Transport(tried) => {
            if let Some(fault) = tried.iter().find_map(|(_, error)| refused_by_relay(error)) {
                return fault;
            }
            if tried.iter().any(|(_, error)| is_late(error)) {
                return DialFault::TimedOut;
            }
            let why: Vec<String> = tried.iter().map(|(_, error)| innermost(error)).collect();
            DialFault::Unreachable { why: why.join("; ") }
        }
    }
}

/// Whether nothing answered until libp2p gave up, which may be before those do who wait for it. Known by its words: its type has the
/// whole stack of transports in it.
fn is_late(error: &libp2p::TransportError<std::io::Error>) -> bool {
    let late = [
        TransportTimeoutError::<std::convert::Infallible>::Timeout.to_string(),
        quic::Error::HandshakeTimedOut.to_string(),
    ];
    late.contains(&innermost(error))
}

/// What a relay said to a circuit that was asked for.
fn refused_by_relay(error: &libp2p::TransportError<std::io::Error>) -> Option<DialFault> {
    Some(match chain(error).find_map(|error| error.downcast_ref::<ConnectError>())? {
        ConnectError::NoReservation | ConnectError::ConnectionFailed => DialFault::NoSlot,
        ConnectError::Io(_) => return None,
        refused => DialFault::RelayRefused { why: refused.to_string() },
    })
}

/// The last of a chain of errors, which says what the system said; libp2p's own say only that something failed.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().unwrap_or(error).to_string()
}

/// An error and what it came from. One within an [`std::io::Error`] is no source of it, but it.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let within = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        within.map(|within| within as &(dyn Error + 'static)).or_else(|| error.source())
    })
}
