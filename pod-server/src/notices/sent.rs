//! At the holder: the notices of a pod, who was told when, and what they answered.

use std::sync::Arc;

use pod_audit::{EntryKind, RequestMark};
use pod_crypto::random_array;
use pod_protocol::chain::CLOCK_SKEW_SECS;
use pod_protocol::ids::{Cti, GrantId, ObjectId, PodId, Principal, Thumbprint, base64url, from_base64url};
use pod_protocol::notice::{ANSWER_AWAITED_SECS, MAX_NOTICE_LIFETIME_SECS, Notice, NoticeCause, NoticeReceipt};
use pod_protocol::request::Wanted;
use pod_protocol::{Refusal, Signed, Verified};
use pod_store::Batch;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{queue, record};
use crate::blocking::blocking;
use crate::fault::{Failure, Fault};
use crate::node::Node;
use crate::tables::{NOTICES, POD_NOTICES};

/// Most notices that a pod has on record: as many as grants. The oldest go first.
const MAX_POD_NOTICES: usize = crate::book::grants::MAX_POD_GRANTS;
/// Binds sealed notices to their use.
const CONTEXT: &str = "notice";

/// Whom a notice tells, and why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) service: Principal,
    pub(super) organisation: Principal,
    pub(super) ended_secs: u64,
    pub(super) cause: NoticeCause,
}

/// A notice on record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// The signed notice.
    notice: String,
    /// When the service's organisation took it.
    told_secs: Option<u64>,
    /// The first signed receipt, which counts.
    answer: Option<Answered>,
    /// The first signed receipt that says something else.
    contradiction: Option<Answered>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    time_secs: u64,
    receipt: String,
}

/// A notice on record, and where.
struct Held {
    pod: PodId,
    sent: Sent,
    claims: Notice,
    row: Vec<u8>,
}

/// Signs a notice and has it delivered.
pub(super) fn queue(
    node: &Node,
    batch: &mut Batch,
    pod: &PodId,
    told: &Told,
    grants: Vec<GrantId>,
    released: Vec<Wanted>,
) -> Result<(), Fault> {
    let now_secs = (node.clock)();
    let notice = Notice {
        issuer: node.principal,
        audience: told.organisation,
        expires: now_secs + MAX_NOTICE_LIFETIME_SECS,
        issued: now_secs,
        cti: Cti::new(random_array(&*node.random)),
        service: told.service,
        grants,
        ended_secs: told.ended_secs.min(now_secs),
        cause: told.cause,
        released,
        awaited_until_secs: now_secs + ANSWER_AWAITED_SECS,
    };
    let notice = Verified::sign(&node.key(), notice);
    let sent = Sent { notice: base64url(notice.bytes()), told_secs: None, answer: None, contradiction: None };
    let id = notice.id();
    batch.require_absent(NOTICES, id.as_bytes().as_slice());
    batch.put(NOTICES, id.as_bytes().as_slice(), seal(node, pod, &sent)?);
    batch.put(POD_NOTICES, pod_key(pod, now_secs, &id), [].as_slice());
    queue::put_notice(batch, &id, now_secs);
    Ok(())
}

/// Takes notices of a pod off the record that count no longer, and the oldest when there are too many.
pub(super) fn forget_old(node: &Node, batch: &mut Batch, pod: &PodId) -> Result<(), Fault> {
    let before_secs = (node.clock)().saturating_sub(MAX_NOTICE_LIFETIME_SECS);
    let held = ids_of_pod(node, pod)?;
    let surplus = held.len().saturating_sub(MAX_POD_NOTICES);
    for (number, (issued_secs, id)) in held.into_iter().enumerate() {
        if number < surplus || issued_secs <= before_secs {
            batch.delete(POD_NOTICES, pod_key(pod, issued_secs, &id));
            batch.delete(NOTICES, id.as_bytes().as_slice());
        }
    }
    Ok(())
}

/// To which organisation a notice goes, and its bytes; none when it counts no longer, or was delivered.
pub(super) fn to_deliver(node: &Node, id: &ObjectId, now_secs: u64) -> Result<Option<(Principal, Vec<u8>)>, Fault> {
    let held = get(node, id)?.filter(|held| held.sent.told_secs.is_none() && held.claims.expires > now_secs);
    held.map(|held| Ok((held.claims.audience, bytes(&held.sent.notice)?))).transpose()
}

/// Notes that the service's organisation has the notice; first in the pod's log.
pub(crate) async fn told(node: &Arc<Node>, id: ObjectId) -> Result<(), Failure> {
    let Some(held) = blocking(node, move |node| Ok(get(node, &id)?)).await? else { return Ok(()) };
    if held.sent.told_secs.is_some() {
        return Ok(());
    }
    let kid = Thumbprint::of(&node.key().public_key()).kid();
    let mark = RequestMark { id, cti: held.claims.cti, kid, issued_secs: held.claims.issued };
    record::write(node, &held.pod, &held.claims, (EntryKind::Notice, mark, "told")).await?;
    change(node, id, |sent, now_secs| sent.told_secs = sent.told_secs.or(Some(now_secs))).await
}

/// Takes a service's answer to a notice: the first one counts.
///
/// # Errors
/// [`Failure::Refused`]: those of the envelope, [`Refusal::Audience`], [`Refusal::NotYetIssued`], [`Refusal::Expired`],
/// [`Refusal::NotAuthorised`] when there is no such notice or it is for another service, [`Refusal::Replay`] when it was answered
/// before and otherwise; those of [`verify_by_service`](pod_protocol::registry::Registry::verify_by_service).
/// [`Failure::Fault`].
///
/// # What is recorded
/// The first answer, and the first one that says something else.
pub async fn answer(node: &Arc<Node>, message: &[u8]) -> Result<(), Failure> {
    let now_secs = (node.clock)();
    let signed = Signed::<NoticeReceipt>::decode(message)?;
    let claims = signed.unverified().clone();
    if claims.audience != node.principal {
        return Err(Refusal::Audience.into());
    }
    let id = claims.notice;
    let known = blocking(node, move |node| Ok(get(node, &id)?)).await?.ok_or(Refusal::NotAuthorised)?;
    if known.claims.service != claims.issuer {
        return Err(Refusal::NotAuthorised.into());
    }
    let receipt = verified(node, signed, &claims.issuer)?;
    if receipt.issued > now_secs + CLOCK_SKEW_SECS {
        return Err(Refusal::NotYetIssued.into());
    }
    if known.claims.expires <= now_secs {
        return Err(Refusal::Expired.into());
    }
    // Of two answers at once, one is the first.
    let _held = node.releases.change(&known.pod).await;
    let held = blocking(node, move |node| Ok(get(node, &id)?)).await?.ok_or(Refusal::NotAuthorised)?;
    keep_answer(node, &held, &receipt, now_secs).await
}

fn verified(
    node: &Node,
    signed: Signed<NoticeReceipt>,
    issuer: &Principal,
) -> Result<Verified<NoticeReceipt>, Refusal> {
    Ok(node.registry.current().verify_by_service(signed, issuer)?.0)
}

async fn keep_answer(
    node: &Arc<Node>,
    held: &Held,
    receipt: &Verified<NoticeReceipt>,
    now_secs: u64,
) -> Result<(), Failure> {
    let id = receipt.notice;
    let mark = RequestMark {
        id: receipt.id(),
        cti: receipt.cti,
        kid: receipt.thumbprint().kid(),
        issued_secs: receipt.issued,
    };
    let answered = Answered { time_secs: now_secs, receipt: base64url(receipt.bytes()) };
    match &held.sent.answer {
        None => {
            let what = (EntryKind::NoticeAnswer, mark, receipt.outcome.code());
            record::write(node, &held.pod, &held.claims, what).await?;
            // Who answers was told, whatever came of our own word that we did.
            change(node, id, move |sent, now_secs| {
                sent.told_secs = sent.told_secs.or(Some(now_secs));
                sent.answer.get_or_insert_with(|| answered.clone());
            })
            .await
        }
        Some(first) if read_receipt(first)?.outcome == receipt.outcome => Ok(()),
        Some(_) => {
            if held.sent.contradiction.is_none() {
                let what = (EntryKind::Refusal, mark, Refusal::Replay.code());
                record::write(node, &held.pod, &held.claims, what).await?;
                change(node, id, move |sent, _| {
                    sent.contradiction.get_or_insert_with(|| answered.clone());
                })
                .await?;
            }
            Err(Refusal::Replay.into())
        }
    }
}

/// The notices of a pod as its citizen sees them, the oldest first.
pub(crate) fn of_pod(node: &Node, pod: &PodId) -> Result<Vec<ObjectId>, Fault> {
    Ok(ids_of_pod(node, pod)?.into_iter().map(|(_, id)| id).collect())
}

/// One notice as its citizen sees it; none when it went off the record just now.
pub(crate) fn shown(node: &Node, id: &ObjectId) -> Result<Option<Value>, Fault> {
    let answered = |one: &Answered| json!({ "time_secs": one.time_secs, "receipt": one.receipt });
    Ok(get(node, id)?.map(|held| {
        json!({
            "id": id,
            "notice": held.sent.notice,
            "told_secs": held.sent.told_secs,
            "answer": held.sent.answer.as_ref().map(answered),
            "contradiction": held.sent.contradiction.as_ref().map(answered),
        })
    }))
}

fn ids_of_pod(node: &Node, pod: &PodId) -> Result<Vec<(u64, ObjectId)>, Fault> {
    let read = |key: &[u8]| {
        let (issued, id) = key.get(16..)?.split_first_chunk::<8>()?;
        Some((u64::from_be_bytes(*issued), ObjectId::new(id.try_into().ok()?)))
    };
    // One revocation makes at most as many as there can be before the surplus goes.
    let rows = node.store.prefix(POD_NOTICES, pod.as_bytes(), 2 * MAX_POD_NOTICES)?;
    rows.iter().map(|(key, _)| read(key).ok_or_else(damaged)).collect()
}

fn get(node: &Node, id: &ObjectId) -> Result<Option<Held>, Fault> {
    let Some(row) = node.store.get(NOTICES, id.as_bytes())? else { return Ok(None) };
    let (pod, sealed) = row.split_first_chunk::<16>().ok_or_else(damaged)?;
    let pod = PodId::new(*pod);
    // Of a pod that was erased nothing opens any more.
    if !node.vault.has(&pod)? {
        return Ok(None);
    }
    let text = node.vault.open_for_pod(&pod, CONTEXT, sealed)?;
    let sent: Sent = serde_json::from_slice(&text).map_err(|_| damaged())?;
    let claims = Signed::<Notice>::decode(&bytes(&sent.notice)?).map_err(|_| damaged())?.unverified().clone();
    Ok(Some(Held { pod, sent, claims, row }))
}

/// Changes what is on record of a notice, durably.
async fn change(
    node: &Arc<Node>,
    id: ObjectId,
    change: impl Fn(&mut Sent, u64) + Send + 'static,
) -> Result<(), Failure> {
    blocking(node, move |node| {
        loop {
            let Some(mut held) = get(node, &id)? else { return Ok(()) };
            change(&mut held.sent, (node.clock)());
            let mut batch = Batch::new();
            batch.require_equal(NOTICES, id.as_bytes().as_slice(), held.row);
            batch.put(NOTICES, id.as_bytes().as_slice(), seal(node, &held.pod, &held.sent)?);
            match node.store.commit(batch).map_err(Fault::from) {
                Err(fault) if fault.is_conflict() => {}
                done => return Ok(done?),
            }
        }
    })
    .await
}

fn seal(node: &Node, pod: &PodId, sent: &Sent) -> Result<Vec<u8>, Fault> {
    let text = serde_json::to_vec(sent).map_err(|_| damaged())?;
    Ok([pod.as_bytes().as_slice(), &node.vault.seal_for_pod(pod, CONTEXT, &text)?].concat())
}

fn read_receipt(answered: &Answered) -> Result<NoticeReceipt, Fault> {
    let signed = Signed::<NoticeReceipt>::decode(&bytes(&answered.receipt)?).map_err(|_| damaged())?;
    Ok(signed.unverified().clone())
}

fn bytes(text: &str) -> Result<Vec<u8>, Fault> {
    from_base64url(text).map_err(|_| damaged())
}

fn damaged() -> Fault {
    Fault::Damaged { what: "a notice" }
}

fn pod_key(pod: &PodId, issued_secs: u64, id: &ObjectId) -> Vec<u8> {
    [pod.as_bytes().as_slice(), &issued_secs.to_be_bytes(), id.as_bytes()].concat()
}
