//! `POST /v1/nonce`: a nonce for those whose connection cannot be bound to.

use std::sync::Arc;

use pod_protocol::ids::base64url;
use serde_json::json;

use super::App;
use super::edge::{Asked, Response};
use super::forms;
use crate::book::nonces::NONCE_LIFETIME_SECS;

/// Hands out a nonce.
pub(super) async fn post(app: Arc<App>, _asked: Asked) -> Response {
    let nonce = app.node.nonces.hand_out(&*app.node.random, (app.node.clock)());
    Ok(forms::json(&json!({ "nonce": base64url(nonce.as_bytes()), "expires_in_secs": NONCE_LIFETIME_SECS })))
}
