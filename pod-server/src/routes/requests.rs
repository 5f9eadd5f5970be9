//! `/v1/access-requests`: wallets fetch what a service asks, and leave their sealed decision. Both by the request's id, which
//! is in the link that the citizen got: nothing is told about who else got it or what they decided.

use std::sync::Arc;

use pod_http::{Outgoing, StatusCode};
use pod_protocol::Refusal;
use pod_protocol::ids::ObjectId;

use super::App;
use super::edge::{Asked, Response};
use super::forms::COSE;
use super::problems::{NOT_FOUND, Turned};
use crate::blocking::blocking;
use crate::fault::Failure;
use crate::to_the_end::to_the_end;

fn none_here() -> Turned {
    Turned::because(&NOT_FOUND, "No access request with this id is here, or its time is over. Is the link whole?")
}

fn id(asked: &Asked) -> Result<ObjectId, Turned> {
    asked.parameter.as_deref().and_then(|text| text.parse().ok()).ok_or_else(none_here)
}

/// The signed access request.
pub(super) async fn get(app: Arc<App>, asked: Asked) -> Response {
    let id = id(&asked)?;
    match blocking(&app.node, move |node| Ok(node.requests.get(&id)?)).await? {
        Some(request) => Ok(Outgoing::new(StatusCode::OK, COSE, request)),
        None => Err(none_here()),
    }
}

/// Keeps a sealed decision.
pub(super) async fn decide(app: Arc<App>, asked: Asked) -> Response {
    let id = id(&asked)?;
    let (node, sealed) = (Arc::clone(&app.node), asked.incoming.body);
    let kept =
        async move { blocking(&node, move |node| node.requests.leave_decision(&id, &sealed, (node.clock)())).await };
    match to_the_end(&app.node, "a decision", kept).await {
        Ok(()) => Ok(Outgoing::new(StatusCode::NO_CONTENT, COSE, "")),
        Err(Failure::Refused(Refusal::UnknownGrant)) => Err(none_here()),
        Err(failure) => Err(failure.into()),
    }
}
