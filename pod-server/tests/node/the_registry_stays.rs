//! The registry is fetched again and again; while the directory is away the last good copy stays, until it is too old.

use std::sync::Arc;

use pod_server::upkeep::{Upkeep, UpkeepConfig};
use pod_server::view::RevocationBound;

use crate::city::{City, START_SECS, principal};
use crate::neighbours::{Directory, client, eventually, membership};

fn codes(upkeep: &Upkeep) -> Vec<&'static str> {
    upkeep.reasons().iter().map(|reason| reason.code).collect()
}

fn start(city: &City, directory: &Directory) -> Upkeep {
    let config = UpkeepConfig { directory: Some(directory.config()), blinder: None };
    Upkeep::start(&city.node, &config, &client())
}

fn knows(city: &City, name: &str) -> bool {
    city.node.registry().is_member(&principal(name))
}

async fn stop(city: City, upkeep: Upkeep) {
    upkeep.finish().await;
    eventually("what was being written is written", || Arc::strong_count(&city.node) == 1).await;
    drop(city.close());
}

#[tokio::test]
async fn the_last_good_copy_stays_while_the_directory_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("oulu", folder.path());
    let mut directory = Directory::away(folder.path());
    directory.told(|told| told.statements = vec![membership("turku", START_SECS, false)]);
    let upkeep = start(&city, &directory);
    assert_eq!(codes(&upkeep), ["registry-missing"]);
    assert!(upkeep.reasons()[0].blocks);

    directory.answers().await;
    eventually("the registry is fetched", || knows(&city, "turku")).await;
    eventually("an unchanged one is not fetched again", || directory.told(|told| told.unchanged > 2)).await;
    assert_eq!((codes(&upkeep), directory.told(|told| told.whole_copies)), (vec![], 1));

    directory.goes_away().await;
    city.wait(RevocationBound::LONGEST_SECS + 1);
    eventually("its age is told", || codes(&upkeep) == ["registry-stale"]).await;
    eventually("and why", || upkeep.reasons()[0].detail.contains("does not accept a connection")).await;
    assert!(upkeep.reasons()[0].detail.contains("last looked at 301 s ago"), "{:?}", upkeep.reasons());
    assert!(!upkeep.reasons()[0].blocks && knows(&city, "turku"));
    city.wait(86_400);
    eventually("a copy that is too old does not count", || !knows(&city, "turku")).await;
    assert_eq!(codes(&upkeep), ["registry-expired"]);

    directory.answers().await;
    eventually("it is fetched whole", || knows(&city, "turku") && codes(&upkeep).is_empty()).await;
    upkeep.finish().await;
}

#[tokio::test]
async fn a_suspension_arrives_and_an_empty_registry_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("oulu", folder.path());
    let mut directory = Directory::away(folder.path());
    directory.answers().await;
    let both = |suspended| {
        let issued = START_SECS + u64::from(suspended);
        vec![membership("turku", issued, suspended), membership("oulu", START_SECS, false)]
    };
    directory.told(|told| told.statements = both(false));
    let upkeep = start(&city, &directory);
    eventually("both are members", || knows(&city, "turku") && knows(&city, "oulu")).await;

    directory.told(|told| told.statements.clear());
    let whole_copies = directory.told(|told| told.whole_copies);
    eventually("an empty registry is fetched", || directory.told(|told| told.whole_copies > whole_copies)).await;
    eventually("and taken", || directory.told(|told| told.unchanged > 2)).await;
    assert!(knows(&city, "turku") && knows(&city, "oulu"));
    directory.told(|told| told.statements = both(true));
    eventually("the suspension counts", || !knows(&city, "turku")).await;
    assert!(knows(&city, "oulu"));
    upkeep.finish().await;
}

#[tokio::test]
async fn a_directory_that_shows_an_old_registry_does_not_take_a_suspension_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut directory = Directory::away(folder.path());
    directory.answers().await;
    let both = |suspended| vec![membership("turku", START_SECS, suspended), membership("oulu", START_SECS, false)];
    let before = [membership("turku", START_SECS - 1, false), membership("espoo", START_SECS, false)];
    directory.told(|told| told.statements = both(true));
    let city = City::open("oulu", folder.path());
    let upkeep = start(&city, &directory);
    eventually("the suspension counts", || city.node.registry().organisation(&principal("turku")).is_some()).await;

    directory.told(|told| told.statements = before.to_vec());
    eventually("the old registry is fetched", || knows(&city, "espoo")).await;
    assert!(!knows(&city, "turku") && knows(&city, "oulu"));

    // The same for a node that starts again, and for one whose copy had become too old to count.
    directory.goes_away().await;
    stop(city, upkeep).await;
    let city = City::open("oulu", folder.path());
    let upkeep = start(&city, &directory);
    city.wait(86_400);
    eventually("the copy no longer counts", || !knows(&city, "espoo")).await;
    directory.answers().await;
    eventually("the old registry is fetched again", || knows(&city, "espoo")).await;
    assert!(!knows(&city, "turku") && knows(&city, "oulu"));
    upkeep.finish().await;
}

#[tokio::test]
async fn a_node_that_starts_again_begins_with_its_copy_and_its_age() {
    let folder = tempfile::tempdir().unwrap();
    let mut directory = Directory::away(folder.path());
    directory.answers().await;
    directory.told(|told| told.statements = vec![membership("turku", START_SECS, false)]);
    let city = City::open("oulu", folder.path());
    let upkeep = start(&city, &directory);
    eventually("the registry is fetched", || knows(&city, "turku")).await;
    // Confirmed a day later: it is as good as new.
    city.wait(86_000);
    let unchanged = directory.told(|told| told.unchanged);
    eventually("the copy is confirmed", || directory.told(|told| told.unchanged > unchanged + 1)).await;
    directory.goes_away().await;
    stop(city, upkeep).await;

    let city = City::open("oulu", folder.path());
    let upkeep = start(&city, &directory);
    city.wait(86_400 + 80_000);
    assert!(knows(&city, "turku"));
    assert_eq!(codes(&upkeep), ["registry-stale"]);
    assert!(upkeep.reasons()[0].detail.contains("not looked at since the start"), "{:?}", upkeep.reasons());
    upkeep.finish().await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_no_view_recent() {
    let folder = tempfile::tempdir().unwrap();
    let mut directory = Directory::away(folder.path());
    directory.answers().await;
    directory.told(|told| told.statements = vec![membership("turku", START_SECS, false)]);
    let city = City::open("oulu", folder.path());
    let upkeep = start(&city, &directory);
    eventually("the registry is fetched", || knows(&city, "turku") && codes(&upkeep).is_empty()).await;
    directory.goes_away().await;
    city.wait(RevocationBound::LONGEST_SECS + 1);
    for now_secs in [START_SECS, START_SECS + 3_600] {
        city.set_clock(now_secs);
        assert_eq!(codes(&upkeep), ["registry-stale"]);
    }
    upkeep.finish().await;
}

/// Somebody holds each answer back for longer than the bound: as one does whose next answer would hold a suspension.
#[tokio::test]
async fn an_answer_that_was_held_back_is_as_old_as_its_question() {
    let folder = tempfile::tempdir().unwrap();
    let mut directory = Directory::away(folder.path());
    directory.answers().await;
    let city = City::open("oulu", folder.path());
    directory.told(|told| {
        told.statements = vec![membership("turku", START_SECS, false)];
        told.meanwhile = Some(Box::new(city.waits(RevocationBound::LONGEST_SECS + 1)));
    });
    let upkeep = start(&city, &directory);
    eventually("it is fetched, and confirmed", || directory.told(|told| told.unchanged > 0)).await;
    assert!(knows(&city, "turku"));
    directory.goes_away().await;
    assert_eq!(codes(&upkeep), ["registry-stale"]);
    upkeep.finish().await;
}

/// The pace is 10 ms here: with a wait that doubles, the last of these questions would come after two minutes.
#[tokio::test]
async fn a_directory_that_is_away_is_asked_at_the_same_pace() {
    let folder = tempfile::tempdir().unwrap();
    let mut directory = Directory::away(folder.path());
    directory.answers().await;
    directory.told(|told| {
        told.statements = vec![membership("turku", START_SECS, false)];
        told.overloaded = true;
    });
    let city = City::open("oulu", folder.path());
    let upkeep = start(&city, &directory);
    eventually("it is asked again and again", || directory.told(|told| told.asked_in_vain >= 14)).await;
    directory.told(|told| told.overloaded = false);
    eventually("it is fetched", || knows(&city, "turku")).await;
    upkeep.finish().await;
}
