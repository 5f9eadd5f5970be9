//! `/v1/notices`: holders tell services of this organisation that grants were taken back; services of others say what they did.
//! Both need no connection and no nonce: each is signed, and the same one again changes nothing.

use std::sync::Arc;

use pod_http::{Outgoing, StatusCode};

use super::App;
use super::edge::{Asked, Response};
use super::forms::{self, COSE};
use crate::notices;
use crate::to_the_end::to_the_end;

/// Keeps a notice for a service of this organisation.
pub(super) async fn take(app: Arc<App>, asked: Asked) -> Response {
    forms::signed_only(&asked.incoming.headers)?;
    let (node, body) = (Arc::clone(&app.node), asked.incoming.body);
    to_the_end(&app.node, "a notice", async move { notices::take(&node, &body).await }).await?;
    Ok(Outgoing::new(StatusCode::NO_CONTENT, COSE, ""))
}

/// Takes a service's answer to a notice of this holder. It is recorded even when the caller goes away.
pub(super) async fn answer(app: Arc<App>, asked: Asked) -> Response {
    forms::signed_only(&asked.incoming.headers)?;
    let (node, body) = (Arc::clone(&app.node), asked.incoming.body);
    to_the_end(&app.node, "an answer to a notice", async move { notices::answer(&node, &body).await }).await?;
    Ok(Outgoing::new(StatusCode::NO_CONTENT, COSE, ""))
}
