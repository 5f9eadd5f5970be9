//! Who commits with whom, and what a failure does to those who wait.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use super::GroupCommit;
use crate::batch::Batch;
use crate::engines::Verdict;
use crate::error::{EngineFault, StoreError, fault};
use crate::limits::{MAX_GROUP_BATCHES, MAX_GROUP_BYTES};
use crate::store::Table;

const T: Table = Table("t");

fn batch_of(bytes: usize) -> Batch {
    let mut batch = Batch::new();
    batch.put(T, b"", vec![0; bytes]);
    batch
}

/// Spins until `count` batches wait: a condition, not a time.
fn until_waiting(commits: &GroupCommit, count: usize) {
    while commits.lock().waiting.len() < count {
        thread::yield_now();
    }
}

/// An engine that says when a commit has begun and ends it when told.
struct Gate {
    began: SyncSender<usize>,
    go_on: Mutex<Receiver<Result<(), ()>>>,
}

impl Gate {
    fn new() -> (Self, Receiver<usize>, SyncSender<Result<(), ()>>) {
        let (began, has_begun) = sync_channel(64);
        let (tell, go_on) = sync_channel(64);
        (Self { began, go_on: Mutex::new(go_on) }, has_begun, tell)
    }

    fn apply(&self, group: &[Batch]) -> Result<Vec<Verdict>, EngineFault> {
        self.began.send(group.len()).unwrap();
        match self.go_on.lock().unwrap().recv().unwrap() {
            Ok(()) => Ok(vec![Verdict::Applied; group.len()]),
            Err(()) => Err(fault(io::Error::other("the disk is gone"))),
        }
    }
}

#[test]
fn callers_that_come_during_a_commit_share_the_next_one() {
    let commits = GroupCommit::new();
    let (gate, has_begun, tell) = Gate::new();
    thread::scope(|scope| {
        let commit = || commits.commit(batch_of(1), |group| gate.apply(group));
        let first = scope.spawn(commit);
        assert_eq!(has_begun.recv().unwrap(), 1);
        let others: Vec<_> = (0..10).map(|_| scope.spawn(commit)).collect();
        until_waiting(&commits, 10);
        tell.send(Ok(())).unwrap();
        assert_eq!(has_begun.recv().unwrap(), 10);
        tell.send(Ok(())).unwrap();
        first.join().unwrap().unwrap();
        others.into_iter().for_each(|other| other.join().unwrap().unwrap());
    });
    assert!(has_begun.try_recv().is_err(), "two commits served eleven callers");
}

#[test]
fn a_failed_commit_fails_its_group_and_poisons_the_rest() {
    let commits = GroupCommit::new();
    let (gate, has_begun, tell) = Gate::new();
    thread::scope(|scope| {
        let commit = || commits.commit(batch_of(1), |group| gate.apply(group));
        let first = scope.spawn(commit);
        assert_eq!(has_begun.recv().unwrap(), 1);
        let waiting = scope.spawn(commit);
        until_waiting(&commits, 1);
        tell.send(Err(())).unwrap();
        assert!(matches!(first.join().unwrap(), Err(StoreError::Commit { .. })));
        assert!(matches!(waiting.join().unwrap(), Err(StoreError::Poisoned)));
    });
    let later = commits.commit(batch_of(1), |_| panic!("the engine is not asked again"));
    assert!(matches!(later, Err(StoreError::Poisoned)));
}

#[test]
fn an_engine_that_panics_leaves_nobody_waiting() {
    let commits = Arc::new(GroupCommit::new());
    let panicking =
        catch_unwind(AssertUnwindSafe(|| commits.commit(batch_of(1), |_| panic!("an engine's own mistake"))));
    assert!(panicking.is_err());
    let later = commits.commit(batch_of(1), |_| Ok(vec![Verdict::Applied]));
    assert!(matches!(later, Err(StoreError::Poisoned)));
}

#[test]
fn a_group_keeps_its_bounds() {
    let commits = GroupCommit::new();
    let mut queue = commits.lock();
    for _ in 0..=MAX_GROUP_BATCHES {
        queue.enter(batch_of(1));
    }
    assert_eq!(queue.take_group().1.len(), MAX_GROUP_BATCHES);
    assert_eq!(queue.take_group().1.len(), 1);

    queue.enter(batch_of(MAX_GROUP_BYTES + 1));
    queue.enter(batch_of(MAX_GROUP_BYTES / 2));
    queue.enter(batch_of(MAX_GROUP_BYTES / 2));
    queue.enter(batch_of(1));
    let sizes: Vec<_> = (0..3).map(|_| queue.take_group().1.len()).collect();
    assert_eq!(sizes, [1, 2, 1], "too large alone, two that fit, the rest");
}
