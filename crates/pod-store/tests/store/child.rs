//! The other process: this test binary, started again, commits numbered batches until it is killed or cannot go on.
//!
//! Two lanes (threads) commit at the same time, so that a kill also meets group commits. Batch `n` of a lane writes
//! some rows into one table, their number into the other, and deletes what batch `n - KEPT` wrote; all of it follows
//! from the lane and `n`, so that the parent knows every byte that should be there.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use pod_store::{Batch, Engine, Store, StoreConfig, StoreError};

use crate::bench::{A, B, Numbers, SCHEMA_VERSION};

const PATH: &str = "AITTA_TEST_STORE_PATH";
const ENGINE: &str = "AITTA_TEST_STORE_ENGINE";
const KEPT_FOR: &str = "AITTA_TEST_STORE_KEPT";

pub(crate) const LANES: u8 = 2;

/// What a child says, a line each. libtest writes its own lines between.
pub(crate) const OPENING: &str = "child-is-opening";
const ACKNOWLEDGED: &str = "child-acknowledged";
const REFUSED: &str = "child-refused";

/// Runs only as the child: without its environment it is an ordinary test that has nothing to do.
#[test]
fn child_commits_until_it_is_killed() {
    let (Ok(path), Ok(engine)) = (env::var(PATH), env::var(ENGINE)) else { return };
    let kept = env::var(KEPT_FOR).unwrap().parse().unwrap();
    say(OPENING);
    let config = StoreConfig::new(engine.parse().unwrap(), path);
    let store = pod_store::open(&config, &[A, B], SCHEMA_VERSION).unwrap();
    thread::scope(|scope| {
        for lane in 0..LANES {
            let store = &*store;
            scope.spawn(move || commit_for_ever(store, lane, kept));
        }
    });
}

fn commit_for_ever(store: &dyn Store, lane: u8, kept: u64) {
    let mut next = last_of(store, lane) + 1;
    loop {
        match store.commit(batch(lane, next, kept)) {
            Ok(()) => say(&format!("{ACKNOWLEDGED} {lane} {next}")),
            Err(error) => {
                // Once more: a store that failed refuses from then on.
                let again = store.commit(batch(lane, next + 1, kept)).unwrap_err();
                say(&format!("{REFUSED} {}-then-{}", kind(&error), kind(&again)));
                return;
            }
        }
        next += 1;
    }
}

fn kind(error: &StoreError) -> &'static str {
    match error {
        StoreError::Commit { .. } => "failed",
        StoreError::Poisoned => "poisoned",
        _ => "otherwise",
    }
}

/// A line of its own, in one write: two lanes speak.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// The number of the last batch of a lane that is there; 0 when none is.
pub(crate) fn last_of(store: &dyn Store, lane: u8) -> u64 {
    let rows = store.prefix(B, &[lane], usize::MAX).unwrap();
    rows.last().map_or(0, |(key, _)| u64::from_be_bytes(key[1..].try_into().unwrap()))
}

/// The rows that batch `number` of a lane writes into table A.
pub(crate) fn rows_of(lane: u8, number: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut numbers = Numbers::from_seed(number * u64::from(LANES) + u64::from(lane) + 1);
    let rows = 1 + numbers.below(20);
    (0..rows as u8)
        .map(|row| {
            // One in 32 is large enough to leave sled's log for a file of its own.
            let largest = if numbers.below(32) == 0 { 300_000 } else { 4_000 };
            let size = numbers.below(largest);
            let mut key = lane_key(lane, number);
            key.push(row);
            (key, vec![(number % 251) as u8; size as usize])
        })
        .collect()
}

pub(crate) fn lane_key(lane: u8, number: u64) -> Vec<u8> {
    let mut key = vec![lane];
    key.extend_from_slice(&number.to_be_bytes());
    key
}

fn batch(lane: u8, number: u64, kept: u64) -> Batch {
    let mut batch = Batch::new();
    let rows = rows_of(lane, number);
    batch.require_absent(B, lane_key(lane, number));
    batch.put(B, lane_key(lane, number), (rows.len() as u64).to_be_bytes());
    for (key, value) in rows {
        batch.put(A, key, value);
    }
    if let Some(old) = number.checked_sub(kept).filter(|old| *old > 0) {
        batch.delete(B, lane_key(lane, old));
        for (key, _) in rows_of(lane, old) {
            batch.delete(A, key);
        }
    }
    batch
}

/// A test that fails leaves no child behind.
impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A started child and what it has said so far.
pub(crate) struct Started {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    /// The last batch acknowledged to each lane; 0 for none.
    pub(crate) acknowledged: [u64; LANES as usize],
    pub(crate) refusals: Vec<String>,
}

impl Started {
    /// `under` is a shell's preparation (such as `ulimit`) before the child begins.
    pub(crate) fn new(engine: Engine, path: &Path, kept: u64, under: &str) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", &format!("{under} exec \"$0\" \"$@\"")])
            .arg(env::current_exe().unwrap())
            .args(["--exact", "child::child_commits_until_it_is_killed", "--nocapture"])
            .env(PATH, path)
            .env(ENGINE, engine.name())
            .env(KEPT_FOR, kept.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, acknowledged: [0; LANES as usize], refusals: Vec::new() }
    }

    /// Reads one line; `None` when there is none left.
    fn hear(&mut self) -> Option<String> {
        let line = self.lines.next()?.unwrap();
        let mut words = line.split(' ');
        match words.next() {
            Some(ACKNOWLEDGED) => {
                let lane: usize = words.next().unwrap().parse().unwrap();
                self.acknowledged[lane] = words.next().unwrap().parse().unwrap();
            }
            Some(REFUSED) => self.refusals.push(words.next().unwrap().to_owned()),
            _ => {}
        }
        Some(line)
    }

    pub(crate) fn hear_until_opening(&mut self) {
        while self.hear().expect("the child opens") != OPENING {}
    }

    pub(crate) fn hear_acknowledgements(&mut self, count: u64) {
        let mut heard = 0;
        while heard < count {
            let line = self.hear().expect("the child goes on until it is killed");
            heard += u64::from(line.starts_with(ACKNOWLEDGED));
        }
    }

    /// Waits until it has made `count` more write system calls. The instant after an acknowledgement is always the
    /// same place in a commit; this is any place.
    pub(crate) fn watch_writes(&mut self, count: u64) {
        let until = self.writes() + count;
        while self.writes() < until {
            assert!(self.child.try_wait().unwrap().is_none(), "the child goes on until it is killed");
        }
    }

    fn writes(&self) -> u64 {
        let counters = fs::read_to_string(format!("/proc/{}/io", self.child.id())).unwrap();
        let writes = counters.lines().find_map(|line| line.strip_prefix("syscw: "));
        writes.unwrap().parse().unwrap()
    }

    /// SIGKILL; then all it said before is heard.
    pub(crate) fn kill(mut self) -> [u64; LANES as usize] {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        while self.hear().is_some() {}
        self.acknowledged
    }

    /// Hears it until it ends by itself.
    pub(crate) fn hear_to_the_end(mut self) -> Self {
        while self.hear().is_some() {}
        self
    }
}
