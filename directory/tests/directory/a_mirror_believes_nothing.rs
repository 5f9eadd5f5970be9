//! A mirror replays the whole log, compares every state, and shows what a directory that lies is caught with.

use std::path::PathBuf;

use pod_directory::config::{MirrorConfig, Serves};
use pod_directory::directory::{self, Mirror, MirrorFault, Mirrored};
use pod_protocol::holder_entry::HolderEntry;
use pod_protocol::statement::Membership;
use pod_protocol::tlog::evidence::{Evidence, Verdict};
use pod_protocol::tlog::leaf::{Body, Leaf, State};
use pod_protocol::tlog::map::{MapTree, bucket_hash, entry_hash};

use crate::federation::*;
use crate::liar::Liar;
use crate::log::*;
use crate::world::*;

const COSE: &str = "application/cose";

pub fn mirror_of(world: &World, url: &str, name: &str) -> MirrorConfig {
    let folder = world.path(name);
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "listen = [\"http://127.0.0.1:0\"]\n{}[mirror]\nof = \"{url}\"\nrefresh_secs = 1\n[storage]\npath = \"mirror.redb\"\n",
        anchor_toml()
    );
    let Serves::Mirror(config) = Serves::from_toml(&folder.join("directory.toml"), &text).unwrap() else {
        panic!("it is a mirror's")
    };
    config
}

pub async fn once(mirror: &mut Mirror) -> Result<Mirrored, MirrorFault> {
    mirror.advance(&mut |_| {}).await
}

/// A directory with members and these entries of Helsinki.
async fn directory_with(world: &World, entries: &[HolderEntry]) -> Serving {
    let directory = world.empty_directory().await;
    for statement in [signed(ANCHOR, crate::federation::directory())].into_iter().chain(statements()) {
        world.post(&directory, "/v1/statements", COSE, statement).await.is(204);
    }
    for some in entries.chunks(100) {
        world.publish(&directory, HELSINKI, some).await.is(200);
    }
    directory
}

fn many(count: usize) -> Vec<HolderEntry> {
    let tag = |number: usize| pod_crypto::sha256(&[&number.to_be_bytes()])[..16].try_into().unwrap();
    (0..count).map(|number| entry(HELSINKI, tag(number))).collect()
}

#[tokio::test]
async fn it_shows_what_the_directory_shows_and_takes_nothing() {
    let world = World::new();
    let directory = directory_with(&world, &many(300)).await;
    let config = mirror_of(&world, &directory.origin.to_string(), "mirror");
    let mut mirror = Mirror::open(&config, &world.around()).unwrap();
    let mirrored = once(&mut mirror).await.unwrap();
    assert_eq!((mirrored.entries, mirrored.members, mirrored.new), (300, 5, mirrored.size));
    assert_eq!(once(&mut mirror).await.unwrap().new, 0);
    drop(mirror);

    let serving = Serving::of(directory::start_mirror(config, world.around()).await.unwrap());
    let paths = [
        "/v1/log/head",
        "/v1/registry",
        "/v1/buckets",
        "/v1/buckets/2/3",
        "/v1/log/tile/0/001.p/40",
        "/v1/log/tile/entries/000",
    ];
    for path in paths {
        let (theirs, ours) = (world.get(&directory, path).await.is(200), world.get(&serving, path).await.is(200));
        assert_eq!(ours.body, theirs.body, "{path}");
    }
    let refused = world.post(&serving, "/v1/statements", COSE, signed(REGION, espoo())).await;
    assert!(refused.0.problem().unwrap().detail.unwrap().contains(&directory.origin.to_string()));
    refused.refused(403, "mirror");
    world.publish(&serving, HELSINKI, &many(1)).await.refused(403, "mirror");
    // What is new comes by itself; while the directory is away, the copy stays.
    world.publish(&directory, ESPOO, &[entry(ESPOO, [1; 16])]).await.is(200);
    eventually(async || world.get(&serving, "/v1/buckets").await.json()["entries"] == 301).await;
    directory.stop().await;
    eventually(async || world.get(&serving, "/readiness").await.json()["notices"][0]["code"] == "away").await;
    assert_eq!(world.bucket_of(&serving, &[1; 16]).await.find(&[1; 16]).count(), 1);
}

#[tokio::test]
async fn a_mirror_can_be_mirrored_and_its_index_made_anew() {
    let world = World::new();
    let source = directory_with(&world, &many(200)).await;
    let first = mirror_of(&world, &source.origin.to_string(), "first");
    let serving = Serving::of(directory::start_mirror(first.clone(), world.around()).await.unwrap());
    let second = mirror_of(&world, &serving.origin.to_string(), "second");
    let mut mirror = Mirror::open(&second, &world.around()).unwrap();
    assert_eq!(once(&mut mirror).await.unwrap().entries, 200);
    drop(mirror);
    serving.stop().await;
    for dry_run in [true, false] {
        let made = directory::reindex(&first.storage, anchor(), dry_run, &mut |_, _| {}).unwrap();
        assert_eq!((made.entries, made.members, made.was_whole), (200, 5, true));
    }
    let mut mirror = Mirror::open(&first, &world.around()).unwrap();
    assert_eq!(once(&mut mirror).await.unwrap().new, 0);
}

/// The state that a few entries make, beside a registry.
fn state(entries: &[Vec<u8>], registry: [u8; 32]) -> State {
    let hashes: Vec<_> = entries.iter().map(|entry| entry_hash(entry)).collect();
    let map_root = MapTree::new(vec![bucket_hash(&hashes)]).root();
    State { bits: 0, entries: entries.len() as u64, map_root, registry }
}

fn leaf(time_secs: u64, body: Body) -> Vec<u8> {
    Leaf { time_secs, body }.to_bytes()
}

/// An honest log with one entry, and its registry's digest.
async fn honest(world: &World) -> (Vec<Vec<u8>>, Vec<u8>, [u8; 32]) {
    let made = entry(HELSINKI, [7; 16]);
    let directory = directory_with(world, std::slice::from_ref(&made)).await;
    let leaves = leaves(world, &directory).await;
    let Body::State(last) = Leaf::from_bytes(leaves.last().unwrap()).unwrap().body else { panic!("no state") };
    let made = signed(HELSINKI, made);
    assert_eq!(state(std::slice::from_ref(&made), last.registry), last);
    directory.stop().await;
    (leaves, made, last.registry)
}

/// What a mirror says of these leaves after the honest ones; the honest ones are shown on.
pub async fn says(world: &World, name: &str, honest: &[Vec<u8>], more: Vec<Vec<u8>>) -> (String, Option<PathBuf>) {
    let liar = Liar::start(honest.to_vec()).await;
    let config = mirror_of(world, &liar.url, name);
    let mut mirror = Mirror::open(&config, &world.around()).unwrap();
    let believed = once(&mut mirror).await.unwrap();
    liar.show([honest, &more].concat());
    let fault = once(&mut mirror).await.unwrap_err();
    // Nothing of it is kept, now or after a restart.
    drop(mirror);
    let mut mirror = Mirror::open(&config, &world.around()).unwrap();
    liar.show(honest.to_vec());
    assert_eq!(once(&mut mirror).await.unwrap(), Mirrored { new: 0, ..believed }, "{name}");
    let MirrorFault::Log { evidence, .. } = &fault else { panic!("{name}: {fault}") };
    (fault.code().to_owned(), evidence.clone())
}

#[tokio::test]
async fn each_lie_is_found_and_has_its_code() {
    let world = World::new();
    let (honest, made, registry) = honest(&world).await;
    let at = |body| leaf(NOW, body);
    let logged = |entry: &[u8]| at(Body::HolderEntry(entry.to_vec()));
    let stated = |entries: &[Vec<u8>]| at(Body::State(state(entries, registry)));
    let other = signed(HELSINKI, entry(HELSINKI, [8; 16]));
    let says = async |name: &str, more: Vec<Vec<u8>>| says(&world, name, &honest, more).await.0;

    // Of the same person an older entry, logged as if it were new, and put in place of the newer one.
    let older = signed(HELSINKI, HolderEntry { issued: NOW - 5, ..entry(HELSINKI, [7; 16]) });
    assert_eq!(says("replayed", vec![logged(&older), stated(std::slice::from_ref(&older))]).await, "log-replay");
    // One that was logged is not in the state: a holder was left out. One that was not logged is.
    assert_eq!(says("omitted", vec![logged(&other), stated(std::slice::from_ref(&made))]).await, "log-replay");
    assert_eq!(says("invented", vec![stated(&[made.clone(), other.clone()])]).await, "log-replay");
    let wrong = State { registry: [0; 32], ..state(std::slice::from_ref(&made), registry) };
    assert_eq!(says("registry", vec![at(Body::State(wrong))]).await, "log-replay");
    let wrong = State { entries: 2, ..state(std::slice::from_ref(&made), registry) };
    assert_eq!(says("count", vec![at(Body::State(wrong))]).await, "log-replay");

    let both = [made.clone(), other.clone()];
    assert_eq!(says("no-state", vec![stated(std::slice::from_ref(&made)), logged(&other)]).await, "log-state");
    assert_eq!(
        says("early", vec![leaf(NOW - 1, Body::State(state(std::slice::from_ref(&made), registry)))]).await,
        "log-leaf"
    );
    assert_eq!(says("times", vec![leaf(NOW + 1, Body::HolderEntry(other.clone())), stated(&both)]).await, "log-leaf");
    assert_eq!(says("nonsense", vec![vec![0xff], stated(std::slice::from_ref(&made))]).await, "log-leaf");
    let part = |part, bytes: &[u8]| at(Body::Statement { part, parts: 2, bytes: bytes.to_vec() });
    let statement = signed(REGION, Membership { issued: NOW, ..espoo() });
    let (first, second) = statement.split_at(40);
    let end = || stated(std::slice::from_ref(&made));
    assert_eq!(says("parts", vec![part(1, second), part(0, first), end()]).await, "log-leaf");
    assert_eq!(says("half", vec![part(0, first), end()]).await, "log-leaf");
    assert_eq!(says("between", vec![part(0, first), logged(&other), part(1, second), end()]).await, "log-leaf");
    assert_eq!(
        says("far", vec![leaf(NOW + 3600, Body::State(state(std::slice::from_ref(&made), registry)))]).await,
        "log-future"
    );

    // What nobody signed who may.
    let mut forged = other.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(says("forged", vec![logged(&forged), stated(&[made.clone(), forged])]).await, "log-leaf");
    let strange = signed(STRANGER, entry(STRANGER, [8; 16]));
    assert_eq!(says("strange", vec![logged(&strange), stated(&[made.clone(), strange])]).await, "log-leaf");
    let usurped = signed(ESPOO, Membership { issued: NOW, ..helsinki() });
    let usurped = Leaf::statement(NOW, &usurped).remove(0).to_bytes();
    assert_eq!(says("usurped", vec![usurped, end()]).await, "log-replay");
}

#[tokio::test]
async fn a_second_history_is_kept_as_evidence() {
    let world = World::new();
    let (honest, made, registry) = honest(&world).await;
    let end = |time_secs| leaf(time_secs, Body::State(state(std::slice::from_ref(&made), registry)));
    let shown = [honest.clone(), vec![end(NOW)]].concat();
    let liar = Liar::start(shown.clone()).await;
    let config = mirror_of(&world, &liar.url, "mirror");
    let mut mirror = Mirror::open(&config, &world.around()).unwrap();
    once(&mut mirror).await.unwrap();
    let cases = [
        (honest.clone(), "log-truncated", Verdict::Shorter),
        ([honest.clone(), vec![end(NOW + 1)]].concat(), "log-fork", Verdict::TwoRoots),
        ([honest.clone(), vec![end(NOW + 1), end(NOW + 2)]].concat(), "log-leaves", Verdict::NotContinued),
    ];
    for (other, code, verdict) in cases {
        liar.show(other);
        let fault = once(&mut mirror).await.unwrap_err();
        assert_eq!(fault.code(), code);
        let MirrorFault::Log { evidence: Some(path), .. } = &fault else { panic!("{fault:?}") };
        let evidence = Evidence::from_bytes(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!((evidence.code.as_str(), evidence.verdict().unwrap()), (code, verdict));
        assert!(evidence.checkpoints().unwrap().iter().all(|note| note.is_signed_by(&key(DIRECTORY).public_key())));
        liar.show(shown.clone());
        assert_eq!(once(&mut mirror).await.unwrap().new, 0);
    }
}

#[tokio::test]
async fn a_first_reading_of_several_batches_that_ends_in_a_lie_leaves_nothing() {
    let world = World::new();
    let (honest, made, registry) = honest(&world).await;
    let lie = leaf(NOW, Body::State(State { entries: 9, ..state(&[made], registry) }));
    let liar = Liar::start([honest.clone(), vec![lie]].concat()).await;
    let config = mirror_of(&world, &liar.url, "mirror");
    let mut mirror = Mirror::open(&config, &world.around()).unwrap();
    assert_eq!(once(&mut mirror).await.unwrap_err().code(), "log-replay");
    liar.show(honest.clone());
    let mirrored = once(&mut mirror).await.unwrap();
    assert_eq!((mirrored.new, mirrored.size), (honest.len() as u64, honest.len() as u64));
}
