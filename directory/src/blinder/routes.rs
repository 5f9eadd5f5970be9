//! The blinder's routes.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::routing::{get, post};
use pod_http::{Bytes, Method, Outgoing};
use pod_protocol::ids::base64url;
use pod_protocol::registry::MAX_REGISTRY_AGE_SECS;
use serde_json::json as object;

use super::state::State;
use super::{citizen, evaluate};
use crate::http::{Asked, Row, health, json, readiness, row};

type This = Shared<Arc<State>>;

pub(super) fn table() -> Vec<Row<Arc<State>>> {
    vec![
        row(Method::GET, "/v1/blinder", get(about)),
        row(Method::POST, "/v1/evaluate", post(for_holder)),
        row(Method::POST, "/v1/evaluate-citizen", post(for_citizen)),
        row(Method::GET, "/healthz", get(health)),
        row(Method::GET, "/readiness", get(ready)),
    ]
}

async fn about(Shared(state): This) -> Outgoing {
    json(&object!({
        "public": base64url(&state.public()),
        "principal": state.parts.principal,
        "epoch": state.parts.epoch,
        "client_id": state.parts.client_id,
        "issuer": state.parts.provider.issuer(),
    }))
}

async fn for_holder(Shared(state): This, asked: Asked, body: Bytes) -> Outgoing {
    let result = evaluate::evaluate(&state, &asked, &body).await;
    state.parts.metrics.holder_asked(&result);
    asked.answer(result, &state.parts.stop)
}

async fn for_citizen(Shared(state): This, asked: Asked, body: Bytes) -> Outgoing {
    let result = citizen::evaluate(&state, &asked, &body).await;
    state.parts.metrics.citizen_asked(&result);
    asked.answer(result, &state.parts.stop)
}

async fn ready(Shared(state): This) -> Outgoing {
    let (mut reasons, mut notices) = (Vec::new(), Vec::new());
    if state.blocking(|state| Ok(state.parts.ledger.probe()?)).await.is_err() {
        reasons.push(object!({ "code": "store", "detail": "the store cannot be read: see the log" }));
    }
    let copy = state.parts.registry.state(state.now_secs());
    if !copy.usable {
        let detail = match copy.age_secs {
            Some(age_secs) => {
                format!("the copy of the registry is {age_secs} s old, and counts for {MAX_REGISTRY_AGE_SECS} s")
            }
            None => "the registry has never been fetched".to_owned(),
        };
        reasons.push(object!({ "code": "registry-away", "detail": detail }));
    }
    if let Some(failure) = copy.failure {
        notices.push(object!({ "code": "directory-away", "detail": failure, "copy_age_secs": copy.age_secs }));
    }
    if let Some(failure) = state.parts.provider.failure() {
        notices.push(object!({ "code": "provider-away", "detail": failure }));
    }
    readiness(&reasons, &notices)
}
