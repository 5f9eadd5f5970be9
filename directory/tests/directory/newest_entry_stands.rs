//! Of a holder's entries under a tag the newest stands, a tombstone removes it, and what expires goes by itself.

use pod_protocol::holder_entry::{HolderEntry, SEALED_HANDLE_BYTES};

use crate::federation::*;
use crate::world::*;

const TAG: [u8; 16] = [1; 16];

async fn standing(world: &World, directory: &Serving) -> Vec<u64> {
    let bucket = world.bucket_of(directory, &TAG).await;
    bucket.find(&TAG).map(|entry| entry.unverified().issued).collect()
}

#[tokio::test]
async fn the_newest_wins_whatever_came_last() {
    let world = World::new();
    let directory = world.directory().await;
    let at = |issued| HolderEntry { issued, sealed: Some(vec![8; SEALED_HANDLE_BYTES]), ..entry(HELSINKI, TAG) };
    world.publish(&directory, HELSINKI, &[at(NOW - 5)]).await.is(200);
    let size = world.publish(&directory, HELSINKI, &[at(NOW)]).await.json()["size"].as_u64().unwrap();
    // An older one is no error, it changes nothing: whoever sends a list again need not know which part had arrived. It is told which
    // stands in the log for it.
    let again = [at(NOW - 3), entry(HELSINKI, [2; 16])];
    let told = world.publish(&directory, HELSINKI, &again).await.json();
    assert_eq!(told, serde_json::json!({ "places": [null, size], "size": size + 2 }));
    assert_eq!(standing(&world, &directory).await, [NOW]);
    // Another holder's entry under the same tag stands beside it.
    world.publish(&directory, ESPOO, &[entry(ESPOO, TAG)]).await.is(200);
    assert_eq!(standing(&world, &directory).await, [NOW, NOW]);
}

#[tokio::test]
async fn a_tombstone_removes_and_the_removed_does_not_come_back() {
    let world = World::new();
    let directory = world.directory().await;
    let first = entry(HELSINKI, TAG);
    world.publish(&directory, HELSINKI, std::slice::from_ref(&first)).await.is(200);
    let short = HolderEntry { expires: NOW + 60, ..tombstone(HELSINKI, TAG, NOW + 1) };
    world.publish(&directory, HELSINKI, &[short]).await.is(200);
    assert!(standing(&world, &directory).await.is_empty());
    // The tombstone itself expires; somebody who kept the first entry sends it again.
    world.set_time(NOW + 3600);
    world.publish(&directory, HELSINKI, &[first]).await.is(200);
    assert!(standing(&world, &directory).await.is_empty());
    let again = HolderEntry { issued: NOW + 3600, ..entry(HELSINKI, TAG) };
    world.publish(&directory, HELSINKI, &[again]).await.is(200);
    assert_eq!(standing(&world, &directory).await, [NOW + 3600]);
}

#[tokio::test]
async fn what_expires_goes_by_itself() {
    let world = World::new();
    let directory = world.directory().await;
    let short = HolderEntry { expires: NOW + 60, ..entry(HELSINKI, TAG) };
    world.publish(&directory, HELSINKI, &[short, entry(HELSINKI, [2; 16])]).await.is(200);
    assert_eq!(standing(&world, &directory).await, [NOW]);
    world.set_time(NOW + 60);
    eventually(async || standing(&world, &directory).await.is_empty()).await;
    assert_eq!(world.get(&directory, "/v1/buckets").await.json()["entries"], 1);
}
