//! Tells the directory where wallets find the node's pods, renews that, and withdraws it.

use std::sync::Arc;

use pod_http::{Client, ClientError, Request};
use pod_protocol::Verified;
use pod_protocol::codec::{Cbor, encode};
use pod_protocol::holder_entry::{HolderEntry, HolderHandle, Tag};
use pod_protocol::ids::PodId;
use pod_store::Batch;

use super::config::DirectoryConfig;
use super::queue::{self, Row, Sent, Waiting};
use super::{Undone, tags, wait_after};
use crate::blocking::blocking;
use crate::fault::Fault;
use crate::node::Node;

/// Most entries in one call: what the directory takes.
const MAX_ENTRIES_AT_ONCE: usize = 256;
/// Seconds of a day.
const DAY_SECS: u64 = 86_400;
/// After how long an entry is sent again for which the directory had no room: room comes by what expires or is withdrawn.
const NO_ROOM_SECS: u64 = DAY_SECS;
/// The directory's code for that.
const BUCKET_FULL: &str = "bucket-full";

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
        let (rows, told) = blocking(node, move |node| {
            queue::renew(node, terms.issued)?;
            Ok(prepare(node, &terms)?)
        })
        .await?;
        if rows.is_empty() {
            return Ok(());
        }
        let no_room = match told {
            Some(told) => {
                let no_room = send(config, client, &rows, told).await?;
                node.reach.directory.reached((node.clock)());
                no_room
            }
            None => Vec::new(),
        };
        let now_secs = (node.clock)();
        let (sent, became, due_secs) = match no_room.is_empty() {
            true => (rows, Sent::Taken, Terms::of(config, now_secs).due_secs()),
            // Nothing of the post was taken: the others are sent again without these.
            false => (no_room, Sent::NoRoom, now_secs + NO_ROOM_SECS),
        };
        blocking(node, move |node| Ok(queue::settle(node, &sent, became, due_secs)?)).await?;
    }
}

/// What is told in one call.
struct Told {
    body: Vec<u8>,
    /// Which row each entry of the body is about.
    rows: Vec<usize>,
}

/// Tells it; the rows for whose entries the directory has no room, if it refused all of it for them.
async fn send(config: &DirectoryConfig, client: &Client, rows: &[Row], told: Told) -> Result<Vec<Row>, Undone> {
    let request = Request::post("/v1/entries", "application/cbor", told.body);
    let Err(refused) = client.send(&config.url, request).await?.success() else { return Ok(Vec::new()) };
    let ClientError::Status { problem: Some(problem), .. } = &refused else { return Err(refused.into()) };
    if problem.code.as_deref() != Some(BUCKET_FULL) {
        return Err(refused.into());
    }
    let named = problem.pointers.iter().filter_map(|pointer| pointer.strip_prefix('/')?.parse::<usize>().ok());
    let no_room: Vec<Row> = named
        .filter_map(|index| rows.get(*told.rows.get(index)?))
        // A withdrawal needs no room: a directory that says so is asked again later, as after any other refusal.
        .filter(|row| matches!(row.what, Waiting::Entry(_)))
        .cloned()
        .collect();
    if no_room.is_empty() { Err(refused.into()) } else { Ok(no_room) }
}

/// What entries say beside the pod.
struct Terms {
    issued: u64,
    lifetime_secs: u64,
}

impl Terms {
    fn of(config: &DirectoryConfig, now_secs: u64) -> Self {
        Self { issued: now_secs, lifetime_secs: config.entry_lifetime_days * DAY_SECS }
    }

    /// When an entry is due to be renewed: a directory that is away for weeks makes nobody unfindable.
    fn due_secs(&self) -> u64 {
        self.issued + self.lifetime_secs / 3 * 2
    }
}

/// What is told next, and the body that tells it; no body when nothing of it is left to tell.
fn prepare(node: &Node, terms: &Terms) -> Result<(Vec<Row>, Option<Told>), Fault> {
    let rows = queue::waiting(node, terms.issued, MAX_ENTRIES_AT_ONCE)?;
    let (mut entries, mut told) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for (index, row) in rows.iter().enumerate() {
        let entry = match &row.what {
            Waiting::Withdrawn(tag) => Some(sign(node, terms, *tag, None)),
            Waiting::Entry(pod) => entry(node, terms, pod)?,
        };
        if let Some(entry) = entry {
            entries.push(Cbor::Bytes(entry));
            told.push(index);
        }
    }
    let told = (!told.is_empty()).then(|| Told { body: encode(&Cbor::Array(entries)), rows: told });
    Ok((rows, told))
}

/// The entry of a pod; none when the pod was erased meanwhile.
fn entry(node: &Node, terms: &Terms, pod: &PodId) -> Result<Option<Vec<u8>>, Fault> {
    if !node.vault.has(pod)? {
        return Ok(None);
    }
    let Some(found) = tags::read(node, pod)? else { return Ok(None) };
    let sealed = HolderHandle { pod: *pod }.seal(&found.key, &node.principal, &found.tag, &*node.random);
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
