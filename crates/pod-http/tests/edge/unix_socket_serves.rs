use std::os::unix::fs::PermissionsExt as _;

use pod_http::{ClientProtocol, Limits, Origin, Server, ServerConfig, StartupError, refuse_key_log};

use crate::world::{World, call, exists, service};

#[tokio::test]
async fn for_its_owner_alone_and_is_removed() {
    let world = World::new();
    let path = world.path("node.sock");
    let listen = format!("unix:{}", path.display());
    let handle = world.serve_on(&[&listen], Limits::default(), service()).await;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let client = world.client(ClientProtocol::Http1);
    let answer = client.send(&Origin::unix(&path), call("local")).await.unwrap();
    assert_eq!(answer.body, "local");

    let config = ServerConfig { listen: vec![listen.parse().unwrap()], certificate: None, limits: Limits::default() };
    let error = Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap_err();
    assert!(matches!(error, StartupError::SocketInUse { .. }), "{error}");

    drop(client);
    handle.drain().await;
    assert!(!exists(&path));
}

#[tokio::test]
async fn over_what_a_killed_process_left() {
    let world = World::new();
    let path = world.path("node.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(exists(&path));
    let listen = format!("unix:{}", path.display());
    let handle = world.serve_on(&[&listen], Limits::default(), service()).await;
    let answer = world.client(ClientProtocol::Http1).send(&Origin::unix(&path), call("x")).await;
    assert_eq!(answer.unwrap().status, 200);
    drop(handle);
}
