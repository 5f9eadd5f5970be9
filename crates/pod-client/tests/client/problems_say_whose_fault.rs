//! Every error says whose fault it is, keeps the other side's code, and says what to do.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pod_client::CallError;
use pod_client::node::NodeClient;
use pod_http::{Problem, ProblemType, StatusCode, Title, TraceId};
use pod_protocol::Outward;

use crate::world::{World, url};

static EXPIRED: ProblemType = ProblemType {
    type_uri: "urn:aitta:expired",
    code: "expired",
    status: 403,
    title: Title { fi: "vanhentunut", sv: "utgånget", en: "past its time" },
};
static UNAVAILABLE: ProblemType = ProblemType {
    type_uri: "urn:aitta:unavailable",
    code: "unavailable",
    status: 503,
    title: Title { fi: "x", sv: "x", en: "not now" },
};

async fn error_of(answer: fn() -> Response) -> CallError {
    let world = World::new();
    let handle = world.serve(Router::new().route("/v1/catalogue", get(move || async move { answer() }))).await;
    let node = NodeClient::new(&world.caller, &url(&handle), "helsinki").unwrap();
    node.catalogue().await.unwrap_err()
}

#[tokio::test]
async fn a_refusal_keeps_its_code_and_trace() {
    let error = error_of(|| {
        Problem::new(&EXPIRED, TraceId::from_bytes([1; 16])).with_detail("the grant ended in June").into_response()
    })
    .await;
    let CallError::Refused { whom, refusal } = &error else { panic!("{error:?}") };
    assert_eq!((whom.as_str(), refusal.status, refusal.outward), ("helsinki", 403, Some(Outward::Expired)));
    assert_eq!(refusal.detail.as_deref(), Some("the grant ended in June"));
    assert!(refusal.trace_id.is_some());
    assert_eq!((error.code(), error.advice(), error.may_pass()), ("expired", Outward::Expired.advice(), false));
    assert!(error.to_string().starts_with("helsinki refused: expired (status 403): past its time; the grant ended"));
}

#[tokio::test]
async fn a_failure_is_theirs_and_may_pass() {
    let error = error_of(|| Problem::new(&UNAVAILABLE, TraceId::from_bytes([1; 16])).into_response()).await;
    assert!(matches!(error, CallError::Failed { .. }));
    assert_eq!((error.code(), error.may_pass()), ("unavailable", true));
}

#[tokio::test]
async fn a_stranger_without_a_problem_document() {
    let error = error_of(|| (StatusCode::NOT_FOUND, "<html>").into_response()).await;
    let CallError::Refused { refusal, .. } = &error else { panic!("{error:?}") };
    assert_eq!((refusal.code.as_deref(), refusal.title.as_str()), (None, "Not Found"));
    assert_eq!(error.code(), "refused");
    // A redirect is not followed.
    let error = error_of(|| (StatusCode::FOUND, [("location", "https://elsewhere.example")]).into_response()).await;
    assert!(matches!(&error, CallError::Refused { refusal, .. } if refusal.status == 302));
}

#[tokio::test]
async fn an_answer_that_is_something_else() {
    let world = World::new();
    let router = Router::new().route("/.well-known/aitta", get(|| async { "hello" }));
    let handle = world.serve(router).await;
    let node = NodeClient::new(&world.caller, &url(&handle), "helsinki").unwrap();
    let error = node.well_known().await.unwrap_err();
    assert_eq!(error.to_string(), "the answer of helsinki is not believed: it is not a node's description");
}

#[tokio::test]
async fn an_address_that_is_ours_to_correct() {
    let world = World::new();
    for wrong in ["http://node.example", "ftp://node.example", "node.example", "https://me:pw@node.example"] {
        let error = NodeClient::new(&world.caller, wrong, "helsinki").unwrap_err();
        assert_eq!(error.code(), "own-address", "{wrong}");
    }
}

#[tokio::test]
async fn nobody_there() {
    let world = World::new();
    let node = NodeClient::new(&world.caller, &world.nowhere().await, "helsinki").unwrap();
    let error = node.catalogue().await.unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), ("not-reached", "helsinki was not reached"));
    assert!(!error.advice().is_empty());
}
