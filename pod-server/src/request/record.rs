//! Step 5: an entry for each item is durable, disclosures and refusals alike.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pod_audit::{
    EntryKind, GrantUse, NewEntry, PersonalPart, PodTag, PublicPart, Released, RequestMark, SignedHead, Withheld,
    WithheldReason,
};
use pod_protocol::Refusal;
use pod_protocol::field::RecordType;
use pod_protocol::ids::{PodId, Principal, Thumbprint};
use pod_protocol::path::{ItemSelection, WithheldReason as Reason};
use pod_protocol::request::{Name, RequestItem, Wanted};
use pod_vault::OpenedFields;

use super::open::Opened;
use crate::book::uses::is_limited;
use crate::fault::Fault;
use crate::node::Node;

/// Proof that the entries are durable; only [`record`] makes it, and nothing is released without it.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) first_index: u64,
    pub(super) head: Arc<SignedHead>,
}

impl pod_vault::ProofOfRecord for Recorded {}

/// What all entries of one request have in common.
struct Common {
    mark: RequestMark,
    service: Principal,
    organisation: String,
    purpose: String,
    now_secs: u64,
}

/// Writes the entries, and answers when they are on disk.
pub(super) async fn record(node: &Node, opened: &Opened, now_secs: u64) -> Result<Recorded, Fault> {
    let request = opened.selection.request();
    let organisation = request.caller().organisation;
    let common = Common {
        mark: RequestMark {
            id: request.id(),
            cti: request.cti,
            kid: Thumbprint::of(request.key()).kid(),
            issued_secs: request.issued,
        },
        service: request.caller().service,
        organisation: node
            .registry
            .current()
            .organisation(&organisation)
            .map_or_else(|| organisation.to_string(), |one| one.name().as_str().to_owned()),
        purpose: request.purpose.to_string(),
        now_secs,
    };
    let asked = request.items.iter().zip(&opened.pods);
    let entries = opened
        .selection
        .items()
        .iter()
        .zip(&opened.fields)
        .zip(asked)
        .map(|((item, fields), (asked, pod))| entry(node, &common, asked, item.as_ref().ok(), fields.as_ref(), *pod))
        .collect::<Result<Vec<_>, Fault>>()?;
    let appended = node.log.append(entries).await?;
    Ok(Recorded { first_index: appended.first_index, head: appended.head })
}

/// The entry of one item: what it was released, or why not. A refusal before the pod is known has nobody's key to seal it
/// under: it says when, and which request.
fn entry(
    node: &Node,
    common: &Common,
    asked: &RequestItem,
    selected: Option<&ItemSelection>,
    opened: Result<&OpenedFields, &Refusal>,
    pod: Option<PodId>,
) -> Result<NewEntry, Fault> {
    let uses = u32::from(selected.is_some_and(|item| is_limited(item.chain())));
    let public = PublicPart {
        time_secs: common.now_secs,
        kind: if opened.is_ok() { EntryKind::Disclosure } else { EntryKind::Refusal },
        pod: pod.map(|pod| PodTag::new(node.vault.audit_tag(&pod))),
        request: Some(common.mark),
        grants: Some(GrantUse::new(asked.chain.clone(), uses)?),
    };
    let personal = PersonalPart {
        service: Some(common.service),
        organisation: common.organisation.clone(),
        purpose: common.purpose.clone(),
        released: opened.map(|fields| fields.names().iter().map(released).collect()).unwrap_or_default(),
        withheld: selected.filter(|_| opened.is_ok()).map(withheld).unwrap_or_default(),
        outcome: opened.map_or_else(|refusal| refusal.code(), |_| "released").to_owned(),
        acting: None,
    };
    let key = pod.map(|pod| node.vault.audit_key(&pod)).transpose()?;
    Ok(NewEntry::new(&public, key.as_ref().map(|key| (&personal, key)), &*node.random)?)
}

fn released(wanted: &Wanted) -> Released {
    Released {
        record_type: wanted.record_type.to_string(),
        fields: wanted.names.iter().map(ToString::to_string).collect(),
    }
}

/// Each name once: a protected field can be below several names that were asked for.
fn withheld(item: &ItemSelection) -> Vec<Withheld> {
    let mut kept_back: BTreeMap<(&RecordType, Reason), BTreeSet<&Name>> = BTreeMap::new();
    for one in item.withheld() {
        kept_back.entry((&one.record_type, one.reason)).or_default().insert(&one.name);
    }
    let withheld = kept_back.into_iter().map(|((record_type, reason), names)| Withheld {
        record_type: record_type.to_string(),
        reason: match reason {
            Reason::NonDisclosure => WithheldReason::NonDisclosure,
            Reason::Restricted => WithheldReason::Restricted,
            Reason::Objected => WithheldReason::Objected,
        },
        fields: names.into_iter().map(ToString::to_string).collect(),
    });
    withheld.collect()
}
