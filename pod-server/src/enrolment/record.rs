//! What the log says of an enrolment: each pod that was bound, who was turned down, and each name that was told.

use pod_audit::{EntryKind, NewEntry, PersonalPart, PodTag, PublicPart, Released};
use pod_protocol::ids::{PodId, Principal};

use crate::fault::Fault;
use crate::node::Node;

/// What entries about enrolment call it.
const PURPOSE: &str = "enrol";

/// Proof that the entries are durable.
#[derive(Debug)]
pub(super) struct Recorded(());

impl pod_vault::ProofOfRecord for Recorded {}

/// One thing that was done about a pod.
pub(super) struct Act {
    pub(super) kind: EntryKind,
    /// Whose log it belongs to; none when the person has no pod.
    pub(super) pod: Option<PodId>,
    /// The wallet.
    pub(super) principal: Principal,
    /// What the wallet was told.
    pub(super) released: Vec<Released>,
    /// A stable code.
    pub(super) outcome: &'static str,
}

/// Writes an entry about each, and answers when they are on disk.
pub(super) async fn write(node: &Node, acts: Vec<Act>, now_secs: u64) -> Result<Recorded, Fault> {
    let entries = acts.into_iter().map(|act| entry(node, act, now_secs)).collect::<Result<_, Fault>>()?;
    node.log.append(entries).await?;
    Ok(Recorded(()))
}

fn entry(node: &Node, act: Act, now_secs: u64) -> Result<NewEntry, Fault> {
    let public = PublicPart {
        time_secs: now_secs,
        kind: act.kind,
        pod: act.pod.map(|pod| PodTag::new(node.vault.audit_tag(&pod))),
        request: None,
        grants: None,
    };
    let personal = PersonalPart {
        service: None,
        organisation: String::new(),
        purpose: PURPOSE.to_owned(),
        released: act.released,
        withheld: Vec::new(),
        outcome: act.outcome.to_owned(),
        acting: Some(act.principal.to_string()),
    };
    let key = act.pod.map(|pod| node.vault.audit_key(&pod)).transpose()?;
    Ok(NewEntry::new(&public, key.as_ref().map(|key| (&personal, key)), &*node.random)?)
}
