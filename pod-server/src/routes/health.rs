//! `/healthz` and `/readiness`: whether the process lives, and whether it can answer, with reasons.

use std::sync::Arc;

use pod_http::{Outgoing, StatusCode};
use pod_protocol::registry::MAX_REGISTRY_AGE_SECS;
use serde_json::{Value, json};

use super::App;
use super::edge::{Asked, Response};
use super::forms::{self, JSON};
use crate::blocking::blocking;
use crate::node::{Node, REVOCATION_BOUND_SECS};
use crate::reach::Neighbour;
use crate::tables::SINGLES;

/// `GET /healthz`: the process takes requests and answers them.
pub(super) async fn healthz(_app: Arc<App>, _asked: Asked) -> Response {
    Ok(forms::json(&json!({ "status": "ok" })))
}

/// `GET /readiness`: 200 when calls are answered; 503 with what keeps them from it. What only limits some calls is a notice.
pub(super) async fn readiness(app: Arc<App>, _asked: Asked) -> Response {
    let store_answers = blocking(&app.node, |node| Ok(node.store.get(SINGLES, b"readiness").is_ok())).await?;
    let found = look(&app.node, store_answers);
    let ready = found.reasons.is_empty();
    let document = json!({ "ready": ready, "reasons": found.reasons, "notices": found.notices });
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

fn look(node: &Node, store_answers: bool) -> Found {
    let mut found = Found::default();
    if node.log.stopped().is_some() {
        found.reasons.push(finding("log-stopped", "The audit log takes no entries: nothing is released."));
    }
    if !store_answers {
        found.reasons.push(finding("store", "The store does not answer."));
    }
    registry(node, &mut found);
    neighbour("directory", &node.reach.directory, &mut found);
    neighbour("blinder", &node.reach.blinder, &mut found);
    found
}

fn registry(node: &Node, found: &mut Found) {
    let now_secs = (node.clock)();
    let age_secs = now_secs.saturating_sub(node.registry.fetched_secs());
    if node.registry.fetched_secs() == 0 {
        found.reasons.push(finding("registry-missing", "No copy of the registry yet: no service is known."));
    } else if age_secs > MAX_REGISTRY_AGE_SECS {
        let detail = format!("The copy of the registry is {age_secs} s old; it counts for {MAX_REGISTRY_AGE_SECS} s.");
        found.reasons.push(finding("registry-old", detail));
    } else if age_secs > REVOCATION_BOUND_SECS {
        let detail = format!(
            "The copy of the registry is {age_secs} s old: above {REVOCATION_BOUND_SECS} s, delegated grants are refused."
        );
        found.notices.push(finding("registry-ageing", detail));
    }
}

fn neighbour(name: &'static str, neighbour: &Neighbour, found: &mut Found) {
    let lately = neighbour.lately();
    if let Some(why) = lately.failed {
        let since = lately.reached_secs.map_or_else(|| "never reached".to_owned(), |secs| format!("reached at {secs}"));
        found.notices.push(json!({ "code": "unreachable", "neighbour": name, "detail": format!("{why} ({since})") }));
    }
}
