//! The tests: seeds hold, a seed repeats, and planted defects are found.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::planted::Planted;
use crate::run::{Outcome, run};

/// Seeds of a run of the tests when nobody says how many.
const SEEDS: u64 = 24;
/// Seeds that found a defect (`docs/campaigns/simulation.md`, What it found).
const FOUND_SOMETHING: [u64; 2] = [61, 611];
/// In how many lists tokio's runtime of one thread has its tasks.
const TASK_LISTS: u64 = 4;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

/// Runs seeds on all cores, until one fails.
fn run_all(seeds: std::ops::Range<u64>, planted: Planted) -> Vec<Outcome> {
    let (next, outcomes) = (AtomicU64::new(seeds.start), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds.end {
                        return;
                    }
                    let outcome = run(seed, planted, false);
                    if !outcome.violations.is_empty() {
                        next.store(seeds.end, Ordering::SeqCst);
                    }
                    outcomes.lock().unwrap().push(outcome);
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap();
    outcomes.sort_by_key(|outcome| outcome.seed);
    outcomes
}

fn told(outcome: &Outcome) -> String {
    let Outcome { seed, violations, last, .. } = outcome;
    format!(
        "seed {seed}: {}\n\n{}\n\nreplay: AITTA_SEED={seed} cargo test -p pod-simulation --test simulation -- seeds_hold --nocapture",
        violations.join("; "),
        last.join("\n")
    )
}

#[test]
fn seeds_hold() {
    let outcomes = match (number("AITTA_SEED"), number("AITTA_FIRST_SEED")) {
        (Some(seed), _) => vec![run(seed, Planted::Nothing, true)],
        (None, from) => {
            let first = from.unwrap_or(0);
            let mut outcomes = run_all(first..first + number("AITTA_SEEDS").unwrap_or(SEEDS), Planted::Nothing);
            if from.is_none() {
                outcomes.extend(FOUND_SOMETHING.map(|seed| run(seed, Planted::Nothing, false)));
            }
            outcomes
        }
    };
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for outcome in &outcomes {
        for (what, count) in &outcome.counts {
            *counts.entry(what).or_default() += count;
        }
    }
    println!("| over {} seeds | |\n|---|---|", outcomes.len());
    println!("| events | {} |", outcomes.iter().map(|outcome| outcome.events).sum::<u64>());
    for (what, count) in &counts {
        println!("| {what} | {count} |");
    }
    if let Some(failed) = outcomes.iter().find(|outcome| !outcome.violations.is_empty()) {
        panic!("{}", told(failed));
    }
}

/// The next number that tokio gives to a task, of all runtimes of this process.
fn next_task() -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let last = runtime.block_on(async { tokio::spawn(async {}).id().to_string().parse::<u64>().unwrap() });
    last + 1
}

/// Whatever ran before in this process: a runtime ends its tasks by their numbers, modulo [`TASK_LISTS`].
#[test]
fn a_seed_repeats() {
    let first = next_task();
    let one = run(3, Planted::Nothing, false);
    assert_eq!(one.violations, Vec::<String>::new());
    for offset in 1..TASK_LISTS {
        while (next_task() - first) % TASK_LISTS != offset {}
        let again = run(3, Planted::Nothing, false);
        assert_eq!((again.digest, again.events), (one.digest, one.events), "{offset}");
    }
    assert_ne!(run(4, Planted::Nothing, false).digest, one.digest);
}

/// Runs seeds with a planted defect until one fails; gives which, and the invariant that it fails by.
fn found(planted: Planted, within: u64) -> u8 {
    for seed in 0..within {
        if let Some(violation) = run(seed, planted, false).violations.first() {
            println!("{planted:?}: found by seed {seed}: {violation}");
            return violation.strip_prefix("invariant ").unwrap()[..1].parse().unwrap();
        }
    }
    panic!("{planted:?} is not found within {within} seeds")
}

#[test]
fn a_disk_that_lies_is_found() {
    assert_eq!(found(Planted::DiskLies, 4), 1);
}

#[test]
fn what_stands_and_is_forgotten_is_found() {
    assert_eq!(found(Planted::StandingIsForgotten, 12), 2);
}

#[test]
fn a_lost_mark_of_non_disclosure_is_found() {
    assert_eq!(found(Planted::MarkIsLost, 12), 4);
}

#[test]
fn a_late_clock_is_found() {
    assert_eq!(found(Planted::ClockIsLate, 12), 2);
}

#[test]
fn what_the_log_says_and_nobody_hears_is_found() {
    assert_eq!(found(Planted::SealedForNobody, 12), 2);
}

#[test]
fn a_code_that_the_directory_is_told_is_found() {
    assert_eq!(found(Planted::Gossip, 2), 6);
}
