//! kill -9 at random instants: what was acknowledged is wholly there, and nothing is half there.
//!
//! A kill leaves the system's page cache alone, so this shows the engine's recovery, not that data was synced: for
//! that see the traces in `docs/decisions/0001-two-engines.md`.

use pod_store::{Engine, Store};

use crate::bench::{A, B, Bench, Numbers};
use crate::child::{LANES, Started, lane_key, last_of, rows_of};

/// How many batches of a lane are kept before their rows are deleted again.
const KEPT: u64 = 40;
/// Most acknowledgements waited for before the kill.
const MOST_ACKNOWLEDGED: u64 = 24;
/// Most write system calls watched after that: about two commits of redb.
const MOST_WRITES: u64 = 100;

#[test]
fn redb_killed_thirty_times() {
    kill_again_and_again(Engine::Redb, 30);
}

#[cfg(feature = "engine-sled")]
#[test]
fn sled_killed_twelve_times() {
    kill_again_and_again(Engine::Sled, 12);
}

fn kill_again_and_again(engine: Engine, cycles: u32) {
    let seed = Numbers::fresh_seed();
    println!("seed {seed}");
    let mut numbers = Numbers::from_seed(seed);
    let bench = Bench::new(engine);
    let mut acknowledged_before = [0; LANES as usize];
    for cycle in 0..cycles {
        let mut child = Started::new(engine, &bench.path(), KEPT, "");
        // One in four is killed while it opens: in the middle of making the store, or of the recovery.
        child.hear_until_opening();
        if cycle % 4 != 0 {
            child.hear_acknowledgements(numbers.below(MOST_ACKNOWLEDGED));
        }
        child.watch_writes(numbers.below(MOST_WRITES));
        let acknowledged = child.kill();
        let store = bench.open();
        for lane in 0..LANES {
            let before = acknowledged_before[usize::from(lane)];
            let acknowledged = acknowledged[usize::from(lane)].max(before);
            let last = last_of(&*store, lane);
            // The batch in flight may be there or not, and there was at most one.
            assert!(
                (acknowledged..=acknowledged + 1).contains(&last),
                "cycle {cycle}, lane {lane}: {acknowledged} acknowledged, {last} there"
            );
            check_lane(&*store, lane, last);
            acknowledged_before[usize::from(lane)] = last;
        }
    }
}

/// Every batch is there to the byte, or gone to the last row.
fn check_lane(store: &dyn Store, lane: u8, last: u64) {
    let first = last.saturating_sub(KEPT - 1).max(1);
    let expected: Vec<_> = (first..=last).flat_map(|number| rows_of(lane, number)).collect();
    assert!(store.prefix(A, &[lane], usize::MAX).unwrap() == expected, "lane {lane}: rows");
    let counts = store.prefix(B, &[lane], usize::MAX).unwrap();
    let expected: Vec<_> =
        (first..=last).map(|n| (lane_key(lane, n), (rows_of(lane, n).len() as u64).to_be_bytes().to_vec())).collect();
    assert!(counts == expected, "lane {lane}: counts of rows");
}
