use pod_audit::{EntryKind, NewEntry, PublicPart, StoredEntry};
use pod_crypto::SystemRandom;

use crate::support::{START_SECS, audit_key, entry, fill, open, personal, public, segments, tag};

fn indices(entries: &[StoredEntry]) -> Vec<u64> {
    entries.iter().map(StoredEntry::index).collect()
}

#[test]
fn a_pod_finds_its_entries_in_every_segment_before_and_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    fill(&log, 20, 3);
    let expected: Vec<u64> = (0..60).filter(|index| index % 3 == 1).collect();
    assert_eq!(indices(&log.entries_of(tag(1), 0, 100).unwrap()), expected);
    drop(log);
    assert!(segments(directory.path()).len() > 3);

    let log = open(directory.path());
    assert_eq!(indices(&log.entries_of(tag(1), 0, 100).unwrap()), expected);
    assert!(log.entries_of(tag(77), 0, 100).unwrap().is_empty());
    // In pages.
    let mut paged = Vec::new();
    let mut from = 0;
    loop {
        let page = log.entries_of(tag(1), from, 7).unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 7);
        from = last.index() + 1;
        paged.extend(indices(&page));
    }
    assert_eq!(paged, expected);
}

#[test]
fn an_entry_comes_back_as_it_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let new = entry(5, 2);
    let appended = log.append_blocking(vec![new.clone()]).unwrap();
    let stored = log.entry(0).unwrap().unwrap();
    assert_eq!((stored.bytes(), stored.leaf_hash()), (new.bytes(), &appended.leaves[0]));
    assert_eq!(stored.public(), &public(5, 2));
    assert_eq!(stored.open(&audit_key(2)).unwrap(), personal());
    let grants = stored.public().grants.clone().unwrap();
    assert_eq!((grants.root(), grants.leaf()), (grants.chain().first(), grants.chain().last()));
    assert!(log.entry(1).unwrap().is_none());
}

#[test]
fn replay_gives_everything_in_order_from_anywhere() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    fill(&log, 10, 4);
    // A refusal of somebody whose request named no pod.
    let none = PublicPart { time_secs: START_SECS, kind: EntryKind::Refusal, pod: None, request: None, grants: None };
    log.append_blocking(vec![NewEntry::new(&none, None, &SystemRandom).unwrap()]).unwrap();
    drop(log);
    let log = open(directory.path());
    for from in [0, 1, 5, 11, 39, 40, 41] {
        let mut seen = Vec::new();
        let size = log.replay(from, |entry| seen.push(entry.index())).unwrap();
        assert_eq!(seen, (from..41).collect::<Vec<_>>());
        assert_eq!(size, 41);
    }
    assert_eq!(log.entry(40).unwrap().unwrap().public(), &none);
}
