//! A statement is published when the registry that is built with it holds it, and is refused with the registry's code.

use pod_protocol::statement::{Membership, Profile, Role};

use crate::federation::*;
use crate::world::*;

const COSE: &str = "application/cose";

#[tokio::test]
async fn a_federation_is_published_from_the_anchor_down() {
    let world = World::new();
    let directory = world.directory().await;
    let registry = world.registry(&directory).await;
    let mut names: Vec<String> = registry.organisations().map(|found| found.name().to_string()).collect();
    names.sort();
    assert_eq!(names, ["espoo", "helsinki", "office", "uusimaa"]);
    assert!(registry.organisation_named("helsinki").unwrap().profile().is_some());
    let metrics = world.send(directory.metrics.as_ref().unwrap(), pod_http::Request::get("/metrics")).await.text();
    assert!(metrics.contains("aitta_directory_members 4\n"), "{metrics}");
    assert!(metrics.contains("aitta_directory_statements_total{outcome=\"ok\"} 5\n"), "{metrics}");
}

#[tokio::test]
async fn nobody_is_published_whose_issuer_is_not() {
    let world = World::new();
    let directory = world.empty_directory().await;
    let post = async |statement: Vec<u8>| world.post(&directory, "/v1/statements", COSE, statement).await;
    post(signed(REGION, helsinki())).await.refused(401, "key-unknown");
    post(signed(HELSINKI, profile(HELSINKI))).await.refused(401, "key-unknown");
    post(signed(STRANGER, region())).await.refused(401, "key-unknown");
    let mut forged = signed(ANCHOR, region());
    *forged.last_mut().unwrap() ^= 1;
    post(forged).await.refused(401, "signature");
    post(signed(HELSINKI, entry(HELSINKI, [1; 16]))).await.refused(400, "cose-typ");
    post(signed(ANCHOR, region())).await.is(204);
    // The same again is not an error: the sender may not have seen the answer.
    post(signed(ANCHOR, region())).await.is(204);
    post(signed(REGION, helsinki())).await.is(204);
    assert_eq!(world.registry(&directory).await.organisations().count(), 2);
}

#[tokio::test]
async fn what_members_may_not_say_is_refused() {
    let world = World::new();
    let directory = world.directory().await;
    let post = async |statement: Vec<u8>| world.post(&directory, "/v1/statements", COSE, statement).await;
    let admits = membership(HELSINKI, STRANGER, "stranger", &[Role::Holder]);
    post(signed(HELSINKI, admits)).await.refused(403, "not-authorised");
    let below = membership(REGION, STRANGER, "below", &[Role::Region]);
    post(signed(REGION, below)).await.refused(403, "chain-depth");
    let takes_the_anchor = membership(REGION, ANCHOR, "anchor", &[Role::Holder]);
    post(signed(REGION, takes_the_anchor)).await.refused(403, "not-authorised");
    post(signed(HELSINKI, profile(ESPOO))).await.refused(401, "key-unknown");
    post(signed(HELSINKI, Profile { expires: NOW, ..profile(HELSINKI) })).await.refused(401, "expired");
    let early = Profile { issued: NOW + 61, ..profile(HELSINKI) };
    post(signed(HELSINKI, early)).await.refused(401, "issued-in-future");
    assert_eq!(world.registry(&directory).await.organisations().count(), 4);
}

#[tokio::test]
async fn a_newcomer_takes_neither_key_nor_name_of_a_member() {
    let world = World::new();
    let directory = world.directory().await;
    let post = async |statement: Vec<u8>| world.post(&directory, "/v1/statements", COSE, statement).await;
    let stranger = || membership(REGION, STRANGER, "stranger", &[Role::Holder]);
    let same_key = Membership { keys: vec![key(HELSINKI).public_key()], ..stranger() };
    post(signed(REGION, same_key)).await.refused(403, "key-refused");
    let same_name = Membership { name: "helsinki".parse().unwrap(), ..stranger() };
    post(signed(REGION, same_name)).await.refused(409, "name-taken");
    let registry = world.registry(&directory).await;
    assert_eq!(registry.organisation_named("helsinki").unwrap().principal(), &principal(HELSINKI));
    post(signed(REGION, stranger())).await.is(204);
}

#[tokio::test]
async fn the_newest_statement_replaces_the_older_ones() {
    let world = World::new();
    let directory = world.directory().await;
    let post = async |statement: Vec<u8>| world.post(&directory, "/v1/statements", COSE, statement).await;
    let newer = Profile { issued: NOW, ..profile(HELSINKI) };
    post(signed(HELSINKI, newer)).await.is(204);
    post(signed(HELSINKI, profile(HELSINKI))).await.refused(409, "older-statement");
    let registry = world.registry(&directory).await;
    assert_eq!(registry.organisation_named("helsinki").unwrap().profile().unwrap().issued, NOW);
    assert_eq!(registry.statements().count(), 5);

    let suspended = Membership { suspended: true, issued: NOW, ..helsinki() };
    post(signed(REGION, suspended)).await.is(204);
    post(signed(REGION, helsinki())).await.refused(409, "older-statement");
    assert!(!world.registry(&directory).await.is_member(&principal(HELSINKI)));
}

#[tokio::test]
async fn what_a_statement_replaced_does_not_come_back_when_it_expires() {
    let world = World::new();
    let mut directory = world.empty_directory().await;
    let long = |claims: Membership| Membership { expires: NOW + 399 * DAY, ..claims };
    let short = |claims: Membership| Membership { issued: NOW, expires: NOW + 30 * DAY, ..claims };
    let first = signed(REGION, long(espoo()));
    let suspended = signed(REGION, short(Membership { suspended: true, ..espoo() }));
    for statement in [signed(ANCHOR, long(region())), first.clone(), suspended.clone()] {
        world.post(&directory, "/v1/statements", COSE, statement).await.is(204);
    }
    world.set_time(NOW + 31 * DAY);
    for _ in 0..2 {
        world.post(&directory, "/v1/statements", COSE, first.clone()).await.refused(409, "older-statement");
        world.post(&directory, "/v1/statements", COSE, suspended.clone()).await.refused(401, "expired");
        // What somebody else posts lets go of what is done with, and not of this.
        let other = long(membership(REGION, HELSINKI, "helsinki", &[Role::Holder]));
        world.post(&directory, "/v1/statements", COSE, signed(REGION, other)).await.is(204);
        let snapshot = world.get(&directory, "/v1/registry").await.is(200).body;
        assert_eq!(pod_protocol::registry::Registry::read_snapshot(&snapshot).unwrap().len(), 2);
        directory.stop().await;
        directory = world.empty_directory().await;
    }
    let again = Membership { issued: NOW + 31 * DAY, ..long(espoo()) };
    world.post(&directory, "/v1/statements", COSE, signed(REGION, again)).await.is(204);
}

#[tokio::test]
async fn the_signature_is_checked_before_anything_dear_is_read() {
    let world = World::new();
    let directory = world.directory().await;
    let nonsense = Membership { expires: NOW - 2 * DAY, ..membership(REGION, STRANGER, "stranger", &[Role::Holder]) };
    let post = async |by: u8| world.post(&directory, "/v1/statements", COSE, signed(by, nonsense.clone())).await;
    post(STRANGER).await.refused(401, "key-unknown");
    post(REGION).await.refused(400, "claim-range");
}

#[tokio::test]
async fn what_expires_leaves_the_snapshot() {
    let world = World::new();
    let directory = world.directory().await;
    world.set_time(NOW + 7 * DAY);
    let statements = async || {
        let snapshot = world.get(&directory, "/v1/registry").await.is(200).body;
        pod_protocol::registry::Registry::read_snapshot(&snapshot).unwrap().len()
    };
    // Helsinki's profile ends; the memberships count on.
    eventually(async || statements().await == 4).await;
    world.set_time(NOW + 31 * DAY);
    eventually(async || statements().await == 0).await;
}
