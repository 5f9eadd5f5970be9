//! What the organisation's own services have the node do: publish an access request, hand over the decisions on it.

use std::sync::Arc;

use pod_protocol::Refusal;
use pod_protocol::ids::{ObjectId, Principal, base64url};
use serde_json::{Value, json};

use crate::blocking::blocking;
use crate::fault::{Failure, Fault};
use crate::node::Node;

/// Publishes an access request, and puts it into a person's inbox. Over-asking is not refused here: the citizen sees it.
pub(super) async fn ask(
    node: &Arc<Node>,
    service: Principal,
    request: &[u8],
    identity_code: Option<&str>,
    now_secs: u64,
) -> Result<Value, Failure> {
    let request = node.registry.current().check_access_request(request, now_secs)?;
    if request.service != service {
        return Err(Refusal::NotAuthorised.into());
    }
    let inbox = match identity_code {
        None => None,
        // Whether the organisation knows the person is the service's own organisation's knowledge, so it may be told.
        Some(code) => {
            let code = pod_import::IdentityCode::parse(code).map_err(|_| Refusal::UnknownPod)?;
            Some(node.find(&code)?.ok_or(Refusal::UnknownPod)?)
        }
    };
    let id = request.id();
    blocking(node, move |node| node.requests.publish(&request, inbox.as_ref())).await?;
    Ok(json!({ "id": id }))
}

/// The sealed decisions on an access request of this service.
pub(super) fn collect(node: &Node, service: Principal, id: &ObjectId) -> Result<Value, Failure> {
    let stored = node.requests.get(id)?.ok_or(Refusal::UnknownGrant)?;
    let damaged = |_: Refusal| Fault::Damaged { what: "an access request" };
    let request =
        pod_protocol::Signed::<pod_protocol::access_request::AccessRequest>::decode(&stored).map_err(damaged)?;
    // Its signature was checked when it was published.
    if request.unverified().service != service {
        return Err(Refusal::UnknownGrant.into());
    }
    let decisions: Vec<String> = node.requests.decisions(id)?.iter().map(|sealed| base64url(sealed)).collect();
    Ok(json!({ "decisions": decisions }))
}
