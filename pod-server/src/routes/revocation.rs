//! `POST /v1/revocations`: taking back. Needs no connection and no nonce: it counts whenever it arrives.

use std::sync::Arc;

use pod_http::{Outgoing, StatusCode};

use super::App;
use super::edge::{Asked, Response};
use super::forms::{self, CBOR};
use crate::commands;
use crate::to_the_end::to_the_end;

/// Revokes, and acknowledges when it is durable. It is done to its end even when the caller goes away.
pub(super) async fn post(app: Arc<App>, asked: Asked) -> Response {
    forms::signed_only(&asked.incoming.headers)?;
    let (node, body) = (Arc::clone(&app.node), asked.incoming.body);
    let answer = to_the_end(&app.node, "a revocation", async move { commands::revoke(&node, &body).await }).await?;
    Ok(Outgoing::new(StatusCode::OK, CBOR, answer))
}
