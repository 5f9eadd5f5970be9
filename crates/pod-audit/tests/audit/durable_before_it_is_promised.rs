//! A kill between writing a group and syncing it leaves the group in the page cache alone: opening finds it there, and
//! makes it durable before anything says that it is.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pod_audit::{Log, LogConfig, OpenLogError};

use crate::support::{Act, TestDisk, config, fill, open, segments};

/// A log of two groups whose head file knows the first alone, as when the second was never acknowledged; and where the
/// second one stands.
fn killed_in_the_second_group(directory: &Path) -> (PathBuf, Act) {
    let log = open(directory);
    fill(&log, 1, 2);
    let segment = directory.join(segments(directory).remove(0));
    let (head, end) = (fs::read(directory.join("head")).unwrap(), end_of(&segment));
    fill(&log, 1, 2);
    drop(log);
    fs::write(directory.join("head"), head).unwrap();
    let second = Act::Write { offset: end, bytes: end_of(&segment) - end };
    (segment, second)
}

fn end_of(segment: &Path) -> u64 {
    fs::read(segment).unwrap().iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1
}

fn on_a_test_disk(directory: &Path) -> (Arc<TestDisk>, LogConfig) {
    let disk = Arc::new(TestDisk::default());
    let mut config = config(directory);
    config.disk = disk.clone();
    (disk, config)
}

#[test]
fn opening_syncs_the_last_group_before_the_head_file_promises_it() {
    let directory = tempfile::tempdir().unwrap();
    let (segment, second) = killed_in_the_second_group(directory.path());
    let (disk, config) = on_a_test_disk(directory.path());
    let log = Log::open(config).unwrap();
    assert_eq!((log.size(), log.opening().cut_bytes), (4, 0), "all of it came through");
    let [(_, written), (synced_at, Act::Sync)] = disk.acts_on(&segment)[..] else { panic!("{disk:?}") };
    // After a failed write-back the system takes its pages for clean: a sync alone would do nothing.
    assert_eq!(written, second, "the last group is written once more");
    let (promised_at, _) = disk.acts_on(&directory.path().join("head"))[0];
    assert!(synced_at < promised_at);
}

#[test]
fn what_cannot_be_made_durable_is_not_promised() {
    let directory = tempfile::tempdir().unwrap();
    killed_in_the_second_group(directory.path());
    let head = fs::read(directory.path().join("head")).unwrap();
    let (disk, config) = on_a_test_disk(directory.path());
    disk.fail_syncs(ErrorKind::Other);
    assert!(matches!(Log::open(config), Err(OpenLogError::Io { .. })));
    assert!(fs::read(directory.path().join("head")).unwrap() == head);
}

#[test]
fn a_segment_has_its_space_before_anything_is_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, config) = on_a_test_disk(directory.path());
    let bytes = config.segment_bytes;
    let log = Log::open(config).unwrap();
    let first = directory.path().join(segments(directory.path()).remove(0));
    let length = || fs::metadata(&first).unwrap().len();
    assert_eq!(length(), bytes);
    fill(&log, 20, 3);
    assert!(length() < bytes, "a full one gives back what it does not need");
    let all = segments(directory.path());
    assert!(all.len() > 3);
    for segment in all {
        let acts = disk.acts_on(&directory.path().join(segment));
        assert_eq!(acts[0].1, Act::Reserve { bytes });
    }
}
