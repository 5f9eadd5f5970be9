//! Tells the directory where wallets find the node's pods, renews that, and withdraws it.

use std::collections::BTreeSet;
use std::sync::Arc;

use pod_client::CallError;
use pod_client::directory::MAX_ENTRIES_AT_ONCE;
use pod_http::Client;
use pod_protocol::Verified;
use pod_protocol::holder_entry::{HolderEntry, HolderHandle, Tag};
use pod_protocol::ids::PodId;
use pod_protocol::tlog::leaf::Body;
use pod_store::Batch;

use super::config::DirectoryConfig;
use super::follow::Told;
use super::logged::OwnLog;
use super::queue::{self, Row, Sent, Waiting};
use super::{Undone, tags, wait_after};
use crate::blocking::blocking;
use crate::fault::Fault;
use crate::node::Node;

/// Seconds of a day.
const DAY_SECS: u64 = 86_400;
/// After how long an entry is sent again for which the directory had no room: room comes by what expires or is withdrawn.
const NO_ROOM_SECS: u64 = DAY_SECS;
/// The directory's code for that.
const BUCKET_FULL: &str = "bucket-full";

/// Publishes what waits, for ever or until the node stops.
pub(super) async fn publish(node: Arc<Node>, config: DirectoryConfig, client: Client) {
    let mut failures = 0_u32;
    let log = match OwnLog::new(&node, &config, &client) {
        Ok(log) => log,
        Err(error) => {
            Undone::Directory(error).note(&node, "publishing holder entries");
            return;
        }
    };
    loop {
        match publish_all(&node, &config, &log).await {
            Ok(missing) => {
                node.reach.log.told(Told::Entries, missing);
                failures = if missing == 0 { 0 } else { failures.saturating_add(1) };
            }
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

/// Tells all that waits, once. How many entries the directory took, and does not have in its log: they wait on.
async fn publish_all(node: &Arc<Node>, config: &DirectoryConfig, log: &OwnLog) -> Result<usize, Undone> {
    let (mut missing, mut is_believed, mut after) = (0, false, None::<Vec<u8>>);
    loop {
        let (terms, behind) = (Terms::of(config, (node.clock)()), after.clone());
        let (rows, post) = blocking(node, move |node| {
            queue::renew(node, terms.issued)?;
            Ok(prepare(node, &terms, behind.as_deref())?)
        })
        .await?;
        let Some(last) = rows.last().map(|row| row.key.clone()) else { return Ok(missing) };
        if !post.entries.is_empty() && !is_believed {
            log.is_believed().await?;
            is_believed = true;
        }
        let (sent, became, due_secs) = match tell(log, &rows, &post).await? {
            Came::Logged(lacking) => {
                missing += lacking.len();
                after = Some(last);
                let logged = rows.into_iter().enumerate().filter(|(row, _)| !lacking.contains(row));
                (logged.map(|(_, row)| row).collect(), Sent::Logged, Terms::of(config, (node.clock)()).due_secs())
            }
            // Nothing of the post was taken: the others are sent again without these.
            Came::NoRoom(rows) => (rows, Sent::NoRoom, (node.clock)() + NO_ROOM_SECS),
        };
        node.reach.directory.reached((node.clock)());
        blocking(node, move |node| Ok(queue::settle(node, &sent, became, due_secs)?)).await?;
    }
}

/// What is told in one call.
#[derive(Default)]
struct Post {
    entries: Vec<Vec<u8>>,
    /// Which row each of them is about.
    rows: Vec<usize>,
}

/// What came of telling.
enum Came {
    /// All stand in the log, but those of these rows.
    Logged(BTreeSet<usize>),
    /// There is no room for the entries of these rows, and so nothing was taken.
    NoRoom(Vec<Row>),
}

async fn tell(log: &OwnLog, rows: &[Row], post: &Post) -> Result<Came, Undone> {
    if post.entries.is_empty() {
        return Ok(Came::Logged(BTreeSet::new()));
    }
    match log.directory().publish_entries(&post.entries).await {
        Ok(said) => {
            let bodies: Vec<Body> = post.entries.iter().cloned().map(Body::HolderEntry).collect();
            let missing = log.missing(&bodies, &said).await?;
            Ok(Came::Logged(missing.iter().filter_map(|entry| post.rows.get(*entry).copied()).collect()))
        }
        Err(refused) => {
            let no_room = without_room(&refused, rows, post);
            if no_room.is_empty() { Err(refused.into()) } else { Ok(Came::NoRoom(no_room)) }
        }
    }
}

/// For which entries the directory says that it has no room.
fn without_room(refused: &CallError, rows: &[Row], post: &Post) -> Vec<Row> {
    let Some(refusal) = refused.refusal().filter(|refusal| refusal.code.as_deref() == Some(BUCKET_FULL)) else {
        return Vec::new();
    };
    let named = refusal.pointers.iter().filter_map(|pointer| pointer.strip_prefix('/')?.parse::<usize>().ok());
    named
        .filter_map(|index| rows.get(*post.rows.get(index)?))
        // A withdrawal needs no room: a directory that says so is asked again later, as after any other refusal.
        .filter(|row| matches!(row.what, Waiting::Entry(_)))
        .cloned()
        .collect()
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

/// What is told next, behind the key `after`.
fn prepare(node: &Node, terms: &Terms, after: Option<&[u8]>) -> Result<(Vec<Row>, Post), Fault> {
    let rows = queue::waiting(node, after, terms.issued, MAX_ENTRIES_AT_ONCE)?;
    let mut post = Post::default();
    for (index, row) in rows.iter().enumerate() {
        let entry = match &row.what {
            Waiting::Withdrawn(tag) => Some(sign(node, terms, *tag, None)),
            Waiting::Entry(pod) => entry(node, terms, pod)?,
        };
        if let Some(entry) = entry {
            post.entries.push(entry);
            post.rows.push(index);
        }
    }
    Ok((rows, post))
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
