//! `POST /v1/command`: what wallets and the organisation's own services have the node do.

use std::sync::Arc;

use pod_http::{Outgoing, StatusCode};

use super::App;
use super::edge::{Asked, Response, peer};
use super::forms::{self, CBOR};
use crate::commands;
use crate::to_the_end::to_the_end;

/// Does what a command says. It is done to its end even when the caller goes away, so that what was done is recorded.
pub(super) async fn post(app: Arc<App>, asked: Asked) -> Response {
    forms::signed_only(&asked.incoming.headers)?;
    let (node, peer, body) = (Arc::clone(&app.node), peer(&asked.incoming), asked.incoming.body);
    let answer = to_the_end(&app.node, "a command", async move { commands::handle(&node, &peer, &body).await }).await?;
    Ok(Outgoing::new(StatusCode::OK, CBOR, answer))
}
