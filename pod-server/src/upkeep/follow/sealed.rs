//! What lies in the log for this node's eyes alone: applied as if it had come directly, with the same checks and records. It may
//! come more than once, here and directly: what was done is not done again.

use std::sync::Arc;

use pod_protocol::Signed;
use pod_protocol::key_event::KeyEvent;
use pod_protocol::tlog::leaf::Sealed;
use pod_protocol::tlog::post::{Posted, SealedFault};
use tokio::task::JoinSet;

use super::Undone;
use crate::blocking::blocking;
use crate::commands;
use crate::fault::{Failure, Fault};
use crate::node::Node;

/// Most revocations that are applied at once: what one write of the log and one of the store take along.
const MAX_TOGETHER: usize = 64;

/// Takes sealed leaves, each with when the log took it. What does not open is somebody else's. Revocations stand alone
/// (decision 0005), so those that follow one another are applied at once: on a slow disk they become durable together, and the last of
/// many is heard about as soon as the first. A key event may decide who could sign what comes after it: it waits for what came before,
/// and what comes after waits for it.
///
/// # Errors
/// [`Undone::Fault`]: not all were applied, and all are to be taken again.
pub(super) async fn take(node: &Arc<Node>, leaves: Vec<(Sealed, u64)>) -> Result<(), Undone> {
    let mut together = JoinSet::new();
    for (sealed, logged_secs) in leaves {
        let posted = match open(node, &sealed) {
            Ok(posted) => posted,
            Err(SealedFault::Closed) => continue,
            Err(SealedFault::Refused(refusal)) => {
                tracing::warn!(id = %sealed.id, code = refusal.code(), "what lay in the log for this node is not acceptable");
                node.metrics.came_from_log(refusal.code());
                continue;
            }
        };
        let is_alone = matches!(posted, Posted::KeyEvent { .. });
        if is_alone || together.len() >= MAX_TOGETHER {
            applied(node, &mut together).await?;
        }
        let working = Arc::clone(node);
        together.spawn(async move { apply(&working, posted, logged_secs).await });
        if is_alone {
            applied(node, &mut together).await?;
        }
    }
    applied(node, &mut together).await
}

/// Waits for what was begun. It is done to its end, also when the node is told to stop meanwhile.
async fn applied(node: &Arc<Node>, together: &mut JoinSet<Result<(), Failure>>) -> Result<(), Undone> {
    let mut begun = std::mem::take(together);
    let working = Arc::clone(node);
    let all = tokio::spawn(async move {
        let mut failed = None;
        while let Some(ended) = begun.join_next().await {
            match ended.unwrap_or_else(|_| Err(Fault::Damaged { what: "a task's work" }.into())) {
                Ok(()) => working.metrics.came_from_log("applied"),
                Err(Failure::Refused(refusal)) => {
                    tracing::info!(code = refusal.code(), "what lay in the log for this node was refused");
                    working.metrics.came_from_log(refusal.code());
                }
                Err(Failure::Fault(fault)) => failed = Some(fault),
            }
        }
        failed
    });
    match all.await.unwrap_or(Some(Fault::Damaged { what: "a task's work" })) {
        None => Ok(()),
        Some(fault) => Err(Undone::Fault(fault)),
    }
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
