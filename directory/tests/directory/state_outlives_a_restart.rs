//! What was acknowledged is there after a restart: statements, entries, tombstones, used logins.

use pod_crypto::blind::Blinding;
use pod_protocol::holder_entry::HolderEntry;
use pod_store::Table;

use crate::federation::*;
use crate::world::*;

#[tokio::test]
async fn the_directory_serves_what_it_had() {
    let world = World::new();
    let directory = world.directory().await;
    let entries: Vec<HolderEntry> = (0..130).map(|number| entry(HELSINKI, [number; 16])).collect();
    world.publish(&directory, HELSINKI, &entries).await.is(200);
    let short = HolderEntry { expires: NOW + 60, ..tombstone(HELSINKI, [0; 16], NOW + 1) };
    world.publish(&directory, HELSINKI, &[short, tombstone(HELSINKI, [1; 16], NOW + 1)]).await.is(200);
    let before = (
        world.get(&directory, "/v1/registry").await.is(200).body,
        world.get(&directory, "/v1/buckets").await.json(),
        world.get(&directory, "/v1/buckets/1/0").await.is(200).body,
        world.get(&directory, "/v1/log/head").await.is(200).body,
    );
    directory.stop().await;
    let directory = world.empty_directory().await;
    let after = (
        world.get(&directory, "/v1/registry").await.is(200).body,
        world.get(&directory, "/v1/buckets").await.json(),
        world.get(&directory, "/v1/buckets/1/0").await.is(200).body,
        world.get(&directory, "/v1/log/head").await.is(200).body,
    );
    assert_eq!(after, before);
    // What a tombstone removed does not come back, also after the tombstone's own end.
    world.set_time(NOW + 3600);
    world.publish(&directory, HELSINKI, &entries[..2]).await.is(200);
    assert_eq!(world.get(&directory, "/v1/buckets").await.json()["entries"], 128);
    // Once the first entry itself is over, nothing of it is remembered.
    world.set_time(NOW + 30 * DAY);
    eventually(async || world.get(&directory, "/v1/buckets").await.json()["entries"] == 0).await;
    directory.stop().await;
    let directory = world.empty_directory().await;
    assert_eq!(world.get(&directory, "/v1/buckets").await.json()["entries"], 0);
}

#[tokio::test]
async fn the_blinder_knows_which_logins_were_used() {
    let (world, directory, blinder, provider) = whole().await;
    let (_, blinded) = Blinding::blind(CODE.as_bytes(), &random(21)).unwrap();
    for login in ["a", "b", "c"] {
        world.ask(&blinder, &provider.token("pairwise-1", login), &blinded, &[HELSINKI]).await.is(200);
    }
    let public = world.get(&blinder, "/v1/blinder").await.json()["public"].clone();
    blinder.stop().await;
    let blinder = world.blinder(&directory.origin, &provider.issuer).await;
    assert_eq!(world.get(&blinder, "/v1/blinder").await.json()["public"], public);
    let used = provider.token("pairwise-1", "a");
    world.ask(&blinder, &used, &blinded, &[HELSINKI]).await.refused(401, "token-used");
    let fourth = provider.token("pairwise-1", "d");
    world.ask(&blinder, &fourth, &blinded, &[HELSINKI]).await.refused(429, "limit");
}

#[tokio::test]
async fn what_the_blinder_forgets_is_gone_from_its_disk() {
    let (world, directory, blinder, provider) = whole().await;
    let (_, blinded) = Blinding::blind(CODE.as_bytes(), &random(21)).unwrap();
    let login = |subject: &str, id: &str, issued: u64| {
        provider.token_with(subject, id, |claims| {
            claims["iat"] = issued.into();
            claims["exp"] = (issued + 300).into();
        })
    };
    let on_disk = || {
        let config = pod_store::StoreConfig::new(pod_store::Engine::Redb, world.path("blinder.redb"));
        let tables = [Table("registry"), Table("fetched"), Table("asks")];
        pod_store::open(&config, &tables, 1).unwrap().count(Table("asks")).unwrap()
    };
    world.ask(&blinder, &login("first", "a", NOW), &blinded, &[HELSINKI]).await.is(200);
    world.set_time(NOW + 60);
    for id in ["b", "c", "d"] {
        world.ask(&blinder, &login("second", id, NOW + 60), &blinded, &[HELSINKI]).await.is(200);
    }
    // A day after the first login, and not after the others: an ask that is refused forgets it.
    world.set_time(NOW + DAY);
    world.ask(&blinder, &login("second", "e", NOW + DAY), &blinded, &[HELSINKI]).await.refused(429, "limit");
    blinder.stop().await;
    assert_eq!(on_disk(), 3);

    world.set_time(NOW + 2 * DAY);
    world.blinder(&directory.origin, &provider.issuer).await.stop().await;
    assert_eq!(on_disk(), 0);
}

#[tokio::test]
async fn the_blinders_disk_tells_nothing_of_who_asked() {
    let (world, _directory, blinder, provider) = whole().await;
    let (_, blinded) = Blinding::blind(CODE.as_bytes(), &random(21)).unwrap();
    let token = provider.token("pairwise-subject", "login-id");
    world.ask(&blinder, &token, &blinded, &[HELSINKI]).await.is(200);
    blinder.stop().await;
    let disk = std::fs::read(world.path("blinder.redb")).unwrap();
    for secret in [&b"pairwise-subject"[..], b"login-id", &blinded, CODE.as_bytes()] {
        assert!(!disk.windows(secret.len()).any(|window| window == secret));
    }
}
