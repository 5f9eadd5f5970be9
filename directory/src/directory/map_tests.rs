use pod_crypto::{SeededRandom, SigningKey, random_array};
use pod_protocol::Signed;
use pod_protocol::bucket::Bucket;
use pod_protocol::holder_entry::SEALED_HANDLE_BYTES;
use pod_protocol::tlog::map::entry_hash;

use super::*;

const NOW: u64 = 1_785_585_600;

fn entry(first_byte: u8, number: u8, issued: u64, expires: u64, sealed: bool) -> Verified<HolderEntry> {
    let mut tag = [number; 16];
    tag[0] = first_byte;
    let sealed = sealed.then(|| vec![number; SEALED_HANDLE_BYTES]);
    let claims = HolderEntry { holder: Principal::new([3; 32]), expires, issued, tag, sealed };
    Verified::sign(&SigningKey::from_seed(&[3; 32]), claims)
}

/// Plans, checks that the tree after the plan is the one that a whole build gives, and applies. How many were newer.
fn put_all(map: &mut HolderMap, entries: &[Verified<HolderEntry>], now_secs: u64) -> usize {
    let mut plan = map.plan(now_secs);
    let newer = entries.iter().filter(|entry| map.put(&mut plan, (*entry).into())).count();
    let (live, layout) = (plan.live(), map.layout_after(&plan));
    map.apply(plan, layout);
    assert_eq!(map.live(), live);
    let mut again = HolderMap::default();
    map.records().for_each(|record| again.restore(record, now_secs));
    let again = again.restored(map.tree().bits(), now_secs);
    assert_eq!((again.tree(), again.live()), (map.tree(), live));
    newer
}

fn put(map: &mut HolderMap, entry: &Verified<HolderEntry>, now_secs: u64) -> usize {
    put_all(map, std::slice::from_ref(entry), now_secs)
}

fn entries(map: &HolderMap, number: u32) -> Vec<Vec<u8>> {
    let bucket = Bucket::from_bytes(&map.bucket(number).unwrap().to_bytes()).unwrap();
    bucket.entries.iter().map(|entry| entry.bytes().to_vec()).collect()
}

#[test]
fn buckets_split_as_entries_grow() {
    let mut map = HolderMap::default();
    for number in 0..127_u8 {
        put(&mut map, &entry(number << 1, number, NOW, NOW + 60, true), NOW);
        assert_eq!(entries(&map, 0).len(), usize::from(number) + 1);
    }
    assert!(map.tree().bits() == 0 && map.bucket(1).is_none());
    put(&mut map, &entry(254, 127, NOW, NOW + 60, true), NOW);
    assert_eq!(map.tree().bits(), 1);
    let halves = [0, 1].map(|number| entries(&map, number));
    assert_eq!(halves.each_ref().map(Vec::len), [64, 64]);
    assert!(map.bucket(2).is_none());
    put(&mut map, &entry(1, 200, NOW, NOW + 60, true), NOW);
    assert_eq!((entries(&map, 0).len(), entries(&map, 1)), (65, halves[1].clone()));
}

#[test]
fn one_entry_that_comes_and_goes_splits_buckets_once() {
    let mut map = HolderMap::default();
    let entries: Vec<_> = (0..128_u8).map(|number| entry(number << 1, number, NOW, NOW + 600, true)).collect();
    put_all(&mut map, &entries[..127], NOW);
    let mut bits = vec![map.tree().bits()];
    for round in 0..50 {
        for sealed in [true, false] {
            let now_secs = NOW + 2 * round + u64::from(!sealed);
            put(&mut map, &entry(254, 127, now_secs, NOW + 600, sealed), now_secs);
            bits.push(map.tree().bits());
        }
    }
    bits.dedup();
    assert_eq!((bits, map.live()), (vec![0, 1], 127));
    // A sixteenth of them must go before two buckets are one again, and nine come before there are two.
    let withdrawn: Vec<_> = (0..8_u8).map(|number| entry(number << 1, number, NOW + 1, NOW + 600, false)).collect();
    put_all(&mut map, &withdrawn[..7], NOW + 100);
    assert_eq!((map.tree().bits(), map.live()), (1, 120));
    put(&mut map, &withdrawn[7], NOW + 100);
    assert_eq!((map.tree().bits(), map.live()), (0, 119));
    let back: Vec<_> = (0..8_u8).map(|number| entry(number << 1, number, NOW + 2, NOW + 600, true)).collect();
    put_all(&mut map, &back, NOW + 100);
    assert_eq!((map.tree().bits(), map.live()), (0, 127));
}

#[test]
fn what_a_short_lived_entry_replaced_does_not_come_back() {
    let mut map = HolderMap::default();
    let long = entry(0, 1, NOW, NOW + 1000, true);
    let short = entry(0, 1, NOW + 1, NOW + 10, true);
    put(&mut map, &long, NOW);
    put(&mut map, &short, NOW + 1);
    assert!(map.is_due(NOW + 10));
    assert_eq!(put(&mut map, &long, NOW + 10), 0);
    assert_eq!((map.live(), map.held()), (0, 1));
    assert!(entries(&map, 0).is_empty());
    let plan = map.plan(NOW + 1000);
    assert_eq!(plan.forgotten().count(), 1);
    put_all(&mut map, &[], NOW + 1000);
    assert_eq!((map.held(), map.of_holder.len(), map.is_due(u64::MAX)), (0, 0, false));
}

#[test]
fn what_is_forgotten_makes_room_for_what_comes_in_the_same_moment() {
    let mut map = HolderMap::default();
    put(&mut map, &entry(0, 1, NOW, NOW + 60, true), NOW);
    // It is older than what stood there, and what stood there is over.
    assert_eq!(put(&mut map, &entry(0, 1, NOW - 1, NOW + 90, true), NOW + 60), 1);
    assert_eq!((map.live(), map.held()), (1, 1));
}

#[test]
fn of_several_in_one_list_the_newest_stands() {
    let mut map = HolderMap::default();
    let list =
        [entry(0, 1, NOW, NOW + 60, true), entry(0, 1, NOW + 2, NOW + 60, false), entry(0, 1, NOW + 1, NOW + 60, true)];
    assert_eq!(put_all(&mut map, &list, NOW + 2), 2);
    assert_eq!((map.live(), map.held()), (0, 1));
}

#[test]
fn a_full_map_still_renews_and_withdraws() {
    let mut map = HolderMap::default();
    put(&mut map, &entry(0, 1, NOW, NOW + 60, true), NOW);
    put(&mut map, &entry(0, 2, NOW, NOW + 60, true), NOW);
    let fits = |list: &[Verified<HolderEntry>], total: usize, of_holder: usize| {
        let more = list.iter().map(|entry| (entry.tag, entry.holder)).collect();
        map.has_room(&map.plan(NOW + 1), &more, Room { total, of_holder })
    };
    let renewed = entry(0, 1, NOW + 1, NOW + 90, true);
    let withdrawn = entry(0, 2, NOW + 1, NOW + 90, false);
    let new = [entry(0, 3, NOW, NOW + 60, true), entry(0, 3, NOW + 1, NOW + 60, true)];
    assert!(fits(&[renewed.clone(), withdrawn.clone()], 2, 2));
    assert!(!fits(&new, 2, 3) && !fits(&new, 3, 2));
    // One place more, though two entries came for it.
    assert!(fits(&[new.as_slice(), &[renewed, withdrawn]].concat(), 3, 3));
}

/// What the map must be, from everything that stands, without buckets, trees or anything that is kept from one moment to the next.
#[derive(Default)]
struct Model {
    now_secs: u64,
    /// Of a bucket's number.
    bits: u8,
    /// What stands in each place, and until when it is remembered.
    stands: BTreeMap<Place, (Verified<HolderEntry>, u64)>,
}

impl Model {
    fn put_all(&mut self, entries: &[Verified<HolderEntry>], now_secs: u64) {
        self.now_secs = now_secs;
        self.stands.retain(|_, (_, remembered_until)| *remembered_until > now_secs);
        for entry in entries {
            let place = (entry.tag, entry.holder);
            let before = self.stands.get(&place);
            if before.is_none_or(|(before, _)| age(entry) > age(before)) {
                let remembered_until = before.map_or(0, |(_, until)| *until).max(entry.expires);
                self.stands.insert(place, (entry.clone(), remembered_until));
            }
        }
        while self.live().count() >= 128 << self.bits {
            self.bits += 1;
        }
        while self.bits > 0 && self.live().count() < 60 << self.bits {
            self.bits -= 1;
        }
    }

    fn live(&self) -> impl Iterator<Item = &Verified<HolderEntry>> {
        let entries = self.stands.values().map(|(entry, _)| entry);
        entries.filter(|entry| !entry.is_tombstone() && entry.expires > self.now_secs)
    }

    fn buckets(&self) -> Vec<Bucket> {
        let bits = self.bits;
        let decoded = |entry: &Verified<HolderEntry>| Signed::decode(entry.bytes()).unwrap();
        let of = |number| self.live().filter(move |entry| bucket_of(&entry.tag, bits) == number);
        (0..1 << bits).map(|number| Bucket { bits, number, entries: of(number).map(decoded).collect() }).collect()
    }

    fn is(&self, map: &HolderMap) {
        let buckets = self.buckets();
        let hash = |bucket: &Bucket| {
            let hashes: Vec<Hash> = bucket.entries.iter().map(|entry| entry_hash(entry.bytes())).collect();
            bucket_hash(&hashes)
        };
        assert_eq!(*map.tree(), MapTree::new(buckets.iter().map(hash).collect()));
        let answers: Vec<Vec<u8>> = (0..).map_while(|number| Some(map.bucket(number)?.to_bytes())).collect();
        assert_eq!(answers, buckets.iter().map(Bucket::to_bytes).collect::<Vec<_>>());
        assert_eq!((map.live(), map.held()), (self.live().count() as u64, self.stands.len()));
        let due = |(entry, until): &(Verified<HolderEntry>, u64)| match entry.is_tombstone()
            || entry.expires <= self.now_secs
        {
            true => *until,
            false => entry.expires,
        };
        let next = self.stands.values().map(due).min().unwrap_or(u64::MAX);
        assert!(!map.is_due(next - 1) && (next == u64::MAX || map.is_due(next)));
    }
}

/// Draws what comes: new entries, renewals, withdrawals, what is older than what stands, several in one place, and two of one second.
struct Draw(SeededRandom);

impl Draw {
    fn below(&self, end: u64) -> u64 {
        u64::from_be_bytes(random_array(&self.0)) % end
    }

    fn entries(&self, model: &Model, new_of_ten: u64) -> Vec<Verified<HolderEntry>> {
        let entry = |_| {
            let known = (model.stands.keys()).nth(self.below(model.stands.len() as u64 + 1) as usize);
            let new = || (random_array(&self.0), Principal::new([1 + self.below(3) as u8; 32]));
            let (tag, holder) = *known.filter(|_| self.below(10) >= new_of_ten).unwrap_or(&new());
            let issued = model.now_secs - self.below(4);
            let sealed = (self.below(5) > 0).then(|| vec![self.below(256) as u8; SEALED_HANDLE_BYTES]);
            let claims = HolderEntry { holder, expires: model.now_secs + 1 + self.below(200), issued, tag, sealed };
            Verified::sign_unchecked(&SigningKey::from_seed(&[self.below(4) as u8; 32]), claims)
        };
        (0..self.below(48)).map(entry).collect()
    }
}

#[test]
fn the_map_is_what_a_model_without_buckets_says() {
    for seed in 0..2 {
        let draw = Draw(SeededRandom::new([seed; 32]));
        let (mut model, mut map) = (Model { now_secs: NOW, ..Model::default() }, HolderMap::default());
        // What a store would keep, of what plans say.
        let mut stored: BTreeMap<Place, (u64, Box<[u8]>)> = BTreeMap::new();
        let mut bits = BTreeSet::new();
        for round in 0..90 {
            let grows = round % 45 < 25;
            let now_secs = model.now_secs + draw.below(if grows { 3 } else { 30 });
            let entries = draw.entries(&model, if grows { 9 } else { 1 });

            let mut plan = map.plan(now_secs);
            let newer = entries.iter().filter(|entry| map.put(&mut plan, (*entry).into())).count();
            plan.forgotten().for_each(|place| drop(stored.remove(place)));
            stored.extend(plan.set().map(|record| (record.place(), (record.remembered_until, record.bytes.clone()))));
            assert!(plan.set().count() <= newer);
            let layout = map.layout_after(&plan);
            map.apply(plan, layout);
            model.put_all(&entries, now_secs);
            model.is(&map);
            bits.insert(map.tree().bits());

            let kept: BTreeMap<Place, (u64, Box<[u8]>)> =
                map.records().map(|record| (record.place(), (record.remembered_until, record.bytes))).collect();
            assert_eq!(kept, stored);
            if draw.below(10) == 0 {
                map = HolderMap::default();
                for (remembered_until, bytes) in stored.values() {
                    map.restore(Record::from_stored(bytes, *remembered_until).unwrap(), now_secs);
                }
                map = map.restored(model.bits, now_secs);
                model.is(&map);
            }
        }
        assert!(bits.contains(&0) && bits.len() > 2, "the depth grows and shrinks: {bits:?}");
    }
}
