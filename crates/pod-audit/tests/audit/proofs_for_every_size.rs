use pod_protocol::merkle::{empty_root, leaf_hash, node_hash, verify_consistency, verify_inclusion};
use proptest::prelude::*;

use crate::support::{entry, open, seeded_entry};

type Hash = [u8; 32];

/// MTH of RFC 6962 §2.1, word for word.
fn root_by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let left = leaves.len().next_power_of_two() / 2;
            node_hash(&root_by_definition(&leaves[..left]), &root_by_definition(&leaves[left..]))
        }
    }
}

#[test]
fn every_entry_and_every_earlier_head_proves_in_every_size_up_to_200() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let mut roots = vec![empty_root()];
    let mut leaves = Vec::new();
    for number in 0..200 {
        let appended = log.append_blocking(vec![seeded_entry(number, (number % 5) as u8)]).unwrap();
        leaves.extend(appended.leaves);
        assert_eq!(appended.head.root, root_by_definition(&leaves));
        roots.push(appended.head.root);
    }
    for size in 1..=200usize {
        for (index, leaf) in (0..).zip(&leaves[..size]) {
            let proof = log.inclusion_proof(index, size as u64).unwrap();
            verify_inclusion(index, size as u64, leaf, &proof, &roots[size]).unwrap();
        }
        for (old, root) in (0..).zip(&roots[..=size]) {
            let proof = log.consistency_proof(old, size as u64).unwrap();
            verify_consistency(old, size as u64, root, &roots[size], &proof).unwrap();
        }
    }
    assert!(log.inclusion_proof(200, 200).is_err());
    assert!(log.inclusion_proof(0, 201).is_err());
    assert!(log.consistency_proof(3, 2).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    /// However entries fall into groups, segments and restarts, the tree is that of the sequence.
    #[test]
    fn groups_segments_and_restarts_leave_no_trace_in_the_tree(
        groups in proptest::collection::vec((1u64..9, any::<bool>()), 1..12)
    ) {
        let directory = tempfile::tempdir().unwrap();
        let mut log = open(directory.path());
        let mut leaves = Vec::new();
        let mut old = (0, empty_root());
        for (size, restart) in groups {
            let entries: Vec<_> = (0..size).map(|number| entry(number, 1)).collect();
            leaves.extend(entries.iter().map(|entry| leaf_hash(entry.bytes())));
            let head = log.append_blocking(entries).unwrap().head;
            prop_assert_eq!(head.root, root_by_definition(&leaves));
            if restart {
                drop(log);
                log = open(directory.path());
            }
            let proof = log.consistency_proof(old.0, head.size).unwrap();
            prop_assert!(verify_consistency(old.0, head.size, &old.1, &head.root, &proof).is_ok());
            old = (head.size, head.root);
        }
        prop_assert_eq!(log.head().unwrap().root, root_by_definition(&leaves));
    }
}
