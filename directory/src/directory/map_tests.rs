use pod_crypto::SigningKey;
use pod_protocol::bucket::Bucket;

use super::*;

const NOW: u64 = 1_785_585_600;

fn entry(first_byte: u8, number: u8, issued: u64, expires: u64, sealed: bool) -> Verified<HolderEntry> {
    let mut tag = [number; 16];
    tag[0] = first_byte;
    let sealed = sealed.then(|| vec![number; pod_protocol::holder_entry::SEALED_HANDLE_BYTES]);
    let claims = HolderEntry { holder: Principal::new([3; 32]), expires, issued, tag, sealed };
    Verified::sign(&SigningKey::from_seed(&[3; 32]), claims)
}

/// Plans, checks that the tree after the plan is the one that a whole build gives, and applies. How many were newer.
fn put_all(map: &mut HolderMap, entries: &[Verified<HolderEntry>], now_secs: u64) -> usize {
    let mut plan = map.plan(now_secs);
    let newer = entries.iter().filter(|entry| map.put(&mut plan, (*entry).into())).count();
    let (live, tree) = (plan.live(), map.tree_after(&plan));
    map.apply(plan, tree);
    assert_eq!(map.live(), live);
    let mut again = HolderMap::default();
    map.held_from(None).for_each(|record| again.restore(record.clone(), now_secs));
    let again = again.restored(now_secs);
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
fn what_a_short_lived_entry_replaced_does_not_come_back() {
    let mut map = HolderMap::default();
    let long = entry(0, 1, NOW, NOW + 1000, true);
    let short = entry(0, 1, NOW + 1, NOW + 10, true);
    put(&mut map, &long, NOW);
    put(&mut map, &short, NOW + 1);
    assert!(map.is_due(NOW + 10));
    assert_eq!(put(&mut map, &long, NOW + 10), 0);
    assert_eq!((map.live(), map.held.len()), (0, 1));
    assert!(entries(&map, 0).is_empty());
    let plan = map.plan(NOW + 1000);
    assert_eq!(plan.forgotten().count(), 1);
    put_all(&mut map, &[], NOW + 1000);
    assert_eq!((map.held.len(), map.of_holder.len(), map.due.len()), (0, 0, 0));
}

#[test]
fn what_is_forgotten_makes_room_for_what_comes_in_the_same_moment() {
    let mut map = HolderMap::default();
    put(&mut map, &entry(0, 1, NOW, NOW + 60, true), NOW);
    // It is older than what stood there, and what stood there is over.
    assert_eq!(put(&mut map, &entry(0, 1, NOW - 1, NOW + 90, true), NOW + 60), 1);
    assert_eq!((map.live(), map.held.len()), (1, 1));
}

#[test]
fn of_several_in_one_list_the_newest_stands() {
    let mut map = HolderMap::default();
    let list =
        [entry(0, 1, NOW, NOW + 60, true), entry(0, 1, NOW + 2, NOW + 60, false), entry(0, 1, NOW + 1, NOW + 60, true)];
    assert_eq!(put_all(&mut map, &list, NOW + 2), 2);
    assert_eq!((map.live(), map.held.len()), (0, 1));
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
