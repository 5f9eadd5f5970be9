//! How many entries a second become durable, and how many share one sync, with 64 who wait.
//!
//! `cargo run --release -p pod-audit --example group_commit -- [DIRECTORY [SECONDS]]`
#![allow(clippy::unwrap_used, reason = "a measurement ends when anything fails")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pod_audit::{
    EntryKind, GrantUse, Log, LogConfig, NewEntry, PersonalPart, PodTag, PublicPart, Released, RequestMark,
};
use pod_crypto::{AeadKey, SigningKey, SystemRandom};
use pod_protocol::ids::{Cti, GrantId, Kid, Principal, RequestId};

const WAITERS: usize = 64;

fn entry(key: &AeadKey) -> NewEntry {
    let public = PublicPart {
        time_secs: 1_790_000_000,
        kind: EntryKind::Disclosure,
        pod: Some(PodTag::new([1; 16])),
        request: Some(RequestMark {
            id: RequestId::new([2; 32]),
            cti: Cti::new([3; 16]),
            kid: Kid::new([4; 16]),
            issued_secs: 1_790_000_000,
        }),
        grants: Some(GrantUse::new(vec![GrantId::new([5; 32])], 1).unwrap()),
    };
    let personal = PersonalPart {
        service: Some(Principal::new([6; 32])),
        organisation: "city-of-espoo".to_owned(),
        purpose: "dpv:ServiceProvision".to_owned(),
        released: vec![Released {
            record_type: "diet".to_owned(),
            fields: vec!["allergies.substance".to_owned(), "diet".to_owned(), "valid_until".to_owned()],
        }],
        withheld: Vec::new(),
        outcome: "released".to_owned(),
        acting: None,
    };
    NewEntry::new(&public, Some((&personal, key)), &SystemRandom).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn now() -> Instant {
    Instant::now()
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let given = arguments.next().map(PathBuf::from);
    let seconds = arguments.next().map_or(5, |text| text.parse().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let directory = given.unwrap_or_else(|| temporary.path().to_owned());

    let key = Arc::new(AeadKey::from_bytes([7; 32]));
    let start = now();
    for _ in 0..20_000 {
        std::hint::black_box(entry(&key));
    }
    println!(
        "making an entry      {:8.2} µs, {} bytes",
        start.elapsed().as_secs_f64() * 1e6 / 20_000.0,
        entry(&key).bytes().len()
    );

    let head_key = Arc::new(SigningKey::from_seed(&[8; 32]));
    let log = Arc::new(Log::open(LogConfig::new(directory.clone(), Principal::new([9; 32]), head_key)).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let start = now();
    let end = start + Duration::from_secs(seconds);
    let mut times: Vec<u32> = runtime.block_on(async {
        let waiters: Vec<_> = (0..WAITERS)
            .map(|_| {
                let (log, key) = (Arc::clone(&log), Arc::clone(&key));
                tokio::spawn(async move {
                    let mut times = Vec::new();
                    loop {
                        let begun = now();
                        if begun >= end {
                            return times;
                        }
                        log.append(vec![entry(&key)]).await.unwrap();
                        times.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
                    }
                })
            })
            .collect();
        let mut all = Vec::new();
        for waiter in waiters {
            all.extend(waiter.await.unwrap());
        }
        all
    });
    let elapsed = start.elapsed().as_secs_f64();
    let stats = log.stats();
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(0);
    println!("waiters              {WAITERS:8}");
    println!("entries a second     {:8.0}", stats.entries as f64 / elapsed);
    println!("syncs a second       {:8.0}", stats.syncs as f64 / elapsed);
    println!("entries a sync       {:8.1} (most {})", stats.entries as f64 / stats.syncs as f64, stats.largest_group);
    println!("waiting p50 p99 most {:8} {} {} µs", at(0.5), at(0.99), times.last().copied().unwrap_or(0));
    println!("segments begun       {:8}", stats.segments_begun);
    drop(log);
    let config = LogConfig::new(directory, Principal::new([9; 32]), Arc::new(SigningKey::from_seed(&[8; 32])));
    let start = now();
    let opening = Log::open(config).unwrap().opening();
    println!(
        "opening again        {:8.0} ms, {} entries, {} read",
        start.elapsed().as_secs_f64() * 1e3,
        opening.entries,
        opening.rehashed_entries
    );
}
