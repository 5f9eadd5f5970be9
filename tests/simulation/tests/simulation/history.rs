//! What happened, in one order: time, events with their numbers, a digest of all of them, and what must not have happened.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard};

use pod_crypto::sha256;

/// 1 June 2026, noon.
pub const START_SECS: u64 = 1_780_315_200;
/// Events that a failure shows.
const SHOWN: usize = 60;

/// A moment: the number of an event, and the simulation's milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    pub event: u64,
    pub ms: u64,
}

#[derive(Debug, Default)]
struct Inner {
    now: u64,
    events: u64,
    digest: [u8; 32],
    last: VecDeque<String>,
    violations: Vec<String>,
    counts: BTreeMap<&'static str, u64>,
    print: bool,
}

/// The history of one run.
#[derive(Debug, Default)]
pub struct History(Mutex<Inner>);

impl History {
    pub fn new(print: bool) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Inner { print, ..Inner::default() })))
    }

    fn hold(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    pub fn ms(&self) -> u64 {
        self.hold().now
    }

    pub fn set_ms(&self, ms: u64) {
        self.hold().now = ms;
    }

    /// Notes an event.
    pub fn note(&self, who: &str, what: impl Display) -> Moment {
        let mut inner = self.hold();
        inner.events += 1;
        let line = format!("{:>9.3} {who}: {what}", inner.now as f64 / 1000.0);
        inner.digest = sha256(&[&inner.digest, line.as_bytes()]);
        if inner.print {
            eprintln!("{line}");
        }
        if inner.last.len() == SHOWN {
            inner.last.pop_front();
        }
        inner.last.push_back(line);
        Moment { event: inner.events, ms: inner.now }
    }

    /// Notes that an invariant does not hold.
    pub fn violated(&self, invariant: u8, what: impl Display) {
        let line = format!("invariant {invariant}: {what}");
        self.note("VIOLATED", &line);
        self.hold().violations.push(line);
    }

    pub fn violations(&self) -> Vec<String> {
        self.hold().violations.clone()
    }

    pub fn count(&self, what: &'static str) {
        *self.hold().counts.entry(what).or_default() += 1;
    }

    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.hold().counts.clone()
    }

    pub fn events(&self) -> u64 {
        self.hold().events
    }

    pub fn digest(&self) -> [u8; 32] {
        self.hold().digest
    }

    /// The newest events, for whoever looks for the cause.
    pub fn last(&self) -> Vec<String> {
        self.hold().last.iter().cloned().collect()
    }
}
