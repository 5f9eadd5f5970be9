//! Measures what opening one item costs with warm keys, and how fast an import writes. Not a test: it prints, and judges nothing.
//!
//! `cargo run --release -p pod-vault --example open_records`
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::time::{Duration, Instant};

use pod_crypto::SystemRandom;
use pod_protocol::ids::PodId;
use pod_protocol::path::DisclosureRules;
use pod_vault::{RecordDraft, Vault};
use serde_json::json;

#[path = "../tests/vault/world.rs"]
mod world;

use world::{NOW_SECS, Recorded, Wish, fields, node_keys, on_disk, record_type, selection, wish};

const PEOPLE: usize = 12_000;
const ROUNDS: usize = 200_000;

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let result = work();
    (result, began.elapsed())
}

/// As [`timed`], but what the processor spent on this thread: other programs run on the machine too.
fn timed_cpu(work: impl FnOnce()) -> Duration {
    let spent = || std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanos = |text: String| text.split(' ').next().unwrap().parse::<u64>().unwrap();
    let before = nanos(spent());
    work();
    Duration::from_nanos(nanos(spent()) - before)
}

fn import(vault: &Vault) -> Vec<PodId> {
    let (of, health) = (record_type("resident"), record_type("child-health"));
    let mut people = Vec::with_capacity(PEOPLE);
    for thousand in (0..PEOPLE).collect::<Vec<_>>().chunks(1_000) {
        let mut batch = vault.write(NOW_SECS);
        for number in thousand {
            let pod = batch.pod(&format!("{number:06}-9{:03}", number % 1_000)).unwrap();
            let resident = fields(&json!({
                "first_names": "Aino Maria Helena", "called_name": "Aino", "family_name": "Korhonen",
                "birth_date": "1952-10-13", "language": "fi", "citizenship": "FI",
                "address": {"street": "Aleksanterinkatu 17 B 4", "postcode": "00100", "city": "Helsinki"},
                "municipality": "Helsinki", "moved_in": "2011-04-01", "phone": "+358 40 123 4567", "number": number
            }));
            let allergies = fields(&json!({
                "allergies": [{"substance": "pähkinä", "severity": "severe"}, {"substance": "maito", "severity": "mild"}],
                "vaccinations": [{"code": "MPR", "given": "2017-06-01"}, {"code": "DTaP", "given": "2016-08-01"}]
            }));
            for (record_type, fields) in [(&of, &resident), (&health, &allergies)] {
                let draft = RecordDraft { record_type, record_id: "sole", source: "residents", fields };
                batch.put_record(&pod, draft).unwrap();
            }
            batch.set_non_disclosure(&pod, number % 200 == 0).unwrap();
            people.push(pod);
        }
        batch.commit().unwrap();
    }
    people
}

fn measure(vault: &Vault, people: &[PodId], name: &str, wishes: &[Wish]) {
    let selections: Vec<_> =
        people.iter().take(2_000).map(|pod| selection(*pod, wishes, false, &DisclosureRules::default())).collect();
    let mut bytes = 0;
    let mut round = || {
        for at in 0..ROUNDS {
            let item = selections[at % selections.len()].items()[0].as_ref().unwrap();
            bytes += vault.open_selection(item).unwrap().release(&Recorded).len();
        }
    };
    let took = timed_cpu(&mut round);
    println!("{name}: {:.2} µs an item, {} bytes", micros(took, ROUNDS), bytes / ROUNDS);
}

fn micros(took: Duration, count: usize) -> f64 {
    took.as_secs_f64() * 1e6 / f64::from(u32::try_from(count).unwrap())
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let store = on_disk(folder.path());
    let open = || Vault::open(store.clone(), node_keys(), std::sync::Arc::new(SystemRandom)).unwrap();
    let vault = open();
    let (people, took) = timed(|| import(&vault));
    println!("import of {PEOPLE} people, two records each, durable: {took:.2?}");
    let (_, took) = timed(|| import(&vault));
    println!("the same again, nothing changed: {took:.2?}");

    let vault = open();
    let took = timed_cpu(|| people.iter().for_each(|pod| drop(vault.audit_key(pod).unwrap())));
    println!("keys of a pod, cold: {:.2} µs", micros(took, PEOPLE));
    let took = timed_cpu(|| people.iter().for_each(|pod| drop(vault.audit_key(pod).unwrap())));
    println!("keys of a pod, warm: {:.2} µs", micros(took, PEOPLE));
    measure(
        &vault,
        &people,
        "two fields of one type",
        &[wish("child-health", &["allergies.substance", "allergies.severity"])],
    );
    measure(
        &vault,
        &people,
        "three fields of a larger record",
        &[wish("resident", &["called_name", "address", "phone"])],
    );
    measure(
        &vault,
        &people,
        "two types",
        &[wish("child-health", &["allergies"]), wish("resident", &["called_name", "address.city"])],
    );
}
