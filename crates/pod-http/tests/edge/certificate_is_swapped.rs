use std::fs;

use pod_http::{ClientProtocol, Limits, StartupError};

use crate::world::{World, address, call, origin};

async fn shown(world: &World, handle: &pod_http::ServerHandle) -> Vec<u8> {
    let stream = world.tls13(address(handle)).await;
    let (_, session) = stream.get_ref();
    session.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn new_connections_see_the_new_one() {
    let world = World::new();
    let first = world.issue();
    let handle = world.serve(Limits::default()).await;
    let client = world.client(ClientProtocol::Http1);
    let mut old = client.connection(&origin(&handle)).await.unwrap();
    let second = world.issue();
    assert_eq!(shown(&world, &handle).await, first);
    handle.reload_certificate().unwrap();
    assert_eq!(shown(&world, &handle).await, second);
    // Connections that stand are not disturbed.
    assert_eq!(old.send(call("still here")).await.unwrap().body, "still here");
}

#[tokio::test]
async fn a_broken_new_one_leaves_the_old_in_use() {
    let world = World::new();
    let first = world.issue();
    let handle = world.serve(Limits::default()).await;
    fs::write(world.path("cert.pem"), "half a certif").unwrap();
    let error = handle.reload_certificate().unwrap_err();
    assert!(matches!(error, StartupError::Pem { what: "certificate", .. }));
    assert_eq!(shown(&world, &handle).await, first);
}
