//! A holder that cannot be reached: what it is to hear is sealed for it and posted, to the directory or to another node.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use pod_client::directory::{DirectoryClient, Logged, Taken, seal_for};
use pod_crypto::hpke::SealPrivateKey;
use pod_protocol::Verified;
use pod_protocol::ids::{Cti, GrantId};
use pod_protocol::registry::Registry;
use pod_protocol::revocation::{Revocation, Target};
use pod_protocol::tlog::leaf::{Body, Sealed};
use pod_protocol::tlog::post::{Posted, items_from_bytes};

use crate::log::{Directory, Served, members};
use crate::world::{NOW, World, anchor, city, key, sealing_registry, url};

fn posted() -> Posted {
    let revocation = Revocation {
        issuer: city(60),
        audience: city(1),
        issued: NOW,
        cti: Cti::new([1; 16]),
        target: Target::Grant(GrantId::new([4; 32])),
    };
    Posted::Revocation(Verified::sign(&key(60), revocation).bytes().to_vec())
}

fn sealed(world: &World, registry: &Registry) -> Sealed {
    seal_for(&world.caller, registry, &city(1), &posted()).unwrap()
}

/// What was told, where it is said to stand, and what of it does not.
type Case<'a> = (&'a [Sealed], &'a [Option<u64>], &'a [usize]);

#[tokio::test]
async fn it_stands_in_the_log_and_opens_for_its_holder_alone() {
    let world = World::new();
    let registry = sealing_registry(&[(1, "https://one.example")]);
    let directory = Directory::start(&world, Served::new(members(), vec![])).await;
    let mut copy = directory.client.registry(&anchor(), None).await.unwrap();
    let items = [sealed(&world, &registry), sealed(&world, &registry)];
    let taken = directory.client.post(&world.caller, &registry, &city(1), &items).await.unwrap();
    let said = Logged { places: vec![Some(1), Some(2)], size: 4 };
    assert_eq!(taken, Taken::Logged(said.clone()));
    let told = |items: &[Sealed]| items.iter().cloned().map(Body::Sealed).collect::<Vec<_>>();
    let found = directory.client.find_in_log(&copy.registry, copy.view(), &told(&items), &said).await.unwrap();
    assert_eq!((found.view.checkpoint().size, found.missing), (4, BTreeSet::new()));
    copy.advance(found.view);
    assert_eq!(Posted::open(&items[1], &SealPrivateKey::from_seed(&[1; 32])), Ok(posted()));
    // They may stand in any order. At another place stands something else; beyond the end nothing; and a directory that does not say
    // where, or for fewer, has not shown it.
    let swapped = [items[1].clone(), items[0].clone()];
    let other = [items[0].clone(), sealed(&world, &registry)];
    let cases: [Case<'_>; 8] = [
        (&swapped, &[Some(2), Some(1)], &[]),
        (&items, &[Some(2), Some(1)], &[0, 1]),
        (&items, &[Some(1), Some(1)], &[1]),
        (&items, &[Some(0), Some(3)], &[0, 1]),
        (&items, &[Some(1), Some(4)], &[1]),
        (&items, &[Some(u64::MAX), Some(2)], &[0]),
        (&items, &[None], &[0, 1]),
        (&other, &[Some(1), Some(2)], &[1]),
    ];
    for (items, places, missing) in cases {
        let said = Logged { places: places.to_vec(), size: 4 };
        let found = directory.client.find_in_log(&copy.registry, copy.view(), &told(items), &said).await.unwrap();
        assert_eq!(Vec::from_iter(found.missing), missing, "{places:?}");
    }
}

#[tokio::test]
async fn another_node_passes_it_on_and_the_holder_is_not_asked() {
    let world = World::new();
    let brought: Arc<Mutex<Vec<Bytes>>> = Arc::default();
    let keep = Arc::clone(&brought);
    let take = move |body: Bytes| {
        keep.lock().unwrap().push(body);
        async { (StatusCode::ACCEPTED, "{}") }
    };
    let node = world.serve(Router::new().route("/v1/log/posts", post(take))).await;
    let nowhere = world.nowhere().await;
    // City 1 is the holder: it would answer, and is left out.
    let registry = sealing_registry(&[(1, &url(&node)), (2, &nowhere), (3, &url(&node))]);
    let directory = DirectoryClient::new(&world.caller, &nowhere).unwrap();
    let item = sealed(&world, &registry);
    let items = std::slice::from_ref(&item);
    let taken = directory.post(&world.caller, &registry, &city(1), items).await.unwrap();
    assert_eq!(taken, Taken::Forwarded("city-3".to_owned()));
    assert_eq!(items_from_bytes(&brought.lock().unwrap()[0]).unwrap(), items);
    // When nobody answers, it is the directory that was not reached.
    let registry = sealing_registry(&[(1, &url(&node)), (2, &nowhere)]);
    let error = directory.post(&world.caller, &registry, &city(1), items).await.unwrap_err();
    assert_eq!(error.code(), "not-reached");
    assert!(error.to_string().contains("the directory"), "{error}");
}
