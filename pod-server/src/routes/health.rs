//! `/healthz` and `/readiness`: whether the process lives, and whether it can answer, with reasons.

use std::sync::Arc;

use pod_http::{Outgoing, StatusCode};
use serde_json::{Value, json};

use super::App;
use super::edge::{Asked, Response};
use super::forms::{self, JSON};
use crate::blocking::blocking;
use crate::tables::SINGLES;
use crate::upkeep::Reason;

/// `GET /healthz`: the process takes requests and answers them.
pub(super) async fn healthz(_app: Arc<App>, _asked: Asked) -> Response {
    Ok(forms::json(&json!({ "status": "ok" })))
}

/// `GET /readiness`: 200 when calls are answered; 503 with what keeps them from it. What only limits some calls is a notice.
pub(super) async fn readiness(app: Arc<App>, _asked: Asked) -> Response {
    let store_answers = blocking(&app.node, |node| Ok(node.store.get(SINGLES, b"readiness").is_ok())).await?;
    let found = look(&app, store_answers);
    let ready = found.reasons.is_empty();
    let view = &app.node.view;
    let transports = app.transports();
    let document = json!({
        "ready": ready, "reasons": found.reasons, "notices": found.notices, "transports": transports,
        "revocations": { "looked_secs_ago": view.age_secs(), "bound_secs": view.bound().secs() },
    });
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok(Outgoing::new(status, JSON, document.to_string()))
}

/// What stands in the way, and what is worth knowing.
#[derive(Default)]
struct Found {
    reasons: Vec<Value>,
    notices: Vec<Value>,
}

fn finding(code: &'static str, detail: impl Into<String>) -> Value {
    json!({ "code": code, "detail": detail.into() })
}

fn look(app: &App, store_answers: bool) -> Found {
    let mut found = Found::default();
    if app.node.log.stopped().is_some() {
        found.reasons.push(finding("log-stopped", "The audit log takes no entries: nothing is released."));
    }
    if !store_answers {
        found.reasons.push(finding("store", "The store does not answer."));
    }
    for Reason { code, detail, blocks } in app.reasons() {
        let list = if blocks { &mut found.reasons } else { &mut found.notices };
        list.push(finding(code, detail));
    }
    if let Some(why) = app.node.reach.blinder.lately().failed {
        found.notices.push(finding("blinder-unreachable", why));
    }
    found
}
