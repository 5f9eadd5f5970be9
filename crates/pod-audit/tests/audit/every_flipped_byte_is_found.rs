use std::fs;
use std::path::{Path, PathBuf};

use pod_audit::{Log, verify};
use tempfile::TempDir;

use crate::support::{config, copy, fill, head_key, open, seeded_entry};

/// A small log with a full segment and a newest one, with all kinds of files.
fn log() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path()), 2, 5);
    directory
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// Flips one bit of each byte whose position has the same remainder, and calls `look` for each.
fn flip_each(directory: &Path, remainder: usize, of: usize, look: impl Fn(&Path, usize)) -> usize {
    let mut flipped = 0;
    for path in files(directory) {
        let whole = fs::read(&path).unwrap();
        for at in (remainder..whole.len()).step_by(of) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&path, &bytes).unwrap();
            look(&path, at);
            flipped += 1;
        }
        fs::write(&path, &whole).unwrap();
    }
    flipped
}

#[test]
fn the_checker_finds_every_flipped_byte_of_every_file() {
    let original = log();
    assert!(verify(original.path(), &[head_key().public_key()]).unwrap().findings.is_empty());
    let flipped: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|remainder| {
                let directory = tempfile::tempdir().unwrap();
                copy(original.path(), directory.path());
                scope.spawn(move || {
                    flip_each(directory.path(), remainder, 2, |path, at| {
                        let report = verify(directory.path(), &[head_key().public_key()]).unwrap();
                        assert!(!report.findings.is_empty(), "{}, byte {at}", path.display());
                    })
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(flipped > 8_000);
}

/// What the node does with the same damage: it refuses to start, or it refuses to show the entry, or it shows what was
/// written. Never anything else.
#[test]
fn the_node_never_shows_anything_but_what_was_written() {
    let original = log();
    let directory = tempfile::tempdir().unwrap();
    copy(original.path(), directory.path());
    flip_each(original.path(), 3, 17, |path, at| {
        // Opening repairs what it can, so each flip gets a fresh copy.
        copy(original.path(), directory.path());
        let Ok(log) = Log::open(config(directory.path())) else { return };
        assert_eq!(log.size(), 10, "{}, byte {at}", path.display());
        for index in 0..10 {
            if let Ok(entry) = log.entry(index) {
                let entry = entry.unwrap();
                assert_eq!(entry.bytes(), seeded_entry(index, (index % 3) as u8).bytes());
            }
        }
    });
}
