//! Citizens read what is held about them: records, the log, everything for taking along, and what waits for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use pod_audit::{PodTag, StoredEntry};
use pod_protocol::Refusal;
use pod_protocol::field::{RecordType, withhold};
use pod_protocol::ids::{PodId, Principal, base64url};
use pod_protocol::value::Value as Fields;
use pod_vault::OpenedRecords;
use serde_json::{Value, json};

use super::Done;
use super::page::fill;
use super::record::Recorded;
use crate::blocking::blocking;
use crate::fault::{Failure, Fault};
use crate::node::Node;

/// Most records on one page: a page stays below the answer's limit.
const PAGE_RECORDS: usize = 100;
/// Most log entries on one page: each comes with its proof.
const PAGE_ENTRIES: u64 = 100;

/// Which page of which kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    skip: u64,
    with_catalogue: bool,
    /// Whether what non-disclosure protects is left out.
    without_protected: bool,
}

/// Opens a page of records. Whoever acts for a person under non-disclosure does not learn from here where that person lives:
/// the protection may be against them.
pub(super) async fn read(
    node: &Arc<Node>,
    pod: PodId,
    actor: Principal,
    record_type: Option<RecordType>,
    skip: u64,
) -> Result<Done, Failure> {
    blocking(node, move |node| {
        let standing = node.standing(&pod)?.ok_or(Refusal::UnknownPod)?;
        let is_subject = standing.subject.as_ref().is_some_and(|keys| keys.principal() == actor);
        let without_protected = standing.non_disclosure && !is_subject;
        let records = node.vault.read_own(&pod, record_type.as_ref(), skip, PAGE_RECORDS)?;
        Ok(Done::Records(records, Page { skip, with_catalogue: false, without_protected }))
    })
    .await
}

/// Opens a page of everything; the first comes with the catalogue that explains it.
pub(super) async fn export(node: &Arc<Node>, pod: PodId, actor: Principal, skip: u64) -> Result<Done, Failure> {
    match read(node, pod, actor, None, skip).await? {
        Done::Records(records, page) => Ok(Done::Records(records, Page { with_catalogue: skip == 0, ..page })),
        other => Ok(other),
    }
}

/// Releases a page, now that it is recorded.
pub(super) fn page(node: &Node, records: OpenedRecords, page: &Page, recorded: &Recorded) -> Result<Vec<u8>, Fault> {
    let more = records.has_more();
    let released = records.release(recorded);
    let next_skip = more.then(|| page.skip + released.len() as u64);
    let shown = released.into_iter().map(|mut record| {
        match node.rules.protected.get(&record.record_type).filter(|_| page.without_protected) {
            Some(protected) => withhold(&mut record.fields, protected),
            // What is protected in a type that the catalogue no longer has, nobody knows: all of it.
            None if page.without_protected => *record.fields = Fields::Map(BTreeMap::new()),
            None => {}
        }
        json!({
            "record_type": record.record_type,
            "fields": record.fields.to_json(),
            "source": record.source,
            "imported_at_secs": record.imported_at_secs,
        })
    });
    let records: Vec<Value> = shown.collect();
    let mut document = json!({ "records": records, "next_skip": next_skip });
    if page.with_catalogue {
        let catalogue: Value =
            serde_json::from_str(node.catalogue.public_json()).map_err(|_| Fault::Damaged { what: "the catalogue" })?;
        if let Value::Object(members) = &mut document {
            members.insert("catalogue".to_owned(), catalogue);
        }
    }
    serde_json::to_vec(&document).map_err(|_| Fault::Damaged { what: "a page" })
}

/// A page of the entries about a pod, with the proof that each stands in the log whose signed head comes along.
pub(super) async fn log(node: &Arc<Node>, pod: PodId, from: u64, limit: u64) -> Result<Value, Failure> {
    blocking(node, move |node| {
        let limit = usize::try_from(limit.clamp(1, PAGE_ENTRIES)).unwrap_or(1);
        let tag = PodTag::new(node.vault.audit_tag(&pod));
        let entries = node.log.entries_of(tag, from, limit)?;
        // Only now: a head that was signed before them would not cover those that became durable meanwhile.
        let Some(head) = node.log.head() else {
            return Ok(json!({ "tree_head": null, "entries": [], "next": null }));
        };
        let key = node.vault.audit_key(&pod)?;
        let mut page = Vec::with_capacity(entries.len());
        fill(&entries, 0, |entry| {
            let proof = node.log.inclusion_proof(entry.index(), head.size)?;
            // An entry whose key was erased still says when and what kind.
            let opened = shown(entry, entry.open(&key).ok().as_ref());
            let shown = json!({
                "index": entry.index(),
                "entry": base64url(entry.bytes()),
                "proof": proof.iter().map(|hash| base64url(hash)).collect::<Vec<_>>(),
                "opened": opened,
            });
            let bytes = shown.to_string().len();
            page.push(shown);
            Ok(bytes)
        })?;
        let is_full = page.len() == limit || page.len() < entries.len();
        let next = entries.get(..page.len()).and_then(<[_]>::last).filter(|_| is_full).map(|last| last.index() + 1);
        Ok(json!({ "tree_head": base64url(head.bytes()), "entries": page, "next": next }))
    })
    .await
}

fn shown(entry: &StoredEntry, personal: Option<&pod_audit::PersonalPart>) -> Value {
    let public = entry.public();
    let mut shown = json!({
        "time_secs": public.time_secs,
        "kind": public.kind.code(),
        "request_id": public.request.map(|request| request.id),
        "grant": public.grants.as_ref().and_then(|grants| grants.leaf().copied()),
    });
    let (Some(personal), Value::Object(members)) = (personal, &mut shown) else { return shown };
    let released: Vec<Value> =
        personal.released.iter().map(|one| json!({ "record_type": one.record_type, "names": one.fields })).collect();
    let withheld: Vec<Value> = personal
        .withheld
        .iter()
        .flat_map(|of| {
            let one = |name| json!({ "record_type": of.record_type, "name": name, "reason": of.reason.code() });
            of.fields.iter().map(one)
        })
        .collect();
    let told = [
        ("service", json!(personal.service)),
        ("organisation", json!(personal.organisation)),
        ("purpose", json!(personal.purpose)),
        ("released", json!(released)),
        ("withheld", json!(withheld)),
        ("outcome", json!(personal.outcome)),
        ("actor", json!(personal.acting)),
    ];
    members.extend(told.map(|(name, value)| (name.to_owned(), value)));
    shown
}

/// A page of the access requests that wait for the pod's subject.
pub(super) async fn inbox(node: &Arc<Node>, pod: PodId, skip: u64, now_secs: u64) -> Result<Value, Failure> {
    blocking(node, move |node| {
        let mut requests = Vec::new();
        let next_skip = fill(node.requests.inbox(&pod)?, skip, |id| {
            // One whose time is over stays where it is until the next is put there, so that pages go on where they ended.
            let Some(request) = node.requests.answerable(&id, now_secs)? else { return Ok(0) };
            let request = base64url(&request);
            let bytes = request.len();
            requests.push(request);
            Ok(bytes)
        })?;
        Ok(json!({ "requests": requests, "next_skip": next_skip }))
    })
    .await
}
