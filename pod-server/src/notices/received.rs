//! At the organisation of a service: notices that wait for it, and its receipts until the holder has them.

use std::ops::Bound;
use std::sync::Arc;

use pod_protocol::chain::CLOCK_SKEW_SECS;
use pod_protocol::ids::{ObjectId, Principal, base64url, from_base64url};
use pod_protocol::notice::{Notice, NoticeReceipt};
use pod_protocol::statement::Role;
use pod_protocol::{Refusal, Signed, Verified};
use pod_store::Batch;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::queue;
use crate::blocking::blocking;
use crate::fault::{Failure, Fault};
use crate::node::Node;
use crate::tables::{NOTICE_ENDS, RECEIVED_NOTICES, WAITING_NOTICES};

/// Most notices of one holder that wait for one service: a holder whose notices nobody answers keeps them, and tries again.
const MAX_WAITING_OF_HOLDER: usize = 1_000;
/// Most that are listed for a service at once; with what it answers the next ones come.
const MAX_LISTED: usize = 10_000;
/// How many that ended one new notice takes off the record: more than it adds, so that they become fewer.
const MAX_FORGOTTEN_AT_ONCE: usize = 2;

/// A notice on record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Received {
    /// The signed notice.
    notice: String,
    /// When it came.
    received_secs: u64,
    /// The service's signed receipt.
    receipt: Option<String>,
}

/// Takes a holder's notice for a service of this organisation. The same one again changes nothing.
///
/// # Errors
/// [`Failure::Refused`]: those of the envelope and of
/// [`verify_signed_at`](pod_protocol::registry::Registry::verify_signed_at), [`Refusal::Audience`],
/// [`Refusal::NotYetIssued`], [`Refusal::Expired`], [`Refusal::NotAuthorised`] when the signer holds no pods or the service is none
/// of this organisation, [`Refusal::Limit`]. [`Failure::Fault`].
pub async fn take(node: &Arc<Node>, message: &[u8]) -> Result<(), Failure> {
    let now_secs = (node.clock)();
    let notice = verify(node, Signed::decode(message)?, now_secs)?;
    blocking(node, move |node| keep(node, &notice, now_secs)).await
}

fn verify(node: &Node, signed: Signed<Notice>, now_secs: u64) -> Result<Verified<Notice>, Refusal> {
    let claims = signed.unverified();
    if claims.audience != node.principal {
        return Err(Refusal::Audience);
    }
    if claims.issued > now_secs + CLOCK_SKEW_SECS {
        return Err(Refusal::NotYetIssued);
    }
    if claims.expires <= now_secs {
        return Err(Refusal::Expired);
    }
    let (registry, issuer, issued_secs) = (node.registry.current(), claims.issuer, claims.issued);
    // It may have waited here or there while the holder's key was exchanged.
    let notice = registry.verify_signed_at(signed, &issuer, issued_secs)?;
    let holds = registry.organisation(&issuer).is_some_and(|one| one.has(Role::Holder));
    let ours = registry.service(&notice.service).is_some_and(|one| *one.organisation.principal() == node.principal);
    if holds && ours { Ok(notice) } else { Err(Refusal::NotAuthorised) }
}

fn keep(node: &Node, notice: &Verified<Notice>, now_secs: u64) -> Result<(), Failure> {
    let (service, holder, id) = (notice.service, notice.issuer, notice.id());
    let key = row_key(&service, &id);
    if node.store.get(RECEIVED_NOTICES, &key)?.is_some() {
        return Ok(());
    }
    let of_holder = [service.as_bytes().as_slice(), holder.as_bytes()].concat();
    if node.store.prefix(WAITING_NOTICES, &of_holder, MAX_WAITING_OF_HOLDER)?.len() >= MAX_WAITING_OF_HOLDER {
        return Err(Refusal::Limit.into());
    }
    let row = Received { notice: base64url(notice.bytes()), received_secs: now_secs, receipt: None };
    let mut batch = Batch::new();
    forget_ended(node, &mut batch, now_secs)?;
    batch.put(WAITING_NOTICES, waiting_key(&service, &holder, &id), [].as_slice());
    batch.put(NOTICE_ENDS, [&notice.expires.to_be_bytes()[..], &key].concat(), holder.as_bytes().as_slice());
    batch.put(RECEIVED_NOTICES, key, encode(&row)?);
    node.store.commit(batch)?;
    Ok(())
}

/// Takes notices off the record that count no longer.
fn forget_ended(node: &Node, batch: &mut Batch, now_secs: u64) -> Result<(), Fault> {
    let end = now_secs.to_be_bytes();
    for (key, holder) in
        node.store.range(NOTICE_ENDS, Bound::Unbounded, Bound::Excluded(&end), MAX_FORGOTTEN_AT_ONCE)?
    {
        let row = key.get(8..).and_then(|row| row.split_first_chunk::<32>()).ok_or_else(damaged)?;
        let (service, id) = row;
        batch.delete(WAITING_NOTICES, [service.as_slice(), &holder, id].concat());
        batch.delete(RECEIVED_NOTICES, [service.as_slice(), id].concat());
        batch.delete(NOTICE_ENDS, key);
    }
    Ok(())
}

/// What waits for a service. Gives ids alone: each is read when it is shown.
pub(crate) fn waiting(node: &Node, service: &Principal) -> Result<Vec<ObjectId>, Fault> {
    let rows = node.store.prefix(WAITING_NOTICES, service.as_bytes(), MAX_LISTED)?;
    let id = |key: &[u8]| key.get(64..).and_then(|id| <[u8; 32]>::try_from(id).ok()).map(ObjectId::new);
    rows.iter().map(|(key, _)| id(key).ok_or_else(damaged)).collect()
}

/// A notice as its service sees it; none when it is no longer on record.
pub(crate) fn shown(node: &Node, service: &Principal, id: &ObjectId) -> Result<Option<Value>, Fault> {
    let held = get(node, service, id)?;
    Ok(held.map(|(row, _)| json!({ "id": id, "notice": row.notice, "received_secs": row.received_secs })))
}

/// Keeps a service's receipt, and has it delivered to the holder. The first one counts; another one that says the same is one.
///
/// # Errors
/// [`Refusal::NotAuthorised`] when another than this service signed it, or no such notice is here for it; [`Refusal::Audience`],
/// [`Refusal::NotYetIssued`], [`Refusal::Expired`]; [`Refusal::Replay`] when it was answered before and otherwise.
pub(crate) fn answer(node: &Node, service: &Principal, message: &[u8], now_secs: u64) -> Result<(), Failure> {
    let signed = Signed::<NoticeReceipt>::decode(message)?;
    let receipt = node.registry.current().verify_by_service(signed, service)?.0;
    if receipt.issued > now_secs + CLOCK_SKEW_SECS {
        return Err(Refusal::NotYetIssued.into());
    }
    loop {
        let (mut row, stored) = get(node, service, &receipt.notice)?.ok_or(Refusal::NotAuthorised)?;
        let notice = claims::<Notice>(&row.notice)?;
        if receipt.audience != notice.issuer {
            return Err(Refusal::Audience.into());
        }
        if notice.expires <= now_secs {
            return Err(Refusal::Expired.into());
        }
        if let Some(first) = &row.receipt {
            let same = claims::<NoticeReceipt>(first)?.outcome == receipt.outcome;
            return if same { Ok(()) } else { Err(Refusal::Replay.into()) };
        }
        row.receipt = Some(base64url(receipt.bytes()));
        let key = row_key(service, &receipt.notice);
        let mut batch = Batch::new();
        batch.require_equal(RECEIVED_NOTICES, key.as_slice(), stored);
        batch.put(RECEIVED_NOTICES, key, encode(&row)?);
        batch.delete(WAITING_NOTICES, waiting_key(service, &notice.issuer, &receipt.notice));
        queue::put_receipt(&mut batch, &receipt.notice, service, now_secs);
        match node.store.commit(batch).map_err(Fault::from) {
            Err(fault) if fault.is_conflict() => {}
            done => return Ok(done?),
        }
    }
}

/// To which holder a receipt goes, and its bytes; none when it counts no longer.
pub(super) fn to_deliver(
    node: &Node,
    service: &Principal,
    id: &ObjectId,
    now_secs: u64,
) -> Result<Option<(Principal, Vec<u8>)>, Fault> {
    let Some((row, _)) = get(node, service, id)? else { return Ok(None) };
    let notice = claims::<Notice>(&row.notice)?;
    let receipt = row.receipt.filter(|_| notice.expires > now_secs);
    receipt.map(|text| Ok((notice.issuer, from_base64url(&text).map_err(|_| damaged())?))).transpose()
}

fn get(node: &Node, service: &Principal, id: &ObjectId) -> Result<Option<(Received, Vec<u8>)>, Fault> {
    let Some(stored) = node.store.get(RECEIVED_NOTICES, &row_key(service, id))? else { return Ok(None) };
    Ok(Some((serde_json::from_slice(&stored).map_err(|_| damaged())?, stored)))
}

/// What a signed object says, whose signature was checked when it came.
fn claims<T: pod_protocol::Payload + Clone>(text: &str) -> Result<T, Fault> {
    let bytes = from_base64url(text).map_err(|_| damaged())?;
    Ok(Signed::<T>::decode(&bytes).map_err(|_| damaged())?.unverified().clone())
}

fn encode(row: &Received) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(row).map_err(|_| damaged())
}

fn damaged() -> Fault {
    Fault::Damaged { what: "a received notice" }
}

fn row_key(service: &Principal, id: &ObjectId) -> Vec<u8> {
    [service.as_bytes().as_slice(), id.as_bytes()].concat()
}

fn waiting_key(service: &Principal, holder: &Principal, id: &ObjectId) -> Vec<u8> {
    [service.as_bytes().as_slice(), holder.as_bytes(), id.as_bytes()].concat()
}
