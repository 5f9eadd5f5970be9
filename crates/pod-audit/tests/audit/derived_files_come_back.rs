use std::fs;
use std::path::Path;

use pod_audit::{Check, ReadFault, Severity, verify};
use pod_protocol::merkle::verify_inclusion;

use crate::support::{fill, head_key, open, segments, tag};

fn indexes(directory: &Path) -> Vec<std::path::PathBuf> {
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "idx")).collect()
}

fn everything_proves(directory: &Path) {
    let log = open(directory);
    let head = log.head().unwrap();
    for index in 0..head.size {
        let leaf = *log.entry(index).unwrap().unwrap().leaf_hash();
        let proof = log.inclusion_proof(index, head.size).unwrap();
        verify_inclusion(index, head.size, &leaf, &proof, &head.root).unwrap();
    }
    assert_eq!(log.entries_of(tag(2), 0, 100).unwrap().len(), 20);
    drop(log);
    let report = verify(directory, &[head_key().public_key()]).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[test]
fn without_tree_and_indexes_a_log_opens_and_rebuilds_them() {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path()), 20, 3);
    let full = segments(directory.path()).len() - 1;
    assert_eq!(indexes(directory.path()).len(), full);
    let tree = fs::read(directory.path().join("tree")).unwrap();

    fs::remove_file(directory.path().join("tree")).unwrap();
    everything_proves(directory.path());
    assert_eq!(fs::read(directory.path().join("tree")).unwrap(), tree);

    indexes(directory.path()).iter().for_each(|path| fs::remove_file(path).unwrap());
    everything_proves(directory.path());
    assert_eq!(indexes(directory.path()).len(), full);

    fs::write(directory.path().join("tree"), b"something else").unwrap();
    everything_proves(directory.path());
}

#[test]
fn a_damaged_index_hides_nothing() {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path()), 20, 3);
    for path in indexes(directory.path()) {
        let mut bytes = fs::read(&path).unwrap();
        let last = bytes.len() - 30;
        bytes[last] ^= 0xff;
        fs::write(&path, bytes).unwrap();
    }
    let report = verify(directory.path(), &[head_key().public_key()]).unwrap();
    assert!(report.is_intact());
    assert!(report.findings.iter().all(|finding| finding.check == Check::IndexFile));
    assert_eq!(report.findings.len(), segments(directory.path()).len() - 1);
    everything_proves(directory.path());
}

#[test]
fn a_damaged_tree_never_makes_a_wrong_proof_or_entry() {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path()), 20, 3);
    let path = directory.path().join("tree");
    let whole = fs::read(&path).unwrap();
    let mut refused = 0;
    for at in (32..whole.len()).step_by(61) {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        fs::write(&path, &bytes).unwrap();
        let report = verify(directory.path(), &[head_key().public_key()]).unwrap();
        assert!(report.findings.iter().any(|f| f.check == Check::TreeFile && f.severity == Severity::Derived));
        let log = open(directory.path());
        let head = log.head().unwrap();
        for index in 0..head.size {
            match (log.inclusion_proof(index, head.size), log.entry(index)) {
                (Ok(proof), Ok(Some(entry))) => {
                    verify_inclusion(index, head.size, entry.leaf_hash(), &proof, &head.root).unwrap();
                }
                (Err(ReadFault::Damaged(_)), _) | (_, Err(ReadFault::Damaged(_))) => refused += 1,
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(refused > 0);
}
