//! Delivers notices to the organisations of services, and services' receipts to holders.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pod_http::{Client, Origin, Request};
use pod_protocol::ids::Principal;
use tokio::task::JoinSet;

use crate::blocking::blocking;
use crate::fault::{Failure, Fault};
use crate::node::Node;
use crate::notices::queue::{self, Due, What};
use crate::notices::{self, sent, taken_back};

/// Looking into an empty queue costs microseconds.
const EVERY: Duration = Duration::from_secs(5);
/// What is taken from the queue at a time.
const AT_ONCE: usize = 256;
/// Organisations that are called at the same time: one that does not answer holds up no other.
const MAX_ORGANISATIONS_AT_ONCE: usize = 8;
/// The type of one signed object.
const COSE: &str = "application/cose";

/// Delivers what waits, for ever or until the node stops.
pub(super) async fn keep(node: Arc<Node>, client: Client) {
    loop {
        if let Err(fault) = deliver(&node, &client).await
            && node.note(fault, "delivering notices")
        {
            return;
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Makes the notices that follow from what was taken back, and delivers what is due: each thing once. What does not arrive is due
/// again later.
///
/// # Errors
/// [`Fault`], when something of ours failed.
pub async fn deliver(node: &Arc<Node>, client: &Client) -> Result<(), Fault> {
    let due = ours(blocking(node, |node| {
        taken_back::work_off(node)?;
        Ok(queue::due(node, AT_ONCE)?)
    }))
    .await?;
    let mut by_organisation: BTreeMap<Principal, Vec<Due>> = BTreeMap::new();
    for one in due {
        by_organisation.entry(one.to).or_default().push(one);
    }
    let (mut waiting, mut under_way) = (by_organisation.into_iter(), JoinSet::new());
    let mut failed = None;
    loop {
        while under_way.len() < MAX_ORGANISATIONS_AT_ONCE
            && let Some((to, due)) = waiting.next()
        {
            under_way.spawn(to_one(Arc::clone(node), client.clone(), to, due));
        }
        match under_way.join_next().await {
            None => return failed.map_or(Ok(()), Err),
            Some(Ok(Err(fault))) => failed = Some(fault),
            // A task that panicked has been reported by the runtime: what it had is still due.
            Some(Ok(Ok(())) | Err(_)) => {}
        }
    }
}

/// Delivers to one organisation, one after the other. After one that did not get through the others wait too.
async fn to_one(node: Arc<Node>, client: Client, to: Principal, due: Vec<Due>) -> Result<(), Fault> {
    let mut gone = false;
    for one in due {
        let outcome = if gone { Err(Undelivered::Way) } else { send(&node, &client, &to, &one).await };
        match outcome {
            Ok(()) => {
                if let What::Notice(id) = one.what {
                    ours(sent::told(&node, id)).await?;
                }
                node.metrics.notice(one.what.name());
                ours(blocking(&node, move |node| Ok(queue::delivered(node, &one)?))).await?;
            }
            Err(why) => {
                gone = gone || why == Undelivered::Way;
                ours(blocking(&node, move |node| Ok(queue::put_off(node, &one)?))).await?;
            }
        }
    }
    Ok(())
}

/// Why something did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Undelivered {
    /// The organisation is no member, has no address, or did not answer.
    Way,
    /// It did not take this one.
    Refused,
}

async fn send(node: &Arc<Node>, client: &Client, to: &Principal, due: &Due) -> Result<(), Undelivered> {
    // A service of the holder itself.
    if *to == node.principal {
        let taken = match due.what {
            What::Notice(_) => notices::take(node, &due.bytes).await,
            What::Receipt(_) => notices::answer(node, &due.bytes).await,
        };
        return taken.map_err(|_| Undelivered::Refused);
    }
    let origin = origin(node, to).ok_or(Undelivered::Way)?;
    let path = match due.what {
        What::Notice(_) => "/v1/notices",
        What::Receipt(_) => "/v1/notices/receipts",
    };
    let said = match client.send(&origin, Request::post(path, COSE, due.bytes.clone())).await {
        Ok(answer) => answer.success().map(drop).map_err(|error| (Undelivered::Refused, error)),
        Err(error) => Err((Undelivered::Way, error)),
    };
    said.map_err(|(why, error)| {
        let why_text = crate::stop::chain(&error);
        tracing::warn!(organisation = %to, what = due.what.name(), why = why_text, "not delivered, tried again later");
        why
    })
}

/// Where an organisation's node answers, when it is a member that is not suspended.
fn origin(node: &Node, to: &Principal) -> Option<Origin> {
    let registry = node.registry.current();
    let organisation = registry.organisation(to).filter(|one| !one.is_suspended())?;
    let endpoint = organisation.endpoints().iter().find(|endpoint| !endpoint.is_multiaddr())?;
    endpoint.as_str().parse().ok()
}

/// Nothing here is refused by a peer's doing: what is, is a fault of ours.
async fn ours<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Fault> {
    work.await.map_err(|failure| match failure {
        Failure::Fault(fault) => fault,
        Failure::Refused(_) => Fault::Damaged { what: "a notice" },
    })
}
