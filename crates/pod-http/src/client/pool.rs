//! Connections that wait for their next request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::exchange::Line;
use super::origin::Origin;

/// Origins with waiting connections; beyond it the pool is swept of expired ones, then emptied.
const ORIGINS: usize = 256;

#[derive(Debug)]
struct Waiting {
    line: Line,
    since: Instant,
}

#[derive(Debug)]
pub(crate) struct Pool {
    idle: Duration,
    per_origin: usize,
    waiting: Mutex<HashMap<Origin, Vec<Waiting>>>,
}

impl Pool {
    pub(crate) fn new(idle: Duration, per_origin: usize) -> Self {
        Self { idle, per_origin, waiting: Mutex::default() }
    }

    /// The connection that was used last, since the other end has least reason to close that one.
    pub(crate) fn take(&self, origin: &Origin) -> Option<Line> {
        let now = Instant::now();
        let mut waiting = self.waiting();
        let lines = waiting.get_mut(origin)?;
        while let Some(candidate) = lines.pop() {
            if !self.is_usable(&candidate, now) {
                continue;
            }
            if let Some(shared) = candidate.line.share() {
                // Many requests share an HTTP/2 connection: it stays for the next caller.
                lines.push(Waiting { line: candidate.line, since: now });
                return Some(shared);
            }
            return Some(candidate.line);
        }
        waiting.remove(origin);
        None
    }

    pub(crate) fn give_back(&self, origin: &Origin, line: Line) {
        if !line.is_open() {
            return;
        }
        let now = Instant::now();
        let mut waiting = self.waiting();
        if waiting.len() >= ORIGINS && !waiting.contains_key(origin) {
            waiting.retain(|_, lines| {
                lines.retain(|candidate| self.is_usable(candidate, now));
                !lines.is_empty()
            });
            if waiting.len() >= ORIGINS {
                waiting.clear();
            }
        }
        let lines = waiting.entry(origin.clone()).or_default();
        let has_shared = line.is_http2() && lines.iter().any(|other| other.line.is_http2());
        if has_shared || lines.len() >= self.per_origin {
            return;
        }
        lines.push(Waiting { line, since: now });
    }

    /// After a failure on a shared connection: the next caller opens a new one.
    pub(crate) fn forget(&self, origin: &Origin, line: &Line) {
        if line.is_http2()
            && let Some(lines) = self.waiting().get_mut(origin)
        {
            lines.retain(|waiting| waiting.line.exporter != line.exporter);
        }
    }

    fn is_usable(&self, candidate: &Waiting, now: Instant) -> bool {
        candidate.line.is_open() && now.duration_since(candidate.since) < self.idle
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Origin, Vec<Waiting>>> {
        // Nothing under this lock can panic half-way.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
