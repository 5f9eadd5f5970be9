//! How long four cities' registers take to come in, durably: `cargo run --release -p pod-server --example import_rate`, with
//! the registers' folder in `AITTA_REGISTERS`. First without tags, then once more with a blinder in this process.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../tests/node/city.rs"]
mod city;
#[path = "../tests/node/log.rs"]
mod log;
#[path = "../tests/node/neighbours.rs"]
mod neighbours;

use std::path::Path;
use std::time::Instant;

use pod_import::Options;

use crate::city::{CITIES, City, whole};
use crate::neighbours::FakeBlinder;

#[expect(clippy::disallowed_methods, reason = "this program measures")]
fn now() -> Instant {
    Instant::now()
}

fn bytes_of(path: &Path) -> u64 {
    match std::fs::metadata(path).unwrap() {
        found if found.is_dir() => std::fs::read_dir(path).unwrap().map(|entry| bytes_of(&entry.unwrap().path())).sum(),
        found => found.len(),
    }
}

#[tokio::main]
async fn main() {
    for with_blinder in [false, true] {
        let (mut rows, mut people, mut seconds) = (0, 0, 0.0);
        for name in CITIES {
            let folder = tempfile::tempdir().unwrap();
            let city = City::open(name, folder.path());
            let mut blinder = FakeBlinder::away(folder.path());
            blinder.answers().await;
            let asked = with_blinder.then(|| blinder.right());
            let began = now();
            let report = city.import_with(asked.clone(), whole(name), Options::default()).await;
            let took = began.elapsed().as_secs_f64();
            let began = now();
            let again = city.import_with(asked, whole(name), Options::default()).await;
            let again_took = began.elapsed().as_secs_f64();
            assert_eq!(again.rows.total.unchanged, report.rows.total.rows);
            println!(
                "{name}: {} people, {} records in {took:.2} s ({:.0}/s), once more in {again_took:.2} s, without a tag {}; \
                 store {} kB, log {} kB",
                report.rows.people,
                report.rows.total.rows,
                f64::from(u32::try_from(report.rows.total.rows).unwrap()) / took,
                report.findable.without_tag,
                bytes_of(&folder.path().join("store")) / 1024,
                bytes_of(&folder.path().join("log")) / 1024,
            );
            rows += report.rows.total.rows;
            people += report.rows.people;
            seconds += took;
        }
        println!(
            "all, {} tags: {people} people, {rows} records in {seconds:.2} s",
            if with_blinder { "with" } else { "without" }
        );
    }
}
