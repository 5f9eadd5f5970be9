//! Simulations: no thread writes, so what is durable, and when, follows from the order of the calls alone.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use pod_audit::{Appended, Log, LogConfig, LogFault, Pause, Writing};
use tokio::sync::Semaphore;

use crate::support::{config, entry};

type Waiting<'a> = Pin<Box<dyn Future<Output = Result<Appended, LogFault>> + Send + 'a>>;

/// A log whose appenders wait until a place is given to each.
fn paused(directory: &std::path::Path) -> (LogConfig, Arc<Semaphore>) {
    let places = Arc::new(Semaphore::new(0));
    let given = Arc::clone(&places);
    let pause = move || -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let given = Arc::clone(&given);
        Box::pin(async move { given.acquire().await.unwrap().forget() })
    };
    (LogConfig { writing: Writing::InPlace(Pause::new(pause)), ..config(directory) }, places)
}

fn poll(waiting: &mut Waiting<'_>) -> Poll<Result<Appended, LogFault>> {
    waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn the_first_to_go_on_writes_for_all_who_wait() {
    let directory = tempfile::tempdir().unwrap();
    let (config, places) = paused(directory.path());
    let log = Log::open(config.clone()).unwrap();
    let mut waiting: Vec<Waiting<'_>> =
        (0..3).map(|number| Box::pin(log.append(vec![entry(number, 1)])) as _).collect();
    assert!(waiting.iter_mut().all(|one| poll(one).is_pending()));
    assert_eq!(log.size(), 0);
    places.add_permits(3);
    for (number, one) in (0..).zip(&mut waiting) {
        let Poll::Ready(appended) = poll(one) else { panic!("{number} waits") };
        assert_eq!(appended.unwrap().first_index, number);
    }
    assert_eq!(log.stats().syncs, 1);

    // One who went away leaves its entry to the next, and the last one to the end of the log.
    for number in [3, 5] {
        let mut gone: Waiting<'_> = Box::pin(log.append(vec![entry(number, 1)]));
        assert!(poll(&mut gone).is_pending());
        drop(gone);
        if number == 3 {
            assert_eq!(log.append_blocking(vec![entry(4, 1)]).unwrap().first_index, 4);
        }
    }
    drop(waiting);
    drop(log);
    assert_eq!(Log::open(config).unwrap().size(), 6);
}

#[test]
fn full_segments_are_closed_in_place_too() {
    let directory = tempfile::tempdir().unwrap();
    let (config, _) = paused(directory.path());
    let log = Log::open(config.clone()).unwrap();
    for number in 0..60 {
        log.append_blocking(vec![entry(number, 1)]).unwrap();
    }
    assert!(log.stats().segments_begun > 1);
    assert!(directory.path().join("segment-00000000000000000000.idx").exists(), "durable before the next one began");
    drop(log);
    assert_eq!(Log::open(config).unwrap().opening().entries, 60);
}
