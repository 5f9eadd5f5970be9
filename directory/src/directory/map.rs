//! Which entry stands under which tag, the buckets, and the tree over them. Nothing here reads a clock or a disk.
//!
//! The map changes through [`HolderMap::apply`] alone, by a [`MapPlan`] that was made beforehand and says what will stand
//! then: whoever commits, logs or compares does so between the two, and readers see the old map until it is applied.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pod_protocol::Verified;
use pod_protocol::bucket::{BucketParts, bucket_bits, bucket_of};
use pod_protocol::holder_entry::{HolderEntry, Tag};
use pod_protocol::ids::Principal;
use pod_protocol::merkle::Hash;
use pod_protocol::tlog::map::{MapTree, bucket_hash};

use super::bucket::{Bucket, Due};
use super::buckets::Buckets;
use super::merge::overlaid;
use super::record::{Place, Record, Standing, age};

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
    changes: BTreeMap<Place, Change>,
    /// How many places it adds, of each holder.
    added: BTreeMap<Principal, usize>,
    /// How many entries count then.
    live: u64,
}

/// What becomes of a place.
#[derive(Debug)]
enum Change {
    /// Its entry has expired. It is remembered, since something older could come back.
    Expired,
    /// Nothing that stood here can come back.
    Forgotten,
    /// This stands here from now on.
    Set(Box<Record>),
}

impl MapPlan {
    /// What stands in places from now on.
    pub(super) fn set(&self) -> impl Iterator<Item = &Record> {
        self.changes.values().filter_map(|change| match change {
            Change::Set(record) => Some(&**record),
            Change::Expired | Change::Forgotten => None,
        })
    }

    /// Places where nothing stands any more.
    pub(super) fn forgotten(&self) -> impl Iterator<Item = &Place> {
        self.changes.iter().filter(|(_, change)| matches!(change, Change::Forgotten)).map(|(place, _)| place)
    }

    /// How many entries count after it.
    pub(super) fn live(&self) -> u64 {
        self.live
    }
}

/// What is made of the map before a plan is applied, so that readers need not wait for it.
#[derive(Debug)]
pub(super) struct Layout {
    /// The tree over the buckets after the plan.
    pub(super) tree: MapTree,
    /// The entries from before the plan in as many buckets as there are after it, when that is another number.
    divided: Option<Buckets>,
}

/// Tag to entry.
#[derive(Debug)]
pub(super) struct HolderMap {
    /// As many as the tree has.
    buckets: Buckets,
    of_holder: HashMap<Principal, usize>,
    live: u64,
    tree: MapTree,
}

impl Default for HolderMap {
    fn default() -> Self {
        Self {
            buckets: Buckets::default(),
            of_holder: HashMap::new(),
            live: 0,
            tree: MapTree::new(vec![bucket_hash(&[])]),
        }
    }
}

impl HolderMap {
    /// Puts a record back that was held at `now_secs`; after the last one, [`HolderMap::restored`].
    pub(super) fn restore(&mut self, record: Record, now_secs: u64) {
        self.live += u64::from(record.counts(now_secs));
        self.insert(record, now_secs);
    }

    /// Makes buckets and tree of what was restored. `bits` is what numbered the buckets then, which entries alone do not say.
    #[must_use]
    pub(super) fn restored(mut self, bits: u8, now_secs: u64) -> Self {
        let bits = bucket_bits(bits, self.live);
        self.tree = self.whole_tree_after(&self.plan(now_secs), bits);
        self.buckets = self.buckets.divided(bits);
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

    /// All that is held.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> {
        self.buckets.from(Tag::default()).flat_map(Bucket::records)
    }

    /// How many places are held, those included where nothing counts.
    fn held(&self) -> usize {
        self.of_holder.values().sum()
    }

    /// Whether something has expired since it was looked at last.
    pub(super) fn is_due(&self, now_secs: u64) -> bool {
        self.buckets.is_due(now_secs)
    }

    /// Begins a plan with what time has taken away until `now_secs`.
    pub(super) fn plan(&self, now_secs: u64) -> MapPlan {
        let mut plan = MapPlan { now_secs, changes: BTreeMap::new(), added: BTreeMap::new(), live: self.live };
        for (place, due) in self.buckets.due_by(now_secs) {
            plan.live -= u64::from(due != Due::Forgotten);
            let change = if due == Due::Expired { Change::Expired } else { Change::Forgotten };
            plan.changes.insert(place, change);
        }
        plan
    }

    /// Adds an entry to the plan, unless something newer stands there; whether it was added.
    pub(super) fn put(&self, plan: &mut MapPlan, record: Record) -> bool {
        let (place, age) = (record.place(), record.standing().age);
        let before = self.stands_after(plan, &place);
        let newer = before.is_none_or(|before| age > before.age);
        if newer {
            let record = record.remembered(before.map_or(0, |before| before.remembered_until));
            let (new, was_live) = (before.is_none(), self.is_live_after(plan, &place));
            *plan.added.entry(place.1).or_default() += usize::from(new);
            plan.live = plan.live + u64::from(record.counts(plan.now_secs)) - u64::from(was_live);
            plan.changes.insert(place, Change::Set(Box::new(record)));
        }
        newer
    }

    /// What stands in a place after the plan, also when it counts no longer.
    fn stands_after(&self, plan: &MapPlan, place: &Place) -> Option<Standing> {
        match plan.changes.get(place) {
            Some(Change::Set(record)) => Some(record.standing()),
            Some(Change::Forgotten) => None,
            Some(Change::Expired) | None => self.buckets.at(place)?.standing(place),
        }
    }

    fn is_live_after(&self, plan: &MapPlan, place: &Place) -> bool {
        match plan.changes.get(place) {
            Some(Change::Set(record)) => record.counts(plan.now_secs),
            Some(Change::Expired | Change::Forgotten) => false,
            None => self.buckets.at(place).is_some_and(|bucket| bucket.is_live(place)),
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
        (together == 0 || self.held() + together <= room.total)
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
        newest.retain(|place, (_, entry)| {
            self.stands_after(plan, place).is_none_or(|standing| age(entry) > standing.age)
        });
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

        let bits = bucket_bits(self.tree.bits(), (plan.live + come.len() as u64).saturating_sub(gone.len() as u64));
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
        for (place, _) in self.bucket_after(plan, bits, number) {
            if !gone.contains(&place) {
                *counted.entry(place.1).or_default() += 1;
            }
        }
        counted
    }

    fn held_of(&self, holder: &Principal) -> usize {
        self.of_holder.get(holder).copied().unwrap_or_default()
    }

    /// What the plan leads to.
    pub(super) fn layout_after(&self, plan: &MapPlan) -> Layout {
        let bits = bucket_bits(self.tree.bits(), plan.live);
        if bits == self.tree.bits() {
            Layout { tree: self.tree_after(plan), divided: None }
        } else {
            Layout { tree: self.whole_tree_after(plan, bits), divided: Some(self.buckets.divided(bits)) }
        }
    }

    /// The tree when the buckets are as many after the plan.
    fn tree_after(&self, plan: &MapPlan) -> MapTree {
        let bits = self.tree.bits();
        let changed: BTreeSet<u32> = plan.changes.keys().map(|(tag, _)| bucket_of(tag, bits)).collect();
        let mut tree = self.tree.clone();
        tree.set(changed.into_iter().map(|number| {
            let hashes: Vec<Hash> = self.bucket_after(plan, bits, number).map(|(_, hash)| hash).collect();
            (number, bucket_hash(&hashes))
        }));
        tree
    }

    fn whole_tree_after(&self, plan: &MapPlan, bits: u8) -> MapTree {
        let mut buckets = vec![bucket_hash(&[]); 1 << bits];
        let mut all = self.hashes_after(plan, |_| true, Tag::default()).peekable();
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

    /// The hashes of the entries that count after the plan in a bucket, in order, when buckets have so many bits.
    fn bucket_after(&self, plan: &MapPlan, bits: u8, number: u32) -> impl Iterator<Item = (Place, Hash)> {
        self.hashes_after(plan, move |tag| bucket_of(tag, bits) == number, first_tag(bits, number))
    }

    /// The hashes of entries that count after the plan, in order, from a tag on and while `inside`.
    fn hashes_after(
        &self,
        plan: &MapPlan,
        inside: impl Fn(&Tag) -> bool + Copy,
        from: Tag,
    ) -> impl Iterator<Item = (Place, Hash)> {
        let stands = self.buckets.from(from).flat_map(Bucket::hashes).skip_while(move |((tag, _), _)| *tag < from);
        let stands = stands.take_while(move |((tag, _), _)| inside(tag)).map(|(place, hash)| (place, Some(hash)));
        let changes = plan.changes.range((from, Principal::new([0; 32]))..);
        let changes = changes.take_while(move |((tag, _), _)| inside(tag)).map(|(place, change)| match change {
            Change::Set(record) if record.counts(plan.now_secs) => (*place, Some(record.hash)),
            Change::Set(_) | Change::Expired | Change::Forgotten => (*place, None),
        });
        overlaid(stands, changes).filter_map(|(place, hash)| Some((place, hash?)))
    }

    /// Makes the changes of a plan, with what it leads to. The only way in which the map changes. Gives back what was there before:
    /// to let go of millions of entries takes time, and others may wait for a lock.
    pub(super) fn apply(&mut self, plan: MapPlan, mut layout: Layout) -> Layout {
        std::mem::swap(&mut self.tree, &mut layout.tree);
        if let Some(divided) = &mut layout.divided {
            std::mem::swap(&mut self.buckets, divided);
        }
        for (place, change) in plan.changes {
            match change {
                Change::Expired => {
                    self.buckets.change(&place, |bucket| bucket.expire(&place));
                }
                Change::Forgotten => self.remove(&place),
                Change::Set(record) => {
                    self.remove(&place);
                    self.insert(*record, plan.now_secs);
                }
            }
        }
        self.live = plan.live;
        layout
    }

    fn insert(&mut self, record: Record, now_secs: u64) {
        let (place, live) = (record.place(), record.counts(now_secs));
        *self.of_holder.entry(place.1).or_default() += 1;
        self.buckets.change(&place, |bucket| bucket.insert(record, live));
    }

    fn remove(&mut self, place: &Place) {
        let removed = self.buckets.change(place, |bucket| bucket.remove(place)).unwrap_or_default();
        if let Some(count) = self.of_holder.get_mut(&place.1).filter(|_| removed) {
            *count -= 1;
            if *count == 0 {
                self.of_holder.remove(&place.1);
            }
        }
    }

    /// A bucket; `None` when there is none of this number.
    pub(super) fn bucket(&self, number: u32) -> Option<BucketParts<'_>> {
        Some(self.buckets.get(number)?.parts(self.tree.bits(), number))
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
#[path = "map_tests.rs"]
mod tests;
