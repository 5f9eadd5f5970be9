//! Tells the directory where wallets find the node's pods, renews that, and withdraws it.

use std::sync::Arc;

use pod_http::{Client, Request};
use pod_protocol::Verified;
use pod_protocol::codec::{Cbor, encode};
use pod_protocol::holder_entry::{HolderEntry, HolderHandle, Tag};
use pod_protocol::ids::PodId;
use pod_protocol::statement::Endpoint;
use pod_store::Batch;

use super::config::DirectoryConfig;
use super::queue::{self, Row, Waiting};
use super::{Undone, tags, wait_after};
use crate::blocking::blocking;
use crate::fault::Fault;
use crate::node::Node;

/// Most entries in one call: what the directory takes.
const MAX_ENTRIES_AT_ONCE: usize = 256;
/// Seconds of a day.
const DAY_SECS: u64 = 86_400;

/// Publishes what waits, for ever or until the node stops.
pub(super) async fn publish(node: Arc<Node>, config: DirectoryConfig, client: Client) {
    let mut failures = 0_u32;
    loop {
        match publish_all(&node, &config, &client).await {
            Ok(()) => failures = 0,
            Err(undone) => {
                if undone.note(&node, "publishing holder entries") {
                    return;
                }
                failures = failures.saturating_add(1);
            }
        }
        tokio::time::sleep(wait_after(failures, config.publish)).await;
    }
}

async fn publish_all(node: &Arc<Node>, config: &DirectoryConfig, client: &Client) -> Result<(), Undone> {
    loop {
        let terms = Terms::of(config, (node.clock)());
        let (told, body) = blocking(node, move |node| {
            queue::renew(node, terms.issued)?;
            Ok(prepare(node, &terms)?)
        })
        .await?;
        if told.is_empty() {
            return Ok(());
        }
        if let Some(body) = body {
            client.send(&config.url, Request::post("/v1/entries", "application/cbor", body)).await?.success()?;
            node.reach.directory.reached((node.clock)());
        }
        let due_secs = Terms::of(config, (node.clock)()).due_secs();
        blocking(node, move |node| Ok(queue::settle(node, &told, due_secs)?)).await?;
    }
}

/// What entries say beside the pod.
struct Terms {
    issued: u64,
    lifetime_secs: u64,
    enrolment: Option<Endpoint>,
}

impl Terms {
    fn of(config: &DirectoryConfig, now_secs: u64) -> Self {
        Self {
            issued: now_secs,
            lifetime_secs: config.entry_lifetime_days * DAY_SECS,
            enrolment: config.enrolment.clone(),
        }
    }

    /// When an entry is due to be renewed: a directory that is away for weeks makes nobody unfindable.
    fn due_secs(&self) -> u64 {
        self.issued + self.lifetime_secs / 3 * 2
    }
}

/// What is told next, and the body that tells it; no body when nothing of it is left to tell.
fn prepare(node: &Node, terms: &Terms) -> Result<(Vec<Row>, Option<Vec<u8>>), Fault> {
    let rows = queue::waiting(node, terms.issued, MAX_ENTRIES_AT_ONCE)?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        let entry = match &row.what {
            Waiting::Withdrawn(tag) => Some(sign(node, terms, *tag, None)),
            Waiting::Entry(pod) => entry(node, terms, pod)?,
        };
        entries.extend(entry.map(Cbor::Bytes));
    }
    let body = (!entries.is_empty()).then(|| encode(&Cbor::Array(entries)));
    Ok((rows, body))
}

/// The entry of a pod; none when the pod was erased meanwhile.
fn entry(node: &Node, terms: &Terms, pod: &PodId) -> Result<Option<Vec<u8>>, Fault> {
    if !node.vault.has(pod)? {
        return Ok(None);
    }
    let Some(found) = tags::read(node, pod)? else { return Ok(None) };
    // No record types: whoever knows the identity code opens the handle, and a clinic's types would say more than its name.
    let handle = HolderHandle { pod: *pod, record_types: Vec::new(), enrolment: terms.enrolment.clone() };
    // It fits: an endpoint's length is bounded in the configuration.
    let Ok(sealed) = handle.seal(&found.key, &node.principal, &found.tag, &*node.random) else { return Ok(None) };
    Ok(Some(sign(node, terms, found.tag, Some(sealed))))
}

fn sign(node: &Node, terms: &Terms, tag: Tag, sealed: Option<Vec<u8>>) -> Vec<u8> {
    let entry = HolderEntry {
        holder: node.principal,
        expires: terms.issued + terms.lifetime_secs,
        issued: terms.issued,
        tag,
        sealed,
    };
    Verified::sign(&node.key(), entry).bytes().to_vec()
}

/// Has a pod's entry withdrawn from the directory: to be called before the pod is erased, whose keys open the tag. Wallets
/// find nothing there as soon as the directory was told, which is tried until it succeeds.
///
/// # Errors
/// [`Fault`]; nothing was changed then.
pub fn withdraw(node: &Node, pod: &PodId) -> Result<(), Fault> {
    let mut batch = Batch::new();
    if let Some(found) = tags::read(node, pod)? {
        queue::withdraw(node, &mut batch, &found.tag);
    }
    queue::forget(&mut batch, pod);
    Ok(node.store.commit(batch)?)
}
