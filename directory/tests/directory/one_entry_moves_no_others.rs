//! An entry that comes and goes where buckets split: they do so once. How many buckets there are then follows from what was
//! before, and everybody who reads the log comes to the same.

use pod_directory::config::DirectoryConfig;
use pod_directory::directory::{self, Mirror};
use pod_protocol::holder_entry::HolderEntry;
use pod_protocol::tlog::leaf::{Body, Leaf, State};
use pod_protocol::tlog::map::{MapTree, bucket_hash, entry_hash};

use crate::a_mirror_believes_nothing::{mirror_of, once, says};
use crate::federation::*;
use crate::log::{empty_table, leaves};
use crate::world::*;

/// One fewer than make two buckets, half of them in each.
fn not_enough_for_two() -> Vec<HolderEntry> {
    (0..127).map(|number| entry(HELSINKI, [number << 1; 16])).collect()
}

/// Publishes one more and withdraws it, so many times.
async fn come_and_go(world: &World, directory: &Serving, times: u64) {
    for issued in (NOW..).step_by(2).take(times as usize) {
        let come = HolderEntry { issued, ..entry(ESPOO, [0xff; 16]) };
        for one in [come, tombstone(ESPOO, [0xff; 16], issued + 1)] {
            world.publish(directory, ESPOO, &[one]).await.is(200);
        }
    }
}

async fn directory_of_two_buckets(world: &World, times: u64) -> Serving {
    let directory = world.empty_directory().await;
    for statement in [signed(ANCHOR, crate::federation::directory())].into_iter().chain(statements()) {
        world.post(&directory, "/v1/statements", "application/cose", statement).await.is(204);
    }
    world.publish(&directory, HELSINKI, &not_enough_for_two()).await.is(200);
    assert_eq!(world.get(&directory, "/v1/buckets").await.json()["bits"], 0);
    come_and_go(world, &directory, times).await;
    directory
}

/// What everybody is shown: how many buckets, and both.
async fn shown(world: &World, of: &Serving) -> (serde_json::Value, Vec<pod_http::Bytes>) {
    let mut buckets = Vec::new();
    for path in ["/v1/buckets/1/0", "/v1/buckets/1/1"] {
        buckets.push(world.get(of, path).await.is(200).body);
    }
    (world.get(of, "/v1/buckets").await.json(), buckets)
}

#[tokio::test]
async fn buckets_split_once_and_are_the_same_after_a_restart_and_in_every_copy() {
    let world = World::new();
    let directory = directory_of_two_buckets(&world, 20).await;
    let logged = leaves(&world, &directory).await;
    let mut bits: Vec<u8> = logged.iter().filter_map(|leaf| Some(state_of(leaf)?.bits)).collect();
    bits.dedup();
    assert_eq!(bits, [0, 1]);
    let before = shown(&world, &directory).await;
    assert_eq!(before.0, serde_json::json!({ "bits": 1, "entries": 127 }));

    let mirror = mirror_of(&world, &directory.origin.to_string(), "mirror");
    let mirror = Serving::of(directory::start_mirror(mirror, world.around()).await.unwrap());
    assert_eq!(shown(&world, &mirror).await, before);
    mirror.stop().await;
    directory.stop().await;

    // From the index, from an index that is made anew, and from the leaves alone.
    let config = DirectoryConfig::from_toml(&world.path("directory.toml"), &world.directory_toml()).unwrap();
    for dry_run in [true, false] {
        assert!(directory::reindex(&config.storage, anchor(), dry_run, &mut |_, _| {}).unwrap().was_whole);
    }
    let directory = world.empty_directory().await;
    assert_eq!(shown(&world, &directory).await, before);
    directory.stop().await;
    empty_table(&world, "index");
    let directory = world.empty_directory().await;
    assert_eq!(shown(&world, &directory).await, before);
    // It goes on from there: so does a copy that is as old.
    come_and_go(&world, &directory, 1).await;
    assert_eq!(world.get(&directory, "/v1/buckets").await.json()["bits"], 1);
    let mirror = mirror_of(&world, &directory.origin.to_string(), "mirror");
    let mut mirror = Mirror::open(&mirror, &world.around()).unwrap();
    assert_eq!(once(&mut mirror).await.unwrap().entries, 127);
}

fn state_of(leaf: &[u8]) -> Option<State> {
    match Leaf::from_bytes(leaf).unwrap().body {
        Body::State(state) => Some(state),
        _ => None,
    }
}

#[tokio::test]
async fn a_state_with_another_number_of_buckets_is_not_believed() {
    let world = World::new();
    let directory = directory_of_two_buckets(&world, 0).await;
    let before = leaves(&world, &directory).await;
    come_and_go(&world, &directory, 1).await;
    let mut honest = leaves(&world, &directory).await;
    directory.stop().await;

    // The same entries, in as many buckets as the state says: one has too many of them, one too few, and one never split.
    let state = state_of(honest.last().unwrap()).unwrap();
    let entries: Vec<Vec<u8>> = not_enough_for_two().into_iter().map(|entry| signed(HELSINKI, entry)).collect();
    let lie = |bits: u8| {
        let hashes: Vec<_> = entries.iter().map(|entry| entry_hash(entry)).collect();
        let in_bucket = |number: u32| {
            let tags = not_enough_for_two().into_iter().map(|entry| pod_protocol::bucket::bucket_of(&entry.tag, bits));
            let inside = tags.zip(&hashes).filter(|(of, _)| *of == number).map(|(_, hash)| *hash);
            bucket_hash(&inside.collect::<Vec<_>>())
        };
        let map_root = MapTree::new((0..1 << bits).map(in_bucket).collect()).root();
        Leaf { time_secs: NOW, body: Body::State(State { bits, map_root, ..state }) }.to_bytes()
    };
    assert_eq!(lie(1), *honest.last().unwrap());
    honest.truncate(honest.len() - 1);
    for (name, bits) in [("joined", 0), ("split", 2)] {
        let more = [&honest[before.len()..], &[lie(bits)]].concat();
        assert_eq!(says(&world, name, &before, more).await.0, "log-replay");
    }
}
