//! The receipt must be the holder's, about this request, and the data what it says: otherwise nothing of the answer is used.

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Router, body::Bytes};
use pod_client::CallError;
use pod_client::service::{ItemOutcome, fetch};
use pod_protocol::answer::{Answer, ItemAnswer, Receipt};
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::ids::RequestId;
use pod_protocol::request::Call;

use crate::world::{SERVICE, World, answer, city, data, item, key, registry, service, signed, url};

type Twist = fn(&mut Answer, &mut Receipt);

async fn call(State((twist, signer)): State<(Twist, u8)>, body: Bytes) -> impl IntoResponse {
    let call = Call::from_bytes(&body).unwrap();
    let request = signed(&call);
    let mut answer = answer(1, &request, vec![Ok(data(7)); request.unverified().items.len()]);
    let mut receipt = Signed::<Receipt>::decode(&answer.receipt).unwrap().unverified().clone();
    twist(&mut answer, &mut receipt);
    if answer.receipt != b"broken" {
        answer.receipt = Verified::sign_unchecked(&key(signer), receipt).bytes().to_vec();
    }
    answer.to_bytes()
}

async fn disbelief(twist: Twist, signer: u8) -> String {
    let world = World::new();
    let handle = world.serve(Router::new().route("/v1/call", post(call)).with_state((twist, signer))).await;
    let registry = registry(&[(1, &url(&handle)), (2, &url(&handle))]);
    let purpose = "dpv:ServiceProvision".parse().unwrap();
    let outcome = fetch(&world.caller, &registry, &service(), vec![item(1, 7), item(1, 8)], &purpose).await;
    match outcome.failures.as_slice() {
        [] => {
            assert_eq!(outcome.items, [ItemOutcome::Released(data(7)), ItemOutcome::Released(data(7))]);
            "believed".to_owned()
        }
        [failure] => {
            assert_eq!(outcome.items, [ItemOutcome::Unanswered, ItemOutcome::Unanswered]);
            assert!(outcome.receipts.is_empty());
            assert_eq!((failure.error.code(), failure.error.may_pass()), ("not-believed", false));
            match &failure.error {
                CallError::Unbelievable { whom, what } => {
                    assert_eq!(whom, "city-1");
                    what.to_string()
                }
                other => panic!("{other:?}"),
            }
        }
        more => panic!("{more:?}"),
    }
}

#[tokio::test]
async fn each_twist_is_seen() {
    assert_eq!(disbelief(|_, _| {}, 1).await, "believed");
    let data = "the data are not what the receipt says";
    let changed: Twist = |answer, _| {
        let ItemAnswer::Released { data, .. } = &mut answer.items[1] else { panic!("released") };
        *data.last_mut().unwrap() ^= 1;
    };
    assert_eq!(disbelief(changed, 1).await, data);
    let salted: Twist = |answer, _| {
        let ItemAnswer::Released { salt, .. } = &mut answer.items[0] else { panic!("released") };
        salt[0] ^= 1;
    };
    assert_eq!(disbelief(salted, 1).await, data);
    let undigested: Twist = |_, receipt| receipt.items[0].digest = None;
    assert!(disbelief(undigested, 1).await.starts_with("a claim is not acceptable"));
    let fewer: Twist = |_, receipt| drop(receipt.items.pop());
    assert_eq!(disbelief(fewer, 1).await, "it is about another number of items");
    let swapped: Twist = |_, receipt| receipt.items.swap(0, 1);
    assert_eq!(disbelief(swapped, 1).await, "it is about another grant");
    let replayed: Twist = |_, receipt| receipt.request = RequestId::new([9; 32]);
    assert_eq!(disbelief(replayed, 1).await, "it is about another request");
    assert_eq!(disbelief(|_, receipt| receipt.audience = city(3), 1).await, "it is about another principal");
    assert_eq!(disbelief(|_, receipt| receipt.issuer = SERVICE, 1).await, "it is about another principal");
    let more: Twist = |_, receipt| receipt.items[0].released[0].names.push("diagnoses".parse().unwrap());
    assert_eq!(disbelief(more, 1).await, "it says that something was released that was not asked for");
    // Signed by another city, by nobody known, not at all.
    assert_eq!(disbelief(|_, _| {}, 2).await, "the key is not acceptable");
    assert_eq!(disbelief(|_, _| {}, 50).await, "the key id names no known key");
    let broken: Twist = |answer, _| answer.receipt = b"broken".to_vec();
    assert!(disbelief(broken, 1).await.starts_with("the bytes are not deterministic CBOR"));
}
