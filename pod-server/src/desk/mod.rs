//! The organisation's desk: somebody who has neither device nor recovery code comes with an identity document, and another wallet is
//! bound for them at this organisation alone.
//!
//! The organisation could bind any wallet to anybody's pod, so it does not do it unseen: the binding waits for 72 hours, stands in the
//! log of the person's pod from its first moment, is shown to their wallet, and ends when that cancels it with a device or with the
//! paper (`docs/protocol/key-event.md`). Who did it at the desk, and on which ground, is kept in the log.
//!
//! - `book`: what waits, on disk
//! - [`begin`]: the operator's order
//! - `keep`: binds what is due
//! - `route`: the order through the admin socket

mod book;
mod route;

use std::sync::Arc;
use std::time::Duration;

use pod_audit::{EntryKind, NewEntry, PersonalPart, PodTag, PublicPart};
use pod_import::IdentityCode;
use pod_protocol::Refusal;
use pod_protocol::ids::{ObjectId, Principal};
use pod_protocol::key_event::MIN_RECOVERY_DELAY_SECS;
use pod_store::Batch;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::blocking::blocking;
use crate::book::key_logs::replay_new;
use crate::enrolment::person;
use crate::fault::{Failure, Fault};
use crate::node::Node;
use crate::notices::taken_back::Mark;

pub(crate) use book::{Binding, Desk};
pub use route::{MAX_DESK_BYTES, router};

/// How often the node looks for what is due: the wait is three days, and a minute more is none.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Longest name of an operator.
const MAX_NAME_BYTES: usize = 100;

/// By what the person was identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// A passport.
    Passport,
    /// An identity card of the police.
    IdentityCard,
    /// Somebody who acts for them by a court's order, with that order.
    CourtOrder,
}

impl Ground {
    /// As it stands in the log.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Passport => "by-passport",
            Self::IdentityCard => "by-identity-card",
            Self::CourtOrder => "by-court-order",
        }
    }
}

/// What an operator orders.
#[derive(Debug)]
pub struct Order {
    /// Of the person at the desk.
    pub code: IdentityCode,
    /// The key log of their new wallet, for this organisation.
    pub events: Vec<Vec<u8>>,
    /// Who stands behind the desk.
    pub by: String,
    /// How the person was identified.
    pub ground: Ground,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
}

/// Begins to bind a wallet. Gives when it will be bound.
///
/// # Errors
/// [`Failure::Refused`]: [`Refusal::Audience`] when the log is for another organisation, [`Refusal::TooLarge`] when the operator's name
/// is empty or too long, [`Refusal::NotAuthorised`] when the person has no wallet here (then they enrol), has this very one, or the
/// wallet is somebody else's, [`Refusal::KeyPending`] when another binding waits for them, those of the events. [`Failure::Fault`].
pub async fn begin(node: &Arc<Node>, order: Order) -> Result<u64, Failure> {
    let now_secs = (node.clock)();
    let Order { code, events, by, ground, dry_run } = order;
    if by.trim().is_empty() || by.len() > MAX_NAME_BYTES {
        return Err(Refusal::TooLarge.into());
    }
    let keys = replay_new(&events, now_secs)?;
    if keys.organisation() != Some(node.principal) {
        return Err(Refusal::Audience.into());
    }
    let person = person(node, code).await?;
    let due_secs = now_secs.saturating_add(MIN_RECOVERY_DELAY_SECS);
    let binding = Binding { principal: keys.principal(), person, events, due_secs, ground };
    let held = node.releases.change_all().await;
    let checked = binding.clone();
    blocking(node, move |node| node.desk.check(&node.standings, &checked)).await?;
    if dry_run {
        return Ok(due_secs);
    }
    // Nobody's wallet is replaced without a word in their log: the entry comes first.
    let acting = Some(format!("desk:{by}"));
    record(node, &binding, EntryKind::Command, ground.code(), acting, now_secs).await?;
    blocking(node, move |node| Ok(node.desk.put(&binding)?)).await?;
    drop(held);
    Ok(due_secs)
}

/// Ends a binding to which the old wallet objects. Says whether there was one.
pub(crate) fn cancel(node: &Node, old: &Principal, target: &ObjectId) -> Result<bool, Fault> {
    let Some(handle) = node.standings.person_now_of(old)? else { return Ok(false) };
    match node.desk.waiting(&handle)? {
        Some(binding) if binding.principal.as_bytes() == target.as_bytes() => {
            node.desk.remove(&handle)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// What waits for the person behind a log, as their wallet is told.
pub(crate) fn told(node: &Node, principal: &Principal) -> Result<Option<Value>, Fault> {
    let Some(handle) = node.standings.person_now_of(principal)? else { return Ok(None) };
    let waiting = node.desk.waiting(&handle)?.filter(|binding| binding.principal != *principal);
    Ok(waiting.map(|binding| {
        json!({ "target": ObjectId::new(*binding.principal.as_bytes()), "due": binding.due_secs, "ground": binding.ground })
    }))
}

/// Binds what is due, for as long as the node serves.
pub(crate) async fn keep(node: Arc<Node>) {
    loop {
        if let Err(Failure::Fault(fault)) = settle(&node).await
            && node.note(fault, "a binding made at the desk")
        {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Binds what is due now. What can no longer be bound, since the wallet has become somebody's meanwhile, is refused; neither that nor a
/// fault with one of them keeps those waiting who come after.
///
/// # Errors
/// [`Failure::Fault`] after which going on would be guessing.
pub async fn settle(node: &Arc<Node>) -> Result<(), Failure> {
    let now_secs = (node.clock)();
    for binding in blocking(node, move |node| Ok(node.desk.due(now_secs)?)).await? {
        match settle_one(node, binding, now_secs).await {
            Err(Failure::Fault(fault)) if !fault.is_fatal() => {
                node.note(fault, "a binding made at the desk");
            }
            ended => ended?,
        }
    }
    Ok(())
}

async fn settle_one(node: &Arc<Node>, binding: Binding, now_secs: u64) -> Result<(), Failure> {
    let _held = node.releases.change_all().await;
    let asked = binding.clone();
    let prepared = blocking(node, move |node| {
        // Cancelled while this waited for the pods.
        let still = node.desk.waiting(&asked.person.handle)?;
        if still.is_none_or(|still| still.principal != asked.principal) {
            return Ok(None);
        }
        // What the old wallet granted counts no more, and services are told so.
        let mark = |old, batch: &mut Batch| Mark::Actor(old).put(node, batch);
        book::prepare(&node.standings, &asked, now_secs, mark).map(Some)
    });
    match prepared.await {
        Ok(None) => Ok(()),
        Ok(Some(batch)) => {
            record(node, &binding, EntryKind::Command, "done", None, now_secs).await?;
            blocking(node, move |node| Ok(node.standings.enrol(batch)?)).await
        }
        Err(Failure::Refused(refusal)) => {
            let code = refusal.code();
            tracing::warn!(code, "a binding made at the desk can no longer be made: the person has to come again");
            record(node, &binding, EntryKind::Refusal, code, None, now_secs).await?;
            blocking(node, move |node| Ok(node.desk.remove(&binding.person.handle)?)).await
        }
        Err(fault) => Err(fault),
    }
}

async fn record(
    node: &Node,
    binding: &Binding,
    kind: EntryKind,
    outcome: &str,
    acting: Option<String>,
    now_secs: u64,
) -> Result<(), Fault> {
    let public = PublicPart {
        time_secs: now_secs,
        kind,
        pod: binding.person.own.map(|pod| PodTag::new(node.vault.audit_tag(&pod))),
        request: None,
        grants: None,
    };
    let personal = PersonalPart {
        service: None,
        organisation: String::new(),
        purpose: "desk".to_owned(),
        released: Vec::new(),
        withheld: Vec::new(),
        outcome: outcome.to_owned(),
        acting: Some(acting.unwrap_or_else(|| binding.principal.to_string())),
    };
    let key = binding.person.own.map(|pod| node.vault.audit_key(&pod)).transpose()?;
    let entry = NewEntry::new(&public, key.as_ref().map(|key| (&personal, key)), &*node.random)?;
    node.log.append(vec![entry]).await?;
    Ok(())
}
