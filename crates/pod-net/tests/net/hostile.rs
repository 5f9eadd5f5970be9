//! A peer of another make, which writes what it likes.

use futures_util::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{NetworkBehaviour, Stream, StreamProtocol, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, SwarmBuilder, identify, noise, tcp, yamux};
use pod_net::{PROTOCOL, Peer};

use crate::world::{PATIENCE, key};

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    pub stream: libp2p_stream::Behaviour,
    pub identify: identify::Behaviour,
}

pub fn keypair(number: u8) -> Keypair {
    Keypair::ed25519_from_bytes(*key(number).seed()).unwrap()
}

pub fn peer_id(number: u8) -> PeerId {
    keypair(number).public().to_peer_id()
}

pub fn swarm(number: u8) -> Swarm<Behaviour> {
    SwarmBuilder::with_existing_identity(keypair(number))
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_quic()
        .with_behaviour(|keypair| Behaviour {
            stream: libp2p_stream::Behaviour::new(),
            identify: identify::Behaviour::new(identify::Config::new("/hostile".into(), keypair.public())),
        })
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(PATIENCE))
        .build()
}

/// Where a peer listens first, in libp2p's own type.
pub fn address(peer: &Peer) -> Multiaddr {
    peer.addresses[0].to_string().parse().unwrap()
}

/// A connection of a hostile member, and its streams.
pub struct Hostile {
    control: libp2p_stream::Control,
    to: PeerId,
}

impl Hostile {
    pub async fn connected(number: u8, to: u8, peer: &Peer) -> Self {
        let mut swarm = swarm(number);
        let control = swarm.behaviour().stream.new_control();
        let to = peer_id(to);
        swarm.dial(DialOpts::peer_id(to).addresses(vec![address(peer).with(Protocol::P2p(to))]).build()).unwrap();
        loop {
            match swarm.select_next_some().await {
                SwarmEvent::ConnectionEstablished { .. } => break,
                SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error}"),
                _ => {}
            }
        }
        tokio::spawn(async move {
            loop {
                swarm.select_next_some().await;
            }
        });
        Self { control, to }
    }

    /// A stream on which the server has sent its greeting.
    pub async fn stream(&mut self) -> Stream {
        let mut stream = self.open().await.unwrap();
        let mut greeting = [0; 8];
        stream.read_exact(&mut greeting).await.unwrap();
        stream
    }

    /// Streams that come are taken, and nothing is said on them.
    pub fn says_nothing(&mut self) -> libp2p_stream::IncomingStreams {
        self.control.accept(StreamProtocol::new(PROTOCOL)).unwrap()
    }

    pub async fn open(&mut self) -> Result<Stream, libp2p_stream::OpenStreamError> {
        self.control.open_stream(self.to, StreamProtocol::new(PROTOCOL)).await
    }
}

/// A member that takes streams of calls, and where it does.
pub async fn listening(number: u8) -> (libp2p_stream::IncomingStreams, Peer) {
    let mut swarm = swarm(number);
    let streams = swarm.behaviour().stream.new_control().accept(StreamProtocol::new(PROTOCOL)).unwrap();
    swarm.listen_on("/ip4/127.0.0.1/udp/0/quic-v1".parse().unwrap()).unwrap();
    let address = loop {
        if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
            break address.to_string().parse().unwrap();
        }
    };
    tokio::spawn(async move {
        loop {
            swarm.select_next_some().await;
        }
    });
    (streams, Peer { key: key(number).public_key().to_bytes(), addresses: vec![address] })
}

/// Greets on the next stream that comes, and reads its first call.
pub async fn called(streams: &mut libp2p_stream::IncomingStreams, call: &[u8]) -> Stream {
    let next = tokio::time::timeout(PATIENCE, streams.next()).await.expect("nobody opens a stream");
    let (_, mut stream) = next.unwrap();
    stream.write_all(&[0, 0, 0, 64, 0, 1, 0, 0]).await.unwrap();
    stream.flush().await.unwrap();
    let mut first = vec![0; frame(0, 1, call).len()];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(first, frame(0, 1, call));
    stream
}

/// A frame of a call.
pub fn frame(id: u32, kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 5).unwrap();
    [length.to_be_bytes().as_slice(), &id.to_be_bytes(), &[kind], body].concat()
}

/// Writes, and reads until the server ends the stream: what it answered.
pub async fn answered(mut stream: Stream, bytes: &[u8]) -> Vec<u8> {
    // The server may cut the stream while it is being written.
    let _cut = stream.write_all(bytes).await;
    let _cut = stream.flush().await;
    let mut all = Vec::new();
    let reading = stream.read_to_end(&mut all);
    let _reset = tokio::time::timeout(PATIENCE, reading).await.expect("the server keeps the stream");
    all
}
