//! What the directory has yet to be told, on disk: it survives restarts, and takes up in one step with what caused it.

use std::ops::Bound;

use pod_crypto::random_array;
use pod_protocol::holder_entry::Tag;
use pod_protocol::ids::PodId;
use pod_store::{Batch, StoreError};

use crate::fault::Fault;
use crate::node::Node;
use crate::tables::{HOLDER_TAGS, NO_ROOM, RENEWALS, UNPUBLISHED};

/// Begins the key of a pod whose entry is to be published.
const ENTRY: u8 = 0;
/// Begins the key of a tag that is withdrawn.
const WITHDRAWN: u8 = 1;
/// Renewals that are moved in one step.
const MAX_RENEWALS_AT_ONCE: usize = 1_000;
/// Rows taken at a time when all are walked over.
const ROWS_AT_A_TIME: usize = 1_000;
/// How often a settlement is made again when an import puts the same pods into the queue meanwhile.
const MAX_ATTEMPTS: usize = 4;

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// The entry of a pod.
    Entry(PodId),
    /// That nothing is to be found under a tag any more.
    Withdrawn(Tag),
}

/// A row of the queue.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) key: Vec<u8>,
    value: Vec<u8>,
    pub(super) what: Waiting,
}

/// Has a pod's entry published, for the first time or anew.
pub(super) fn announce(node: &Node, batch: &mut Batch, pod: &PodId, tag: &Tag) {
    // The newest entry under a tag counts: a withdrawal that waits would come after it.
    batch.delete(UNPUBLISHED, withdrawn_key(tag));
    batch.put(UNPUBLISHED, entry_key(pod), mark(node));
}

/// Has a pod's entry published anew, if it has a tag.
fn enqueue(node: &Node, batch: &mut Batch, pod: &PodId) -> Result<(), Fault> {
    if node.store.get(HOLDER_TAGS, pod.as_bytes())?.is_some() {
        batch.put(UNPUBLISHED, entry_key(pod), mark(node));
    }
    Ok(())
}

/// Has a tag withdrawn.
pub(super) fn withdraw(node: &Node, batch: &mut Batch, tag: &Tag) {
    batch.put(UNPUBLISHED, withdrawn_key(tag), mark(node));
}

/// Has nothing published of a pod that is about to be erased.
pub(super) fn forget(batch: &mut Batch, pod: &PodId) {
    batch.delete(UNPUBLISHED, entry_key(pod));
    batch.delete(NO_ROOM, pod.as_bytes());
    batch.delete(HOLDER_TAGS, pod.as_bytes());
}

/// What stands in the queue beside what waits: since when, and a number that is another one each time.
///
/// The directory keeps the newest entry under a tag, by the second in which it was signed. Whatever was signed before
/// something was put into the queue must be older than what is signed for it: so a thing waits until that second is over.
fn mark(node: &Node) -> Vec<u8> {
    [(node.clock)().to_be_bytes(), random_array::<8>(&*node.random)].concat()
}

/// Things behind the key `after` that wait since before `now_secs`, at most `limit`.
pub(super) fn waiting(node: &Node, after: Option<&[u8]>, now_secs: u64, limit: usize) -> Result<Vec<Row>, Fault> {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let rows = node.store.range(UNPUBLISHED, from, Bound::Unbounded, limit)?;
    let read = |(key, value): (Vec<u8>, Vec<u8>)| {
        let damaged = || Fault::Damaged { what: "the queue of holder entries" };
        let (kind, id) = key.split_first().ok_or_else(damaged)?;
        let id = <[u8; 16]>::try_from(id).map_err(|_| damaged())?;
        let what = match *kind {
            ENTRY => Waiting::Entry(PodId::new(id)),
            WITHDRAWN => Waiting::Withdrawn(id),
            _ => return Err(damaged()),
        };
        let since = value.first_chunk::<8>().map(|since| u64::from_be_bytes(*since)).ok_or_else(damaged)?;
        Ok((since < now_secs).then_some(Row { key, value, what }))
    };
    rows.into_iter().filter_map(|row| read(row).transpose()).collect()
}

/// What became of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It stands in the directory's log.
    Logged,
    /// The directory has no room for it.
    NoRoom,
}

/// Takes what was sent out of the queue, unless it was put there again meanwhile, and notes when it is due again.
pub(super) fn settle(node: &Node, sent: &[Row], became: Sent, due_secs: u64) -> Result<(), Fault> {
    for _ in 0..MAX_ATTEMPTS {
        let mut batch = Batch::new();
        for row in sent {
            if node.store.get(UNPUBLISHED, &row.key)?.as_ref() != Some(&row.value) {
                continue;
            }
            batch.require_equal(UNPUBLISHED, row.key.as_slice(), row.value.as_slice());
            batch.delete(UNPUBLISHED, row.key.as_slice());
            if let Waiting::Entry(pod) = &row.what {
                batch.put(RENEWALS, renewal_key(due_secs, pod), [].as_slice());
                match became {
                    Sent::Logged => batch.delete(NO_ROOM, pod.as_bytes()),
                    Sent::NoRoom => batch.put(NO_ROOM, pod.as_bytes(), [].as_slice()),
                };
            }
        }
        match node.store.commit(batch) {
            Err(StoreError::Conflict) => {}
            outcome => return Ok(outcome?),
        }
    }
    // It is sent once more, which changes nothing at the directory.
    Ok(())
}

/// Puts entries that are due for renewal back into the queue.
pub(super) fn renew(node: &Node, now_secs: u64) -> Result<(), Fault> {
    loop {
        let end = (now_secs + 1).to_be_bytes();
        let due = node.store.range(RENEWALS, Bound::Unbounded, Bound::Excluded(&end), MAX_RENEWALS_AT_ONCE)?;
        if due.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new();
        for (key, _) in due {
            let pod = key.get(8..).and_then(|pod| pod.try_into().ok()).map(PodId::new);
            enqueue(node, &mut batch, &pod.ok_or(Fault::Damaged { what: "a renewal" })?)?;
            batch.delete(RENEWALS, key);
        }
        node.store.commit(batch)?;
    }
}

/// How many pods have no tag of this epoch (of any, where none is named), so that no wallet finds them.
pub(crate) fn tags_lacking(node: &Node, epoch: Option<u16>) -> Result<u64, Fault> {
    let pods = node.vault.pod_count()?;
    let Some(epoch) = epoch else { return Ok(pods.saturating_sub(node.store.count(HOLDER_TAGS)?)) };
    let (mut tagged, mut after) = (0, None::<Vec<u8>>);
    loop {
        let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut rows = node.store.range(HOLDER_TAGS, from, Bound::Unbounded, ROWS_AT_A_TIME)?;
        tagged += rows.iter().filter(|(_, row)| row.starts_with(&epoch.to_be_bytes())).count() as u64;
        match rows.pop() {
            Some((key, _)) => after = Some(key),
            None => return Ok(pods.saturating_sub(tagged)),
        }
    }
}

fn entry_key(pod: &PodId) -> Vec<u8> {
    [&[ENTRY][..], pod.as_bytes()].concat()
}

fn withdrawn_key(tag: &Tag) -> Vec<u8> {
    [&[WITHDRAWN][..], tag].concat()
}

fn renewal_key(due_secs: u64, pod: &PodId) -> Vec<u8> {
    [&due_secs.to_be_bytes()[..], pod.as_bytes()].concat()
}
