//! Over TLS a request is signed for its connection; without, or through a proxy, for the origin with a nonce.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router, body::Bytes};
use pod_client::service::fetch;
use pod_http::{PeerInfo, Problem, ProblemType, Title, TraceId};
use pod_protocol::ids::{Cti, base64url};
use pod_protocol::request::{Binding, Call};

use crate::world::{World, answer, data, item, registry, service, signed, url};

static USE_NONCE: ProblemType = ProblemType {
    type_uri: "urn:aitta:use-nonce",
    code: "use-nonce",
    status: 401,
    title: Title { fi: "x", sv: "x", en: "use a nonce" },
};

const NONCE: [u8; 16] = [6; 16];

/// Whether a proxy stands before this node, and how each call was bound.
#[derive(Clone)]
struct Node {
    proxied: bool,
    bindings: Arc<Mutex<Vec<&'static str>>>,
}

async fn call(State(node): State<Node>, Extension(peer): Extension<PeerInfo>, body: Bytes) -> Response {
    let request = signed(&Call::from_bytes(&body).unwrap());
    let claims = request.unverified();
    let kind = match (&claims.binding, claims.nonce) {
        (Binding::Exporter(exporter), None) if peer.tls_exporter == Some(*exporter) => "exporter",
        (Binding::Origin(origin), Some(nonce)) if origin.contains("127.0.0.1") && nonce == Cti::new(NONCE) => "origin",
        _ => "wrong",
    };
    node.bindings.lock().unwrap().push(kind);
    if node.proxied && kind == "exporter" {
        return Problem::new(&USE_NONCE, TraceId::from_bytes([1; 16])).into_response();
    }
    answer(1, &request, vec![Ok(data(7))]).to_bytes().into_response()
}

async fn nonce() -> impl IntoResponse {
    Json(serde_json::json!({ "nonce": base64url(&NONCE), "expires_in_secs": 60 }))
}

async fn bindings(listen: &str, proxied: bool) -> Vec<&'static str> {
    let world = World::new();
    let node = Node { proxied, bindings: Arc::default() };
    let router = Router::new().route("/v1/call", post(call)).route("/v1/nonce", post(nonce)).with_state(node.clone());
    let handle = world.serve_on(listen, router).await;
    let registry = registry(&[(1, &url(&handle))]);
    let purpose = "dpv:ServiceProvision".parse().unwrap();
    let outcome = fetch(&world.caller, &registry, &service(), vec![item(1, 7)], &purpose).await;
    assert!(outcome.is_complete(), "{:?}", outcome.failures);
    node.bindings.lock().unwrap().clone()
}

#[tokio::test]
async fn over_tls_to_the_connection() {
    assert_eq!(bindings("https://127.0.0.1:0", false).await, ["exporter"]);
}

#[tokio::test]
async fn in_the_clear_on_this_machine_to_the_origin() {
    assert_eq!(bindings("http://127.0.0.1:0", false).await, ["origin"]);
}

#[tokio::test]
async fn through_a_proxy_to_the_origin_after_being_told() {
    assert_eq!(bindings("https://127.0.0.1:0", true).await, ["exporter", "origin"]);
}

/// A server that restarts closes the connections that wait; the next request is signed for a new one.
#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_replaced() {
    let world = World::new();
    let node = Node { proxied: false, bindings: Arc::default() };
    let router = Router::new().route("/v1/call", post(call)).with_state(node.clone());
    let handle = world.serve(router.clone()).await;
    let address = url(&handle);
    let registry = registry(&[(1, &address)]);
    let purpose = "dpv:ServiceProvision".parse().unwrap();
    assert!(fetch(&world.caller, &registry, &service(), vec![item(1, 7)], &purpose).await.is_complete());
    handle.drain().await;
    let _again = world.serve_on(&address, router).await;
    let outcome = fetch(&world.caller, &registry, &service(), vec![item(1, 7)], &purpose).await;
    assert!(outcome.is_complete(), "{:?}", outcome.failures);
    assert_eq!(*node.bindings.lock().unwrap(), ["exporter", "exporter"]);
}
