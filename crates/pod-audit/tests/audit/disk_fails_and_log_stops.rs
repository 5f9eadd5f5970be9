use std::io::ErrorKind;
use std::sync::Arc;
use std::task::{Context, Waker};

use pod_audit::{Log, LogFault};

use crate::support::{TestDisk, config, entry, open};

#[test]
fn a_full_disk_is_a_fatal_error_with_its_reason() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let mut config = config(directory.path());
    config.disk = disk.clone();
    let log = Log::open(config).unwrap();
    log.append_blocking(vec![entry(0, 1)]).unwrap();

    disk.fail_writes(ErrorKind::StorageFull);
    let fault = log.append_blocking(vec![entry(1, 1)]).unwrap_err();
    assert!(fault.is_fatal());
    let LogFault::Stopped(cause) = fault else { panic!("{fault}") };
    assert_eq!(cause.io_kind(), Some(ErrorKind::StorageFull));
    assert_eq!(log.size(), 1);
    assert!(log.stopped().is_some());
    drop(log);

    // Space was made: the log goes on where it was.
    assert_eq!(open(directory.path()).append_blocking(vec![entry(1, 1)]).unwrap().first_index, 1);
}

#[test]
fn a_failed_sync_fails_everybody_who_waits_and_everybody_after() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let mut config = config(directory.path());
    config.disk = disk.clone();
    let log = Log::open(config).unwrap();
    disk.hold_syncs();
    let mut waiting: Vec<_> = (0..8).map(|number| Box::pin(log.append(vec![entry(number, 1)]))).collect();
    for future in &mut waiting {
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    disk.wait_for_held_sync();
    disk.fail_syncs(ErrorKind::Other);
    disk.let_syncs_go();

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for future in waiting {
        assert!(runtime.block_on(future).unwrap_err().is_fatal());
    }
    assert!(log.append_blocking(vec![entry(9, 1)]).unwrap_err().is_fatal());
    assert_eq!((log.size(), log.stats().entries), (0, 0), "nothing is shown that may not be durable");
}
