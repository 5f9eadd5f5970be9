//! A request usually names ids only; grants that the holder does not have go along in a second call.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Router, body::Bytes};
use pod_client::service::{FetchItem, HeldGrant, ItemOutcome, PassOn, fetch, pass_on};
use pod_protocol::Outward;
use pod_protocol::ids::Thumbprint;
use pod_protocol::request::Call;

use crate::world::{Seen, World, answer, data, grant, item, key, registry, service, signed, url};

async fn call(State(seen): State<Seen>, body: Bytes) -> impl IntoResponse {
    let call = Call::from_bytes(&body).unwrap();
    let request = signed(&call);
    let known =
        |item: &pod_protocol::request::RequestItem| match item.chain.iter().all(|id| call.grants.contains_key(id)) {
            true => Ok(data(7)),
            false => Err(Outward::UnknownGrant),
        };
    let outcomes = request.unverified().items.iter().map(known).collect();
    seen.lock().unwrap().push(call);
    answer(1, &request, outcomes).to_bytes()
}

#[tokio::test]
async fn the_second_call_brings_them() {
    let world = World::new();
    let seen = Seen::default();
    let handle = world.serve(Router::new().route("/v1/call", post(call)).with_state(Arc::clone(&seen))).await;
    let registry = registry(&[(1, &url(&handle))]);
    let held = HeldGrant::of_chain(&[grant(1, 5)]).unwrap();
    let to = PassOn { confirmation: Thumbprint::of(&key(90).public_key()), permissions: None, expires: None, depth: 0 };
    let (_, chain) = pass_on(&world.caller, &service(), &held, &to);
    let delegated = HeldGrant::of_chain(&chain).unwrap();
    let items = vec![item(1, 4), FetchItem { wanted: delegated.everything(), grant: delegated }];
    let purpose = "dpv:ServiceProvision".parse().unwrap();
    let outcome = fetch(&world.caller, &registry, &service(), items, &purpose).await;
    assert_eq!(outcome.items, [ItemOutcome::Released(data(7)), ItemOutcome::Released(data(7))]);
    // No wallet deposits the link below: it goes along at once. Roots follow when they are missing.
    let along: Vec<usize> = seen.lock().unwrap().iter().map(|call| call.grants.len()).collect();
    assert_eq!(along, [1, 3]);
}

#[test]
fn a_chain_must_be_one() {
    let fault = |chain: &[Vec<u8>]| HeldGrant::of_chain(chain).unwrap_err().code();
    assert_eq!(fault(&[]), "chain-not-root");
    assert_eq!(fault(&[grant(1, 4), grant(1, 5)]), "chain-parent");
    assert_eq!(fault(&[b"no grant".to_vec()]), "cbor-tag");
}
