//! The index: what the machine keeps, in the store beside the log, so that a start need not read every leaf. It goes with the
//! leaves in one commit, and is made anew from them when its mark does not fit.

use std::ops::Bound;

use pod_protocol::registry::Anchor;
use pod_protocol::tlog::leaf::{Body, Leaf};
use pod_store::{Batch, Store, StoreError, Table};

use super::log::{Log, LogEnd};
use super::machine::{Machine, Settled};
use super::map::HolderMap;
use super::members::{MAX_STATEMENTS, Members};
use super::posts::post_key;
use super::record::{Place, Record};
use super::replay::{Origin, Replay, ReplayFault};
use super::tables::{DERIVED, ENTRIES, INDEX, MARK, PAGE_ROWS, POSTS, STATEMENTS};
use crate::fault::{Fault, LOG};
use crate::startup::StartupError;

/// Raised when what the index holds of the same leaves changes.
const FORMAT: u8 = 1;

/// Why a log cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub(super) enum RebuildError {
    /// The store failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A leaf is not what it must be.
    #[error(transparent)]
    Replay(#[from] ReplayFault),
}

impl From<StoreError> for RebuildError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

/// How many leaves the index is made of; none when it has another format, or is not whole.
pub(super) fn size(store: &dyn Store) -> Result<Option<u64>, StoreError> {
    let mark = store.get(INDEX, MARK)?;
    let size = mark.as_deref().and_then(|mark| mark.strip_prefix(&[FORMAT]));
    Ok(size.and_then(|size| size.try_into().ok()).map(u64::from_be_bytes))
}

/// Adds to a commit what a batch of leaves changes in the index.
pub(super) fn write(settled: &Settled, size: u64, batch: &mut Batch) {
    for id in settled.plan.removed() {
        batch.delete(STATEMENTS, *id.as_bytes());
    }
    for statement in settled.plan.added() {
        batch.put(STATEMENTS, *statement.id.as_bytes(), statement.bytes.clone());
    }
    for record in settled.plan.entries() {
        batch.put(ENTRIES, key(&record.place()), row(record));
    }
    mark(size, batch);
}

fn mark(size: u64, batch: &mut Batch) {
    batch.put(INDEX, MARK, [&[FORMAT][..], &size.to_be_bytes()].concat());
}

/// Removes entries of which nothing is remembered any more, once the leaves that say so are durable. Those that stay behind
/// when the process ends are known by their time, and removed at the next start.
pub(super) fn forget(store: &dyn Store, places: &[Place]) -> Result<(), StoreError> {
    for some in places.chunks(PAGE_ROWS) {
        let mut batch = Batch::new();
        for place in some {
            batch.delete(ENTRIES, key(place));
        }
        store.commit(batch)?;
    }
    Ok(())
}

/// Reads the machine as it was at `time_secs`, the time of the last leaf, whose state says how many bits number the buckets.
pub(super) fn load(store: &dyn Store, anchor: Anchor, bits: u8, time_secs: u64) -> Result<Machine, StartupError> {
    let statements = statements(store)?;
    let (mut map, mut forgotten) = (HolderMap::default(), Vec::new());
    each_page(store, ENTRIES, |rows| {
        for (_, value) in rows {
            let record = read_row(&value).ok_or(StartupError::Damaged { what: "a holder entry" })?;
            if record.remembered_until > time_secs {
                map.restore(record, time_secs);
            } else {
                forgotten.push(record.place());
            }
        }
        Ok::<_, StartupError>(())
    })?;
    forget(store, &forgotten)?;
    let damaged = |_| StartupError::Damaged { what: "a statement" };
    Machine::of_kept(anchor, &statements, map, bits, time_secs).map_err(damaged)
}

/// Makes the index anew from the first `size` leaves, after [`clear`]. The mark went first and comes last: whoever is stopped in
/// between begins again. `progress` is told how many leaves are read.
pub(super) fn rebuild(
    store: &dyn Store,
    log: &Log,
    anchor: Anchor,
    size: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<(Machine, LogEnd), RebuildError> {
    let mut machine = Machine::new(anchor);
    let mut replay = Replay::from(0, Origin::Own);
    let mut end = LogEnd::default();
    while end.size() < size {
        let room = usize::try_from(size - end.size()).unwrap_or(usize::MAX);
        let leaves = log.leaves(end.size(), PAGE_ROWS.min(room))?;
        if leaves.is_empty() {
            return Err(Fault::Damaged { what: LOG }.into());
        }
        let mut batch = Batch::new();
        for leaf in &leaves {
            if let Some(settled) = replay.leaf(&machine, leaf)? {
                machine.apply(settled);
            }
            index_post(leaf, end.size(), &mut batch);
            end.push_hash(leaf, &mut batch);
        }
        end.write(&mut batch);
        store.commit(batch)?;
        progress(end.size());
    }
    save(store, &machine, size)?;
    Ok((machine, end))
}

/// How many members there are, by the index.
pub(super) fn members(store: &dyn Store, anchor: Anchor, time_secs: u64) -> Result<usize, StartupError> {
    let statements = statements(store)?;
    let damaged = |_| StartupError::Damaged { what: "a statement" };
    let members = Members::of_kept(anchor, &statements, time_secs).map_err(damaged)?;
    Ok(members.registry().organisations().count())
}

/// Every statement that is kept.
fn statements(store: &dyn Store) -> Result<Vec<Vec<u8>>, StartupError> {
    // The limit is kept when statements are taken in; one more tells a store that broke it.
    let rows = store.range(STATEMENTS, Bound::Unbounded, Bound::Unbounded, MAX_STATEMENTS + 1)?;
    Ok(rows.into_iter().map(|(_, statement)| statement).collect())
}

/// Removes the index, its mark first.
pub(super) fn clear(store: &dyn Store) -> Result<(), StoreError> {
    for table in DERIVED {
        each_page(store, table, |rows| {
            let mut batch = Batch::new();
            for (key, _) in rows {
                batch.delete(table, key);
            }
            store.commit(batch)
        })?;
    }
    Ok(())
}

/// Remembers where what was posted stands.
pub(super) fn index_post(leaf: &[u8], index: u64, batch: &mut Batch) {
    if let Ok(Leaf { body: Body::Sealed(sealed), .. }) = Leaf::from_bytes(leaf) {
        batch.put(POSTS, post_key(&sealed), index.to_be_bytes());
    }
}

fn save(store: &dyn Store, machine: &Machine, size: u64) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    for statement in machine.members().kept() {
        batch.put(STATEMENTS, *statement.id.as_bytes(), statement.bytes.clone());
    }
    store.commit(batch)?;
    let mut records = machine.map().records().peekable();
    while records.peek().is_some() {
        let mut batch = Batch::new();
        for record in records.by_ref().take(PAGE_ROWS) {
            batch.put(ENTRIES, key(&record.place()), row(&record));
        }
        store.commit(batch)?;
    }
    let mut batch = Batch::new();
    mark(size, &mut batch);
    store.commit(batch)
}

/// Goes through a table, some rows at a time.
fn each_page<E: From<StoreError>>(
    store: &dyn Store,
    table: Table,
    mut each: impl FnMut(Vec<pod_store::Row>) -> Result<(), E>,
) -> Result<(), E> {
    let mut from = Bound::Unbounded;
    loop {
        let rows = store.range(table, from.as_ref().map(Vec::as_slice), Bound::Unbounded, PAGE_ROWS)?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        from = Bound::Excluded(last.clone());
        each(rows)?;
    }
}

fn key((tag, holder): &Place) -> Vec<u8> {
    [tag.as_slice(), holder.as_bytes()].concat()
}

fn row(record: &Record) -> Vec<u8> {
    [record.remembered_until.to_be_bytes().as_slice(), &record.bytes].concat()
}

fn read_row(value: &[u8]) -> Option<Record> {
    let (remembered_until, bytes) = value.split_first_chunk::<8>()?;
    Record::from_stored(bytes, u64::from_be_bytes(*remembered_until)).ok()
}
