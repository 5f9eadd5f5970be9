//! Asking citizens, and collecting what they decided.

use pod_crypto::hpke::SealPrivateKey;
use pod_protocol::access_request::AccessRequest;
use pod_protocol::command::{Acknowledgement, Action, Command};
use pod_protocol::cose::Verified;
use pod_protocol::decision::{Decision, DecisionFault};
use pod_protocol::ids::{ObjectId, from_base64url};
use pod_protocol::registry::Registry;
use serde::Deserialize;

use super::ServiceIdentity;
use crate::caller::Caller;
use crate::error::{CallError, Disbelief};
use crate::node::{CommandOutcome, NodeClient};
use crate::target::Bound;

/// How long a service's command counts, in seconds.
const COMMAND_LIFETIME_SECS: u64 = 60;

#[derive(Deserialize)]
struct Collected {
    decisions: Vec<String>,
    next_skip: Option<u64>,
}

/// Publishes a signed access request at the service's own node and, when an identity code is named, puts it into that
/// person's inbox there.
///
/// # Errors
/// [`CallError`].
pub async fn ask(
    caller: &Caller,
    node: &NodeClient,
    registry: &Registry,
    service: &ServiceIdentity,
    request: &Verified<AccessRequest>,
    identity_code: Option<String>,
) -> Result<Verified<Acknowledgement>, CallError> {
    let action = Action::Ask { request: request.bytes().to_vec(), identity_code };
    Ok(command(caller, node, registry, service, &action).await?.acknowledgement)
}

/// Collects the decisions on an access request. One that does not open says why; the others are not lost by it.
///
/// # Errors
/// [`CallError`].
pub async fn collect(
    caller: &Caller,
    node: &NodeClient,
    registry: &Registry,
    service: &ServiceIdentity,
    seal_key: &SealPrivateKey,
    request: &ObjectId,
) -> Result<Vec<Result<Decision, DecisionFault>>, CallError> {
    let shape =
        || CallError::Unbelievable { whom: node.whom().to_owned(), what: Disbelief::Shape("a list of decisions") };
    let open = |text: &String| {
        let sealed = from_base64url(text).map_err(|_| shape())?;
        Ok(Decision::open(seal_key, request, &sealed))
    };
    let (mut decisions, mut skip) = (Vec::new(), 0);
    loop {
        let action = Action::Collect { request: *request, skip };
        let outcome = command(caller, node, registry, service, &action).await?;
        let page: Collected = serde_json::from_slice(&outcome.result).map_err(|_| shape())?;
        for text in &page.decisions {
            decisions.push(open(text)?);
        }
        match page.next_skip {
            // A page that leads nowhere further would be asked for without end.
            Some(next) if next > skip => skip = next,
            _ => return Ok(decisions),
        }
    }
}

pub(super) async fn command(
    caller: &Caller,
    node: &NodeClient,
    registry: &Registry,
    service: &ServiceIdentity,
    action: &Action,
) -> Result<CommandOutcome, CallError> {
    let make = |bound: &Bound| {
        let now_secs = caller.now_secs();
        let command = Command {
            issuer: service.principal,
            subject: None,
            audience: service.organisation,
            expires: now_secs + COMMAND_LIFETIME_SECS,
            issued: now_secs,
            cti: caller.fresh_cti(),
            nonce: bound.nonce,
            action: action.clone(),
            binding: bound.binding.clone(),
        };
        Verified::sign(&service.key, command)
    };
    node.command(registry, make).await
}
