use std::fs;
use std::io::ErrorKind;
use std::sync::Arc;

use pod_audit::{DamageKind, Log, LogFault, OpenLogError};
use pod_crypto::sha256;
use pod_protocol::ids::Principal;

use crate::support::{Parts, TestDisk, config, entry, fill, open, other_key, segments};

#[test]
fn a_second_process_is_kept_out() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path());
    assert!(matches!(Log::open(config(directory.path())), Err(OpenLogError::Locked { .. })));
    drop(first);
    open(directory.path());
}

#[test]
fn an_unknown_format_version_is_named() {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path()), 1, 2);
    let path = directory.path().join(&segments(directory.path())[0]);
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 9;
    let checksum = sha256(&[&bytes[..20]]);
    bytes[20..32].copy_from_slice(&checksum[..12]);
    fs::write(&path, bytes).unwrap();
    let error = Log::open(config(directory.path())).unwrap_err();
    assert!(matches!(error, OpenLogError::UnknownVersion { found: 9, known: 1, .. }), "{error}");
}

#[test]
fn a_silly_segment_size_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path());
    config.segment_bytes = 5;
    assert!(matches!(Log::open(config), Err(OpenLogError::SegmentBytes { found: 5 })));
}

#[test]
fn a_log_of_another_key_or_organisation_is_refused_and_a_former_key_accepted() {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path()), 2, 2);
    let mut other = config(directory.path());
    other.origin = Principal::new([2; 32]);
    assert!(matches!(Log::open(other), Err(OpenLogError::ForeignHead { size: 4 })));

    let mut rotated = config(directory.path());
    rotated.key = other_key();
    assert!(matches!(Log::open(rotated.clone()), Err(OpenLogError::ForeignHead { size: 4 })));
    rotated.former_keys = vec![config(directory.path()).key.public_key()];
    let log = Log::open(rotated).unwrap();
    log.append_blocking(vec![entry(4, 1)]).unwrap();
    drop(log);
    let keys = [config(directory.path()).key.public_key(), other_key().public_key()];
    let report = pod_audit::verify(directory.path(), &keys).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[test]
fn a_log_that_lost_its_end_does_not_start() {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path()), 3, 2);
    let path = directory.path().join(segments(directory.path()).pop().unwrap());
    let mut parts = Parts::read(&path);
    parts.frames.truncate(parts.frames.len() - 3);
    parts.write(&path);
    assert!(matches!(Log::open(config(directory.path())), Err(OpenLogError::Shortened { log: 4, head: 6 })));
    for name in segments(directory.path()) {
        fs::remove_file(directory.path().join(name)).unwrap();
    }
    assert!(matches!(Log::open(config(directory.path())), Err(OpenLogError::Shortened { log: 0, head: 6 })));
}

#[test]
fn a_log_without_its_head_file_does_not_start() {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path()), 1, 2);
    let head = directory.path().join("head");
    fs::write(&head, []).unwrap();
    assert!(matches!(Log::open(config(directory.path())), Err(OpenLogError::HeadFileMissing)));
    fs::remove_file(&head).unwrap();
    assert!(matches!(Log::open(config(directory.path())), Err(OpenLogError::HeadFileMissing)));
}

#[test]
fn a_first_start_that_was_cut_short_leaves_nothing_in_the_way() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let mut broken = config(directory.path());
    broken.disk = disk.clone();
    disk.fail_writes(ErrorKind::StorageFull);
    assert!(matches!(Log::open(broken), Err(OpenLogError::Io { .. })));
    let head = directory.path().join("head");
    assert!(!head.exists(), "it comes whole or not at all");
    fs::write(&head, []).unwrap();
    fill(&open(directory.path()), 1, 1);
    assert_eq!(open(directory.path()).size(), 1);
}

#[test]
fn a_missing_segment_in_the_middle_is_named() {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path()), 20, 3);
    let names = segments(directory.path());
    fs::remove_file(directory.path().join(&names[1])).unwrap();
    // Its index is gone with it, so that the segment before it is read.
    for file in fs::read_dir(directory.path()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "idx") {
            fs::remove_file(path).unwrap();
        }
    }
    let error = Log::open(config(directory.path())).unwrap_err();
    let OpenLogError::Damaged(damage) = error else { panic!("{error}") };
    assert_eq!((damage.kind, damage.file), (DamageKind::Gap, names[2].clone()));
}

#[test]
fn a_synced_entry_that_changed_is_named_with_file_offset_and_index() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    fill(&log, 1, 3);
    drop(log);
    let name = segments(directory.path())[0].clone();
    let path = directory.path().join(&name);
    let first_length = Parts::read(&path).frames[0].1.len();
    let second = 32 + 12 + first_length;
    let mut bytes = fs::read(&path).unwrap();
    bytes[second + 100] ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = Log::open(config(directory.path())).unwrap_err();
    let OpenLogError::Damaged(damage) = error else { panic!("{error}") };
    assert_eq!(damage.kind, DamageKind::Frame);
    assert_eq!((damage.file, damage.offset, damage.index), (name, second as u64, Some(1)));
}

#[test]
fn a_torn_group_is_cut_and_the_log_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path()), 2, 2);
    let path = directory.path().join(segments(directory.path()).pop().unwrap());
    let whole = fs::read(&path).unwrap();
    let end = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    // A group of one entry of which the first `kept` bytes came to disk before the crash.
    let mut parts = Parts::read(&path);
    parts.frames.push((crate::support::ENTRY, entry(4, 1).bytes().to_vec()));
    parts.write(&path);
    let longer = fs::read(&path).unwrap();
    let group = longer.iter().rposition(|byte| *byte != 0).unwrap() + 1 - end;
    for kept in [1, 3, 4, 11, 12, 13, group / 2, group - 1, group] {
        let mut torn = whole.clone();
        torn[end..end + kept].copy_from_slice(&longer[end..end + kept]);
        fs::write(&path, &torn).unwrap();
        let log = open(directory.path());
        assert_eq!(log.size(), 4);
        assert!(log.opening().cut_bytes > 0 && log.opening().cut_bytes <= kept as u64);
        assert_eq!(log.opening().cut_entries, u64::from(kept == group));
        drop(log);
        assert_eq!(fs::read(&path).unwrap(), whole, "what was cut is zeros again");
    }
    let log = open(directory.path());
    assert_eq!(log.append_blocking(vec![entry(4, 1)]).unwrap().first_index, 4);
}

#[test]
fn the_clock_of_heads_never_goes_back() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let late = log.append_blocking(vec![entry(500, 1)]).unwrap().head.time_secs;
    drop(log);
    let log = open(directory.path());
    assert_eq!(log.append_blocking(vec![entry(1, 1)]).unwrap().head.time_secs, late);
    assert!(!matches!(log.append_blocking(Vec::new()), Err(LogFault::Closed)));
}
