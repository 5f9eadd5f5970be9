//! What the process of a relay has in hand, after it has decrypted what comes to it and before it encrypts what goes: it is told who
//! calls whom, and carries bytes that it cannot read.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_util::{AsyncRead, AsyncWrite, StreamExt as _};
use libp2p::core::UpgradeInfo;
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, SwarmBuilder, identify, noise, relay, tcp, yamux};
use pod_net::{Address, Kind, NetLimits, Peer, Relaying, Through, Transport};

use crate::hostile::{keypair, peer_id};
use crate::world::{Server, TCP, client, public, text};

const RELAY: u8 = 1;
const HIDDEN: u8 = 2;
const CALLER: u8 = 3;
const ALL: &[u8] = &[RELAY, HIDDEN, CALLER];
const SECRET: &str = "the fields of a person";

/// Everything that was read and written, in order.
type Seen = Arc<Mutex<Vec<u8>>>;

/// Between encryption and streams.
struct Tap<C> {
    inner: C,
    seen: Seen,
}

impl<C: AsyncRead + Unpin> AsyncRead for Tap<C> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let read = Pin::new(&mut self.inner).poll_read(cx, into);
        if let Poll::Ready(Ok(length)) = read {
            self.seen.lock().unwrap().extend_from_slice(&into[..length]);
        }
        read
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Tap<C> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.inner).poll_write(cx, from);
        if let Poll::Ready(Ok(length)) = wrote {
            self.seen.lock().unwrap().extend_from_slice(&from[..length]);
        }
        wrote
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}

/// Yamux over a tap.
#[derive(Clone)]
struct Tapped(Seen);

impl UpgradeInfo for Tapped {
    type Info = &'static str;
    type InfoIter = std::iter::Once<&'static str>;

    fn protocol_info(&self) -> Self::InfoIter {
        yamux::Config::default().protocol_info()
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> InboundConnectionUpgrade<C> for Tapped {
    type Output = <yamux::Config as InboundConnectionUpgrade<Tap<C>>>::Output;
    type Error = <yamux::Config as InboundConnectionUpgrade<Tap<C>>>::Error;
    type Future = <yamux::Config as InboundConnectionUpgrade<Tap<C>>>::Future;

    fn upgrade_inbound(self, inner: C, info: &'static str) -> Self::Future {
        yamux::Config::default().upgrade_inbound(Tap { inner, seen: self.0 }, info)
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> OutboundConnectionUpgrade<C> for Tapped {
    type Output = <yamux::Config as OutboundConnectionUpgrade<Tap<C>>>::Output;
    type Error = <yamux::Config as OutboundConnectionUpgrade<Tap<C>>>::Error;
    type Future = <yamux::Config as OutboundConnectionUpgrade<Tap<C>>>::Future;

    fn upgrade_outbound(self, inner: C, info: &'static str) -> Self::Future {
        yamux::Config::default().upgrade_outbound(Tap { inner, seen: self.0 }, info)
    }
}

#[derive(NetworkBehaviour)]
struct Relays {
    relay: relay::Behaviour,
    identify: identify::Behaviour,
}

/// A relay of another make, which keeps what it sees.
async fn curious_relay() -> (Peer, Seen) {
    let seen = Seen::default();
    let tapped = Tapped(Arc::clone(&seen));
    let mut swarm = SwarmBuilder::with_existing_identity(keypair(RELAY))
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, move || tapped.clone())
        .unwrap()
        .with_behaviour(|keypair| Relays {
            relay: relay::Behaviour::new(keypair.public().to_peer_id(), relay::Config::default()),
            identify: identify::Behaviour::new(identify::Config::new("/curious".into(), keypair.public())),
        })
        .unwrap()
        .build();
    swarm.listen_on(TCP.parse::<Multiaddr>().unwrap()).unwrap();
    let at = loop {
        if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
            break address;
        }
    };
    swarm.add_external_address(at.clone());
    tokio::spawn(async move {
        loop {
            swarm.select_next_some().await;
        }
    });
    (Peer { key: public(RELAY), addresses: vec![at.to_string().parse().unwrap()] }, seen)
}

fn shows(seen: &Seen, bytes: &[u8]) -> bool {
    seen.lock().unwrap().windows(bytes.len()).any(|window| window == bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_whom_and_how_much() {
    let (relay, seen) = curious_relay().await;
    let at = relay.clone();
    let through = Through { relays: Arc::new(move || vec![at.clone()]), published: Arc::new(|_| false) };
    let relaying = Relaying { through: Some(through), for_members: false };
    let hidden = Server::relaying(HIDDEN, &[], ALL, relaying, NetLimits::default()).await;
    hidden.counts("it has a slot", |counts| counts.slots_held == 1).await;
    let circuit: Address = format!("{}/p2p/{}/p2p-circuit", relay.addresses[0], peer_id(RELAY)).parse().unwrap();
    let peer = Peer { key: public(HIDDEN), addresses: vec![circuit] };
    let caller = client(CALLER, ALL, NetLimits::default()).await;
    let before = seen.lock().unwrap().len();
    for kind in Kind::ALL {
        let reply = caller.call(&peer, kind, SECRET.as_bytes().to_vec()).await.unwrap();
        assert_eq!((text(&reply), reply.transport), (SECRET, Transport::Relayed));
    }
    assert_eq!(hidden.echo.seen.lock().unwrap()[0].0.key, public(CALLER));
    // Who: it must know, to carry it. How much: three calls and three answers, in and out again.
    assert!(shows(&seen, &peer_id(CALLER).to_bytes()) && shows(&seen, &peer_id(HIDDEN).to_bytes()));
    assert!(seen.lock().unwrap().len() - before > 12 * SECRET.len());
    // What: not the calls.
    assert!(shows(&seen, b"/noise"), "the handshake of the two, by which it is kept out");
    assert!(!shows(&seen, SECRET.as_bytes()));
}
