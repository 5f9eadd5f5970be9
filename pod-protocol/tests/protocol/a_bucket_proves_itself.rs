//! A bucket proves what is in it and that nothing else is; a lying directory is found out, each lie with its code.

use pod_protocol::Signed;
use pod_protocol::bucket::{Bucket, bucket_of};
use pod_protocol::holder_entry::{HolderEntry, SEALED_HANDLE_BYTES, Tag};
use pod_protocol::merkle::Hash;
use pod_protocol::tlog::leaf::{Body, State};
use pod_protocol::tlog::map::{MapTree, ProvenBucket, bucket_hash, entry_hash};
use proptest::prelude::*;

use crate::log_scene::*;
use crate::support::*;

const BITS: u8 = 3;

fn entry(first: u8, issued: u64) -> Signed<HolderEntry> {
    let tag: Tag = std::array::from_fn(|place| if place == 0 { first } else { 7 });
    let sealed = Some(vec![first; SEALED_HANDLE_BYTES]);
    let entry = HolderEntry { holder: principal(HELSINKI), expires: issued + DAY, issued, tag, sealed };
    Signed::decode(&signed(HELSINKI, entry)).unwrap()
}

fn hash_of(entries: &[Signed<HolderEntry>]) -> Hash {
    bucket_hash(&entries.iter().map(|entry| entry_hash(entry.bytes())).collect::<Vec<_>>())
}

/// A map of eight buckets with two entries each, and the bucket of this number as the directory should hand it out.
fn honest(number: u8) -> (ProvenBucket, State) {
    let buckets: Vec<Vec<Signed<HolderEntry>>> =
        (0..8).map(|number: u8| vec![entry(number << 5, NOW), entry(number << 5 | 1, NOW)]).collect();
    let tree = MapTree::new(buckets.iter().map(|entries| hash_of(entries)).collect());
    let state = State { bits: BITS, entries: 16, map_root: tree.root(), registry: [9; 32] };
    let mut log = Log::default();
    log.add(NOW, Body::State(state));
    let bucket = Bucket { bits: BITS, number: number.into(), entries: buckets[usize::from(number)].clone() };
    (ProvenBucket { bucket, siblings: tree.siblings(number.into()), head: log.head() }, state)
}

fn code(bucket: &ProvenBucket, state: &State) -> &'static str {
    bucket.check(state).map_or_else(|fault| fault.code(), |()| "believed")
}

#[test]
fn presence_and_absence_are_one_object() {
    for number in 0..8 {
        let (proven, state) = honest(number);
        let read = ProvenBucket::from_bytes(&proven.to_bytes()).unwrap();
        assert_eq!((code(&read, &state), &read), ("believed", &proven));
        let tag = |first: u8| std::array::from_fn(|place| if place == 0 { first } else { 7 });
        assert_eq!(read.bucket.find(&tag(number << 5)).count(), 1);
        assert_eq!(read.bucket.find(&tag(number << 5 | 2)).count(), 0);
    }
}

#[test]
fn each_lie_has_its_code() {
    let (proven, state) = honest(2);
    let lie = |entries: Vec<Signed<HolderEntry>>| {
        let bucket = Bucket { entries, ..proven.bucket.clone() };
        code(&ProvenBucket { bucket, ..proven.clone() }, &state)
    };
    let [first, second] = [0, 1].map(|place| proven.bucket.entries[place].clone());
    assert_eq!(lie(vec![first.clone(), second.clone()]), "believed");
    assert_eq!(lie(vec![first.clone()]), "map-root", "a holder left out");
    assert_eq!(lie(Vec::new()), "map-root", "all of them");
    assert_eq!(lie(vec![first.clone(), entry(0x41, NOW - 1)]), "map-root", "an old entry in the place of a newer");
    assert_eq!(lie(vec![first.clone(), second.clone(), entry(0x42, NOW)]), "map-root", "one more than the log has");
    assert_eq!(lie(vec![second, first.clone()]), "map-root", "in another order");
    assert_eq!(lie(vec![first, entry(0x61, NOW)]), "map-place", "one of another bucket");
    // A bucket that is proven, in the place of the one that was asked for: another number, another way to the root.
    let (other, _) = honest(3);
    let moved = ProvenBucket { bucket: Bucket { number: 2, ..other.bucket.clone() }, ..other.clone() };
    assert_eq!(code(&moved, &state), "map-place");
    assert_eq!(code(&ProvenBucket { siblings: other.siblings, ..proven.clone() }, &state), "map-root");
    let mut short = proven.clone();
    short.siblings.pop();
    assert_eq!(code(&short, &state), "map-root");
    let mut coarse = proven.clone();
    (coarse.bucket.bits, coarse.bucket.number) = (2, 1);
    assert_eq!(code(&coarse, &state), "map-root", "another count of bits than the state says");
}

#[test]
fn a_map_of_one_bucket_needs_no_siblings() {
    let tree = MapTree::new(vec![bucket_hash(&[])]);
    assert_eq!((tree.bits(), tree.root(), tree.siblings(0)), (0, empty_state().map_root, Vec::new()));
}

proptest! {
    /// A tree that is changed bucket by bucket is the one that is made anew, and each bucket's siblings lead to its root.
    #[test]
    fn a_changed_tree_is_the_tree_made_anew(
        bits in 0_u32..6,
        rounds in proptest::collection::vec(proptest::collection::btree_map(0_u32..64, any::<u8>(), 0..20), 1..5),
    ) {
        let count = 1_u32 << bits;
        let mut hashes = vec![bucket_hash(&[]); count as usize];
        let mut tree = MapTree::new(hashes.clone());
        for round in rounds {
            let changes: Vec<(u32, Hash)> =
                round.into_iter().filter(|(number, _)| *number < count).map(|(number, byte)| (number, [byte; 32])).collect();
            for (number, hash) in &changes {
                hashes[*number as usize] = *hash;
            }
            tree.set(changes);
            prop_assert_eq!(&tree, &MapTree::new(hashes.clone()));
        }
        for number in 0..count {
            let siblings = tree.siblings(number);
            let hash = hashes[number as usize];
            prop_assert!(pod_protocol::merkle::verify_inclusion(number.into(), count.into(), &hash, &siblings, &tree.root()).is_ok());
        }
    }

    /// The bucket of a tag is the one that a reader looks into.
    #[test]
    fn a_tag_is_in_one_bucket(tag: [u8; 16], bits in 0_u8..24) {
        prop_assert!(u64::from(bucket_of(&tag, bits)) < 1 << bits);
    }
}
