//! Partial results are results: whoever is down is named, with the reason, and the rest arrives.

use pod_client::CallError;
use pod_client::service::{ItemOutcome, fetch};
use pod_http::Step;
use pod_protocol::Outward;

use crate::many_citizens_in_few_calls::honest;
use crate::world::{World, data, item, registry, service, url};

#[tokio::test]
async fn the_rest_arrives() {
    let world = World::new();
    let (first, third) = (honest(&world, 1).await, honest(&world, 3).await);
    let dead = world.nowhere().await;
    let registry = registry(&[(1, &url(&first.0)), (2, &dead), (3, &url(&third.0))]);
    let items = vec![item(3, 30), item(2, 20), item(1, 10), item(2, 21), item(3, 0), item(9, 90)];
    let purpose = "dpv:ServiceProvision".parse().unwrap();
    let outcome = fetch(&world.caller, &registry, &service(), items, &purpose).await;
    assert_eq!(
        outcome.items,
        [
            ItemOutcome::Released(data(30)),
            ItemOutcome::Unanswered,
            ItemOutcome::Released(data(10)),
            ItemOutcome::Unanswered,
            // Number 0 is turned down by the small node.
            ItemOutcome::Refused(Outward::Denied),
            ItemOutcome::Unanswered,
        ]
    );
    assert_eq!(outcome.receipts.len(), 2);
    let [down, stranger] = outcome.failures.as_slice() else { panic!("{:?}", outcome.failures) };
    assert_eq!((down.name.as_deref(), down.items, down.error.code()), (Some("city-2"), 2, "not-reached"));
    assert!(matches!(&down.error, CallError::Way { source, .. } if source.step() == Step::Connect));
    assert!(down.error.may_pass());
    // A grant for somebody who is no member names them too.
    assert_eq!((stranger.name.as_deref(), stranger.items, stranger.error.code()), (None, 1, "own-input"));
    assert!(!outcome.is_complete());
}
