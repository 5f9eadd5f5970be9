//! Connections, handshakes and streams are counted, and what is too many is refused.

use futures_util::StreamExt as _;
use libp2p::swarm::SwarmEvent;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use pod_net::{Kind, NetLimits};
use tokio::net::TcpStream;

use crate::hostile::{Hostile, address, peer_id, swarm};
use crate::world::{QUIC, Server, TCP, client};

#[tokio::test(flavor = "multi_thread")]
async fn connections_of_one_peer() {
    let server = Server::new(1, &[QUIC], &[2], NetLimits { connections_per_peer: 2, ..NetLimits::default() }).await;
    let mut member = swarm(2);
    for _ in 0..4 {
        let dial =
            DialOpts::peer_id(peer_id(1)).condition(PeerCondition::Always).addresses(vec![address(&server.peer())]);
        member.dial(dial.build()).unwrap();
    }
    let mut closed = 0;
    while closed < 2 {
        if let SwarmEvent::ConnectionClosed { .. } = member.select_next_some().await {
            closed += 1;
        }
    }
    server
        .counts("two are open, two were refused", |counts| counts.connections == [2, 0, 0] && counts.crowded == 2)
        .await;
}

#[test]
fn whoever_leaves_gives_their_places_back() {
    let here = tokio::runtime::Runtime::new().unwrap();
    let one_place = NetLimits { connections_per_peer: 1, ..NetLimits::default() };
    let server = here.block_on(Server::new(1, &[QUIC], &[2], one_place));
    for _ in 0..10 {
        // As a command does: it calls, leaves and ends with all its threads.
        let command = tokio::runtime::Runtime::new().unwrap();
        command.block_on(async {
            let (net, mut tries) = (client(2, &[1], NetLimits::default()).await, 0);
            while net.call(&server.peer(), Kind::Call, b"hello".to_vec()).await.is_err() {
                tries += 1;
                assert!(tries < 100, "the place of the one before is not free");
            }
            net.leave().await;
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_of_all_together() {
    let server = Server::new(1, &[QUIC], &[2, 3], NetLimits { connections: 1, ..NetLimits::default() }).await;
    let (first, second) = (client(2, &[1], NetLimits::default()).await, client(3, &[1], NetLimits::default()).await);
    first.call(&server.peer(), Kind::Call, b"hello".to_vec()).await.unwrap();
    let fault = second.call(&server.peer(), Kind::Call, b"hello".to_vec()).await.unwrap_err();
    assert!(fault.nothing_was_sent(), "{fault}");
    first.call(&server.peer(), Kind::Call, b"hello".to_vec()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn handshakes_of_one_address() {
    let server = Server::new(1, &[TCP], &[2], NetLimits { handshakes_per_address: 3, ..NetLimits::default() }).await;
    let at: Vec<String> = address(&server.peer()).iter().map(|part| part.to_string()).collect();
    let port: u16 = at[1].trim_start_matches("/tcp/").parse().unwrap();
    let mut silent = Vec::new();
    for _ in 0..5 {
        silent.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    server.counts("two are refused", |counts| counts.crowded == 2).await;
    drop(silent);
    let member = client(2, &[1], NetLimits::default()).await;
    let mut tries = 0;
    // The server notices at its own pace that the silent ones have gone.
    while member.call(&server.peer(), Kind::Call, b"hello".to_vec()).await.is_err() {
        tries += 1;
        assert!(tries < 100, "the places of those who left are not free");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_one_peer() {
    let server = Server::new(1, &[QUIC], &[2, 3], NetLimits { streams_per_peer: 2, ..NetLimits::default() }).await;
    let mut hostile = Hostile::connected(2, 1, &server.peer()).await;
    let _kept = [hostile.stream().await, hostile.stream().await];
    let _third = hostile.open().await;
    server.counts("the third is refused", |counts| counts.streams == 2 && counts.streams_refused == 1).await;
    let other = client(3, &[1], NetLimits::default()).await;
    other.call(&server.peer(), Kind::Call, b"hello".to_vec()).await.unwrap();
}
