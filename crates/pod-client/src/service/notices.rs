//! Notices: which grants were taken back under which this service had data, and what it did about that.

use pod_protocol::command::Action;
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::ids::{ObjectId, from_base64url};
use pod_protocol::notice::{Notice, NoticeOutcome, NoticeReceipt};
use pod_protocol::registry::Registry;
use serde::Deserialize;

use super::ServiceIdentity;
use super::ask::command;
use crate::caller::Caller;
use crate::error::{CallError, Disbelief};
use crate::node::NodeClient;

#[derive(Deserialize)]
struct Page {
    notices: Vec<Waiting>,
    next_skip: Option<u64>,
}

#[derive(Deserialize)]
struct Waiting {
    id: ObjectId,
    notice: String,
}

/// Fetches the notices that wait for an answer of the service, from its own organisation's node. Each is checked: the holder that
/// it names signed it, and it is for this service.
///
/// # Errors
/// [`CallError`].
pub async fn notices(
    caller: &Caller,
    node: &NodeClient,
    registry: &Registry,
    service: &ServiceIdentity,
) -> Result<Vec<Verified<Notice>>, CallError> {
    let disbelieved = |what| CallError::Unbelievable { whom: node.whom().to_owned(), what };
    let shape = || disbelieved(Disbelief::Shape("a list of notices"));
    let (mut notices, mut skip) = (Vec::new(), 0);
    loop {
        let outcome = command(caller, node, registry, service, &Action::Notices { skip }).await?;
        let page: Page = serde_json::from_slice(&outcome.result).map_err(|_| shape())?;
        for waiting in &page.notices {
            let bytes = from_base64url(&waiting.notice).map_err(|_| shape())?;
            let refused = |refusal| disbelieved(Disbelief::Refused(refusal));
            let signed = Signed::<Notice>::decode(&bytes).map_err(refused)?;
            let (holder, issued_secs) = (signed.unverified().issuer, signed.unverified().issued);
            let notice = registry.verify_signed_at(signed, &holder, issued_secs).map_err(refused)?;
            if notice.id() != waiting.id || notice.service != service.principal {
                return Err(disbelieved(Disbelief::Other("notice")));
            }
            notices.push(notice);
        }
        match page.next_skip {
            // A page that leads nowhere further would be asked for without end.
            Some(next) if next > skip => skip = next,
            _ => return Ok(notices),
        }
    }
}

/// Signs what the service did about a notice, and leaves it with its organisation's node, which hands it to the holder.
///
/// # Errors
/// [`CallError`]; the code `replay` when the notice was answered before, and otherwise.
pub async fn answer_notice(
    caller: &Caller,
    node: &NodeClient,
    registry: &Registry,
    service: &ServiceIdentity,
    notice: &Verified<Notice>,
    outcome: NoticeOutcome,
) -> Result<Verified<NoticeReceipt>, CallError> {
    let receipt = NoticeReceipt {
        issuer: service.principal,
        audience: notice.issuer,
        issued: caller.now_secs(),
        cti: caller.fresh_cti(),
        notice: notice.id(),
        outcome,
    };
    let receipt = Verified::sign(&service.key, receipt);
    let action = Action::AnswerNotice(receipt.bytes().to_vec());
    command(caller, node, registry, service, &action).await?;
    Ok(receipt)
}
