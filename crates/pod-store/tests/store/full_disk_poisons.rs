//! A disk that takes no more: the commit fails, the store is poisoned, and what was acknowledged is there afterwards.

use pod_store::Engine;

use crate::bench::Bench;
use crate::child::{LANES, Started, last_of, rows_of};

/// The child may write files of 12,288 blocks (6 or 12 MiB: shells count in 512 or 1,024 bytes). Beyond that a
/// write fails with EFBIG instead of a signal, as it would fail with ENOSPC on a full disk.
const SMALL_DISK: &str = "trap '' XFSZ; ulimit -f 12288;";

/// Longer than any child lives: nothing is deleted.
const KEPT: u64 = 1_000_000;

#[test]
fn redb_fails_once_and_then_refuses() {
    fill_the_disk(Engine::Redb);
}

#[cfg(feature = "engine-sled")]
#[test]
fn sled_fails_once_and_then_refuses() {
    fill_the_disk(Engine::Sled);
}

fn fill_the_disk(engine: Engine) {
    let bench = Bench::new(engine);
    let child = Started::new(engine, &bench.path(), KEPT, SMALL_DISK).hear_to_the_end();
    let mut refusals = child.refusals.clone();
    refusals.sort();
    // Both lanes in the failed group, or one of them behind it; both poisoned ever after.
    let (failed, poisoned) = ("failed-then-poisoned", "poisoned-then-poisoned");
    assert!(refusals == [failed, failed] || refusals == [failed, poisoned], "{refusals:?}");
    let store = bench.open();
    for lane in 0..LANES {
        let acknowledged = child.acknowledged[usize::from(lane)];
        let last = last_of(&*store, lane);
        assert!(acknowledged > 0 && (acknowledged..=acknowledged + 1).contains(&last));
        let expected: Vec<_> = (1..=last).flat_map(|number| rows_of(lane, number)).collect();
        assert!(store.prefix(crate::bench::A, &[lane], usize::MAX).unwrap() == expected);
    }
}
