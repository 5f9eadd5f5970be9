use std::time::Duration;

use pod_http::{ClientError, ClientLimits, ClientProtocol, Limits, Request};

use crate::world::{SHORT, World, address, call, origin, until};

#[tokio::test]
async fn calls_one_after_another_share_a_connection() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let client = world.client(ClientProtocol::Http1);
    for _ in 0..10 {
        client.send(&origin(&handle), call("x")).await.unwrap();
    }
    client.send(&origin(&handle), Request::get("/hello")).await.unwrap();
    assert_eq!(handle.counts().accepted, 1);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced() {
    let world = World::new();
    let handle = world.serve(Limits { idle: SHORT, ..Limits::default() }).await;
    let client = world.client(ClientProtocol::Http1);
    client.send(&origin(&handle), call("x")).await.unwrap();
    until(&handle, "closed by the server", |counts| counts.open == 0).await;
    // A handshake of another later, our client has seen the close too.
    drop(world.tls13(address(&handle)).await);
    assert_eq!(client.send(&origin(&handle), call("y")).await.unwrap().body, "y");
    assert_eq!(handle.counts().accepted, 3);
}

#[tokio::test]
async fn a_connection_held_while_the_server_closes_says_that_nothing_was_sent() {
    let world = World::new();
    let handle = world.serve(Limits { idle: SHORT, ..Limits::default() }).await;
    let client = world.client(ClientProtocol::Http1);
    let mut held = client.connection(&origin(&handle)).await.unwrap();
    held.send(call("x")).await.unwrap();
    until(&handle, "closed by the server", |counts| counts.idle == 1 && counts.open == 0).await;
    // The close is on its way to us; until it is seen, an exchange may break instead.
    let error = held.send(call("y")).await.unwrap_err();
    assert!(matches!(error, ClientError::NotSent { .. } | ClientError::Broken { .. }), "{error:?}");
    // Afterwards it is certain.
    let error = held.send(call("y")).await.unwrap_err();
    assert!(matches!(error, ClientError::NotSent { .. }) && error.nothing_was_sent());
}

#[tokio::test]
async fn an_expired_connection_is_not_used_again() {
    let world = World::new();
    let handle = world.serve(Limits::default()).await;
    let limits = ClientLimits { idle: Duration::ZERO, ..ClientLimits::default() };
    let client = world.client_with(ClientProtocol::Http1, limits);
    client.send(&origin(&handle), call("x")).await.unwrap();
    client.send(&origin(&handle), call("x")).await.unwrap();
    assert_eq!(handle.counts().accepted, 2);
}
