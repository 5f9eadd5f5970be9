//! QUIC connections of pod-net negotiate X25519MLKEM768, so that what is recorded today cannot be read later.

use std::net::SocketAddr;
use std::sync::Arc;

use pod_net::{Kind, NetLimits, Peer};
use quinn::crypto::rustls::{HandshakeData, QuicClientConfig, QuicServerConfig};
use rustls::NamedGroup;

use crate::hostile::{keypair, peer_id};
use crate::world::{QUIC, Server, client, public};

fn negotiated(connection: &quinn::Connection) -> NamedGroup {
    connection.handshake_data().unwrap().downcast::<HandshakeData>().unwrap().negotiated_key_exchange_group
}

fn anywhere() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_accept() {
    let server = Server::new(1, &[QUIC], &[2], NetLimits::default()).await;
    let tls = libp2p_tls::make_client_config(&keypair(2), Some(peer_id(1))).unwrap();
    let mut endpoint = quinn::Endpoint::client(anywhere()).unwrap();
    endpoint.set_default_client_config(quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap())));
    let text = server.net.addresses()[0].to_string();
    let port: u16 = text.split('/').nth(4).unwrap().parse().unwrap();
    let connection = endpoint.connect(SocketAddr::from(([127, 0, 0, 1], port)), "l").unwrap().await.unwrap();
    assert_eq!(negotiated(&connection), NamedGroup::X25519MLKEM768);
    // The same connection is one of ours: it is counted as open.
    server.counts("it is open", |counts| counts.connections == [1, 0, 0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_ask_for() {
    let tls = libp2p_tls::make_server_config(&keypair(1)).unwrap();
    let tls = quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).unwrap()));
    let endpoint = quinn::Endpoint::server(tls, anywhere()).unwrap();
    let port = endpoint.local_addr().unwrap().port();
    let member = client(2, &[1], NetLimits::default()).await;
    let at = format!("/ip4/127.0.0.1/udp/{port}/quic-v1").parse().unwrap();
    let peer = Peer { key: public(1), addresses: vec![at] };
    let accepted = async { endpoint.accept().await.unwrap().await.unwrap() };
    tokio::select! {
        connection = accepted => assert_eq!(negotiated(&connection), NamedGroup::X25519MLKEM768),
        // The other end speaks no libp2p, so the call itself waits for its stream.
        outcome = member.call(&peer, Kind::Call, b"hello".to_vec()) => panic!("{outcome:?}"),
    }
}
