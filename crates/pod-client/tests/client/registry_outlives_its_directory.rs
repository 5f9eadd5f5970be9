//! The registry is checked from the trust anchor down, and the last good copy serves for a day without its directory.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::routing::get;
use pod_client::directory::{DirectoryClient, Standing};
use pod_protocol::codec::{Cbor, encode};

use crate::log::{Directory, Served, members};
use crate::world::{DAY, NOW, World, anchor, city, key, membership, url};

#[tokio::test]
async fn unchanged_is_not_downloaded_again() {
    let world = World::new();
    let directory = Directory::start(&world, Served::new(members(), vec![])).await;
    let first = directory.client.registry(&anchor(), None).await.unwrap();
    assert!(first.troubles.is_empty() && first.refused.is_empty());
    assert_eq!((first.registry.organisations().count(), first.valid_until_secs), (7, NOW + DAY));
    world.clock.store(NOW + 1000, Ordering::SeqCst);
    directory.change(|served| {
        served.sign(NOW + 1000);
        served.snapshot = b"not to be fetched".to_vec();
    });
    let second = directory.client.registry(&anchor(), Some(&first.to_bytes())).await.unwrap();
    assert_eq!((second.registry.organisations().count(), second.troubles.len()), (7, 0));
    // Asked and unchanged is as good as new.
    assert_eq!(second.valid_until_secs, NOW + 1000 + DAY);
}

#[tokio::test]
async fn a_day_without_the_directory() {
    let world = World::new();
    let Directory { client, handle, .. } = Directory::start(&world, Served::new(members(), vec![])).await;
    let first = client.registry(&anchor(), None).await.unwrap();
    handle.drain().await;
    world.clock.store(NOW + DAY - 1, Ordering::SeqCst);
    let copy = client.registry(&anchor(), Some(&first.to_bytes())).await.unwrap();
    assert_eq!((copy.troubles[0].code(), copy.standing), ("not-reached", Standing::LastGood));
    assert_eq!((copy.registry.organisations().count(), copy.valid_until_secs), (7, NOW + DAY));
    world.clock.store(NOW + DAY, Ordering::SeqCst);
    assert_eq!(client.registry(&anchor(), Some(&copy.to_bytes())).await.unwrap_err().code(), "not-reached");
    // Without any copy there is nothing.
    world.clock.store(NOW, Ordering::SeqCst);
    assert_eq!(client.registry(&anchor(), None).await.unwrap_err().code(), "not-reached");
    assert_eq!(client.registry(&anchor(), Some(b"damaged")).await.unwrap_err().code(), "not-reached");
}

#[tokio::test]
async fn nonsense_does_not_replace_the_good_copy() {
    let world = World::new();
    let directory = Directory::start(&world, Served::new(members(), vec![])).await;
    let first = directory.client.registry(&anchor(), None).await.unwrap();
    // One without a log, whose registry is nonsense; and one whose log is.
    for nonsense in [b"hello".to_vec(), encode(&Cbor::Array(vec![]))] {
        for (path, code) in [("/v1/registry", "not-believed"), ("/v1/log/head", "log-note")] {
            let nonsense = nonsense.clone();
            let router = Router::new().route(path, get(move || async move { nonsense }));
            let snapshot = directory.served.lock().unwrap().snapshot.clone();
            let router = match path {
                "/v1/registry" => router,
                _ => router.route("/v1/registry", get(move || async move { snapshot })),
            };
            let handle = world.serve(router).await;
            let client = DirectoryClient::new(&world.caller, &url(&handle)).unwrap();
            let copy = client.registry(&anchor(), Some(&first.to_bytes())).await.unwrap();
            assert_eq!((copy.registry.organisations().count(), copy.standing), (7, Standing::LastGood));
            assert_eq!(copy.troubles[0].code(), code);
            assert_eq!(client.registry(&anchor(), None).await.unwrap_err().code(), code);
        }
    }
}

#[tokio::test]
async fn an_old_registry_takes_no_suspension_back() {
    let world = World::new();
    let since = |suspended| membership(2, NOW - DAY + u64::from(suspended), suspended);
    let with = |statement| {
        let others = members().into_iter().filter(|one| *one != since(false));
        others.chain([statement]).collect::<Vec<_>>()
    };
    let directory = Directory::start(&world, Served::new(with(since(true)), vec![])).await;
    let first = directory.client.clone().with_witnesses(1).registry(&anchor(), None).await.unwrap();
    assert!(first.registry.organisation(&city(2)).unwrap().is_suspended());
    directory.change(|served| {
        served.statements = with(since(false));
        served.publish(NOW);
    });
    let copy = directory.client.with_witnesses(1).registry(&anchor(), Some(&first.to_bytes())).await.unwrap();
    assert!(copy.troubles.is_empty());
    assert!(copy.registry.organisation(&city(2)).unwrap().is_suspended());
}

#[tokio::test]
async fn another_trust_anchor_has_another_registry() {
    let world = World::new();
    let directory = Directory::start(&world, Served::new(members(), vec![])).await;
    let stranger = pod_protocol::registry::Anchor { key: key(55).public_key(), ..anchor() };
    assert_eq!(directory.client.registry(&stranger, None).await.unwrap_err().code(), "not-believed");
}
