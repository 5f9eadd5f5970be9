//! Step 5: an entry for each item is durable, disclosures and refusals alike.

use std::sync::Arc;

use pod_audit::{
    EntryKind, GrantUse, NewEntry, PersonalPart, PublicPart, Released, RequestMark, SignedHead, Withheld,
    WithheldReason,
};
use pod_protocol::Refusal;
use pod_protocol::ids::{PodId, Thumbprint};
use pod_protocol::path::{ItemSelection, WithheldReason as Reason};
use pod_protocol::request::Wanted;

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

/// Writes the entries, and answers when they are on disk.
pub(super) async fn record(node: &Node, opened: &Opened, now_secs: u64) -> Result<Recorded, Fault> {
    let entries = opened
        .selection
        .items()
        .iter()
        .zip(&opened.pods)
        .enumerate()
        .map(|(number, (item, pod))| entry(node, opened, number, item.as_ref(), *pod, now_secs))
        .collect::<Result<Vec<_>, Fault>>()?;
    let appended = node.log.append(entries).await?;
    Ok(Recorded { first_index: appended.first_index, head: appended.head })
}

fn entry(
    node: &Node,
    opened: &Opened,
    number: usize,
    item: Result<&ItemSelection, &Refusal>,
    pod: Option<PodId>,
    now_secs: u64,
) -> Result<NewEntry, Fault> {
    let request = opened.selection.request();
    let registry = node.registry.current();
    let organisation = registry.organisation(&request.caller().organisation);
    let named: Vec<_> = request.items.get(number).map(|item| item.chain.clone()).unwrap_or_default();
    let left = opened.fields.get(number).and_then(|fields| fields.as_ref().ok());
    let public = PublicPart {
        time_secs: now_secs,
        kind: if item.is_ok() { EntryKind::Disclosure } else { EntryKind::Refusal },
        pod: pod.map(|pod| node.vault.audit_tag(&pod)).map(pod_audit::PodTag::new),
        request: Some(RequestMark {
            id: request.id(),
            cti: request.cti,
            kid: Thumbprint::of(request.key()).kid(),
            issued_secs: request.issued,
        }),
        grants: Some(GrantUse::new(named, u32::from(item.is_ok_and(|item| is_limited(item.chain()))))?),
    };
    let personal = PersonalPart {
        service: Some(request.caller().service),
        organisation: organisation.map(|one| one.name().as_str().to_owned()).unwrap_or_default(),
        purpose: request.purpose.to_string(),
        released: left.map(|fields| fields.names().iter().map(released).collect()).unwrap_or_default(),
        withheld: item.map(withheld).unwrap_or_default(),
        outcome: match item {
            Ok(_) => "released".to_owned(),
            Err(refusal) => refusal.code().to_owned(),
        },
        acting: None,
    };
    // A refusal before the pod is known, or for a pod that does not exist, has nobody's key to seal it under.
    let key = match pod {
        Some(pod) if node.vault.has(&pod)? => Some(node.vault.audit_key(&pod)?),
        _ => None,
    };
    Ok(NewEntry::new(&public, key.as_ref().map(|key| (&personal, key)), &*node.random)?)
}

fn released(wanted: &Wanted) -> Released {
    Released {
        record_type: wanted.record_type.to_string(),
        fields: wanted.names.iter().map(ToString::to_string).collect(),
    }
}

fn withheld(item: &ItemSelection) -> Vec<Withheld> {
    item.withheld()
        .iter()
        .map(|one| Withheld {
            record_type: one.record_type.to_string(),
            field: one.name.to_string(),
            reason: match one.reason {
                Reason::NonDisclosure => WithheldReason::NonDisclosure,
                Reason::Restricted => WithheldReason::Restricted,
                Reason::Objected => WithheldReason::Objected,
            },
        })
        .collect()
}
