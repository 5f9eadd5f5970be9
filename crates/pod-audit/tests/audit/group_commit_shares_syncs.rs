use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use pod_audit::{Appended, Log, LogFault, MAX_BATCH_BYTES};

use crate::support::{TestDisk, config, entry};

type Waiting<'a> = Pin<Box<dyn Future<Output = Result<Appended, LogFault>> + Send + 'a>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_while_a_sync_runs_shares_the_next_one() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let mut config = config(directory.path());
    config.segment_bytes = 1024 * 1024;
    config.disk = disk.clone();
    let log = Log::open(config).unwrap();

    disk.hold_syncs();
    let mut waiting: Vec<Waiting<'_>> = Vec::new();
    for number in 0..65 {
        let mut future: Waiting<'_> = Box::pin(log.append(vec![entry(number, 1), entry(number, 2)]));
        // The first poll hands the entries over.
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(future.as_mut().poll(&mut context), Poll::Pending));
        waiting.push(future);
        if number == 0 {
            disk.wait_for_held_sync();
        }
    }
    assert_eq!(log.size(), 0, "nothing is visible before it is durable");
    disk.let_syncs_go();

    let mut heads = Vec::new();
    for (number, future) in (0u64..).zip(waiting) {
        let appended = future.await.unwrap();
        assert_eq!(appended.first_index, number * 2, "in the order of the calls");
        assert_eq!(appended.leaves.len(), 2);
        heads.push(appended.head.size);
    }
    assert_eq!(heads[0], 2, "the first was alone");
    assert!(heads[1..].iter().all(|size| *size == 130), "all others share one sync and one head");
    let stats = log.stats();
    assert_eq!((stats.syncs, stats.entries, stats.largest_group), (2, 130, 128));
}

#[test]
fn an_appender_that_goes_away_leaves_its_entries() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let mut config = config(directory.path());
    config.disk = disk.clone();
    let log = Log::open(config).unwrap();
    disk.hold_syncs();
    let mut gone: Waiting<'_> = Box::pin(log.append(vec![entry(0, 1)]));
    assert!(gone.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(gone);
    disk.let_syncs_go();
    assert_eq!(log.append_blocking(vec![entry(1, 1)]).unwrap().first_index, 1);
}

#[test]
fn nothing_and_too_much_are_refused_and_harm_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let log = crate::support::open(directory.path());
    assert!(matches!(log.append_blocking(Vec::new()), Err(LogFault::Empty)));
    let one = entry(0, 1);
    let many = vec![one.clone(); MAX_BATCH_BYTES / one.bytes().len() + 1];
    let fault = log.append_blocking(many).unwrap_err();
    assert!(matches!(fault, LogFault::TooLarge { .. }) && !fault.is_fatal());
    assert_eq!(log.append_blocking(vec![one]).unwrap().first_index, 0);
}

#[test]
fn a_batch_larger_than_a_segment_gets_a_larger_segment() {
    let directory = tempfile::tempdir().unwrap();
    let log = crate::support::open(directory.path());
    let batch: Vec<_> = (0..40).map(|number| entry(number, 1)).collect();
    log.append_blocking(vec![entry(0, 2)]).unwrap();
    log.append_blocking(batch.clone()).unwrap();
    log.append_blocking(vec![entry(0, 2)]).unwrap();
    drop(log);
    let log = crate::support::open(directory.path());
    assert_eq!(log.size(), 42);
    assert_eq!(log.entry(40).unwrap().unwrap().bytes(), batch[39].bytes());
}
