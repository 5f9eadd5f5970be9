use pod_http::{ClientProtocol, Limits, Request};

use crate::world::{World, address, origin, service};

fn ask() -> Request {
    Request::post("/v1/exporter", "application/cose", "")
}

#[tokio::test]
async fn both_ends_export_the_same() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    for protocol in [ClientProtocol::Http1, ClientProtocol::Http2] {
        let client = world.client(protocol);
        let mut connection = client.connection(&origin(&handle)).await.unwrap();
        let exporter = connection.exporter().unwrap();
        for _ in 0..3 {
            let answer = connection.send(ask()).await.unwrap().success().unwrap();
            assert_eq!(answer.body, exporter.to_vec());
        }
        // Taken from the pool again, the connection keeps its binding.
        drop(connection);
        let again = client.connection(&origin(&handle)).await.unwrap();
        assert!(again.is_reused());
        assert_eq!(again.exporter(), Some(exporter));
    }
}

#[tokio::test]
async fn every_connection_has_its_own() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let client = world.client(ClientProtocol::Http1);
    let first = client.connection(&origin(&handle)).await.unwrap();
    let second = client.connection(&origin(&handle)).await.unwrap();
    assert_ne!(first.exporter().unwrap(), second.exporter().unwrap());
}

#[tokio::test]
async fn the_label_is_that_of_rfc_9266() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let mut stream = world.tls13(address(&handle)).await;
    let (_, session) = stream.get_ref();
    let exporter = session.export_keying_material([0_u8; 32], b"EXPORTER-Channel-Binding", None).unwrap();
    crate::world::write(
        &mut stream,
        "POST /v1/exporter HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let mut reply = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut reply).await.unwrap();
    assert!(reply.ends_with(&exporter));
}

#[tokio::test]
async fn plain_connections_have_none() {
    let world = World::new();
    let handle = world.serve_on(&["http://127.0.0.1:0"], Limits::default(), service()).await;
    let client = world.client(ClientProtocol::Http1);
    let mut connection = client.connection(&origin(&handle)).await.unwrap();
    assert_eq!(connection.exporter(), None);
    assert_eq!(connection.send(ask()).await.unwrap().success().unwrap().body, "");
}
