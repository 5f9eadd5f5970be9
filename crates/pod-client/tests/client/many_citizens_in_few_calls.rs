//! Up to 256 citizens go into one call, and what is too large for one answer is asked for in halves.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Router, body::Bytes};
use pod_client::service::{ItemOutcome, fetch};
use pod_http::{Problem, ProblemType, ServerHandle, Title, TraceId};
use pod_protocol::Outward;
use pod_protocol::request::Call;

use crate::world::{Seen, World, answer, data, grant, item, registry, service, signed, url};

pub(crate) static TOO_LARGE: ProblemType = ProblemType {
    type_uri: "urn:aitta:too-large",
    code: "too-large",
    status: 413,
    title: Title { fi: "liian suuri", sv: "för stor", en: "too large" },
};

#[derive(Clone)]
struct Node {
    holder: u8,
    most_items: usize,
    /// How many of them have room in an answer; pod 13 has in none.
    room: usize,
    seen: Seen,
}

async fn call(State(node): State<Node>, body: Bytes) -> Response {
    let call = Call::from_bytes(&body).unwrap();
    let request = signed(&call);
    node.seen.lock().unwrap().push(call);
    if request.unverified().items.len() > node.most_items {
        return Problem::new(&TOO_LARGE, TraceId::from_bytes([1; 16])).into_response();
    }
    let numbers: std::collections::HashMap<_, u16> =
        (0..700).map(|number| (item_id(node.holder, number), number)).collect();
    let mut room = node.room;
    let one = |item: &pod_protocol::request::RequestItem| match numbers[item.chain.last().unwrap()] {
        0 => Err(Outward::Denied),
        number if number == 13 || room == 0 => Err(Outward::TooLarge),
        number => {
            room -= 1;
            Ok(data(number))
        }
    };
    let outcomes = request.unverified().items.iter().map(one).collect();
    answer(node.holder, &request, outcomes).to_bytes().into_response()
}

fn item_id(holder: u8, number: u16) -> pod_protocol::ids::GrantId {
    pod_protocol::Signed::<pod_protocol::grant::Grant>::decode(&grant(holder, number)).unwrap().id()
}

/// A node that releases to everybody the number of the pod; pod 0 is denied.
pub(crate) async fn honest(world: &World, holder: u8) -> (ServerHandle, Seen) {
    honest_up_to(world, holder, 256, 256).await
}

async fn honest_up_to(world: &World, holder: u8, most_items: usize, room: usize) -> (ServerHandle, Seen) {
    let seen = Seen::default();
    let node = Node { holder, most_items, room, seen: Arc::clone(&seen) };
    (world.serve(Router::new().route("/v1/call", post(call)).with_state(node)).await, seen)
}

#[tokio::test]
async fn six_hundred_citizens_are_three_calls() {
    let world = World::new();
    let (handle, seen) = honest(&world, 1).await;
    let registry = registry(&[(1, &url(&handle))]);
    let items = (20..620).map(|number| item(1, number)).collect();
    let purpose = "dpv:ServiceProvision".parse().unwrap();
    let outcome = fetch(&world.caller, &registry, &service(), items, &purpose).await;
    assert!(outcome.is_complete(), "{:?}", outcome.failures);
    assert!(outcome.items.iter().enumerate().all(|(at, item)| *item == ItemOutcome::Released(data(at as u16 + 20))));
    let sizes: Vec<usize> = seen.lock().unwrap().iter().map(|call| signed(call).unverified().items.len()).collect();
    assert_eq!(sizes, [256, 256, 88]);
    assert_eq!(outcome.receipts.len(), 3);
}

#[tokio::test]
async fn too_large_is_halved_until_it_fits() {
    let world = World::new();
    let (handle, seen) = honest_up_to(&world, 1, 30, 30).await;
    let registry = registry(&[(1, &url(&handle))]);
    let items = (20..120).map(|number| item(1, number)).collect();
    let purpose = "dpv:ServiceProvision".parse().unwrap();
    let outcome = fetch(&world.caller, &registry, &service(), items, &purpose).await;
    assert!(outcome.is_complete());
    assert!(outcome.items.iter().enumerate().all(|(at, item)| *item == ItemOutcome::Released(data(at as u16 + 20))));
    let sizes: Vec<usize> = seen.lock().unwrap().iter().map(|call| signed(call).unverified().items.len()).collect();
    assert_eq!(sizes, [100, 50, 25, 25, 50, 25, 25]);
}

#[tokio::test]
async fn what_an_answer_had_no_room_for_is_asked_for_again() {
    let world = World::new();
    let (handle, seen) = honest_up_to(&world, 1, 256, 4).await;
    let registry = registry(&[(1, &url(&handle))]);
    let items = (10..20).map(|number| item(1, number)).collect();
    let purpose = "dpv:ServiceProvision".parse().unwrap();
    let outcome = fetch(&world.caller, &registry, &service(), items, &purpose).await;
    assert!(outcome.is_complete());
    for (number, item) in (10..20).zip(&outcome.items) {
        match number {
            13 => assert_eq!(*item, ItemOutcome::Refused(Outward::TooLarge), "no answer has room for it"),
            number => assert_eq!(*item, ItemOutcome::Released(data(number))),
        }
    }
    let sizes: Vec<usize> = seen.lock().unwrap().iter().map(|call| signed(call).unverified().items.len()).collect();
    assert_eq!(sizes, [10, 6, 2, 1]);
}
