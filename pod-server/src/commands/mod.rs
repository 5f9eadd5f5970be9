//! Commands: what citizens, their representatives and the organisation's own services have the node do.
//!
//! The same order as for a request: verify, decide, do, record, answer. A command holds its pod from the decision until the
//! answer is made, against releases too when it changes what stands. So nobody is told anything, and nothing is done, that
//! was no longer theirs at that moment, and nothing leaves after an acknowledgement that it forbids.

mod keys;
mod own_data;
mod page;
mod record;
mod revoke;
mod service_key;
mod services;
mod standing;

use std::sync::Arc;

use pod_crypto::PublicKey;
use pod_protocol::command::{Action, Command};
use pod_protocol::field::RecordType;
use pod_protocol::ids::{PodId, Principal, Thumbprint};
use pod_protocol::path::{VerifiedCommand, verify_command};
use pod_protocol::{Refusal, Signed};
use pod_vault::OpenedRecords;

use crate::fault::{Failure, Fault};
use crate::node::Node;
use crate::releases::{Changing, Holding};
use crate::request::Peer;

pub use keys::key_event;
pub(crate) use keys::logs_with;
pub(crate) use keys::{logged_key_event, was_logged};
pub use revoke::revoke;

/// Does what a signed command says, and answers with the acknowledgement and what was asked for.
///
/// # Errors
/// [`Failure::Refused`], [`Failure::Fault`].
pub async fn handle(node: &Arc<Node>, peer: &Peer, message: &[u8]) -> Result<Vec<u8>, Failure> {
    let now_secs = (node.clock)();
    let signed = Signed::<Command>::decode(message)?;
    let channel = peer.channel(node, signed.unverified().nonce, now_secs);
    let key = actors_key(node, &signed, now_secs)?;
    let command = verify_command(signed, key, &node.principal, &channel, now_secs, |kid, cti, expires| {
        node.admit(kid, cti, expires, now_secs)
    })?;
    let done = execute(node, &command, now_secs).await;
    let name = command.action.name();
    match done {
        Ok((done, _held)) => {
            let recorded = record::done(node, &command, done.read(), now_secs).await?;
            node.metrics.command(name);
            let result = match done {
                Done::Json(json) => serde_json::to_vec(&json).map_err(|_| Fault::Damaged { what: "an answer" })?,
                Done::Records(records, page) => own_data::page(node, records, &page, &recorded)?,
            };
            Ok(record::acknowledge(node, command.id(), command.issuer, &recorded, now_secs, result))
        }
        Err(Failure::Refused(refusal)) => {
            record::refused(node, &command, refusal, now_secs).await?;
            node.metrics.command(refusal.outward().code());
            Err(refusal.into())
        }
        Err(fault) => Err(fault),
    }
}

/// What a command led to.
enum Done {
    /// Something to tell.
    Json(serde_json::Value),
    /// Records, opened and not yet released: that takes the proof that it is recorded.
    Records(OpenedRecords, own_data::Page),
}

impl Done {
    fn read(&self) -> Vec<RecordType> {
        match self {
            Self::Json(_) => Vec::new(),
            Self::Records(records, _) => records.counts().into_keys().collect(),
        }
    }
}

/// The key with which the actor may command now: a device of somebody who speaks for the pod, or a key of a service of this
/// organisation.
fn actors_key(node: &Node, signed: &Signed<Command>, now_secs: u64) -> Result<Option<PublicKey>, Fault> {
    let command = signed.unverified();
    match &command.subject {
        Some(pod) => {
            let Some(standing) = node.standing(pod)? else { return Ok(None) };
            let keys = standing.speaker(&command.issuer, now_secs);
            Ok(keys.and_then(|keys| keys.signer_now(signed.kid()).ok().copied()))
        }
        None => {
            let registry = node.registry.current();
            let service = registry.service_by_kid(&signed.kid());
            Ok(service
                .filter(|one| one.service.principal == command.issuer)
                .filter(|one| *one.organisation.principal() == node.principal && !one.organisation.is_suspended())
                .map(|one| *one.key))
        }
    }
}

/// Holds the pod, sees that whoever commands still speaks for it, and does what they say. The pod is held until the answer is
/// made.
async fn execute(node: &Arc<Node>, command: &VerifiedCommand, now_secs: u64) -> Result<(Done, Held), Failure> {
    // Holding every pod is not for whoever sends an event that could never count.
    if let Action::KeyEvent(event) = &command.action {
        keys::check(node, command.issuer, event.clone(), now_secs).await?;
    }
    let held = hold(node, command).await;
    if let Some(pod) = &command.subject {
        // Only now, with the pod held: what was so when the command was verified could be changed meanwhile.
        let key = Thumbprint::of(command.key());
        if !speaks_for(node, pod, &command.issuer, &key, (node.clock)())? {
            return Err(Refusal::NotAuthorised.into());
        }
    }
    Ok((perform(node, command, now_secs).await?, held))
}

/// What a command holds: its pod against changes, or one pod or all of them against releases too.
type Held = (Holding, Option<Changing>);

/// A service's command holds nothing. A key log may be part of several pods' standings, and which these are is known pod by
/// pod only: so a new event holds them all.
async fn hold(node: &Node, command: &VerifiedCommand) -> Held {
    let changing = match (&command.action, &command.subject) {
        (Action::KeyEvent(_), _) => Some(node.releases.change_all().await),
        (Action::Restrict { .. } | Action::Object { .. }, Some(pod)) => Some(node.releases.change(pod).await),
        _ => None,
    };
    (node.releases.hold(command.subject.filter(|_| changing.is_none())).await, changing)
}

async fn perform(node: &Arc<Node>, command: &VerifiedCommand, now_secs: u64) -> Result<Done, Failure> {
    let pod = || command.subject.ok_or(Refusal::NotAuthorised);
    match &command.action {
        Action::Deposit(grant) => standing::deposit(node, pod()?, grant, now_secs).await.map(Done::Json),
        Action::Restrict { record_types, on } => {
            standing::restrict(node, pod()?, record_types.clone(), *on).await.map(Done::Json)
        }
        Action::Object { purpose, organisation, on } => {
            standing::object(node, pod()?, purpose.clone(), *organisation, *on).await.map(Done::Json)
        }
        Action::KeyEvent(event) => keys::append(node, command.issuer, event.clone(), now_secs).await.map(Done::Json),
        Action::Read { record_type, skip } => {
            own_data::read(node, pod()?, command.issuer, record_type.clone(), *skip).await
        }
        Action::Export { skip } => own_data::export(node, pod()?, command.issuer, *skip).await,
        Action::Log { from, limit } => own_data::log(node, pod()?, *from, *limit).await.map(Done::Json),
        Action::Standing { skip } => standing::tell(node, pod()?, command.issuer, *skip).await.map(Done::Json),
        Action::Inbox { skip } => own_data::inbox(node, pod()?, *skip, now_secs).await.map(Done::Json),
        Action::Ask { request, identity_code } => {
            services::ask(node, command.issuer, request, identity_code.as_deref(), now_secs).await.map(Done::Json)
        }
        Action::Collect { request, skip } => {
            services::collect(node, command.issuer, *request, *skip).await.map(Done::Json)
        }
        Action::Notices { skip } => services::notices(node, command.issuer, *skip).await.map(Done::Json),
        Action::AnswerNotice(receipt) => {
            services::answer_notice(node, command.issuer, receipt.clone(), now_secs).await.map(Done::Json)
        }
    }
}

/// Whether `principal` with the key of this thumbprint speaks for `pod` now.
fn speaks_for(node: &Node, pod: &PodId, principal: &Principal, key: &Thumbprint, now_secs: u64) -> Result<bool, Fault> {
    let standing = node.standing(pod)?;
    Ok(standing.is_some_and(|standing| standing.check_actor(principal, key.kid(), now_secs).is_ok()))
}
