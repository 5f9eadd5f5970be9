//! `cargo xtask bench directory [ENTRIES…]`: a directory with so many entries. How fast they come in, are published and cosigned,
//! how long lookups take while buckets split, what one costs without a network and a wallet's check of it, how long a start and a
//! new index take, and what lies in memory.
//!
//! The directory is the real one, on redb, on this machine, with two witnesses that check and sign as nodes do. Its memory is
//! that of this process, in which nothing else is kept.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pod_crypto::{SeededRandom, SigningKey, SystemRandom, random_array};
use pod_directory::config::DirectoryConfig;
use pod_directory::directory::{self, MAX_ENTRIES_PER_POST, Offline};
use pod_directory::{Running, Surroundings};
use pod_http::{
    Client, ClientLimits, ClientProtocol, Incoming, Limits, Machine, Origin, Outgoing, Request, RootCertificates,
    Server, ServerConfig, ServerHandle, Service, StatusCode, refuse_key_log,
};
use pod_protocol::Verified;
use pod_protocol::bucket::bucket_bits;
use pod_protocol::codec::{Cbor, encode};
use pod_protocol::holder_entry::{HolderEntry, SEALED_HANDLE_BYTES};
use pod_protocol::ids::{Cti, Principal, base64url};
use pod_protocol::merkle::{Hash, empty_root, verify_consistency};
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::statement::{Membership, Profile, Role};
use pod_protocol::tlog::head::Policy;
use pod_protocol::tlog::map::ProvenBucket;
use pod_protocol::tlog::witness::{ADD_CHECKPOINT_PATH, AddCheckpoint, SIZE_MEDIA_TYPE};
use pod_protocol::words::Words;
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::task::JoinSet;

use crate::seconds_since_1970;

/// A city of some size, and the country.
pub(crate) const USUAL: [usize; 2] = [20_000, 2_000_000];
/// Holders that publish, each with its part, at the same time.
const HOLDERS: u8 = 4;
/// Posts of one entry whose way into a published head is timed.
const TIMED_POSTS: usize = 50;
/// Lookups that are timed.
const LOOKUPS: u32 = 200_000;
/// Checks that are timed.
const CHECKS: u32 = 2_000;
const ANCHOR: u8 = 1;
const DIRECTORY: u8 = 2;
const DAY: u64 = 24 * 3600;

#[expect(clippy::disallowed_methods, reason = "this is the edge: a measurement reads the clock")]
fn now() -> Instant {
    Instant::now()
}

fn key(of: u8) -> SigningKey {
    SigningKey::from_seed(&[of; 32])
}

fn principal(of: u8) -> Principal {
    Principal::new([of; 32])
}

fn anchor() -> Anchor {
    Anchor { principal: principal(ANCHOR), key: key(ANCHOR).public_key() }
}

pub(crate) fn measure(sizes: &[usize]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for entries in sizes {
        runtime.block_on(one(*entries));
    }
}

async fn one(entries: usize) {
    println!("\n{entries} entries");
    let dir = tempfile::tempdir().unwrap();
    let running = start(dir.path()).await;
    let at: Origin = running.addresses()[0].to_string().parse().unwrap();
    let client = Client::new(RootCertificates::none(), ClientProtocol::Http1, ClientLimits::default()).unwrap();
    let _witnesses = [begin(&client, &at, 10).await, begin(&client, &at, 11).await];
    for holder in 12..10 + HOLDERS {
        say(&client, &at, membership(holder)).await;
    }

    // Buckets split when there are twice as many entries, at powers of two: for the last time at this one.
    let doubled = 1 << entries.ilog2();
    let [each, last] = [entries, doubled].map(|entries| entries / usize::from(HOLDERS));
    let before = fill_all(&client, &at, 0..last - 1).await;
    split(&client, &at, bucket_bits(0, doubled as u64) - 1).await;
    let took = before + fill_all(&client, &at, last..each).await;
    println!(
        "  taken in, logged and cosigned: {:.0} entries/s ({:.1} s)",
        entries as f64 / took.as_secs_f64(),
        took.as_secs_f64()
    );

    let mut times = Vec::new();
    for number in 0..TIMED_POSTS {
        let post = entries_of(10, usize::MAX - 1 - number, 1);
        let begun = now();
        publish(&client, &at, post).await;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    println!(
        "  one post until it is in a head with two cosignatures: median {:.1?}, slowest {:.1?}; a node sees it with its next \
         look, every 30 s",
        times[TIMED_POSTS / 2],
        times[TIMED_POSTS - 1]
    );
    let registry = client.send(&at, Request::get("/v1/registry")).await.unwrap().body;
    running.drain().await;

    let before = resident_mib();
    let begun = now();
    let offline = Offline::open(&config(dir.path()).storage, anchor()).unwrap();
    println!("  start: {:.2} s, {} MiB in memory, {before} before", begun.elapsed().as_secs_f64(), resident_mib());
    look_up(&offline, &registry);
    drop(offline);

    let begun = now();
    let made = directory::reindex(&config(dir.path()).storage, anchor(), false, &mut |_, _| {}).unwrap();
    println!("  index made anew from {} leaves: {:.1} s", made.leaves, begun.elapsed().as_secs_f64());
    println!("  on the disk: {} MiB", std::fs::metadata(dir.path().join("directory.redb")).unwrap().len() >> 20);
}

fn look_up(offline: &Offline, registry: &[u8]) {
    let (bits, entries) = offline.buckets();
    let buckets = 1_u32 << bits;
    let mut bytes = 0;
    let begun = now();
    for number in 0..buckets {
        bytes += offline.bucket(bits, number).unwrap().len();
    }
    let first = begun.elapsed() / buckets;
    let begun = now();
    for number in 0..LOOKUPS {
        // Spread, as lookups are: a multiplication by an odd number visits all of them.
        let number = number.wrapping_mul(0x9e37_79b1) & (buckets - 1);
        std::hint::black_box(offline.bucket(bits, number));
    }
    let took = begun.elapsed();
    println!(
        "  lookups: {:.0}/s on one core ({buckets} buckets of {:.0} entries, {:.1} kB an answer), {:.0?} when a bucket is not at hand",
        f64::from(LOOKUPS) / took.as_secs_f64(),
        entries as f64 / f64::from(buckets),
        bytes as f64 / f64::from(buckets) / 1000.0,
        first,
    );

    let registry = Registry::build(&anchor(), &Registry::read_snapshot(registry).unwrap(), seconds_since_1970()).0;
    let policy = Policy { witnesses: 2, max_age_secs: u64::MAX };
    let answer = offline.bucket(bits, 0).unwrap();
    let begun = now();
    for _ in 0..CHECKS {
        let proven = ProvenBucket::from_bytes(&answer).unwrap();
        let head = proven.head.verify(&registry, &policy, seconds_since_1970()).unwrap();
        proven.check(&head.state).unwrap();
    }
    println!("  a wallet's check, signatures of the head included: {:.0?}", begun.elapsed() / CHECKS);
}

fn config(dir: &Path) -> DirectoryConfig {
    let anchor = anchor();
    let text = format!(
        "listen = [\"http://127.0.0.1:0\"]\n[anchor]\nprincipal = \"{}\"\nkey = \"{}\"\n\
         [log]\nprincipal = \"{}\"\nkey_file = \"directory.key\"\nwitnesses = 2\n[storage]\npath = \"directory.redb\"\n",
        anchor.principal,
        base64url(&anchor.key.to_bytes()),
        principal(DIRECTORY),
    );
    DirectoryConfig::from_toml(&dir.join("directory.toml"), &text).unwrap()
}

async fn start(dir: &Path) -> Running {
    let around = Surroundings {
        clock: Arc::new(seconds_since_1970),
        random: Arc::new(SystemRandom),
        key_log: refuse_key_log(|_| None).unwrap(),
        machine: Machine::this(),
    };
    let running = directory::start(config(dir), key(DIRECTORY), around).await.unwrap();
    let at: Origin = running.addresses()[0].to_string().parse().unwrap();
    let client = Client::new(RootCertificates::none(), ClientProtocol::Http1, ClientLimits::default()).unwrap();
    say(&client, &at, membership(DIRECTORY)).await;
    running
}

fn membership(subject: u8) -> Vec<u8> {
    let now_secs = seconds_since_1970();
    let directory = subject == DIRECTORY;
    let claims = Membership {
        issuer: principal(ANCHOR),
        subject: principal(subject),
        expires: now_secs + 30 * DAY,
        issued: now_secs,
        cti: Cti::new([subject; 16]),
        name: format!("member-{subject}").parse().unwrap(),
        keys: vec![key(subject).public_key()],
        roles: vec![if directory { Role::Directory } else { Role::Holder }],
        depth: 0,
        suspended: false,
    };
    Verified::sign(&key(ANCHOR), claims).bytes().to_vec()
}

/// Admits a member that cosigns.
async fn begin(client: &Client, at: &Origin, of: u8) -> ServerHandle {
    let server = ServerConfig {
        listen: vec!["http://127.0.0.1:0".parse().unwrap()],
        certificate: None,
        limits: Limits::default(),
    };
    let server = Server::bind(server, refuse_key_log(|_| None).unwrap()).await.unwrap();
    let url = server.addresses()[0].to_string();
    let seen = Arc::new(Mutex::new((0, empty_root())));
    let cosign = move |incoming: Incoming| {
        let answer = add_checkpoint(&mut seen.lock().unwrap(), of, &incoming.body);
        std::future::ready(answer)
    };
    let service = Service::new(Default::default(), || random_array(&SystemRandom));
    let handle = server.serve(service.fast(pod_http::Method::POST, ADD_CHECKPOINT_PATH, cosign));
    say(client, at, membership(of)).await;
    let now_secs = seconds_since_1970();
    let profile = Profile {
        issuer: principal(of),
        expires: now_secs + 7 * DAY,
        issued: now_secs,
        cti: Cti::new([of; 16]),
        names: Words::new("Kaupunki", "Stad", "City").unwrap(),
        endpoints: vec![url.parse().unwrap()],
        catalogue: Some([9; 32]),
        services: Vec::new(),
        seal_key: None,
    };
    say(client, at, Verified::sign(&key(of), profile).bytes().to_vec()).await;
    handle
}

fn add_checkpoint(seen: &mut (u64, Hash), of: u8, body: &[u8]) -> Outgoing {
    let asked = AddCheckpoint::from_bytes(body).unwrap();
    assert!(asked.checkpoint.is_signed_by(&key(DIRECTORY).public_key()));
    if asked.old != seen.0 {
        return Outgoing::new(StatusCode::CONFLICT, SIZE_MEDIA_TYPE, format!("{}\n", seen.0));
    }
    let new = asked.checkpoint.unverified();
    verify_consistency(seen.0, new.size, &seen.1, &new.root, &asked.proof).unwrap();
    *seen = (new.size, new.root);
    let line = new.cosign(principal(of), &key(of), seconds_since_1970()).to_line();
    Outgoing::new(StatusCode::OK, "text/plain", line)
}

async fn say(client: &Client, at: &Origin, statement: Vec<u8>) {
    client.send(at, Request::post("/v1/statements", "application/cose", statement)).await.unwrap().success().unwrap();
}

/// Publishes so many entries of each holder. How long it took.
async fn fill_all(client: &Client, at: &Origin, entries: Range<usize>) -> Duration {
    let begun = now();
    let mut filling = JoinSet::new();
    for holder in 10..10 + HOLDERS {
        filling.spawn(fill(client.clone(), at.clone(), holder, entries.clone()));
    }
    filling.join_all().await;
    begun.elapsed()
}

/// Publishes the entries by which buckets split, while somebody looks a bucket up again and again.
async fn split(client: &Client, at: &Origin, bits: u8) {
    assert_eq!(first_bucket(client, at, bits).await, StatusCode::OK);
    let (done, mut over) = oneshot::channel::<()>();
    let (asker, asked) = (client.clone(), at.clone());
    let asking = tokio::spawn(async move {
        let mut times = Vec::new();
        while over.try_recv() == Err(TryRecvError::Empty) {
            let begun = now();
            first_bucket(&asker, &asked, bits).await;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        times
    });
    let post = entries_of(10, usize::MAX, usize::from(HOLDERS));
    let begun = now();
    publish(client, at, post).await;
    let took = begun.elapsed();
    done.send(()).unwrap();
    let times = asking.await.unwrap();
    assert_eq!(first_bucket(client, at, bits).await, StatusCode::NOT_FOUND);
    println!(
        "  {} buckets from {}: {took:.1?} from the post to a head with two cosignatures; lookups meanwhile: median {:.1?}, slowest \
         of {} {:.1?}",
        2_u32 << bits,
        1_u32 << bits,
        times[times.len() / 2],
        times.len(),
        times[times.len() - 1],
    );
}

/// Asks for the first bucket; when they have split meanwhile, the answer says so.
async fn first_bucket(client: &Client, at: &Origin, bits: u8) -> StatusCode {
    client.send(at, Request::get(format!("/v1/buckets/{bits}/0"))).await.unwrap().status
}

/// Publishes a holder's part, some posts at a time, as an import does.
async fn fill(client: Client, at: Origin, holder: u8, entries: Range<usize>) {
    let mut posts = JoinSet::new();
    for first in entries.clone().step_by(MAX_ENTRIES_PER_POST) {
        let count = MAX_ENTRIES_PER_POST.min(entries.end - first);
        let body = tokio::task::spawn_blocking(move || entries_of(holder, first, count)).await.unwrap();
        let (client, at) = (client.clone(), at.clone());
        posts.spawn(async move { publish(&client, &at, body).await });
        if posts.len() >= 16 {
            posts.join_next().await.unwrap().unwrap();
        }
    }
    posts.join_all().await;
}

async fn publish(client: &Client, at: &Origin, body: Vec<u8>) {
    client.send(at, Request::post("/v1/entries", "application/cbor", body)).await.unwrap().success().unwrap();
}

fn entries_of(holder: u8, first: usize, count: usize) -> Vec<u8> {
    let random = SeededRandom::new(pod_crypto::sha256(&[&[holder], &first.to_be_bytes()]));
    let now_secs = seconds_since_1970();
    let signer = key(holder);
    let entry = |_| {
        let claims = HolderEntry {
            holder: principal(holder),
            expires: now_secs + 300 * DAY,
            issued: now_secs,
            tag: random_array(&random),
            sealed: Some(vec![holder; SEALED_HANDLE_BYTES]),
        };
        Cbor::Bytes(Verified::sign(&signer, claims).bytes().to_vec())
    };
    encode(&Cbor::Array((0..count).map(entry).collect()))
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
}
