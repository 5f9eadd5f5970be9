//! `/v1/key-logs` and `/v1/key-events`: for wallets that have no device key here, or not yet. Whoever recovers a log finds it by a
//! key's digest, which only those know who have the key or the log, and sends an event, which carries its own signature.

use std::sync::Arc;

use pod_http::{Outgoing, StatusCode};
use pod_protocol::ids::{Principal, from_base64url};
use serde::Deserialize;

use super::App;
use super::edge::{Asked, Response};
use super::forms::JSON;
use super::problems::{MALFORMED, Turned, of_outward};
use crate::blocking::blocking;
use crate::commands;
use crate::fault::Failure;
use crate::to_the_end::to_the_end;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Find {
    digest: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Send {
    principal: Principal,
    event: String,
}

/// The logs in which a key is.
pub(super) async fn find(app: Arc<App>, asked: Asked) -> Response {
    let wrong = || Turned::because(&MALFORMED, "Send {\"digest\": …}: SHA-256 of a key, 32 bytes as base64url.");
    let asked: Find = serde_json::from_slice(&asked.incoming.body).map_err(|_| wrong())?;
    let digest = from_base64url(&asked.digest).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let digest = digest.ok_or_else(wrong)?;
    let logs = blocking(&app.node, move |node| Ok(commands::logs_with(node, &digest)?)).await?;
    Ok(Outgoing::new(StatusCode::OK, JSON, logs.to_string()))
}

/// Takes an event in. It is done to its end even when the caller goes away. Whoever can name a log learns exactly why an event does
/// not count in it.
pub(super) async fn send(app: Arc<App>, asked: Asked) -> Response {
    let wrong = || Turned::because(&MALFORMED, "Send {\"principal\": …, \"event\": …}: the signed event as base64url.");
    let sent: Send = serde_json::from_slice(&asked.incoming.body).map_err(|_| wrong())?;
    let event = from_base64url(&sent.event).map_err(|_| wrong())?;
    let node = Arc::clone(&app.node);
    let taken = async move { commands::key_event(&node, sent.principal, event, false).await };
    match to_the_end(&app.node, "a key event", taken).await {
        Ok(answer) => Ok(Outgoing::new(StatusCode::OK, JSON, answer.to_string())),
        Err(Failure::Refused(refusal)) => {
            Err(Turned::because(of_outward(refusal.outward()), format!("{}: {refusal}.", refusal.code())))
        }
        Err(failure) => Err(failure.into()),
    }
}
