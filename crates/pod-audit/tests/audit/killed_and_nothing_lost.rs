//! A child process appends from several threads and prints what was acknowledged; the parent kills it with SIGKILL at
//! a random count, opens the log, and looks for every acknowledged entry.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use pod_audit::verify;
use pod_crypto::{SystemRandom, random_array};
use pod_protocol::ids::{base64url, from_base64url};
use pod_protocol::merkle::{verify_consistency, verify_inclusion};

use crate::support::{entry, head_key, open};

const DIRECTORY: &str = "POD_AUDIT_TEST_KILLED_DIRECTORY";
const CYCLES: usize = 40;
const THREADS: u64 = 6;

struct Acknowledged {
    index: u64,
    leaf: [u8; 32],
    size: u64,
    root: [u8; 32],
}

/// Runs only as the child of the test below.
#[test]
fn child_that_appends_until_it_is_killed() {
    let Some(directory) = env::var_os(DIRECTORY) else { return };
    let log = open(&PathBuf::from(directory));
    let out = Mutex::new(std::io::stdout());
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (log, out) = (&log, &out);
            scope.spawn(move || {
                for number in 0.. {
                    let batch = (0..=number % 3).map(|_| entry(number, thread as u8)).collect();
                    let appended = log.append_blocking(batch).unwrap();
                    let mut out = out.lock().unwrap();
                    for (index, leaf) in (appended.first_index..).zip(&appended.leaves) {
                        let (size, root) = (appended.head.size, base64url(&appended.head.root));
                        writeln!(out, "ack {index} {} {size} {root}", base64url(leaf)).unwrap();
                    }
                    out.flush().unwrap();
                }
            });
        }
    });
}

fn parse(line: &str) -> Option<Acknowledged> {
    // The last line may be cut short; the harness prints a line of its own, without an end, before the first.
    let (_, fields) = line.strip_suffix('\n')?.split_once("ack ")?;
    let mut fields = fields.split(' ');
    let hash = |fields: &mut std::str::Split<'_, char>| from_base64url(fields.next()?).ok()?.try_into().ok();
    Some(Acknowledged {
        index: fields.next()?.parse().ok()?,
        leaf: hash(&mut fields)?,
        size: fields.next()?.parse().ok()?,
        root: hash(&mut fields)?,
    })
}

/// Starts the child, kills it after `count` acknowledgements, and gives all that it made.
fn killed_after(directory: &Path, count: usize) -> Vec<Acknowledged> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "killed_and_nothing_lost::child_that_appends_until_it_is_killed", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = Vec::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap() == 0 {
            break;
        }
        acknowledged.extend(parse(&line));
        if acknowledged.len() == count {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= count, "the child ended by itself after {} entries", acknowledged.len());
    acknowledged
}

#[test]
fn after_kill_9_every_acknowledged_entry_is_there_and_proves() {
    let directory = tempfile::tempdir().unwrap();
    let (mut total, mut cut) = (0, 0);
    let mut last = (0, pod_protocol::merkle::empty_root());
    for _ in 0..CYCLES {
        let [random] = random_array(&SystemRandom);
        let acknowledged = killed_after(directory.path(), 1 + usize::from(random));
        let log = open(directory.path());
        cut += u64::from(log.opening().cut_bytes > 0);
        let head = log.head().unwrap();
        for ack in &acknowledged {
            assert_eq!(log.entry(ack.index).unwrap().unwrap().leaf_hash(), &ack.leaf);
            let proof = log.inclusion_proof(ack.index, head.size).unwrap();
            verify_inclusion(ack.index, head.size, &ack.leaf, &proof, &head.root).unwrap();
            let proof = log.consistency_proof(ack.size, head.size).unwrap();
            verify_consistency(ack.size, head.size, &ack.root, &head.root, &proof).unwrap();
        }
        let proof = log.consistency_proof(last.0, head.size).unwrap();
        verify_consistency(last.0, head.size, &last.1, &head.root, &proof).unwrap();
        last = (head.size, head.root);
        total += acknowledged.len();
    }
    let report = verify(directory.path(), &[head_key().public_key()]).unwrap();
    assert!(report.is_intact(), "{:?}", report.findings);
    assert!(report.entries >= total as u64);
    println!("{CYCLES} kills, {total} acknowledged entries, {cut} torn tails cut");
}
