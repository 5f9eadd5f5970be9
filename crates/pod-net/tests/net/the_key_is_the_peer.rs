//! A peer's id is its key, and the handshake proves it: the handler sees the key, and nobody else can answer for it.

use pod_net::{Address, CallFault, DialFault, Kind, NetLimits, Peer, Transport};

use crate::hostile::peer_id;
use crate::world::{QUIC, Server, TCP, client, public, text};

#[tokio::test(flavor = "multi_thread")]
async fn the_handler_sees_the_callers_key() {
    let server = Server::new(1, &[QUIC, TCP], &[2, 3], NetLimits::default()).await;
    for (number, transport) in [(2, Transport::Quic), (3, Transport::Tcp)] {
        let member = client(number, &[1], NetLimits::default()).await;
        for kind in Kind::ALL {
            let reply = member.call(&server.peer_by(transport), kind, b"hello".to_vec()).await.unwrap();
            assert_eq!((text(&reply), reply.transport), ("hello", transport));
            let (from, seen, _) = server.echo.seen.lock().unwrap().pop().unwrap();
            assert_eq!((from.key, from.transport, seen), (public(number), transport, kind));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_at_the_address_is_not_believed() {
    let server = Server::new(1, &[QUIC, TCP], &[2], NetLimits::default()).await;
    let member = client(2, &[1, 4], NetLimits::default()).await;
    let peer = Peer { key: public(4), ..server.peer() };
    let CallFault::NotReached { tried } = member.call(&peer, Kind::Call, b"hello".to_vec()).await.unwrap_err() else {
        panic!("reached")
    };
    let wrong = DialFault::WrongPeer { key: Some(public(1)) };
    assert_eq!(tried.iter().map(|tried| &tried.fault).collect::<Vec<_>>(), [&wrong, &wrong]);
    assert_eq!(server.echo.seen(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_says_what_the_peer_says() {
    let server = Server::new(1, &[QUIC, TCP], &[2], NetLimits::default()).await;
    let member = client(2, &[1], NetLimits::default()).await;
    for address in server.net.addresses() {
        let said = member.probe(&server.peer(), address).await.unwrap();
        assert!(said.takes_calls && said.program.starts_with("aitta/"), "{said:?}");
        assert!(said.sees_us_at.starts_with("/ip4/127.0.0.1/"), "{said:?}");
    }
    let stranger = client(3, &[1], NetLimits::default()).await;
    assert_eq!(stranger.probe(&server.peer(), &server.net.addresses()[0]).await, Err(DialFault::Cut));
}

#[test]
fn a_peer_id_and_a_key_are_the_same() {
    let id = peer_id(5);
    let address: Address = format!("/ip4/192.0.2.1/udp/4001/quic-v1/p2p/{id}").parse().unwrap();
    assert_eq!(address.key(), Some(&public(5)));
    let bare: Address = "/ip4/192.0.2.1/udp/4001/quic-v1".parse().unwrap();
    assert_eq!(bare.of_peer(&public(5)), address);
}

#[test]
fn one_listens_where_one_is_called() {
    let listening = |text: &str| text.parse::<Address>().unwrap().listening().map(|address| address.to_string());
    let id = peer_id(5);
    for (called, listened) in [
        (format!("/ip4/192.0.2.1/udp/4001/quic-v1/p2p/{id}"), "/ip4/0.0.0.0/udp/4001/quic-v1"),
        ("/ip6/2001:db8::1/tcp/4001".to_owned(), "/ip6/::/tcp/4001"),
        ("/ip4/127.0.0.1/tcp/4001".to_owned(), "/ip4/127.0.0.1/tcp/4001"),
    ] {
        assert_eq!(listening(&called).unwrap(), listened);
    }
    assert_eq!(listening(&format!("/ip4/192.0.2.1/tcp/4001/p2p/{id}/p2p-circuit")), None);
}

#[test]
fn addresses_are_of_few_forms() {
    let id = peer_id(5);
    let transport = |text: &str| text.parse::<Address>().ok().map(|address| address.transport());
    assert_eq!(transport("/ip4/192.0.2.1/udp/4001/quic-v1"), Some(Transport::Quic));
    assert_eq!(transport("/ip6/2001:db8::1/tcp/4001"), Some(Transport::Tcp));
    let relay = format!("/ip4/192.0.2.1/tcp/4001/p2p/{id}/p2p-circuit");
    assert_eq!(transport(&relay), Some(Transport::Relayed));
    assert_eq!(transport(&format!("{relay}/p2p/{id}")), Some(Transport::Relayed));
    // A hash instead of a key: it could be any kind.
    let hashed = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";
    for wrong in [
        "",
        "/",
        "https://pods.example",
        "/dns4/pods.example/tcp/4001",
        "/ip4/192.0.2.1",
        "/ip4/192.0.2.1/udp/4001",
        "/ip4/192.0.2.1/udp/4001/quic",
        "/ip4/192.0.2.1/tcp/4001/ws",
        "/ip4/192.0.2.1/tcp/4001/p2p-circuit",
        "/memory/1",
        &format!("/p2p/{id}"),
        &format!("/ip4/192.0.2.1/tcp/4001/p2p/{hashed}"),
        &format!("{relay}/p2p/{id}/p2p-circuit"),
    ] {
        assert_eq!(transport(wrong), None, "{wrong}");
    }
}
