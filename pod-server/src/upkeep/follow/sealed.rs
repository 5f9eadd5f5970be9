//! What lies in the log for this node's eyes alone: applied as if it had come directly, with the same checks and records. It may
//! come more than once, here and directly: what was done is not done again.

use std::sync::Arc;

use pod_protocol::Signed;
use pod_protocol::key_event::KeyEvent;
use pod_protocol::tlog::leaf::Sealed;
use pod_protocol::tlog::post::{Posted, SealedFault};

use super::Undone;
use crate::blocking::blocking;
use crate::commands;
use crate::fault::{Failure, Fault};
use crate::node::Node;

/// Takes a sealed leaf that the log took at `logged_secs`. What does not open is somebody else's.
///
/// # Errors
/// [`Undone::Fault`]: it was not applied, and is to be taken again.
pub(super) async fn take(node: &Arc<Node>, sealed: Sealed, logged_secs: u64) -> Result<(), Undone> {
    let posted = match open(node, &sealed) {
        Ok(posted) => posted,
        Err(SealedFault::Closed) => return Ok(()),
        Err(SealedFault::Refused(refusal)) => {
            tracing::warn!(id = %sealed.id, code = refusal.code(), "what lay in the log for this node is not acceptable");
            node.metrics.came_from_log(refusal.code());
            return Ok(());
        }
    };
    let working = Arc::clone(node);
    // What has begun is done to its end, also when the node is told to stop meanwhile.
    let applied = tokio::spawn(async move { apply(&working, posted, logged_secs).await });
    match applied.await.unwrap_or_else(|_| Err(Fault::Damaged { what: "a task's work" }.into())) {
        Ok(()) => node.metrics.came_from_log("applied"),
        Err(Failure::Refused(refusal)) => {
            tracing::info!(code = refusal.code(), "what lay in the log for this node was refused");
            node.metrics.came_from_log(refusal.code());
        }
        Err(Failure::Fault(fault)) => return Err(Undone::Fault(fault)),
    }
    Ok(())
}

/// With that of the node's keys to which it was sealed: wallets seal to the one in the profile that they hold, which may be a
/// day old.
fn open(node: &Node, sealed: &Sealed) -> Result<Posted, SealedFault> {
    let keys = node.own_keys.now();
    let mut opened = keys.opening.iter().map(|key| Posted::open(sealed, key));
    opened.find(|opened| !matches!(opened, Err(SealedFault::Closed))).unwrap_or(Err(SealedFault::Closed))
}

async fn apply(node: &Arc<Node>, posted: Posted, logged_secs: u64) -> Result<(), Failure> {
    match posted {
        Posted::Revocation(message) => commands::revoke(node, &message).await.map(drop),
        Posted::KeyEvent { principal, event } => {
            let (looked_at, whose) = (event.clone(), principal);
            let known = blocking(node, move |node| {
                let known = node.standings.key_logs().events(&whose)?.iter().any(|one| one.bytes == looked_at);
                if known {
                    let event = Signed::<KeyEvent>::decode(&looked_at)?.id();
                    commands::was_logged(node, &whose, &event, logged_secs)?;
                }
                Ok(known)
            })
            .await?;
            if known { Ok(()) } else { commands::logged_key_event(node, principal, event, logged_secs).await }
        }
    }
}
