use pod_http::{Client, ClientLimits, ClientProtocol, Limits, RootCertificates, Step};
use rustls::{NamedGroup, ProtocolVersion};
use tokio::net::TcpStream;

use crate::world::{World, address, call, origin, read_to_close, until, write};

#[tokio::test]
async fn tls_1_2_is_refused() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let outcome = world.tls(address(&handle), &[&rustls::version::TLS12], b"http/1.1").await;
    let error = outcome.unwrap_err().into_inner().unwrap();
    let alert = error.downcast::<rustls::Error>().unwrap();
    assert_eq!(*alert, rustls::Error::AlertReceived(rustls::AlertDescription::ProtocolVersion));
    until(&handle, "counted", |counts| counts.handshake_failed == 1).await;
}

#[tokio::test]
async fn the_hybrid_group_is_negotiated() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let stream = world.tls13(address(&handle)).await;
    let (_, session) = stream.get_ref();
    assert_eq!(session.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    let group = session.negotiated_key_exchange_group().unwrap();
    assert_eq!(group.name(), NamedGroup::X25519MLKEM768);
    let connection = world.client(ClientProtocol::Http1).connection(&origin(&handle)).await.unwrap();
    assert_eq!(connection.key_exchange(), Some("X25519MLKEM768"));
}

#[tokio::test]
async fn an_unknown_protocol_is_refused() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let outcome = world.tls(address(&handle), &[&rustls::version::TLS13], b"smtp").await;
    assert!(outcome.is_err());
}

#[tokio::test]
async fn plain_http_on_the_tls_port_gets_no_answer() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let mut stream = TcpStream::connect(address(&handle)).await.unwrap();
    write(&mut stream, "GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let reply = read_to_close(&mut stream).await;
    assert!(!reply.contains("hello"), "{reply}");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_not_believed() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    for roots in [World::new().roots(), RootCertificates::none()] {
        let stranger = Client::new(roots, ClientProtocol::Http1, ClientLimits::default()).unwrap();
        let error = stranger.send(&origin(&handle), call("x")).await.unwrap_err();
        assert_eq!(error.step(), Step::Handshake);
        assert!(error.nothing_was_sent());
    }
}
