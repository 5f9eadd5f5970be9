//! Which entry stands under which tag, and the buckets. Nothing here reads a clock or a disk.
//!
//! The map changes through [`HolderMap::apply`] alone, by a list of [`Change`]s that [`HolderMap::plan`] made in an order
//! that every copy can follow. Whoever commits, logs or mirrors changes does so between the two.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;

use pod_http::Bytes;
use pod_protocol::bucket::{Bucket, bucket_bits, bucket_of};
use pod_protocol::holder_entry::{HolderEntry, Tag};
use pod_protocol::ids::{ObjectId, Principal};
use pod_protocol::{Refusal, Signed, Verified};

/// Bytes of bucket encodings kept for the next caller; beyond it they are made again. Half a million entries fit.
const MAX_CACHED_BYTES: usize = 256 * 1024 * 1024;

/// Where an entry stands: a holder has one under a tag.
pub(super) type Place = (Tag, Principal);

/// An entry or a tombstone, and how long an older one under the same tag could come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) place: Place,
    id: ObjectId,
    issued: u64,
    expires: u64,
    tombstone: bool,
    /// Until when it must be known that something newer stood here: as long as what it replaced would still count.
    pub(super) remembered_until: u64,
    pub(super) bytes: Bytes,
}

impl Record {
    fn new(entry: &HolderEntry, id: ObjectId, bytes: &[u8], remembered_until: u64) -> Self {
        Self {
            place: (entry.tag, entry.holder),
            id,
            issued: entry.issued,
            expires: entry.expires,
            tombstone: entry.is_tombstone(),
            remembered_until: remembered_until.max(entry.expires),
            bytes: Bytes::copy_from_slice(bytes),
        }
    }

    /// What a store kept: it was verified when it came.
    pub(super) fn from_stored(bytes: &[u8], remembered_until: u64) -> Result<Self, Refusal> {
        let signed = Signed::<HolderEntry>::decode(bytes)?;
        Ok(Self::new(signed.unverified(), signed.id(), bytes, remembered_until))
    }

    fn counts(&self, now_secs: u64) -> bool {
        !self.tombstone && now_secs < self.expires
    }

    /// Newer wins; of two of the same second the greater id, so that every copy chooses the same.
    fn is_newer_than(&self, other: &Self) -> bool {
        (self.issued, self.id) > (other.issued, other.id)
    }
}

/// One change of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// This entry stands here from now on, or nothing when it is a tombstone.
    Set(Record),
    /// What stood here has expired. It is remembered, since something older could come back.
    Expired(Place),
    /// Nothing that stood here can come back: it is forgotten.
    Forgotten(Place),
}

#[derive(Debug)]
struct Held {
    record: Record,
    /// Whether it is in its bucket.
    live: bool,
}

impl Held {
    /// When it changes by itself.
    fn due(&self) -> u64 {
        if self.live { self.record.expires } else { self.record.remembered_until }
    }
}

/// How many entries may be held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Of all holders.
    pub(super) total: usize,
    /// Of each.
    pub(super) of_holder: usize,
}

/// Tag to entry.
#[derive(Debug, Default)]
pub(super) struct HolderMap {
    held: BTreeMap<Place, Held>,
    due: BTreeSet<(u64, Place)>,
    of_holder: HashMap<Principal, usize>,
    live: u64,
    cache: HashMap<(u8, u32), Bytes>,
    cached_bytes: usize,
}

impl HolderMap {
    /// Whether there is room for what these changes add. Renewing and withdrawing what is held adds nothing.
    pub(super) fn has_room(&self, changes: &[Change], room: Room) -> bool {
        let added: BTreeSet<Place> = changes
            .iter()
            .filter_map(|change| match change {
                Change::Set(record) => Some(record.place).filter(|place| !self.held.contains_key(place)),
                Change::Expired(_) | Change::Forgotten(_) => None,
            })
            .collect();
        let mut of_holder: BTreeMap<Principal, usize> = BTreeMap::new();
        added.iter().for_each(|(_, holder)| *of_holder.entry(*holder).or_default() += 1);
        (added.is_empty() || self.held.len() + added.len() <= room.total)
            && of_holder.iter().all(|(holder, added)| self.held_of(holder) + added <= room.of_holder)
    }

    /// How many entries count.
    pub(super) fn live(&self) -> u64 {
        self.live
    }

    /// How many of one holder are held.
    fn held_of(&self, holder: &Principal) -> usize {
        self.of_holder.get(holder).copied().unwrap_or_default()
    }

    /// Whether something has expired since it was looked at last.
    pub(super) fn is_due(&self, now_secs: u64) -> bool {
        self.due.first().is_some_and(|(at, _)| *at <= now_secs)
    }

    /// What is to change: first what has expired (at most `limit` of it, the oldest first), then the entries given, in
    /// their order, as far as they are newer than what stands here.
    pub(super) fn plan(&self, entries: &[Verified<HolderEntry>], now_secs: u64, limit: usize) -> Vec<Change> {
        let due = self.due.iter().take_while(|(at, _)| *at <= now_secs).take(limit);
        let mut changes: Vec<Change> = due
            .map(|(_, place)| {
                let remembered = self.held.get(place).is_some_and(|held| held.record.remembered_until > now_secs);
                if remembered { Change::Expired(*place) } else { Change::Forgotten(*place) }
            })
            .collect();
        let mut set: BTreeMap<Place, Record> = BTreeMap::new();
        for entry in entries {
            let place = (entry.tag, entry.holder);
            let before = set.get(&place).or_else(|| self.held.get(&place).map(|held| &held.record));
            let remembered_until = before.map_or(0, |before| before.remembered_until);
            let record = Record::new(entry, entry.id(), entry.bytes(), remembered_until);
            if before.is_none_or(|before| record.is_newer_than(before)) {
                set.insert(place, record.clone());
                changes.push(Change::Set(record));
            }
        }
        changes
    }

    /// Makes the changes that [`HolderMap::plan`] found. The only way in which the map changes.
    pub(super) fn apply(&mut self, changes: &[Change], now_secs: u64) {
        // Buckets are kept under these counts of bits alone, since the cache is emptied when they change.
        let served = self.served_bits();
        for change in changes {
            let (tag, _) = match change {
                Change::Set(record) => {
                    self.set(record.clone(), now_secs);
                    record.place
                }
                Change::Expired(place) => {
                    if let Some(held) = self.remove(place) {
                        self.insert(Held { live: false, ..held });
                    }
                    *place
                }
                Change::Forgotten(place) => {
                    self.remove(place);
                    *place
                }
            };
            self.forget_buckets(&tag, served.clone());
        }
        if self.served_bits() != served {
            self.empty_cache();
        }
    }

    fn set(&mut self, record: Record, now_secs: u64) {
        self.remove(&record.place);
        let live = record.counts(now_secs);
        self.insert(Held { record, live });
    }

    fn insert(&mut self, held: Held) {
        let place = held.record.place;
        self.due.insert((held.due(), place));
        self.live += u64::from(held.live);
        *self.of_holder.entry(place.1).or_default() += 1;
        self.held.insert(place, held);
    }

    fn remove(&mut self, place: &Place) -> Option<Held> {
        let held = self.held.remove(place)?;
        self.due.remove(&(held.due(), *place));
        self.live -= u64::from(held.live);
        if let Some(count) = self.of_holder.get_mut(&place.1) {
            *count -= 1;
            if *count == 0 {
                self.of_holder.remove(&place.1);
            }
        }
        Some(held)
    }

    /// How many bits number the buckets.
    pub(super) fn bits(&self) -> u8 {
        bucket_bits(self.live)
    }

    /// By how many bits buckets can be asked for: as [`HolderMap::bits`] says now, and by one less, for callers who asked
    /// right before the number grew.
    pub(super) fn served_bits(&self) -> RangeInclusive<u8> {
        let bits = self.bits();
        bits.saturating_sub(1)..=bits
    }

    /// A bucket that is ready.
    pub(super) fn cached(&self, bits: u8, number: u32) -> Option<Bytes> {
        self.cache.get(&(bits, number)).cloned()
    }

    /// A bucket's encoding; `None` when there is none of this number, or `bits` is not one of
    /// [`HolderMap::served_bits`].
    pub(super) fn bucket(&mut self, bits: u8, number: u32) -> Option<Bytes> {
        if !self.served_bits().contains(&bits) || u64::from(number) >> bits != 0 {
            return None;
        }
        if let Some(bytes) = self.cached(bits, number) {
            return Some(bytes);
        }
        let none = Principal::new([0; 32]);
        let entries = self
            .held
            .range((first_tag(bits, number), none)..)
            .take_while(|((tag, _), _)| bucket_of(tag, bits) == number)
            .filter(|(_, held)| held.live)
            .map(|(_, held)| held.record.bytes.to_vec())
            .collect();
        let bytes = Bytes::from(Bucket { bits, number, entries }.to_bytes());
        if self.cached_bytes.saturating_add(bytes.len()) > MAX_CACHED_BYTES {
            self.empty_cache();
        }
        self.cached_bytes += bytes.len();
        self.cache.insert((bits, number), bytes.clone());
        Some(bytes)
    }

    fn forget_buckets(&mut self, tag: &Tag, served: RangeInclusive<u8>) {
        for bits in served {
            if let Some(bytes) = self.cache.remove(&(bits, bucket_of(tag, bits))) {
                self.cached_bytes -= bytes.len();
            }
        }
    }

    fn empty_cache(&mut self) {
        self.cache.clear();
        self.cached_bytes = 0;
    }
}

/// The least tag of a bucket.
fn first_tag(bits: u8, number: u32) -> Tag {
    let mut tag = Tag::default();
    let prefix = match bits {
        0 => 0,
        bits => number << (32 - u32::from(bits)),
    };
    for (to, from) in tag.iter_mut().zip(prefix.to_be_bytes()) {
        *to = from;
    }
    tag
}

#[cfg(test)]
mod tests {
    use pod_crypto::SigningKey;

    use super::*;

    const NOW: u64 = 1_785_585_600;

    fn entry(first_byte: u8, number: u8, issued: u64, expires: u64, sealed: bool) -> Verified<HolderEntry> {
        let mut tag = [number; 16];
        tag[0] = first_byte;
        let sealed = sealed.then(|| vec![number; pod_protocol::holder_entry::SEALED_HANDLE_BYTES]);
        let claims = HolderEntry { holder: Principal::new([3; 32]), expires, issued, tag, sealed };
        Verified::sign(&SigningKey::from_seed(&[3; 32]), claims)
    }

    fn put(map: &mut HolderMap, entry: &Verified<HolderEntry>, now_secs: u64) -> Vec<Change> {
        let changes = map.plan(std::slice::from_ref(entry), now_secs, usize::MAX);
        map.apply(&changes, now_secs);
        changes
    }

    fn entries(map: &mut HolderMap, bits: u8, number: u32) -> Vec<Vec<u8>> {
        Bucket::from_bytes(&map.bucket(bits, number).unwrap()).unwrap().entries
    }

    #[test]
    fn buckets_split_as_entries_grow_and_the_old_count_of_bits_is_still_served() {
        let mut map = HolderMap::default();
        for number in 0..128_u8 {
            put(&mut map, &entry(number << 1, number, NOW, NOW + 60, true), NOW);
            assert_eq!(entries(&mut map, 0, 0).len(), usize::from(number) + 1);
        }
        assert_eq!((map.bits(), map.served_bits()), (1, 0..=1));
        let halves = [0, 1].map(|number| entries(&mut map, 1, number));
        assert_eq!(halves.each_ref().map(Vec::len), [64, 64]);
        assert_eq!(halves.concat(), entries(&mut map, 0, 0));
        assert_eq!(map.bucket(1, 2), None);
        assert_eq!(map.bucket(2, 0), None);
    }

    #[test]
    fn what_a_short_lived_entry_replaced_does_not_come_back() {
        let mut map = HolderMap::default();
        let long = entry(0, 1, NOW, NOW + 1000, true);
        let short = entry(0, 1, NOW + 1, NOW + 10, true);
        put(&mut map, &long, NOW);
        put(&mut map, &short, NOW + 1);
        let place = ([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], Principal::new([3; 32]));
        assert!(map.is_due(NOW + 10));
        assert_eq!(put(&mut map, &long, NOW + 10), [Change::Expired(place)]);
        assert_eq!((map.live(), map.held.len()), (0, 1));
        assert!(entries(&mut map, 0, 0).is_empty());
        assert_eq!(map.plan(&[], NOW + 1000, usize::MAX), [Change::Forgotten(place)]);
        let changes = map.plan(&[], NOW + 1000, usize::MAX);
        map.apply(&changes, NOW + 1000);
        assert_eq!((map.held.len(), map.held_of(&place.1), map.due.len()), (0, 0, 0));
    }

    #[test]
    fn of_several_in_one_list_the_newest_stands() {
        let mut map = HolderMap::default();
        let list = [
            entry(0, 1, NOW, NOW + 60, true),
            entry(0, 1, NOW + 2, NOW + 60, false),
            entry(0, 1, NOW + 1, NOW + 60, true),
        ];
        let changes = map.plan(&list, NOW + 2, usize::MAX);
        assert_eq!(changes.len(), 2);
        map.apply(&changes, NOW + 2);
        assert_eq!((map.live(), map.held.len()), (0, 1));
    }

    #[test]
    fn a_full_map_still_renews_and_withdraws() {
        let mut map = HolderMap::default();
        put(&mut map, &entry(0, 1, NOW, NOW + 60, true), NOW);
        put(&mut map, &entry(0, 2, NOW, NOW + 60, true), NOW);
        let fits = |list: &[Verified<HolderEntry>], total: usize, of_holder: usize| {
            map.has_room(&map.plan(list, NOW + 1, usize::MAX), Room { total, of_holder })
        };
        let renewed = entry(0, 1, NOW + 1, NOW + 90, true);
        let withdrawn = entry(0, 2, NOW + 1, NOW + 90, false);
        let new = [entry(0, 3, NOW, NOW + 60, true), entry(0, 3, NOW + 1, NOW + 60, true)];
        assert!(fits(&[renewed.clone(), withdrawn.clone()], 2, 2));
        assert!(!fits(&new, 2, 3) && !fits(&new, 3, 2));
        // One place more, though two entries came for it.
        assert!(fits(&[new.as_slice(), &[renewed, withdrawn]].concat(), 3, 3));
    }
}
