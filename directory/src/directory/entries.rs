//! Holder entries in, buckets out.

use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use pod_http::Bytes;
use pod_protocol::chain::CLOCK_SKEW_SECS;
use pod_protocol::codec::{Cbor, Limits, MAX_ARRAY_ITEMS, array, bytes, decode};
use pod_protocol::holder_entry::{HolderEntry, SEALED_HANDLE_BYTES};
use pod_protocol::refusal::ClaimFault;
use pod_protocol::registry::Registry;
use pod_protocol::statement::Role;
use pod_protocol::{Refusal, Signed, Verified};
use pod_store::{Batch, Store};

use super::map::{Change, HolderMap, Place, Record, Room};
use super::tables::{ENTRIES, PAGE_ROWS};
use crate::fault::{Failure, Fault, Refused};
use crate::problems;
use crate::startup::StartupError;

/// Most entries in one post: as many as a blind request has inputs. Their signatures take 15 ms.
pub const MAX_ENTRIES_PER_POST: usize = MAX_ARRAY_ITEMS;
/// Most bytes of one post: an entry has a sealed part of fixed length and some 250 bytes more.
pub(super) const MAX_ENTRIES_BODY_BYTES: usize = MAX_ENTRIES_PER_POST * (SEALED_HANDLE_BYTES + 512);
/// Most entries that are held, remembered ones included: twice what was measured for the whole country (2.1 million), at
/// about 800 bytes of memory each.
pub const MAX_ENTRIES: usize = 4_000_000;
/// Most entries of one holder: more than any city of the country has people, and one holder cannot fill the directory.
pub const MAX_ENTRIES_PER_HOLDER: usize = 1_000_000;
const ROOM: Room = Room { total: MAX_ENTRIES, of_holder: MAX_ENTRIES_PER_HOLDER };
/// Most changes that time makes in one commit: a caller waits for it.
const MAX_EXPIRED_AT_ONCE: usize = 4096;

const POST_LIMITS: Limits = Limits { bytes: MAX_ENTRIES_BODY_BYTES, depth: 1, items: MAX_ENTRIES_PER_POST };

/// The entries, in memory and in the store.
#[derive(Debug)]
pub(super) struct Entries {
    store: Arc<dyn Store>,
    map: RwLock<HolderMap>,
    /// Held from plan to apply.
    changing: Mutex<()>,
}

impl Entries {
    /// Reads every entry from the store.
    pub(super) fn load(store: Arc<dyn Store>, now_secs: u64) -> Result<Self, StartupError> {
        let mut map = HolderMap::default();
        let mut from = Bound::Unbounded;
        loop {
            let start = from.as_ref().map(Vec::as_slice);
            let rows = store.range(ENTRIES, start, Bound::Unbounded, PAGE_ROWS)?;
            let Some((last, _)) = rows.last() else { break };
            from = Bound::Excluded(last.clone());
            let records = rows.iter().map(|(_, value)| read_row(value)).collect::<Option<Vec<_>>>();
            let records = records.ok_or(StartupError::Damaged { what: "a holder entry" })?;
            let changes: Vec<Change> = records.into_iter().map(Change::Set).collect();
            map.apply(&changes, now_secs);
        }
        Ok(Self { store, map: RwLock::new(map), changing: Mutex::new(()) })
    }

    /// Takes a holder's entries in, all of them or none. Those that are not newer than what stands there change nothing.
    pub(super) fn take(&self, body: &[u8], registry: &Registry, now_secs: u64) -> Result<usize, Failure> {
        let items = array(0, decode(body, POST_LIMITS)?)?;
        if items.is_empty() {
            return Err(ClaimFault::Empty { claim: 0 }.into());
        }
        let mut entries = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let entry = read_entry(item, registry, now_secs);
            entries.push(entry.map_err(|refusal| Refused::from(refusal).at(format!("/{index}")))?);
        }
        // What is forgotten makes room.
        self.settle(now_secs)?;
        self.apply(&entries, now_secs)?;
        Ok(entries.len())
    }

    /// The one function through which entries change: what has expired and what is new, in one order, durable before
    /// anybody sees it. It gives that ordered list of changes.
    fn apply(&self, entries: &[Verified<HolderEntry>], now_secs: u64) -> Result<Vec<Change>, Failure> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = self.read().plan(entries, now_secs, MAX_EXPIRED_AT_ONCE);
        if !self.read().has_room(&changes, ROOM) {
            return Err(Refused::new(&problems::ENTRIES_FULL).into());
        }
        let mut batch = Batch::new();
        for change in &changes {
            match change {
                Change::Set(record) => {
                    batch.put(ENTRIES, key(&record.place), row(record));
                }
                // Read back as expired: the row stays.
                Change::Expired(_) => {}
                Change::Forgotten(place) => {
                    batch.delete(ENTRIES, key(place));
                }
            }
        }
        if !batch.is_empty() {
            self.store.commit(batch)?;
        }
        self.write().apply(&changes, now_secs);
        Ok(changes)
    }

    /// Lets go of what has expired.
    fn settle(&self, now_secs: u64) -> Result<(), Failure> {
        while self.read().is_due(now_secs) {
            self.apply(&[], now_secs)?;
        }
        Ok(())
    }

    /// How many bits number the buckets, and how many entries there are.
    pub(super) fn size(&self, now_secs: u64) -> Result<(u8, u64), Failure> {
        self.settle(now_secs)?;
        let map = self.read();
        Ok((map.bits(), map.live()))
    }

    /// Whether the store can be read.
    pub(super) fn probe(&self) -> Result<(), Fault> {
        self.store.range(ENTRIES, Bound::Unbounded, Bound::Unbounded, 1)?;
        Ok(())
    }

    /// How many entries there are, without looking at the time.
    pub(super) fn live(&self) -> u64 {
        self.read().live()
    }

    /// A whole bucket: the same bytes whichever tag of it was meant, and whether or not it is there.
    pub(super) fn bucket(&self, bits: u8, number: u32, now_secs: u64) -> Result<Bytes, Failure> {
        self.settle(now_secs)?;
        if let Some(bytes) = self.read().cached(bits, number) {
            return Ok(bytes);
        }
        let mut map = self.write();
        map.bucket(bits, number).ok_or_else(|| {
            let now = map.bits();
            Refused::saying(&problems::BUCKET, format!("buckets have {now} bits now: ask GET /v1/buckets again")).into()
        })
    }

    fn read(&self) -> RwLockReadGuard<'_, HolderMap> {
        self.map.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HolderMap> {
        self.map.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One entry of a post: of this time, and signed by the holder that it names.
fn read_entry(item: Cbor, registry: &Registry, now_secs: u64) -> Result<Verified<HolderEntry>, Refusal> {
    let signed = Signed::<HolderEntry>::decode(&bytes(0, item)?)?;
    let holder = signed.unverified().holder;
    let entry = registry.verify_by_organisation(signed, &holder)?;
    let may = registry.organisation(&holder).is_some_and(|organisation| organisation.has(Role::Holder));
    if !may {
        return Err(Refusal::NotAuthorised);
    }
    if entry.issued > now_secs.saturating_add(CLOCK_SKEW_SECS) {
        return Err(Refusal::NotYetIssued);
    }
    if entry.expires <= now_secs { Err(Refusal::Expired) } else { Ok(entry) }
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
