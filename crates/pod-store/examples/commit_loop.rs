//! Commits small batches, to count system calls under strace and to see what group commit gives.
//!
//! ```text
//! cargo build --release -p pod-store --features engine-sled --example commit_loop
//! strace -f -c -e trace=fdatasync,fsync,sync_file_range target/release/examples/commit_loop redb "$(mktemp -d)/store" 100 1
//! ```
//!
//! Arguments: `redb`, `sled`, or `sled-flush-alone` (sled as its own documentation uses it, without our sync); the
//! path of a new store; how many commits; by how many threads.

use std::error::Error;
use std::path::Path;
use std::time::Instant;
use std::{env, thread};

use pod_store::{Batch, Engine, StoreConfig, StoreError, Table};

const USAGE: &str = "usage: commit_loop redb|sled|sled-flush-alone NEW_PATH COMMITS THREADS";
const TABLE: Table = Table("loop");
/// About the size of a sealed record, in bytes.
const VALUE_BYTES: usize = 400;

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [engine, path, commits, threads] = arguments.as_slice() else { return Err(USAGE.into()) };
    let (commits, threads): (u64, u64) = (commits.parse()?, threads.parse()?);
    if Path::new(path).exists() {
        return Err("the path exists: name a new one".into());
    }
    let begin = Instant::now();
    match engine.as_str() {
        "sled-flush-alone" => flush_alone(path, commits)?,
        name => through_the_store(name.parse()?, path, commits, threads)?,
    }
    let secs = begin.elapsed().as_secs_f64();
    println!("{engine}: {commits} commits by {threads} threads in {secs:.3} s, with opening");
    Ok(())
}

fn through_the_store(engine: Engine, path: &str, commits: u64, threads: u64) -> Result<(), Box<dyn Error>> {
    let store = pod_store::open(&StoreConfig::new(engine, path), &[TABLE], 1)?;
    thread::scope(|scope| {
        let share = |thread: u64| {
            let store = &store;
            move || -> Result<(), StoreError> {
                for n in (thread..commits).step_by(usize::try_from(threads).unwrap_or(usize::MAX)) {
                    let mut batch = Batch::new();
                    batch.put(TABLE, n.to_be_bytes(), vec![0x5a; VALUE_BYTES]);
                    store.commit(batch)?;
                }
                Ok(())
            }
        };
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(share(thread))).collect();
        for one in running {
            one.join().map_err(|_| "a thread panicked")??;
        }
        Ok(())
    })
}

#[cfg(feature = "engine-sled")]
fn flush_alone(path: &str, commits: u64) -> Result<(), Box<dyn Error>> {
    let database = sled::open(path)?;
    for n in 0..commits {
        let mut batch = sled::Batch::default();
        batch.insert(&n.to_be_bytes(), vec![0x5a; VALUE_BYTES]);
        database.apply_batch(batch)?;
        database.flush()?;
    }
    Ok(())
}

#[cfg(not(feature = "engine-sled"))]
fn flush_alone(_path: &str, _commits: u64) -> Result<(), Box<dyn Error>> {
    Err("build with --features engine-sled".into())
}
