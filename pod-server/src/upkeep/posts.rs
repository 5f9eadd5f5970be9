//! What is to be posted to the directory's log: it waits on disk until it stands there. Wallets and services give it, because
//! they cannot reach the directory or the holder: it is sealed for a holder, and what it is, this node cannot know. And the node
//! has recoveries logged that came to itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use pod_crypto::{random_array, sha256};
use pod_http::{Client, PeerAddress};
use pod_protocol::ids::{Cti, Principal};
use pod_protocol::statement::Role;
use pod_protocol::tlog::leaf::{Body, SEALED_BYTES, Sealed};
use pod_protocol::tlog::post::{LogPost, MAX_POSTED};
use pod_protocol::{Refusal, Verified};
use pod_store::{Batch, StoreError};
use tokio::sync::Notify;

use super::config::DirectoryConfig;
use super::follow::Told;
use super::logged::OwnLog;
use super::{Undone, wait_after};
use crate::blocking::blocking;
use crate::fault::{Failure, Fault};
use crate::node::Node;
use crate::tables::LOG_POSTS;

/// Most items that wait: 20 MB on disk, an hour of the most that strangers may bring.
const MAX_WAITING: u64 = 10_000;
/// Most items of one network in [`WINDOW_SECS`]: a wallet that stops everything everywhere has fewer.
const MAX_OF_PEER: usize = 2 * MAX_POSTED;
/// Most items of everybody together in [`WINDOW_SECS`].
const MAX_OF_ALL: usize = 2_000;
/// Over how long these are counted.
const WINDOW_SECS: u64 = 600;
/// What the directory did not take for so long is dropped: its grant has long been refused at its holder for want of a recent
/// view, and whoever posted it was told to look whether it stands in the log.
const LONGEST_WAIT_SECS: u64 = 30 * 24 * 3600;

/// What was brought lately, and whoever waits for more.
#[derive(Debug, Default)]
pub(crate) struct Posts {
    brought: Mutex<Brought>,
    news: Notify,
}

impl Posts {
    /// Something waits that did not.
    pub(crate) fn came(&self) {
        self.news.notify_one();
    }
}

#[derive(Debug, Default)]
struct Brought {
    window: u64,
    all: usize,
    by_peer: HashMap<IpAddr, usize>,
}

impl Brought {
    /// Counts items, all of them or none. The map is as large as there are networks in a window of at most [`MAX_OF_ALL`] items.
    fn count(&mut self, peer: PeerAddress, items: usize, now_secs: u64) -> Result<(), Refusal> {
        let window = now_secs / WINDOW_SECS;
        if window != self.window {
            *self = Self { window, ..Self::default() };
        }
        // A proxy on this machine stands for everybody.
        let network = peer.network().filter(|address| !address.is_loopback());
        let of_peer = network.map(|network| self.by_peer.get(&network).copied().unwrap_or(0) + items);
        if self.all + items > MAX_OF_ALL || of_peer.is_some_and(|count| count > MAX_OF_PEER) {
            return Err(Refusal::Limit);
        }
        self.all += items;
        if let (Some(network), Some(count)) = (network, of_peer) {
            self.by_peer.insert(network, count);
        }
        Ok(())
    }
}

/// Takes what is to be posted: durable when this returns. The same item is kept once.
///
/// # Errors
/// [`Refusal::Limit`]; [`Failure::Fault`].
pub(crate) async fn take(node: &Arc<Node>, items: Vec<Sealed>, peer: PeerAddress) -> Result<(), Failure> {
    let now_secs = (node.clock)();
    node.posts.brought.lock().unwrap_or_else(PoisonError::into_inner).count(peer, items.len(), now_secs)?;
    blocking(node, move |node| {
        if node.store.count(LOG_POSTS)? + items.len() as u64 > MAX_WAITING {
            return Err(Refusal::Limit.into());
        }
        let mut batch = Batch::new();
        items.iter().for_each(|item| put(&mut batch, item, now_secs));
        Ok(node.store.commit(batch)?)
    })
    .await?;
    node.posts.came();
    Ok(())
}

/// Has a batch keep what is to be posted.
pub(crate) fn put(batch: &mut Batch, item: &Sealed, now_secs: u64) {
    let row = [item.id.as_bytes().as_slice(), &item.sealed].concat();
    batch.put(LOG_POSTS, sha256(&[&row]), [now_secs.to_be_bytes().as_slice(), &row].concat());
}

/// Posts what waits, for ever or until the node stops: as soon as something comes, and while the directory is away less and less
/// often.
pub(super) async fn forward(node: Arc<Node>, config: DirectoryConfig, client: Client) {
    let mut failures = 0_u32;
    let log = match OwnLog::new(&node, &config, &client) {
        Ok(log) => log,
        Err(error) => {
            Undone::Directory(error).note(&node, "posting to the directory's log");
            return;
        }
    };
    loop {
        match forward_all(&node, &log).await {
            Ok(missing) => {
                node.reach.log.told(Told::Posts, missing);
                failures = if missing == 0 { 0 } else { failures.saturating_add(1) };
            }
            Err(undone) => {
                if undone.note(&node, "posting to the directory's log") {
                    return;
                }
                failures = failures.saturating_add(1);
            }
        }
        let wait = wait_after(failures, config.publish);
        // Ends early when something comes; a directory that failed is left alone for the whole time.
        match failures {
            0 => drop(tokio::time::timeout(wait, node.posts.news.notified()).await),
            _ => tokio::time::sleep(wait).await,
        }
    }
}

/// Posts all that waits, once. How many items the directory took, and does not have in its log: they wait on.
async fn forward_all(node: &Arc<Node>, log: &OwnLog) -> Result<usize, Undone> {
    let (mut missing, mut after) = (0, None::<Vec<u8>>);
    loop {
        let behind = after.take();
        let mut rows = blocking(node, move |node| Ok(waiting(node, behind.as_deref())?)).await?;
        let Some(last) = rows.last().map(|row| row.key.clone()) else { return Ok(missing) };
        after = Some(last);
        // Without a registry nobody is known to whom it could be addressed.
        let Some(audience) = directory_member(node) else { return Ok(missing) };
        let post = LogPost {
            issuer: node.principal,
            audience,
            issued: (node.clock)(),
            cti: Cti::new(random_array(&*node.random)),
            items: rows.iter().map(|row| row.item.clone()).collect(),
        };
        let told: Vec<Body> = post.items.iter().cloned().map(Body::Sealed).collect();
        let said = log.directory().forward(&Verified::sign(&node.key(), post)).await?;
        let lacking = log.missing(&told, &said).await?;
        missing += lacking.len();
        let mut index = 0..;
        rows.retain(|_| index.next().is_some_and(|index| !lacking.contains(&index)));
        blocking(node, move |node| Ok(settle(node, &rows)?)).await?;
    }
}

fn directory_member(node: &Node) -> Option<Principal> {
    let registry = node.registry();
    let found = registry.organisations().find(|one| one.has(Role::Directory) && !one.is_suspended());
    found.map(|member| *member.principal())
}

struct Row {
    key: Vec<u8>,
    item: Sealed,
}

/// What waits behind the key `after`, as much as one post takes; what waited too long is dropped.
fn waiting(node: &Node, after: Option<&[u8]>) -> Result<Vec<Row>, Fault> {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let rows = node.store.range(LOG_POSTS, from, Bound::Unbounded, MAX_POSTED)?;
    let (mut found, mut stale, now_secs) = (Vec::new(), Batch::new(), (node.clock)());
    for (key, value) in rows {
        let (since, item) = read(&value).ok_or(Fault::Damaged { what: "what waits to be posted" })?;
        if since.saturating_add(LONGEST_WAIT_SECS) < now_secs {
            stale.delete(LOG_POSTS, key);
        } else {
            found.push(Row { key, item });
        }
    }
    node.store.commit(stale)?;
    Ok(found)
}

fn read(value: &[u8]) -> Option<(u64, Sealed)> {
    let (since, rest) = value.split_first_chunk::<8>()?;
    let (id, sealed) = rest.split_first_chunk::<32>()?;
    let item = Sealed { id: pod_protocol::ids::ObjectId::new(*id), sealed: sealed.to_vec() };
    (sealed.len() == SEALED_BYTES).then_some((u64::from_be_bytes(*since), item))
}

fn settle(node: &Node, rows: &[Row]) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    for row in rows {
        batch.delete(LOG_POSTS, row.key.as_slice());
    }
    node.store.commit(batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_leaves_room_for_others() {
        let mut brought = Brought::default();
        let peer = |last| PeerAddress::Tcp(([192, 0, 2, last], 40_000).into());
        assert_eq!(brought.count(peer(1), MAX_OF_PEER, 0), Ok(()));
        assert_eq!(brought.count(peer(1), 1, 0), Err(Refusal::Limit));
        assert_eq!(brought.count(peer(2), 1, 0), Ok(()));
        assert_eq!(brought.count(peer(1), 1, WINDOW_SECS), Ok(()), "after a while there is room again");
        assert_eq!(brought.count(PeerAddress::Unix, MAX_OF_ALL, WINDOW_SECS), Err(Refusal::Limit));
    }
}
