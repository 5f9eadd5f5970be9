//! Devices come and go: events appended to a citizen's own key log.

use std::sync::Arc;

use pod_protocol::ids::Principal;
use serde_json::{Value, json};

use crate::blocking::blocking;
use crate::fault::Failure;
use crate::node::Node;

/// Appends a key event to the actor's log. Every release waits: the log may be part of several pods' standings.
pub(super) async fn append(node: &Arc<Node>, actor: Principal, event: Vec<u8>) -> Result<Value, Failure> {
    let changing = node.releases.change_all().await;
    let state = blocking(node, move |node| node.standings.append_key_event(&actor, &event)).await?;
    drop(changing);
    Ok(json!({ "seq": state.seq() }))
}
