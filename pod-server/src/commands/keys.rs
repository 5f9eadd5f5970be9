//! Key events: devices come and go, a log is recovered. They come in a command of somebody who speaks for a pod, or alone: an
//! event carries its own signature, and whoever recovers a log has no device that could command.

use std::sync::Arc;

use pod_audit::{EntryKind, RequestMark};
use pod_protocol::ids::{Cti, ObjectId, Principal, Thumbprint, base64url};
use pod_protocol::key_event::{KeyChange, KeyEvent, KeyState, Pending};
use pod_protocol::tlog::post::{PostFault, Posted, seal_key};
use pod_protocol::{Refusal, Signed};
use pod_store::Batch;
use serde_json::{Value, json};

use super::record::{self, Act};
use crate::blocking::blocking;
use crate::book::key_logs::{Arrival, StoredEvent};
use crate::desk;
use crate::fault::{Failure, Fault};
use crate::node::Node;
use crate::notices::taken_back::{self, Mark};
use crate::upkeep::put_post;

/// Looks at an event before anything waits for it: signature, place in the log, time.
pub(super) async fn check(node: &Arc<Node>, actor: Principal, event: Vec<u8>, now_secs: u64) -> Result<(), Failure> {
    blocking(node, move |node| node.standings.key_logs().with(&actor, &event, Arrival::default(), now_secs).map(drop))
        .await
}

/// Appends an event to the actor's log.
pub(super) async fn append(
    node: &Arc<Node>,
    actor: Principal,
    event: Vec<u8>,
    now_secs: u64,
) -> Result<Value, Failure> {
    let state = blocking(node, move |node| take_in(node, &actor, &event, Arrival::default(), now_secs)).await?;
    Ok(told(&state))
}

/// Takes in an event that came alone, and records it in the log of the person's pod. `identified`: they logged in or came to the
/// desk for it.
///
/// # Errors
/// [`Failure::Refused`] as [`KeyState::apply`] does, `not-authorised` when there is no such log; [`Failure::Fault`].
pub async fn key_event(
    node: &Arc<Node>,
    principal: Principal,
    event: Vec<u8>,
    identified: bool,
) -> Result<Value, Failure> {
    arrived(node, principal, event, Arrival { identified, logged_secs: None }).await
}

/// As [`key_event`], of an event that the directory's log brought, which took it at `logged_secs`.
///
/// # Errors
/// As [`key_event`].
pub(crate) async fn logged_key_event(
    node: &Arc<Node>,
    principal: Principal,
    event: Vec<u8>,
    logged_secs: u64,
) -> Result<(), Failure> {
    arrived(node, principal, event, Arrival { identified: false, logged_secs: Some(logged_secs) }).await.map(drop)
}

async fn arrived(node: &Arc<Node>, principal: Principal, event: Vec<u8>, arrival: Arrival) -> Result<Value, Failure> {
    let now_secs = (node.clock)();
    let signed = Signed::<KeyEvent>::decode(&event)?;
    let act = |pod| {
        let id = signed.id();
        let mark = RequestMark { id, cti: cti(&id), kid: signed.kid(), issued_secs: signed.unverified().time_secs };
        Act { mark, actor: principal, pod, name: name(&signed.unverified().change), read: Vec::new() }
    };
    // Holding every pod is not for whoever sends an event that could never count.
    let looked_at = event.clone();
    blocking(node, move |node| node.standings.key_logs().with(&principal, &looked_at, arrival, now_secs).map(drop))
        .await?;
    let held = node.releases.change_all().await;
    let (state, pod) = blocking(node, move |node| {
        let state = take_in(node, &principal, &event, arrival, now_secs)?;
        Ok((state, node.standings.own_pod(&principal)?))
    })
    .await?;
    drop(held);
    record::write(node, act(pod), EntryKind::Command, "done", now_secs).await?;
    node.metrics.command(name(&signed.unverified().change));
    Ok(told(&state))
}

/// Appends an event; one that cancels ends a binding of the desk's too.
fn take_in(
    node: &Node,
    principal: &Principal,
    event: &[u8],
    arrival: Arrival,
    now_secs: u64,
) -> Result<KeyState, Failure> {
    let mut batch = Batch::new();
    let mark = Mark::Actor(*principal);
    mark.put(node, &mut batch);
    let signed = Signed::<KeyEvent>::decode(event)?;
    if matches!(signed.unverified().change, KeyChange::Recovery(_)) {
        if arrival.logged_secs.is_none() {
            have_logged(node, &mut batch, principal, event, now_secs)?;
        }
        let (state, _) = node.standings.key_logs().with(principal, event, arrival, now_secs)?;
        if let Some(due_secs) = state.pending().and_then(Pending::due_secs) {
            Mark::Recovery { due_secs, actor: *principal }.put(node, &mut batch);
        }
    }
    let state = node.standings.append_key_event(principal, event, arrival, now_secs, batch)?;
    node.posts.came();
    taken_back::notice_now(node, mark)?;
    if let KeyChange::Cancel { target, .. } = &signed.unverified().change {
        desk::cancel(node, principal, target)?;
    }
    Ok(state)
}

/// Notes that the directory's log took an event that stands here, when it did: a recovery's time begins.
pub(crate) fn was_logged(node: &Node, actor: &Principal, event: &ObjectId, logged_secs: u64) -> Result<(), Fault> {
    let mut batch = Batch::new();
    let state = node.standings.key_logs().state(actor, (node.clock)())?;
    if let Some(pending) = state.as_ref().and_then(KeyState::pending).filter(|pending| pending.id == *event) {
        let begins_secs = logged_secs.max(pending.taken.taken_secs);
        let due_secs = begins_secs.saturating_add(pending.delay_secs);
        Mark::Recovery { due_secs, actor: *actor }.put(node, &mut batch);
    }
    node.standings.was_logged(event, logged_secs, batch)
}

/// Has a batch post a recovery to the directory's log, for this node's own eyes: its time begins when it stands there.
fn have_logged(
    node: &Node,
    batch: &mut Batch,
    principal: &Principal,
    event: &[u8],
    now_secs: u64,
) -> Result<(), Failure> {
    if !node.standings.key_logs().log_times().are_followed() {
        return Ok(());
    }
    let posted = Posted::KeyEvent { principal: *principal, event: event.to_vec() };
    let sealed = posted.seal(&seal_key(&node.key()).public_key(), &*node.random).map_err(|fault| match fault {
        PostFault::Refused(refusal) => Failure::Refused(refusal),
        // It could never take effect.
        PostFault::TooLong => Refusal::TooLarge.into(),
        PostFault::Key => Fault::Damaged { what: "this node's sealing key" }.into(),
    })?;
    put_post(batch, &sealed, now_secs);
    Ok(())
}

/// What an event that came alone is called in the log.
fn name(change: &KeyChange) -> &'static str {
    match change {
        KeyChange::Recovery(_) => "recovery",
        KeyChange::Cancel { .. } => "recovery-cancel",
        _ => "key-event",
    }
}

/// An event is answered once by its place in the log; this only fills the entry.
fn cti(id: &ObjectId) -> Cti {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(id.as_bytes()).for_each(|(byte, of)| *byte = *of);
    Cti::new(bytes)
}

fn told(state: &KeyState) -> Value {
    json!({ "seq": state.seq(), "recovery": pending_json(state) })
}

/// The logs in which the key with this digest is, whole.
///
/// # Errors
/// [`Fault`].
pub(crate) fn logs_with(node: &Node, digest: &[u8; 32]) -> Result<Value, Fault> {
    let key_logs = node.standings.key_logs();
    let log = |principal: Principal| {
        let events: Vec<Value> = key_logs.events(&principal)?.iter().map(event_json).collect();
        let recovery = key_logs.state(&principal, (node.clock)())?.as_ref().and_then(pending_json);
        let desk = desk::told(node, &principal)?;
        Ok::<_, Fault>(json!({ "principal": principal, "events": events, "recovery": recovery, "desk": desk }))
    };
    let logs = key_logs.find(digest)?.into_iter().map(log).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "logs": logs, "now": (node.clock)() }))
}

/// An event of a log, with what the node knows of it.
pub(super) fn event_json(event: &StoredEvent) -> Value {
    let taken = event.taken;
    json!({
        "event": base64url(&event.bytes), "taken": taken.taken_secs, "logged": taken.logged_secs,
        "identified": taken.identified,
    })
}

/// What waits in a log; none when nothing does.
pub(super) fn pending_json(state: &KeyState) -> Option<Value> {
    let pending = state.pending()?;
    let devices: Vec<_> = pending.devices().iter().map(|one| Thumbprint::of(&one.key).kid()).collect();
    Some(json!({
        "event": pending.id, "taken": pending.taken.taken_secs, "logged": pending.taken.logged_secs,
        "due": pending.due_secs(), "identified": pending.taken.identified, "rank": pending.rank,
        "keeps": pending.keeps_seq, "devices": devices, "devices_that_cancel": state.cancelling_devices(),
    }))
}
