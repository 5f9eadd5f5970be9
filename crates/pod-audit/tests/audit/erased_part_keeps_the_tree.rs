use pod_audit::{EntryFault, verify};
use pod_protocol::merkle::{leaf_hash, verify_inclusion};

use crate::support::{audit_key, fill, head_key, open, personal};

#[test]
fn without_its_key_a_personal_part_is_gone_and_the_entry_still_proves() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    fill(&log, 4, 3);
    let stored = log.entry(4).unwrap().unwrap();
    assert_eq!(stored.open(&audit_key(1)).unwrap(), personal());

    // Pod 1's audit key was destroyed; any other key opens nothing.
    assert_eq!(stored.open(&audit_key(2)), Err(EntryFault::Sealed));
    assert_eq!(stored.open(&audit_key(99)), Err(EntryFault::Sealed));
    let head = log.head().unwrap();
    let proof = log.inclusion_proof(4, head.size).unwrap();
    verify_inclusion(4, head.size, &leaf_hash(stored.bytes()), &proof, &head.root).unwrap();
    drop(log);
    let report = verify(directory.path(), &[head_key().public_key()]).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(report.entries, 12);
}

#[test]
fn a_personal_part_belongs_to_its_entry_alone() {
    // The sealed bytes of one entry in the open part of another of the same pod do not open.
    let (one, other) = (crate::support::entry(0, 1), crate::support::entry(3, 1));
    let cut = |bytes: &[u8]| {
        let open_length = usize::from(bytes[2]) + 3;
        (bytes[..open_length].to_vec(), bytes[open_length..].to_vec())
    };
    let ((open, _), (_, sealed)) = (cut(one.bytes()), cut(other.bytes()));
    let spliced = pod_audit::StoredEntry::decode(0, [open, sealed].concat()).unwrap();
    assert_eq!(spliced.open(&audit_key(1)), Err(EntryFault::Sealed));
}
