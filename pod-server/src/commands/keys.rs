//! Devices come and go: events appended to a citizen's own key log.

use std::sync::Arc;

use pod_protocol::chain::CLOCK_SKEW_SECS;
use pod_protocol::ids::Principal;
use pod_protocol::key_event::KeyEvent;
use pod_protocol::{Refusal, Signed};
use pod_store::Batch;
use serde_json::{Value, json};

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
