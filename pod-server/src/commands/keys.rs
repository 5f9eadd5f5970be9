//! Devices come and go: events appended to a citizen's own key log.

use std::sync::Arc;

use pod_audit::{EntryKind, RequestMark};
use pod_protocol::chain::CLOCK_SKEW_SECS;
use pod_protocol::ids::{Cti, ObjectId, Principal};
use pod_protocol::key_event::KeyEvent;
use pod_protocol::{Refusal, Signed};
use pod_store::Batch;
use serde_json::{Value, json};

use super::record::{self, Act};
use crate::blocking::blocking;
use crate::fault::Failure;
use crate::node::Node;
use crate::notices::taken_back::{self, Mark};

/// Looks at an event before anything waits for it: signature, place in the log, time.
///
/// An event from the future would keep every honest one out that comes before that time, and let a revoked key go on signing
/// until then.
pub(super) async fn check(node: &Arc<Node>, actor: Principal, event: Vec<u8>, now_secs: u64) -> Result<(), Failure> {
    if Signed::<KeyEvent>::decode(&event)?.unverified().time_secs > now_secs + CLOCK_SKEW_SECS {
        return Err(Refusal::NotYetIssued.into());
    }
    blocking(node, move |node| node.standings.with_key_event(&actor, &event).map(drop)).await
}

/// Appends an event to the actor's log.
pub(super) async fn append(node: &Arc<Node>, actor: Principal, event: Vec<u8>) -> Result<Value, Failure> {
    let state = blocking(node, move |node| {
        let mut batch = Batch::new();
        let mark = Mark::Actor(actor);
        mark.put(node, &mut batch);
        let state = node.standings.append_key_event(&actor, &event, batch)?;
        taken_back::notice_now(node, mark)?;
        Ok(state)
    })
    .await?;
    Ok(json!({ "seq": state.seq() }))
}

/// Takes in an event that came without a command: it carries its own signature, and is recorded like one in a command. One that
/// stands in the log already changes nothing.
///
/// # Errors
/// [`Failure::Refused`] as of an event in a command, `not-authorised` when there is no such log; [`Failure::Fault`].
pub(crate) async fn key_event(node: &Arc<Node>, principal: Principal, event: Vec<u8>) -> Result<(), Failure> {
    let now_secs = (node.clock)();
    let known = blocking(node, move |node| Ok(node.standings.key_events(&principal)?)).await?;
    if known.contains(&event) {
        return Ok(());
    }
    let signed = Signed::<KeyEvent>::decode(&event)?;
    let (id, kid, issued_secs) = (signed.id(), signed.kid(), signed.unverified().time_secs);
    check(node, principal, event.clone(), now_secs).await?;
    let held = node.releases.change_all().await;
    append(node, principal, event).await?;
    let mark = RequestMark { id, cti: cti(&id), kid, issued_secs };
    let act = Act { mark, actor: principal, pod: None, name: "key-event", read: Vec::new() };
    record::write(node, act, EntryKind::Command, "done", now_secs).await?;
    drop(held);
    node.metrics.command("key-event");
    Ok(())
}

/// An event is answered once by its place in the log; this only fills the entry.
fn cti(id: &ObjectId) -> Cti {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(id.as_bytes()).for_each(|(byte, of)| *byte = *of);
    Cti::new(bytes)
}
