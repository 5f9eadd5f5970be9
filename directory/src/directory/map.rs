//! Which entry stands under which tag, the buckets, and the tree over them. Nothing here reads a clock or a disk.
//!
//! The map changes through [`HolderMap::apply`] alone, by a [`MapPlan`] that was made beforehand and says what will stand
//! then: whoever commits, logs or compares does so between the two, and readers see the old map until it is applied.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pod_http::Bytes;
use pod_protocol::bucket::{BucketParts, Row, bucket_bits, bucket_of};
use pod_protocol::holder_entry::{HolderEntry, Tag};
use pod_protocol::ids::{ObjectId, Principal};
use pod_protocol::merkle::Hash;
use pod_protocol::tlog::map::{MapTree, bucket_hash, entry_hash};
use pod_protocol::{Refusal, Signed, Verified};

use super::merge::merged;

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
    /// In its bucket's hash.
    hash: Hash,
    /// As its bucket is handed out; none for a tombstone.
    row: Option<Row>,
    pub(super) bytes: Bytes,
}

impl Record {
    fn new(entry: &HolderEntry, id: ObjectId, row: Option<Row>, bytes: &[u8]) -> Self {
        Self {
            place: (entry.tag, entry.holder),
            id,
            issued: entry.issued,
            expires: entry.expires,
            tombstone: entry.is_tombstone(),
            remembered_until: entry.expires,
            hash: entry_hash(bytes),
            row,
            bytes: Bytes::copy_from_slice(bytes),
        }
    }

    fn remembered(self, until: u64) -> Self {
        Self { remembered_until: self.remembered_until.max(until), ..self }
    }

    /// What a store kept: it was verified when it came.
    pub(super) fn from_stored(bytes: &[u8], remembered_until: u64) -> Result<Self, Refusal> {
        Ok(Self::from(&Signed::decode(bytes)?).remembered(remembered_until))
    }

    fn counts(&self, now_secs: u64) -> bool {
        !self.tombstone && now_secs < self.expires
    }

    /// Newer wins; of two of the same second the greater id, so that every copy chooses the same.
    fn is_newer_than(&self, other: &Self) -> bool {
        (self.issued, self.id) > (other.issued, other.id)
    }
}

impl From<&Signed<HolderEntry>> for Record {
    fn from(entry: &Signed<HolderEntry>) -> Self {
        let claims = entry.unverified();
        Self::new(claims, entry.id(), Row::of(claims, entry.kid(), entry.signature()), entry.bytes())
    }
}

impl From<&Verified<HolderEntry>> for Record {
    fn from(entry: &Verified<HolderEntry>) -> Self {
        let row = Row::of(entry, entry.thumbprint().kid(), entry.signature());
        Self::new(entry, entry.id(), row, entry.bytes())
    }
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

/// How many entries may count in one bucket.
#[derive(Clone, Copy, Debug)]
pub(super) struct BucketRoom {
    /// Of all holders.
    pub(super) total: usize,
    /// Of each.
    pub(super) of_holder: usize,
}

/// What is to change at one moment: what time takes away, and what comes.
#[derive(Debug)]
pub(super) struct MapPlan {
    now_secs: u64,
    /// What has expired. It is remembered, since something older could come back.
    expired: BTreeSet<Place>,
    /// Nothing that stood here can come back.
    forgotten: BTreeSet<Place>,
    set: BTreeMap<Place, Record>,
    /// How many places `set` adds, of each holder.
    added: BTreeMap<Principal, usize>,
    /// How many entries count then.
    live: u64,
}

impl MapPlan {
    /// What stands in places from now on.
    pub(super) fn set(&self) -> impl Iterator<Item = &Record> {
        self.set.values()
    }

    /// Places where nothing stands any more.
    pub(super) fn forgotten(&self) -> impl Iterator<Item = &Place> {
        self.forgotten.iter().filter(|place| !self.set.contains_key(*place))
    }

    /// Whether it says something else about this place than the map does.
    fn touches(&self, place: &Place) -> bool {
        self.set.contains_key(place) || self.expired.contains(place) || self.forgotten.contains(place)
    }

    /// How many entries count after it.
    pub(super) fn live(&self) -> u64 {
        self.live
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        self.expired.iter().chain(&self.forgotten).chain(self.set.keys())
    }
}

/// Tag to entry.
#[derive(Debug)]
pub(super) struct HolderMap {
    held: BTreeMap<Place, Held>,
    due: BTreeSet<(u64, Place)>,
    of_holder: HashMap<Principal, usize>,
    live: u64,
    tree: MapTree,
}

impl Default for HolderMap {
    fn default() -> Self {
        Self {
            held: BTreeMap::new(),
            due: BTreeSet::new(),
            of_holder: HashMap::new(),
            live: 0,
            tree: MapTree::new(vec![bucket_hash(&[])]),
        }
    }
}

impl HolderMap {
    /// Puts a record back that was held at `now_secs`; after the last one, [`HolderMap::restored`].
    pub(super) fn restore(&mut self, record: Record, now_secs: u64) {
        let live = record.counts(now_secs);
        self.insert(Held { record, live });
    }

    /// Makes the tree of what was restored.
    #[must_use]
    pub(super) fn restored(mut self, now_secs: u64) -> Self {
        self.tree = self.whole_tree_after(&self.plan(now_secs), bucket_bits(self.live));
        self
    }

    /// How many entries count.
    pub(super) fn live(&self) -> u64 {
        self.live
    }

    /// The tree over the buckets.
    pub(super) fn tree(&self) -> &MapTree {
        &self.tree
    }

    /// All that is held, in order, from a place on.
    pub(super) fn held_from(&self, place: Option<&Place>) -> impl Iterator<Item = &Record> {
        let from = place.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        self.held.range((from, std::ops::Bound::Unbounded)).map(|(_, held)| &held.record)
    }

    /// Whether something has expired since it was looked at last.
    pub(super) fn is_due(&self, now_secs: u64) -> bool {
        self.due.first().is_some_and(|(at, _)| *at <= now_secs)
    }

    /// Begins a plan with what time has taken away until `now_secs`.
    pub(super) fn plan(&self, now_secs: u64) -> MapPlan {
        let due = self.due.iter().take_while(|(at, _)| *at <= now_secs).map(|(_, place)| *place);
        let remembered =
            |place: &Place| self.held.get(place).is_some_and(|held| held.record.remembered_until > now_secs);
        let (expired, forgotten): (BTreeSet<Place>, BTreeSet<Place>) = due.partition(remembered);
        let gone = expired.iter().chain(&forgotten).filter(|place| self.is_live(place)).count();
        let live = self.live.saturating_sub(gone as u64);
        MapPlan { now_secs, expired, forgotten, set: BTreeMap::new(), added: BTreeMap::new(), live }
    }

    /// Adds an entry to the plan, unless something newer stands there; whether it was added.
    pub(super) fn put(&self, plan: &mut MapPlan, record: Record) -> bool {
        let place = record.place;
        let before = self.stands_after(plan, &place);
        let record = record.remembered(before.map_or(0, |before| before.remembered_until));
        let newer = before.is_none_or(|before| record.is_newer_than(before));
        if newer {
            let (new, was_live) = (before.is_none(), self.is_live_after(plan, &place));
            *plan.added.entry(place.1).or_default() += usize::from(new);
            plan.live = plan.live + u64::from(record.counts(plan.now_secs)) - u64::from(was_live);
            plan.set.insert(place, record);
        }
        newer
    }

    /// What stands in a place after the plan, also when it counts no longer.
    fn stands_after<'a>(&'a self, plan: &'a MapPlan, place: &Place) -> Option<&'a Record> {
        let held = || self.held.get(place).filter(|_| !plan.forgotten.contains(place)).map(|held| &held.record);
        plan.set.get(place).or_else(held)
    }

    fn is_live(&self, place: &Place) -> bool {
        self.held.get(place).is_some_and(|held| held.live)
    }

    fn is_live_after(&self, plan: &MapPlan, place: &Place) -> bool {
        match plan.set.get(place) {
            Some(record) => record.counts(plan.now_secs),
            None => self.is_live(place) && !plan.touches(place),
        }
    }

    /// Whether there is room for what the plan adds and `more` of each holder besides. Renewing and withdrawing what is held
    /// adds nothing.
    pub(super) fn has_room(&self, plan: &MapPlan, more: &BTreeSet<Place>, room: Room) -> bool {
        let mut added = plan.added.clone();
        for (_, holder) in more.iter().filter(|place| self.stands_after(plan, place).is_none()) {
            *added.entry(*holder).or_default() += 1;
        }
        let together: usize = added.values().sum();
        (together == 0 || self.held.len() + together <= room.total)
            && added.iter().all(|(holder, added)| self.held_of(holder) + added <= room.of_holder)
    }

    /// Which of these entries have no room in their bucket, by their places in the list. The buckets are those that there will be
    /// when all of them are taken. What renews or withdraws has room: it makes no bucket larger.
    pub(super) fn without_room(&self, plan: &MapPlan, more: &[Verified<HolderEntry>], room: BucketRoom) -> Vec<usize> {
        let mut newest: BTreeMap<Place, (usize, &Verified<HolderEntry>)> = BTreeMap::new();
        for (index, entry) in more.iter().enumerate() {
            let other = newest.entry((entry.tag, entry.holder)).or_insert((index, entry));
            if age(entry) > age(other.1) {
                *other = (index, entry);
            }
        }
        let stands = |place: &Place| self.stands_after(plan, place).map(|record| (record.issued, record.id));
        newest.retain(|place, (_, entry)| stands(place).is_none_or(|stands| age(entry) > stands));
        let counts = |entry: &HolderEntry| !entry.is_tombstone() && plan.now_secs < entry.expires;
        let was_live = |place: &Place| self.is_live_after(plan, place);
        let gone: BTreeSet<Place> = newest
            .iter()
            .filter(|(place, (_, entry))| was_live(place) && !counts(entry))
            .map(|(place, _)| *place)
            .collect();
        let mut come: Vec<(usize, Place)> = newest
            .iter()
            .filter(|(place, (_, entry))| !was_live(place) && counts(entry))
            .map(|(place, (index, _))| (*index, *place))
            .collect();
        come.sort_unstable();

        let bits = bucket_bits((plan.live + come.len() as u64).saturating_sub(gone.len() as u64));
        let mut buckets: HashMap<u32, BTreeMap<Principal, usize>> = HashMap::new();
        let mut without = Vec::new();
        for (index, (tag, holder)) in come {
            let number = bucket_of(&tag, bits);
            let counted = buckets.entry(number).or_insert_with(|| self.counted_after(plan, bits, number, &gone));
            let all: usize = counted.values().sum();
            let own = counted.entry(holder).or_default();
            if all < room.total && *own < room.of_holder {
                *own += 1;
            } else {
                without.push(index);
            }
        }
        without
    }

    /// How many entries of each holder count in a bucket after the plan, but for those that go.
    fn counted_after(
        &self,
        plan: &MapPlan,
        bits: u8,
        number: u32,
        gone: &BTreeSet<Place>,
    ) -> BTreeMap<Principal, usize> {
        let mut counted = BTreeMap::new();
        let inside = |tag: &Tag| bucket_of(tag, bits) == number;
        for (place, _) in self.hashes_after(plan, inside, Some(first_tag(bits, number))) {
            if !gone.contains(&place) {
                *counted.entry(place.1).or_default() += 1;
            }
        }
        counted
    }

    fn held_of(&self, holder: &Principal) -> usize {
        self.of_holder.get(holder).copied().unwrap_or_default()
    }

    /// The tree over the buckets after the plan.
    pub(super) fn tree_after(&self, plan: &MapPlan) -> MapTree {
        let bits = bucket_bits(plan.live);
        if bits != self.tree.bits() {
            return self.whole_tree_after(plan, bits);
        }
        let changed: BTreeSet<u32> = plan.places().map(|(tag, _)| bucket_of(tag, bits)).collect();
        let mut tree = self.tree.clone();
        tree.set(changed.into_iter().map(|number| (number, bucket_hash(&self.bucket_after(plan, bits, number)))));
        tree
    }

    fn whole_tree_after(&self, plan: &MapPlan, bits: u8) -> MapTree {
        let mut buckets = vec![bucket_hash(&[]); 1 << bits];
        let mut all = self.hashes_after(plan, |_| true, None).peekable();
        let mut hashes = Vec::new();
        while let Some((place, hash)) = all.next() {
            hashes.push(hash);
            let number = bucket_of(&place.0, bits);
            if all.peek().is_none_or(|(next, _)| bucket_of(&next.0, bits) != number) {
                if let Some(bucket) = buckets.get_mut(number as usize) {
                    *bucket = bucket_hash(&hashes);
                }
                hashes.clear();
            }
        }
        drop(all);
        MapTree::new(buckets)
    }

    fn bucket_after(&self, plan: &MapPlan, bits: u8, number: u32) -> Vec<Hash> {
        let inside = |tag: &Tag| bucket_of(tag, bits) == number;
        self.hashes_after(plan, inside, Some(first_tag(bits, number))).map(|(_, hash)| hash).collect()
    }

    /// The hashes of entries that count after the plan, in order, from a tag on and while `inside`.
    fn hashes_after<'a>(
        &'a self,
        plan: &'a MapPlan,
        inside: impl Fn(&Tag) -> bool + Copy + 'a,
        from: Option<Tag>,
    ) -> impl Iterator<Item = (Place, Hash)> + 'a {
        let from = (from.unwrap_or_default(), Principal::new([0; 32]));
        let stays = self.held.range(from..).take_while(move |((tag, _), _)| inside(tag));
        let stays = stays.filter(|(place, held)| held.live && !plan.touches(place));
        let comes = plan.set.range(from..).take_while(move |((tag, _), _)| inside(tag));
        let comes = comes.filter(|(_, record)| record.counts(plan.now_secs));
        merged(
            stays.map(|(place, held)| (*place, held.record.hash)),
            comes.map(|(place, record)| (*place, record.hash)),
        )
    }

    /// Makes the changes of a plan, with the tree that it leads to. The only way in which the map changes.
    pub(super) fn apply(&mut self, plan: MapPlan, tree: MapTree) {
        for place in &plan.expired {
            if let Some(held) = self.remove(place) {
                self.insert(Held { live: false, ..held });
            }
        }
        for place in &plan.forgotten {
            self.remove(place);
        }
        for (place, record) in plan.set {
            self.remove(&place);
            let live = record.counts(plan.now_secs);
            self.insert(Held { record, live });
        }
        self.tree = tree;
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

    /// A bucket; `None` when there is none of this number.
    pub(super) fn bucket(&self, number: u32) -> Option<BucketParts<'_>> {
        let bits = self.tree.bits();
        if u64::from(number) >> bits != 0 {
            return None;
        }
        let from = (first_tag(bits, number), Principal::new([0; 32]));
        let inside = self.held.range(from..).take_while(|((tag, _), _)| bucket_of(tag, bits) == number);
        let rows = inside.filter(|(_, held)| held.live).filter_map(|(_, held)| held.record.row.as_ref());
        Some(BucketParts::new(bits, number, rows))
    }
}

/// Of several entries in one place the greatest stands ([`Record::is_newer_than`]).
fn age(entry: &Verified<HolderEntry>) -> (u64, ObjectId) {
    (entry.issued, entry.id())
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
#[path = "map_tests.rs"]
mod tests;
