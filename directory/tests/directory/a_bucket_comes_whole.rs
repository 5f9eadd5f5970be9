//! Whoever looks somebody up gets the whole bucket: the same bytes for everybody in it, and for who is in none.

use pod_protocol::bucket::{Bucket, bucket_of};
use pod_protocol::holder_entry::HolderEntry;

use crate::federation::*;
use crate::world::*;

/// 256 tags that spread as digests do.
fn tag(number: u8) -> [u8; 16] {
    let digest = pod_crypto::sha256(&[&[number]]);
    digest[..16].try_into().unwrap()
}

#[tokio::test]
async fn a_tag_that_is_there_and_one_that_is_not_look_alike() {
    let world = World::new();
    let directory = world.directory().await;
    let entries: Vec<HolderEntry> = (0..=255).map(|number| entry(HELSINKI, tag(number))).collect();
    world.publish(&directory, HELSINKI, &entries).await.is(200);

    let present = tag(7);
    let mut absent = present;
    absent[15] ^= 1;
    let number = bucket_of(&present, 2);
    let bytes = world.get(&directory, &format!("/v1/buckets/2/{number}")).await.is(200);
    assert_eq!(bytes.headers["content-type"], "application/cbor");
    let bucket = proven(&bytes.body);
    assert!(bucket.entries.len() >= 32, "{}", bucket.entries.len());
    assert_eq!(bucket.find(&present).count(), 1);
    // The absent one leads to the same question, and so to the same answer.
    assert_eq!(bucket_of(&absent, 2), number);
    assert!(bucket.find(&absent).next().is_none());
    // Asked again it is the same bytes, now from memory.
    assert_eq!(world.get(&directory, &format!("/v1/buckets/2/{number}")).await.is(200).body, bytes.body);

    let mut all = 0;
    for number in 0..4 {
        let path = format!("/v1/buckets/2/{number}");
        all += proven(&world.get(&directory, &path).await.is(200).body).entries.len();
    }
    assert_eq!(all, 256);
}

#[tokio::test]
async fn an_empty_directory_has_a_bucket_too() {
    let world = World::new();
    let directory = world.directory().await;
    let bucket = world.bucket_of(&directory, &[9; 16]).await;
    assert_eq!(bucket, Bucket { bits: 0, number: 0, entries: Vec::new() });
}

#[tokio::test]
async fn smaller_buckets_than_there_are_cannot_be_asked_for() {
    let world = World::new();
    let directory = world.directory().await;
    for path in ["/v1/buckets/1/0", "/v1/buckets/24/7", "/v1/buckets/0/1", "/v1/buckets/x/y", "/v1/buckets/-1/0"] {
        world.get(&directory, path).await.refused(404, "bucket");
    }
    let entries: Vec<HolderEntry> = (0..=255).map(|number| entry(HELSINKI, tag(number))).collect();
    world.publish(&directory, HELSINKI, &entries).await.is(200);
    // Nothing vouches for those of the count before: whoever asked right before it grew asks again.
    world.get(&directory, "/v1/buckets/1/1").await.refused(404, "bucket");
    world.get(&directory, "/v1/buckets/0/0").await.refused(404, "bucket");
    world.get(&directory, "/v1/buckets/3/0").await.refused(404, "bucket");
}
