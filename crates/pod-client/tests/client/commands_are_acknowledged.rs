//! A command or a revocation counts as done when the holder signed that it is, about this very one.

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Router, body::Bytes};
use pod_client::node::NodeClient;
use pod_client::service::{ask, collect};
use pod_client::{Bound, CallError};
use pod_crypto::hpke::SealPrivateKey;
use pod_protocol::command::{Acknowledgement, Action, Command, CommandAnswer};
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::decision::{Decision, DecisionOutcome};
use pod_protocol::ids::{Cti, GrantId, ObjectId, PodId, base64url};
use pod_protocol::revocation::{Revocation, Target};

use crate::world::{ESPOO, NOW, SERVICE, World, access_request, city, key, registry, service, url};

type Twist = fn(&mut Acknowledgement);

fn acknowledge(twist: Twist, of: ObjectId, audience: pod_protocol::ids::Principal, result: Vec<u8>) -> Vec<u8> {
    let mut acknowledgement = Acknowledgement {
        issuer: city(ESPOO),
        audience,
        issued: NOW,
        of,
        audit_index: 4,
        tree_size: 5,
        tree_root: [0; 32],
    };
    twist(&mut acknowledgement);
    let acknowledgement = Verified::sign(&key(ESPOO), acknowledgement).bytes().to_vec();
    CommandAnswer { acknowledgement, result }.to_bytes()
}

async fn command(State(twist): State<Twist>, body: Bytes) -> impl IntoResponse {
    let command = Signed::<Command>::decode(&body).unwrap();
    let claims = command.unverified();
    let result = match &claims.action {
        Action::Collect { request, skip: 0 } => {
            let outcome = DecisionOutcome::Denied { for_good: false };
            let decision = Decision { request: *request, outcome };
            let random = pod_crypto::SeededRandom::new([1; 32]);
            let sealed = decision.seal(&SealPrivateKey::from_seed(&[77; 32]).public_key(), &random).unwrap();
            serde_json::json!({ "decisions": [base64url(&sealed)], "next_skip": 1 }).to_string().into_bytes()
        }
        // A page that leads back to itself is the last all the same.
        Action::Collect { skip, .. } => {
            let decisions = [base64url(b"sealed for somebody else")];
            serde_json::json!({ "decisions": decisions, "next_skip": skip }).to_string().into_bytes()
        }
        _ => b"{}".to_vec(),
    };
    acknowledge(twist, command.id(), claims.issuer, result)
}

async fn revocation(State(twist): State<Twist>, body: Bytes) -> impl IntoResponse {
    let revocation = Signed::<Revocation>::decode(&body).unwrap();
    acknowledge(twist, revocation.id(), revocation.unverified().issuer, Vec::new())
}

fn router(twist: Twist) -> Router {
    Router::new().route("/v1/command", post(command)).route("/v1/revocations", post(revocation)).with_state(twist)
}

fn inbox(bound: &Bound) -> Verified<Command> {
    let command = Command {
        issuer: SERVICE,
        subject: Some(PodId::new([1; 16])),
        audience: city(ESPOO),
        expires: NOW + 60,
        issued: NOW,
        cti: Cti::new([1; 16]),
        nonce: bound.nonce,
        action: Action::Inbox { skip: 0 },
        binding: bound.binding.clone(),
    };
    Verified::sign(&key(90), command)
}

#[tokio::test]
async fn acknowledged_is_done() {
    let world = World::new();
    let handle = world.serve(router(|_| {})).await;
    let registry = registry(&[(ESPOO, &url(&handle))]);
    let node = NodeClient::find(&world.caller, &registry, &city(ESPOO)).unwrap();
    let outcome = node.command(&registry, inbox).await.unwrap();
    assert_eq!((outcome.result.as_slice(), outcome.acknowledgement.audit_index), (b"{}".as_slice(), 4));
    let target = Target::Grant(GrantId::new([4; 32]));
    let taken_back = Revocation { issuer: SERVICE, audience: city(ESPOO), issued: NOW, cti: Cti::new([3; 16]), target };
    let taken_back = Verified::sign(&key(90), taken_back);
    assert_eq!(node.revoke(&registry, &taken_back).await.unwrap().of, taken_back.id());
}

#[tokio::test]
async fn anything_else_is_not() {
    let twists: [(Twist, &str); 4] = [
        (|one| one.of = ObjectId::new([9; 32]), "it is about another command"),
        (|one| one.audience = city(7), "it is about another principal"),
        (|one| one.issuer = city(7), "it is about another principal"),
        (|one| one.tree_size = 9, "believed"),
    ];
    for (twist, expected) in twists {
        let world = World::new();
        let handle = world.serve(router(twist)).await;
        let registry = registry(&[(ESPOO, &url(&handle))]);
        let node = NodeClient::find(&world.caller, &registry, &city(ESPOO)).unwrap();
        match node.command(&registry, inbox).await {
            Ok(_) => assert_eq!(expected, "believed"),
            Err(CallError::Unbelievable { what, .. }) => assert_eq!(what.to_string(), expected),
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_service_asks_and_collects() {
    let world = World::new();
    let handle = world.serve(router(|_| {})).await;
    let registry = registry(&[(ESPOO, &url(&handle))]);
    let node = NodeClient::find(&world.caller, &registry, &city(ESPOO)).unwrap();
    let request = Verified::sign(&key(90), access_request());
    ask(&world.caller, &node, &registry, &service(), &request, None).await.unwrap();
    let seal_key = SealPrivateKey::from_seed(&[77; 32]);
    let decisions = collect(&world.caller, &node, &registry, &service(), &seal_key, &request.id()).await.unwrap();
    assert_eq!(decisions[0].as_ref().unwrap().outcome, DecisionOutcome::Denied { for_good: false });
    assert!(decisions[1].is_err());
    assert_eq!(decisions.len(), 2);
}
