//! What the organisation's own services have the node do: publish an access request, hand over the decisions on it; hand over
//! notices, and take the answers to them.

use std::sync::Arc;

use pod_protocol::Refusal;
use pod_protocol::ids::{ObjectId, Principal, base64url};
use serde_json::{Value, json};

use super::page::fill;
use crate::blocking::blocking;
use crate::fault::Failure;
use crate::node::Node;
use crate::notices::received;

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
    blocking(node, move |node| node.requests.publish(&request, inbox.as_ref(), now_secs)).await?;
    Ok(json!({ "id": id }))
}

/// A page of the sealed decisions on an access request of this service.
pub(super) async fn collect(
    node: &Arc<Node>,
    service: Principal,
    request: ObjectId,
    skip: u64,
) -> Result<Value, Failure> {
    blocking(node, move |node| {
        if node.requests.service_of(&request)? != Some(service) {
            return Err(Refusal::UnknownGrant.into());
        }
        let mut decisions = Vec::new();
        let next_skip = fill(node.requests.decisions(&request)?, skip, |sealed| {
            let sealed = base64url(&sealed);
            let bytes = sealed.len();
            decisions.push(sealed);
            Ok(bytes)
        })?;
        Ok(json!({ "decisions": decisions, "next_skip": next_skip }))
    })
    .await
}

/// A page of the notices that wait for an answer of this service.
pub(super) async fn notices(node: &Arc<Node>, service: Principal, skip: u64) -> Result<Value, Failure> {
    blocking(node, move |node| {
        let mut list = Vec::new();
        let next_skip = fill(received::waiting(node, &service)?, skip, |id| {
            // Answered just now, by another process of the service.
            let Some(shown) = received::shown(node, &service, &id)? else { return Ok(0) };
            let bytes = shown.to_string().len();
            list.push(shown);
            Ok(bytes)
        })?;
        Ok(json!({ "notices": list, "next_skip": next_skip }))
    })
    .await
}

/// Keeps a service's answer to a notice, for the holder.
pub(super) async fn answer_notice(
    node: &Arc<Node>,
    service: Principal,
    receipt: Vec<u8>,
    now_secs: u64,
) -> Result<Value, Failure> {
    blocking(node, move |node| received::answer(node, &service, &receipt, now_secs)).await?;
    Ok(json!({}))
}
