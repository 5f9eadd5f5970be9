//! The registry is checked from the trust anchor down, and the last good copy serves for a day without its directory.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pod_client::directory::DirectoryClient;
use pod_protocol::codec::{Cbor, encode};

use crate::world::{DAY, NOW, World, anchor, city, membership, statements, url};

fn snapshot() -> Vec<u8> {
    snapshot_of(statements(&[(1, "https://one.example"), (2, "https://two.example")]))
}

fn snapshot_of(statements: Vec<Vec<u8>>) -> Vec<u8> {
    encode(&Cbor::Array(statements.into_iter().map(Cbor::Bytes).collect()))
}

async fn good(headers: HeaderMap) -> Response {
    if headers.get("if-none-match").is_some_and(|etag| etag == "\"1\"") {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([("etag", "\"1\"")], snapshot()).into_response()
}

fn serving() -> Router {
    Router::new().route("/v1/registry", get(good))
}

#[tokio::test]
async fn unchanged_is_not_downloaded_again() {
    let world = World::new();
    let handle = world.serve(serving()).await;
    let directory = DirectoryClient::new(&world.caller, &url(&handle)).unwrap();
    let first = directory.registry(&anchor(), None).await.unwrap();
    assert!(first.stale.is_none() && first.refused.is_empty());
    assert_eq!(first.registry.organisations().count(), 2);
    assert_eq!(first.valid_until_secs, NOW + DAY);
    world.clock.store(NOW + 1000, Ordering::SeqCst);
    let second = directory.registry(&anchor(), Some(&first.cache)).await.unwrap();
    assert_eq!(second.registry.organisations().count(), 2);
    // Asked and unchanged is as good as new.
    assert_eq!(second.valid_until_secs, NOW + 1000 + DAY);
}

#[tokio::test]
async fn a_day_without_the_directory() {
    let world = World::new();
    let handle = world.serve(serving()).await;
    let directory = DirectoryClient::new(&world.caller, &url(&handle)).unwrap();
    let first = directory.registry(&anchor(), None).await.unwrap();
    handle.drain().await;
    world.clock.store(NOW + DAY - 1, Ordering::SeqCst);
    let copy = directory.registry(&anchor(), Some(&first.cache)).await.unwrap();
    assert_eq!(copy.stale.unwrap().code(), "not-reached");
    assert_eq!((copy.registry.organisations().count(), copy.valid_until_secs), (2, NOW + DAY));
    world.clock.store(NOW + DAY, Ordering::SeqCst);
    assert_eq!(directory.registry(&anchor(), Some(&copy.cache)).await.unwrap_err().code(), "not-reached");
    // Without any copy there is nothing.
    world.clock.store(NOW, Ordering::SeqCst);
    assert_eq!(directory.registry(&anchor(), None).await.unwrap_err().code(), "not-reached");
    assert_eq!(directory.registry(&anchor(), Some(b"damaged")).await.unwrap_err().code(), "not-reached");
}

#[tokio::test]
async fn nonsense_does_not_replace_the_good_copy() {
    let world = World::new();
    let handle = world.serve(serving()).await;
    let directory = DirectoryClient::new(&world.caller, &url(&handle)).unwrap();
    let first = directory.registry(&anchor(), None).await.unwrap();
    for nonsense in [b"hello".to_vec(), encode(&Cbor::Array(vec![]))] {
        let handle = world.serve(Router::new().route("/v1/registry", get(move || async move { nonsense }))).await;
        let directory = DirectoryClient::new(&world.caller, &url(&handle)).unwrap();
        let copy = directory.registry(&anchor(), Some(&first.cache)).await.unwrap();
        assert_eq!(copy.registry.organisations().count(), 2);
        assert_eq!(copy.stale.unwrap().code(), "not-believed");
        assert_eq!(directory.registry(&anchor(), None).await.unwrap_err().code(), "not-believed");
    }
}

#[tokio::test]
async fn an_old_registry_takes_no_suspension_back() {
    let world = World::new();
    let since = |suspended| {
        let both = vec![membership(1, NOW - DAY, false), membership(2, NOW - DAY + u64::from(suspended), suspended)];
        let shown = snapshot_of(both);
        Router::new().route("/v1/registry", get(move || async move { shown }))
    };
    let mut kept = None;
    for suspended in [true, false] {
        let handle = world.serve(since(suspended)).await;
        let directory = DirectoryClient::new(&world.caller, &url(&handle)).unwrap();
        let copy = directory.registry(&anchor(), kept.as_deref()).await.unwrap();
        assert!(copy.stale.is_none());
        let is_suspended = |seed| copy.registry.organisation(&city(seed)).unwrap().is_suspended();
        assert_eq!((is_suspended(1), is_suspended(2)), (false, true));
        kept = Some(copy.cache);
    }
}

#[tokio::test]
async fn another_trust_anchor_has_another_registry() {
    let world = World::new();
    let handle = world.serve(serving()).await;
    let directory = DirectoryClient::new(&world.caller, &url(&handle)).unwrap();
    let stranger = pod_protocol::registry::Anchor { key: crate::world::key(55).public_key(), ..anchor() };
    assert_eq!(directory.registry(&stranger, None).await.unwrap_err().code(), "not-believed");
}
