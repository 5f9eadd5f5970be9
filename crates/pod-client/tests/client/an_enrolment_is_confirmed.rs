use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use pod_client::CallError;
use pod_client::node::{EnrolmentStatus, NodeClient};
use pod_protocol::login_code::LoginCode;
use serde_json::{Value, json};

use crate::world::{World, url};

async fn begin() -> Json<Value> {
    Json(json!({ "enrolment": "a-secret", "authorization_url": "https://login.example/" }))
}

async fn status(Path(id): Path<String>) -> Response {
    match id.as_str() {
        "a-secret" => Json(json!({ "status": "confirm" })).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn confirm(Path(id): Path<String>, Json(body): Json<Value>) -> Response {
    assert_eq!(id, "a-secret");
    if body == json!({ "code": "1234 5678 9012" }) {
        return Json(json!({ "status": "bound", "pods": [] })).into_response();
    }
    let problem = json!({ "type": "urn:aitta:problem:confirmation-wrong", "code": "confirmation-wrong", "title": "no",
        "detail": "4 tries left" });
    let headers = [("content-type", "application/problem+json")];
    (StatusCode::FORBIDDEN, headers, problem.to_string()).into_response()
}

fn typed(text: &str) -> LoginCode {
    LoginCode::typed(text).unwrap()
}

#[tokio::test]
async fn with_the_code_that_the_person_typed() {
    let world = World::new();
    let router = Router::new()
        .route("/v1/enrolments", axum::routing::post(begin))
        .route("/v1/enrolments/{id}", get(status))
        .route("/v1/enrolments/{id}/confirmation", axum::routing::post(confirm));
    let handle = world.serve(router).await;
    let node = NodeClient::new(&world.caller, &url(&handle), "espoo").unwrap();
    let mut started = node.begin_enrolment(&[]).await.unwrap();
    assert_eq!(node.enrolment(&started).await.unwrap(), EnrolmentStatus::Confirm);

    let wrong = node.confirm(&started, &typed("1234 5678 9013")).await.unwrap_err();
    assert_eq!(wrong.code(), "confirmation-wrong");
    assert!(wrong.to_string().contains("4 tries left"), "{wrong}");
    assert_eq!(
        node.confirm(&started, &typed("123456789012")).await.unwrap(),
        EnrolmentStatus::Bound { pods: Vec::new() }
    );

    // An id that would lead elsewhere is not put into a path.
    started.enrolment = "../v1/call".to_owned();
    let refused = node.confirm(&started, &typed("123456789012")).await.unwrap_err();
    assert!(matches!(refused, CallError::Unbelievable { .. }));
}
