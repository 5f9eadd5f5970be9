//! QUIC is tried first, then TCP; what does not come through is left alone for a while.

use std::time::Duration;

use pod_net::{Kind, NetLimits, Transport};
use tokio::net::UdpSocket;

use crate::world::{QUIC, Server, TCP, client, text};

#[tokio::test(flavor = "multi_thread")]
async fn quic_is_preferred_wherever_it_stands() {
    let server = Server::new(1, &[TCP, QUIC], &[2], NetLimits::default()).await;
    let member = client(2, &[1], NetLimits::default()).await;
    let mut peer = server.peer();
    for _ in 0..2 {
        let reply = member.call(&peer, Kind::Call, b"hello".to_vec()).await.unwrap();
        assert_eq!((text(&reply), reply.transport), ("hello", Transport::Quic));
        peer.addresses.reverse();
    }
    assert_eq!(server.net.counts().connections, [1, 0, 0], "one connection, kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn tcp_where_udp_does_not_come_through() {
    let limits = NetLimits { quic_head_start: Duration::from_millis(200), ..NetLimits::default() };
    let server = Server::new(1, &[TCP], &[2], NetLimits::default()).await;
    let member = client(2, &[1], limits).await;
    // Takes datagrams and says nothing, as a firewall does.
    let hole = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut peer = server.peer();
    let udp = format!("/ip4/127.0.0.1/udp/{}/quic-v1", hole.local_addr().unwrap().port());
    peer.addresses.push(udp.parse().unwrap());
    let reply = member.call(&peer, Kind::Call, b"hello".to_vec()).await.unwrap();
    assert_eq!((text(&reply), reply.transport), ("hello", Transport::Tcp));
    assert!(hole.try_recv(&mut [0; 2048]).unwrap() > 0, "QUIC was tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_peers_own_connection_serves_both_ways() {
    let (one, other) = tokio::join!(
        Server::new(1, &[QUIC], &[2], NetLimits::default()),
        Server::new(2, &[], &[1], NetLimits::default())
    );
    other.net.call(&one.peer(), Kind::Call, b"there".to_vec()).await.unwrap();
    // The other listens nowhere: what it opened carries calls back.
    let reply = one.net.call(&other.peer(), Kind::Call, b"and back".to_vec()).await.unwrap();
    assert_eq!((text(&reply), reply.transport), ("and back", Transport::Quic));
    assert_eq!(one.net.counts().connections, [1, 0, 0]);
}
