//! What of notices stands in the pod's log: that a service was told, and what it answered.

use pod_audit::{EntryKind, NewEntry, PersonalPart, PodTag, PublicPart, Released, RequestMark};
use pod_protocol::ids::{PodId, Principal};
use pod_protocol::notice::Notice;

use crate::fault::Fault;
use crate::node::Node;

/// Writes an entry, and answers when it is on disk.
pub(super) async fn write(
    node: &Node,
    pod: &PodId,
    notice: &Notice,
    (kind, mark, outcome): (EntryKind, RequestMark, &str),
) -> Result<(), Fault> {
    let public = PublicPart {
        time_secs: (node.clock)(),
        kind,
        pod: Some(PodTag::new(node.vault.audit_tag(pod))),
        request: Some(mark),
        grants: None,
    };
    let personal = PersonalPart {
        service: Some(notice.service),
        organisation: name(node, &notice.audience),
        purpose: "notice".to_owned(),
        released: notice
            .released
            .iter()
            .map(|one| Released {
                record_type: one.record_type.to_string(),
                fields: one.names.iter().map(ToString::to_string).collect(),
            })
            .collect(),
        withheld: Vec::new(),
        outcome: outcome.to_owned(),
        acting: None,
    };
    let key = node.vault.audit_key(pod)?;
    let entry = NewEntry::new(&public, Some((&personal, &key)), &*node.random)?;
    node.log.append(vec![entry]).await?;
    Ok(())
}

/// The short name of an organisation, or its id when the registry does not have it.
fn name(node: &Node, organisation: &Principal) -> String {
    let registry = node.registry.current();
    registry.organisation(organisation).map_or_else(|| organisation.to_string(), |one| one.name().as_str().to_owned())
}
