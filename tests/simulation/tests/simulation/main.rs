//! The simulation: nodes, directory, wallets and services in one thread, over links that are cut and held, with crashes, wrong
//! clocks and slow disks, all drawn from a seed; and the invariants of `docs/ARCHITECTURE.md` held against every answer.
//!
//! `AITTA_SEED=7 cargo test -p pod-simulation --test simulation -- seeds_hold --nocapture` runs one seed and shows what happens;
//! `AITTA_SEEDS=500` runs so many, from
//! `AITTA_FIRST_SEED` on. What it shows and what not: `docs/campaigns/simulation.md`.
#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines
)]

mod actor;
mod check;
mod citizen;
mod clock;
mod dice;
mod disk;
mod faults;
mod federation;
mod ground;
mod history;
mod holder;
mod model;
mod neighbours;
mod planted;
mod probe;
mod recovery;
mod run;
mod secrets;
mod seeds;
mod service;
mod watcher;
