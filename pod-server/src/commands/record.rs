//! Entries and acknowledgements of commands.

use std::sync::Arc;

use pod_audit::{EntryKind, NewEntry, PersonalPart, PodTag, PublicPart, Released, RequestMark, SignedHead};
use pod_protocol::command::{Acknowledgement, CommandAnswer};
use pod_protocol::field::RecordType;
use pod_protocol::ids::{Kid, ObjectId, PodId, Principal, Thumbprint};
use pod_protocol::path::VerifiedCommand;
use pod_protocol::{Refusal, Verified};

use crate::fault::Fault;
use crate::node::Node;

/// Proof that the entry is durable.
#[derive(Debug)]
pub(super) struct Recorded {
    index: u64,
    head: Arc<SignedHead>,
}

impl Recorded {
    /// Of an entry that became durable before.
    pub(super) fn before(index: u64, head: Arc<SignedHead>) -> Self {
        Self { index, head }
    }

    /// Where the entry stands.
    pub(super) fn index(&self) -> u64 {
        self.index
    }
}

impl pod_vault::ProofOfRecord for Recorded {}

/// Whose act is recorded.
pub(super) struct Act {
    /// The signed object.
    pub(super) mark: RequestMark,
    /// Who signed it.
    pub(super) actor: Principal,
    /// Over which pod.
    pub(super) pod: Option<PodId>,
    /// What it is called.
    pub(super) name: &'static str,
    /// Of which types records were read, in full but for what non-disclosure takes out.
    pub(super) read: Vec<RecordType>,
}

impl Act {
    fn of(command: &VerifiedCommand) -> Self {
        let kid: Kid = Thumbprint::of(command.key()).kid();
        Self {
            mark: RequestMark { id: command.id(), cti: command.cti, kid, issued_secs: command.issued },
            actor: command.issuer,
            pod: command.subject,
            name: command.action.name(),
            read: Vec::new(),
        }
    }
}

/// Records that a command was done, and of which types records were read by it.
pub(super) async fn done(
    node: &Node,
    command: &VerifiedCommand,
    read: Vec<RecordType>,
    now_secs: u64,
) -> Result<Recorded, Fault> {
    write(node, Act { read, ..Act::of(command) }, EntryKind::Command, "done", now_secs).await
}

/// Records that a command was refused.
pub(super) async fn refused(
    node: &Node,
    command: &VerifiedCommand,
    refusal: Refusal,
    now_secs: u64,
) -> Result<Recorded, Fault> {
    write(node, Act::of(command), EntryKind::Refusal, refusal.code(), now_secs).await
}

/// Records of one type, without naming fields: all were read.
fn whole(record_type: &RecordType) -> Released {
    Released { record_type: record_type.to_string(), fields: Vec::new() }
}

/// Writes one entry about an act, and answers when it is on disk.
pub(super) async fn write(
    node: &Node,
    act: Act,
    kind: EntryKind,
    outcome: &str,
    now_secs: u64,
) -> Result<Recorded, Fault> {
    let public = PublicPart {
        time_secs: now_secs,
        kind,
        pod: act.pod.map(|pod| PodTag::new(node.vault.audit_tag(&pod))),
        request: Some(act.mark),
        grants: None,
    };
    let personal = PersonalPart {
        service: None,
        organisation: String::new(),
        purpose: act.name.to_owned(),
        released: act.read.iter().map(whole).collect(),
        withheld: Vec::new(),
        outcome: outcome.to_owned(),
        acting: Some(act.actor.to_string()),
    };
    let key = match &act.pod {
        Some(pod) => Some(node.vault.audit_key(pod)?),
        None => None,
    };
    let entry = NewEntry::new(&public, key.as_ref().map(|key| (&personal, key)), &*node.random)?;
    let appended = node.log.append(vec![entry]).await?;
    Ok(Recorded { index: appended.first_index, head: appended.head })
}

/// Makes the signed acknowledgement, with what was asked for.
pub(super) fn acknowledge(
    node: &Node,
    of: ObjectId,
    actor: Principal,
    recorded: &Recorded,
    now_secs: u64,
    result: Vec<u8>,
) -> Vec<u8> {
    let acknowledgement = Acknowledgement {
        issuer: node.principal,
        audience: actor,
        // Others' entries of a later second may have come into the log first: no head that lacks this act is signed after it.
        issued: now_secs.max(recorded.head.time_secs),
        of,
        audit_index: recorded.index,
        tree_size: recorded.head.size,
        tree_root: recorded.head.root,
    };
    let acknowledgement = Verified::sign(&node.key(), acknowledgement).bytes().to_vec();
    CommandAnswer { acknowledgement, result }.to_bytes()
}
