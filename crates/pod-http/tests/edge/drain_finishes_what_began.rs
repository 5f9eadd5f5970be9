use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use pod_http::{
    ClientError, ClientProtocol, Drained, Incoming, Limits, Method, Outgoing, ServerHandle, Service, StatusCode, Step,
};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::world::{PATIENCE, World, address, call, origin};

/// A server whose calls say that they began and wait until they may end.
struct Gate {
    began: Arc<Semaphore>,
    may_end: Arc<Semaphore>,
}

impl Gate {
    async fn serve(world: &World, limits: Limits) -> (Self, ServerHandle) {
        let gate = Self { began: Arc::new(Semaphore::new(0)), may_end: Arc::new(Semaphore::new(0)) };
        let (began, may_end) = (Arc::clone(&gate.began), Arc::clone(&gate.may_end));
        let service =
            Service::new(Router::new(), || [1; 16]).fast(Method::POST, "/v1/call", move |incoming: Incoming| {
                let (began, may_end) = (Arc::clone(&began), Arc::clone(&may_end));
                async move {
                    began.add_permits(1);
                    may_end.acquire().await.unwrap().forget();
                    Outgoing::new(StatusCode::OK, "application/cose", incoming.body)
                }
            });
        let handle = world.serve_on(&["https://127.0.0.1:0"], limits, service).await;
        (gate, handle)
    }
}

#[tokio::test]
async fn in_flight_requests_are_answered() {
    for protocol in [ClientProtocol::Http1, ClientProtocol::Http2] {
        let world = World::new();
        let (gate, handle) = Gate::serve(&world, Limits::default()).await;
        let (address, origin) = (address(&handle), origin(&handle));
        let client = world.client(protocol);
        let idle = world.client(ClientProtocol::Http1).connection(&origin).await.unwrap();
        let under_way = tokio::spawn(async move { client.send(&origin, call("kept")).await });
        gate.began.acquire().await.unwrap().forget();
        let draining = tokio::spawn(handle.drain());
        // New connections are no longer taken; then the one that began may end.
        let closed = async { while TcpStream::connect(address).await.is_ok() {} };
        tokio::time::timeout(PATIENCE, closed).await.unwrap();
        gate.may_end.add_permits(1);
        assert_eq!(under_way.await.unwrap().unwrap().body, "kept");
        assert_eq!(draining.await.unwrap(), Drained { cut: 0 });
        drop(idle);
    }
}

#[tokio::test]
async fn what_does_not_end_is_cut_at_the_deadline() {
    let world = World::new();
    let limits = Limits { drain: Duration::from_millis(50), ..Limits::default() };
    let (gate, handle) = Gate::serve(&world, limits).await;
    let (client, origin) = (world.client(ClientProtocol::Http1), origin(&handle));
    let under_way = tokio::spawn(async move { client.send(&origin, call("lost")).await });
    gate.began.acquire().await.unwrap().forget();
    assert_eq!(handle.drain().await, Drained { cut: 1 });
    let error = under_way.await.unwrap().unwrap_err();
    assert!(matches!(error, ClientError::Broken { step: Step::Response, .. }), "{error:?}");
}

#[tokio::test]
async fn an_idle_server_drains_at_once() {
    let world = World::new();
    let (_gate, handle) = Gate::serve(&world, Limits::default()).await;
    let client = world.client(ClientProtocol::Http1);
    let connection = client.connection(&origin(&handle)).await.unwrap();
    assert_eq!(handle.drain().await, Drained { cut: 0 });
    drop(connection);
}
