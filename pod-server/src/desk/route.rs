//! `POST /admin/desk` on the admin socket, which only the node's own account can open.
//!
//! The body is JSON: `{"identity_code": "…", "events": ["…"], "by": "…", "ground": "passport"}`, with `"dry_run": true` if wanted. The
//! answer is `{"due": 1780259200}` or `{"problem": {"code": "…", "detail": "…"}}`.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use pod_import::IdentityCode;
use pod_protocol::ids::from_base64url;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ground, Order, begin};
use crate::fault::Failure;
use crate::node::Node;

/// Largest body: a wallet's log, as for an enrolment.
pub const MAX_DESK_BYTES: usize = 48 * 1024;

/// The route. It asks for no credential: to be served on the admin socket alone.
pub fn router(node: &Arc<Node>) -> Router {
    Router::new().route("/admin/desk", post(run)).with_state(Arc::clone(node))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    identity_code: String,
    events: Vec<String>,
    by: String,
    ground: Ground,
    #[serde(default)]
    dry_run: bool,
}

async fn run(State(node): State<Arc<Node>>, body: Bytes) -> axum::Json<Value> {
    let problem = |code: &str, detail: &str| axum::Json(json!({ "problem": { "code": code, "detail": detail } }));
    let order = match read(&body) {
        Ok(order) => order,
        Err(detail) => return problem("bad-request", &detail),
    };
    // To its end, whether or not the operator's terminal waits.
    let begun = tokio::spawn(async move {
        let begun = begin(&node, order).await;
        (node, begun)
    });
    match begun.await {
        Ok((_, Ok(due_secs))) => axum::Json(json!({ "due": due_secs })),
        Ok((_, Err(Failure::Refused(refusal)))) => problem(refusal.code(), &refusal.to_string()),
        Ok((node, Err(Failure::Fault(fault)))) => {
            node.note(fault, "the desk");
            problem("failed", "something of the node's failed: see its log")
        }
        Err(_) => problem("failed", "the work ended early: see the node's log"),
    }
}

fn read(body: &[u8]) -> Result<Order, String> {
    let asked: Asked = serde_json::from_slice(body).map_err(|error| format!("the body cannot be read: {error}"))?;
    let code = IdentityCode::parse(asked.identity_code.trim()).map_err(|error| error.to_string())?;
    let events = asked.events.iter().map(|event| from_base64url(event)).collect::<Result<_, _>>();
    let events = events.map_err(|_| "an event is no base64url".to_owned())?;
    Ok(Order { code, events, by: asked.by, ground: asked.ground, dry_run: asked.dry_run })
}
