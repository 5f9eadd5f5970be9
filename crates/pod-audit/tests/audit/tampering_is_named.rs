use std::fs;
use std::path::{Path, PathBuf};

use pod_audit::{Check, Finding, Log, Report, Severity, SignedHead, VerifyError, verify, verify_against};
use pod_protocol::cose::Signed;
use pod_protocol::tree_head::TreeHead;
use tempfile::TempDir;

use crate::support::{ENTRY, HEAD, Parts, config, copy, entry, fill, head_key, open, other_key, segments};

/// A log of two segments and a bit: groups of three.
fn log() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path()), 9, 3);
    assert!(segments(directory.path()).len() >= 3);
    directory
}

fn check(directory: &Path) -> Report {
    verify(directory, &[head_key().public_key()]).unwrap()
}

fn first(directory: &Path) -> PathBuf {
    directory.join(&segments(directory)[0])
}

fn newest(directory: &Path) -> PathBuf {
    directory.join(segments(directory).pop().unwrap())
}

/// Findings about the evidence itself.
fn evidence(report: &Report) -> Vec<(Check, Option<u64>)> {
    let serious = |finding: &&Finding| finding.severity == Severity::Evidence;
    report.findings.iter().filter(serious).map(|finding| (finding.check, finding.index)).collect()
}

#[test]
fn an_orderly_log_has_no_findings_and_a_machine_can_read_that() {
    let directory = log();
    let report = check(directory.path());
    assert!(report.is_intact() && report.findings.is_empty(), "{:?}", report.findings);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["entries"], 27);
    assert_eq!(json["last_head"]["size"], 27);
    assert!(json["findings"].as_array().unwrap().is_empty());
}

#[test]
fn a_careless_edit_breaks_the_checksum_of_its_entry() {
    let directory = log();
    let path = first(directory.path());
    let mut bytes = fs::read(&path).unwrap();
    let second = 32 + 12 + Parts::read(&path).frames[0].1.len();
    bytes[second + 60] ^= 1;
    fs::write(&path, bytes).unwrap();
    let report = check(directory.path());
    assert_eq!(evidence(&report), [(Check::FrameDamaged, Some(1))]);
    let json = serde_json::to_value(&report.findings[0]).unwrap();
    assert_eq!((&json["check"], &json["index"]), (&"frame-damaged".into(), &1.into()));
    assert_eq!(json["offset"], second);
}

#[test]
fn a_careful_edit_is_named_by_index_and_without_the_tree_by_its_group() {
    let directory = log();
    let path = first(directory.path());
    let mut parts = Parts::read(&path);
    let at = parts.entries()[4];
    parts.frames[at].1 = entry(4, 2).bytes().to_vec();
    parts.write(&path);
    assert_eq!(evidence(&check(directory.path())), [(Check::EntryEdited, Some(4))]);
    fs::remove_file(directory.path().join("tree")).unwrap();
    assert_eq!(evidence(&check(directory.path()))[0], (Check::HeadRoot, Some(3)));
}

#[test]
fn a_removed_entry_is_named() {
    let directory = log();
    let path = first(directory.path());
    let mut parts = Parts::read(&path);
    let at = parts.entries()[1];
    parts.frames.remove(at);
    parts.write(&path);
    assert_eq!(evidence(&check(directory.path())), [(Check::EntryRemoved, Some(1))]);
}

#[test]
fn a_removed_group_is_named_entry_by_entry() {
    let directory = log();
    let path = first(directory.path());
    let mut parts = Parts::read(&path);
    let at = parts.entries()[0];
    parts.frames.drain(at..at + 4);
    parts.write(&path);
    let missing = |index| (Check::EntryRemoved, Some(index));
    assert_eq!(evidence(&check(directory.path())), [missing(0), missing(1), missing(2)]);
}

#[test]
fn swapped_entries_are_both_named() {
    let directory = log();
    let path = first(directory.path());
    let mut parts = Parts::read(&path);
    let at = parts.entries();
    parts.frames.swap(at[3], at[5]);
    parts.write(&path);
    assert_eq!(evidence(&check(directory.path())), [(Check::EntryMoved, Some(3)), (Check::EntryMoved, Some(5))]);
}

#[test]
fn an_inserted_entry_is_named() {
    let directory = log();
    let path = newest(directory.path());
    let mut parts = Parts::read(&path);
    let at = parts.entries()[0];
    parts.frames.insert(at, (ENTRY, entry(1, 1).bytes().to_vec()));
    parts.write(&path);
    assert_eq!(evidence(&check(directory.path())), [(Check::EntryInserted, None)]);
}

#[test]
fn a_log_cut_at_a_group_is_truncated_and_does_not_start() {
    let directory = log();
    let path = newest(directory.path());
    let mut parts = Parts::read(&path);
    let keep = parts.frames.len() - 4;
    parts.frames.truncate(keep);
    parts.write(&path);
    assert!(evidence(&check(directory.path())).contains(&(Check::LogTruncated, Some(24))));
    assert!(Log::open(config(directory.path())).is_err());
}

#[test]
fn a_segment_that_is_gone_is_named() {
    let directory = log();
    let names = segments(directory.path());
    fs::remove_file(directory.path().join(&names[1])).unwrap();
    let found = evidence(&check(directory.path()));
    assert_eq!(found[0].0, Check::SegmentGap);
    fs::remove_file(directory.path().join(names.last().unwrap())).unwrap();
    assert!(evidence(&check(directory.path())).iter().any(|(check, _)| *check == Check::LogTruncated));
}

#[test]
fn a_rolled_back_head_file_is_named_and_a_missing_or_damaged_one_too() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    fill(&log, 2, 3);
    let head = directory.path().join("head");
    let old = fs::read(&head).unwrap();
    fill(&log, 3, 3);
    drop(log);
    fs::write(&head, &old).unwrap();
    assert_eq!(evidence(&check(directory.path())), [(Check::HeadFileBehind, Some(6))]);
    // The node trusts the signed segments, and what it signs next goes on from there.
    assert_eq!(open(directory.path()).head().unwrap().size, 15);
    assert!(check(directory.path()).findings.is_empty());

    let mut bytes = fs::read(&head).unwrap();
    bytes[100] ^= 1;
    fs::write(&head, bytes).unwrap();
    assert_eq!(evidence(&check(directory.path()))[0].0, Check::HeadFile);
    fs::remove_file(&head).unwrap();
    assert_eq!(evidence(&check(directory.path())), [(Check::HeadFile, None)]);
}

#[test]
fn heads_of_another_key_are_foreign() {
    let directory = log();
    let heads = check(directory.path()).heads as usize;
    let report = verify(directory.path(), &[other_key().public_key()]).unwrap();
    let foreign = evidence(&report).iter().filter(|(check, _)| *check == Check::HeadForeign).count();
    assert_eq!(foreign, heads + 2, "each in the segments, and both in the head file");
}

#[test]
fn a_head_signed_anew_by_another_key_or_over_other_entries_is_found() {
    let directory = log();
    let path = first(directory.path());
    let mut parts = Parts::read(&path);
    let at = parts.frames.iter().position(|(kind, _)| *kind == HEAD).unwrap();
    let claims = *Signed::<TreeHead>::decode(&parts.frames[at].1).unwrap().unverified();
    parts.frames[at].1 = SignedHead::sign(&other_key(), claims).bytes().to_vec();
    parts.write(&path);
    assert_eq!(evidence(&check(directory.path())), [(Check::HeadForeign, None)]);

    // Even the key's owner cannot change history: the next head does not follow.
    let forged = TreeHead { root: [9; 32], ..claims };
    parts.frames[at].1 = SignedHead::sign(&head_key(), forged).bytes().to_vec();
    parts.write(&path);
    assert!(evidence(&check(directory.path())).iter().any(|(check, _)| *check == Check::HeadRoot));

    let rolled_back = TreeHead { size: 0, ..claims };
    parts.frames[at].1 = SignedHead::sign(&head_key(), rolled_back).bytes().to_vec();
    parts.write(&path);
    assert!(evidence(&check(directory.path())).iter().any(|(check, _)| *check == Check::HeadSize));
}

#[test]
fn a_log_put_back_with_its_head_file_is_found_by_a_head_that_somebody_kept() {
    let directory = tempfile::tempdir().unwrap();
    let backup = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    fill(&log, 2, 2);
    drop(log);
    copy(directory.path(), backup.path());
    let log = open(directory.path());
    fill(&log, 2, 2);
    let receipt = log.head().unwrap();
    drop(log);
    let keys = [head_key().public_key()];
    assert!(check(backup.path()).is_intact(), "an old copy is a correct old log");
    let report = verify_against(backup.path(), &keys, &[receipt.bytes()]).unwrap();
    assert_eq!(evidence(&report), [(Check::LogTruncated, Some(4))]);

    // And a log that went on otherwise from there contradicts it.
    let fork = open(backup.path());
    for _ in 0..2 {
        fork.append_blocking(vec![entry(1, 1), entry(1, 1)]).unwrap();
    }
    drop(fork);
    let report = verify_against(backup.path(), &keys, &[receipt.bytes()]).unwrap();
    assert_eq!(evidence(&report), [(Check::HeadConflict, None)]);
    assert!(verify_against(directory.path(), &keys, &[receipt.bytes()]).unwrap().findings.is_empty());
    let not_a_head = verify_against(directory.path(), &keys, &[receipt.bytes(), b"no head"]);
    assert!(matches!(not_a_head, Err(VerifyError::KnownHead { number: 1 })));
}

#[test]
fn unacknowledged_leftovers_are_only_a_notice() {
    let directory = log();
    let path = newest(directory.path());
    let mut parts = Parts::read(&path);
    parts.frames.push((ENTRY, entry(27, 1).bytes().to_vec()));
    parts.write(&path);
    let report = check(directory.path());
    assert!(report.is_intact());
    assert_eq!(report.findings.len(), 1);
    assert_eq!((report.findings[0].check, report.findings[0].severity), (Check::UnsignedTail, Severity::Notice));
}

#[test]
fn a_directory_without_a_log_and_a_file_that_is_none_are_named() {
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(verify(empty.path(), &[]), Err(VerifyError::NotALog { .. })));
    assert!(matches!(verify(&empty.path().join("none"), &[]), Err(VerifyError::Io { .. })));
    let directory = log();
    fs::write(directory.path().join("notes.txt"), "hello").unwrap();
    let report = check(directory.path());
    assert_eq!((report.findings[0].check, report.is_intact()), (Check::UnknownFile, true));
}
