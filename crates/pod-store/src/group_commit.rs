//! Group commit: callers that come while a commit runs are served together by the next one.
//!
//! Whoever finds no commit running leads: takes what waits, in order, up to the bounds of a group, commits it in one
//! engine transaction, and tells each caller its outcome. A sync costs milliseconds and does not cost more for many
//! batches than for one, so sixteen callers at a time finish nearly sixteen times as fast; a caller alone waits for
//! nobody.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::batch::Batch;
use crate::engines::Verdict;
use crate::error::{EngineFault, StoreError};
use crate::limits::{MAX_GROUP_BATCHES, MAX_GROUP_BYTES, MAX_WAITING_BATCHES};

/// The queue before an engine's commits, and whether one of them failed.
pub(crate) struct GroupCommit {
    queue: Mutex<Queue>,
    /// Signalled when the queue has room, a group has its outcome, or the store is poisoned.
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    next_ticket: u64,
    waiting: VecDeque<(u64, Batch)>,
    outcomes: BTreeMap<u64, Result<(), StoreError>>,
    leader_at_work: bool,
    poisoned: bool,
}

impl GroupCommit {
    pub(crate) fn new() -> Self {
        Self { queue: Mutex::default(), changed: Condvar::new() }
    }

    /// Whether a commit has failed.
    pub(crate) fn is_poisoned(&self) -> bool {
        self.lock().poisoned
    }

    /// Commits `batch`, alone or with others, by `apply`, and returns this batch's own outcome.
    pub(crate) fn commit(
        &self,
        batch: Batch,
        apply: impl Fn(&[Batch]) -> Result<Vec<Verdict>, EngineFault>,
    ) -> Result<(), StoreError> {
        let mut queue = self.lock();
        while queue.waiting.len() >= MAX_WAITING_BATCHES && !queue.poisoned {
            queue = self.wait(queue);
        }
        if queue.poisoned {
            return Err(StoreError::Poisoned);
        }
        let ticket = queue.enter(batch);
        loop {
            if let Some(outcome) = queue.outcomes.remove(&ticket) {
                return outcome;
            }
            if queue.poisoned {
                return Err(StoreError::Poisoned);
            }
            if queue.leader_at_work {
                queue = self.wait(queue);
                continue;
            }
            // No outcome and no leader: this batch still waits, so the group is not empty.
            let (tickets, group) = queue.take_group();
            queue.leader_at_work = true;
            drop(queue);
            let leadership = Leadership { of: self };
            let result = apply(&group);
            queue = leadership.hand_over(&tickets, result);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing that can panic runs under this lock, so a poisoned one guards a sound queue.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn enter(&mut self, batch: Batch) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.push_back((ticket, batch));
        ticket
    }

    /// The batches of the next commit, oldest first: at least one, and not beyond the bounds of a group.
    fn take_group(&mut self) -> (Vec<u64>, Vec<Batch>) {
        let mut tickets = Vec::new();
        let mut group = Vec::new();
        let mut bytes = 0;
        while let Some((_, next)) = self.waiting.front() {
            bytes += next.bytes();
            let full = group.len() == MAX_GROUP_BATCHES || bytes > MAX_GROUP_BYTES;
            if full && !group.is_empty() {
                break;
            }
            if let Some((ticket, batch)) = self.waiting.pop_front() {
                tickets.push(ticket);
                group.push(batch);
            }
        }
        (tickets, group)
    }
}

/// Held while a group is committed. Dropped without [`Leadership::hand_over`], that is when the engine panicked, it
/// poisons the store, so that nobody waits for ever.
struct Leadership<'a> {
    of: &'a GroupCommit,
}

impl<'a> Leadership<'a> {
    /// Gives each batch its outcome and lets the next leader begin.
    fn hand_over(self, tickets: &[u64], result: Result<Vec<Verdict>, EngineFault>) -> MutexGuard<'a, Queue> {
        let commits = self.of;
        std::mem::forget(self);
        let mut queue = commits.lock();
        queue.leader_at_work = false;
        match result {
            Ok(verdicts) => {
                queue.outcomes.extend(tickets.iter().copied().zip(verdicts.into_iter().map(outcome)));
            }
            Err(source) => {
                queue.poison();
                let failed = |&ticket| (ticket, Err(StoreError::Commit { source: source.clone() }));
                queue.outcomes.extend(tickets.iter().map(failed));
            }
        }
        commits.changed.notify_all();
        queue
    }
}

impl Drop for Leadership<'_> {
    fn drop(&mut self) {
        let mut queue = self.of.lock();
        queue.leader_at_work = false;
        queue.poison();
        self.of.changed.notify_all();
    }
}

impl Queue {
    /// Ends all work: what waits was never begun.
    fn poison(&mut self) {
        self.poisoned = true;
        self.waiting.clear();
    }
}

fn outcome(verdict: Verdict) -> Result<(), StoreError> {
    match verdict {
        Verdict::Applied => Ok(()),
        Verdict::Conflict => Err(StoreError::Conflict),
    }
}

#[cfg(test)]
mod tests;
