//! Who is not in the registry is cut after the handshake, before any protocol is spoken; who no longer is, at once.

use futures_util::StreamExt as _;
use libp2p::swarm::SwarmEvent;
use libp2p::swarm::dial_opts::DialOpts;
use pod_net::{CallFault, DialFault, Kind, NetLimits, Transport};

use crate::hostile::{BehaviourEvent, address, peer_id, swarm};
use crate::world::{QUIC, Server, TCP, client, text};

const SERVER: u8 = 1;
const MEMBER: u8 = 2;
const STRANGER: u8 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_hears_nothing() {
    for listen in [QUIC, TCP] {
        let server = Server::new(SERVER, &[listen], &[MEMBER], NetLimits::default()).await;
        let mut stranger = swarm(STRANGER);
        let to = DialOpts::peer_id(peer_id(SERVER)).addresses(vec![address(&server.peer())]).build();
        stranger.dial(to).unwrap();
        loop {
            match stranger.select_next_some().await {
                SwarmEvent::Behaviour(BehaviourEvent::Identify(libp2p::identify::Event::Received { .. })) => {
                    panic!("{listen}: the server said what it is")
                }
                SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. } => break,
                _ => {}
            }
        }
        server.counts("the stranger is counted", |counts| counts.strangers == 1).await;
        assert_eq!((server.net.counts().connections, server.net.counts().streams), ([0; 3], 0));
        assert_eq!(server.echo.seen(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_calls_were_never_sent() {
    let server = Server::new(SERVER, &[QUIC, TCP], &[MEMBER], NetLimits::default()).await;
    let stranger = client(STRANGER, &[SERVER], NetLimits::default()).await;
    let fault = stranger.call(&server.peer(), Kind::Call, b"let me in".to_vec()).await.unwrap_err();
    assert!(fault.nothing_was_sent());
    let CallFault::NotReached { tried } = fault else { panic!("{fault}") };
    assert_eq!(tried.iter().map(|tried| tried.fault.clone()).collect::<Vec<_>>(), [DialFault::Cut, DialFault::Cut]);
    assert_eq!(server.echo.seen(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn we_dial_no_stranger_either() {
    let server = Server::new(SERVER, &[QUIC], &[STRANGER], NetLimits::default()).await;
    let caller = client(STRANGER, &[MEMBER], NetLimits::default()).await;
    let outcome = caller.call(&server.peer(), Kind::Call, b"hello".to_vec()).await;
    assert_eq!(outcome.unwrap_err(), CallFault::Stranger);
    assert_eq!(server.net.counts().strangers, 0, "not even dialled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_member_is_cut() {
    for transport in [Transport::Quic, Transport::Tcp] {
        let server = Server::new(SERVER, &[QUIC, TCP], &[MEMBER], NetLimits::default()).await;
        let member = client(MEMBER, &[SERVER], NetLimits::default()).await;
        let peer = server.peer_by(transport);
        assert_eq!(text(&member.call(&peer, Kind::Call, b"before".to_vec()).await.unwrap()), "before");
        server.registry.remove(MEMBER);
        // On the stream that is open: the frame arrives and is not handled.
        member.call(&peer, Kind::Call, b"after".to_vec()).await.unwrap_err();
        assert_eq!(server.echo.seen(), 1);
        server.net.recheck().await;
        server.counts("nothing is open", |counts| counts.connections == [0; 3]).await;
        member.call(&peer, Kind::Call, b"again".to_vec()).await.unwrap_err();
        assert_eq!(server.echo.seen(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_cut_too() {
    let server = Server::new(SERVER, &[QUIC], &[MEMBER], NetLimits::default()).await;
    let member = client(MEMBER, &[SERVER], NetLimits::default()).await;
    member.call(&server.peer(), Kind::Call, b"before".to_vec()).await.unwrap();
    server.registry.remove(MEMBER);
    server.net.recheck().await;
    server.counts("nothing is open", |counts| counts.connections == [0; 3] && counts.streams == 0).await;
}
