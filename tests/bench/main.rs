//! `cargo xtask bench`: how many authorised, durably recorded fetches a node answers, and what each costs.
//!
//! The node is a process of its own (this program again, with `serve`), on redb and a real log, behind TLS 1.3 and on libp2p
//! (QUIC, and TCP with Noise): each load goes over all three. The load comes
//! from this process over real connections on the same machine, so it takes its share of the same cores. Requests are signed
//! before the clock starts; every one is new, bound to its connection, checked, recorded and answered like any other.
//!
//! | File | What |
//! |---|---|
//! | `directory` | `cargo xtask bench directory [ENTRIES…]`: the directory's log and lookups |
//! | `load` | connections, signed calls, latencies |
//! | `people` | 12,000 of them |
//! | `server` | the node's process, its CPU time, its metrics |
//! | `report` | the figures, as text |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement fails loudly"
)]

mod directory;
mod load;
mod people;
mod report;
mod server;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use pod_testkit::{World, WorldPlan};

use load::{Carrier, Load};
use report::Report;
use server::Server;

/// The same as in the program `aitta`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many people have wallets and grants: more than one call of 256 items names.
const CITIZENS: usize = 1000;
/// What carries each load.
const CARRIERS: [Carrier; 3] = [Carrier::Https, Carrier::Quic, Carrier::Tcp];
/// Runs of each load; the median counts.
const RUNS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", config] => server::serve(Path::new(config), false),
        ["serve-split", config] => server::serve(Path::new(config), true),
        ["prepare", dir] => prepare_alone(Path::new(dir)),
        [] => measure(RUNS),
        ["quick"] => measure(1),
        ["one", carrier, callers, items] => match load_of(carrier, callers, items) {
            Some((carrier, callers, items)) => measure_one(carrier, callers, items),
            None => usage(),
        },
        ["directory"] => directory::measure(&directory::USUAL),
        ["directory", sizes @ ..] => {
            let sizes: Vec<usize> = sizes.iter().map(|size| size.parse().expect("a number of entries")).collect();
            directory::measure(&sizes);
        }
        _ => usage(),
    }
}

fn measure(runs: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let report = runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let world = Arc::new(prepare(dir.path(), CITIZENS).await);
        let mut report = Report::begin(&world);
        let server = Server::start("serve", &world.config);
        server.serves(&world).await;
        report.idle_kib = server.resident_kib();
        let load = Load::sign(&world);
        load.deposit().await;
        for (connections, items) in [(1, 1), (16, 1), (64, 1), (16, 64)] {
            for carrier in CARRIERS {
                let measured = load.run(&server, carrier, connections, items, runs).await;
                println!("{measured}");
                report.loads.push(measured);
            }
        }
        report.loaded_kib = server.resident_kib();
        drop(server);
        let splitting = Server::start("serve-split", &world.config);
        splitting.serves(&world).await;
        load.deposit().await;
        for (connections, items) in [(64, 1), (16, 64)] {
            for carrier in CARRIERS {
                report.split.push(load.run(&splitting, carrier, connections, items, runs).await);
            }
        }
        report
    });
    println!("\n{report}");
}

fn usage() {
    eprintln!("Usage: cargo xtask bench [quick | one https|quic|tcp CALLERS ITEMS | directory [ENTRIES…]]");
    std::process::exit(2);
}

/// What carries it, by how many callers, with how many items in a call.
fn load_of(carrier: &str, callers: &str, items: &str) -> Option<(Carrier, usize, usize)> {
    let carrier = CARRIERS.into_iter().find(|known| known.name() == carrier)?;
    let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
    Some((carrier, number(callers)?, number(items)?))
}

/// One load alone, to look at the node's process meanwhile by other means.
fn measure_one(carrier: Carrier, callers: usize, items: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let world = Arc::new(prepare(dir.path(), CITIZENS).await);
        let server = Server::start("serve", &world.config);
        server.serves(&world).await;
        let load = Load::sign(&world);
        load.deposit().await;
        println!("{}", load.run(&server, carrier, callers, items, RUNS).await);
    });
}

/// The whole registers of Helsinki when `AITTA_REGISTERS` names them, the sample in the repository otherwise.
async fn prepare(dir: &Path, citizens: usize) -> World {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let registers = std::env::var_os("AITTA_REGISTERS").map_or_else(|| root.join("demo/registers"), PathBuf::from);
    let helsinki = registers.join("helsinki");
    let extracts = dir.join("registers");
    std::fs::create_dir(&extracts).unwrap();
    for file in ["residents.csv", "early_education.csv", "library.csv", "child_health.jsonl"] {
        std::fs::copy(helsinki.join(file), extracts.join(file)).unwrap();
    }
    people::add_to(&extracts.join("residents.csv"));
    World::make(WorldPlan {
        dir,
        registers: &extracts,
        catalogue: &root.join("crates/pod-import/catalogues/helsinki.toml"),
        citizens,
        clock: Arc::new(seconds_since_1970),
    })
    .await
}

/// Prepares a world and leaves it, to look at the process by other means.
fn prepare_alone(dir: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let world = runtime.block_on(prepare(dir, 1));
    println!("{} pods; serve with: bench serve {}", world.pods, world.config.display());
}

#[expect(clippy::disallowed_methods, reason = "this is the edge: the one place that reads the clock")]
fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
