//! Nobody reaches the directory for an hour: what citizens gave works on and is taken back, the operator reads how old the copy is,
//! what is to be told waits; and an hour later everything catches up by itself.

use pod_import::Options;
use pod_protocol::revocation::Target;
use pod_server::upkeep::{Upkeep, UpkeepConfig};

use crate::city::{City, principal, whole};
use crate::neighbours::{Directory, FakeBlinder, client, eventually};
use crate::people::{parent, processed, raw, wanted};
use crate::the_log_is_followed::Story;

const HOUR_SECS: u64 = 3_600;

fn notice(upkeep: &Upkeep, code: &str) -> Option<String> {
    let reason = upkeep.reasons().into_iter().find(|reason| reason.code == code)?;
    assert!(!reason.blocks, "the node does its work: {reason:?}");
    Some(reason.detail)
}

#[tokio::test]
async fn grants_work_on_and_are_taken_back() {
    let mut story = Story::begin().await;
    let given = parent(&story.scene).await;
    let passed_on = story.scene.passed_on(&given);
    assert_eq!(processed(&story.scene, &[&given, &passed_on], &[&passed_on]).await, "released");

    story.disconnect().await;
    let scene = &story.scene;
    scene.pass_alone(HOUR_SECS);
    let address = || vec![wanted("residence", &["address"])];
    assert_eq!(scene.outcome(&[&given], address()).await, "released");
    assert_eq!(processed(scene, &[&given, &passed_on], &[]).await, "unavailable");
    let says = notice(story.upkeep(), "registry-stale").unwrap();
    assert!(says.contains("last looked at 3600 s ago"), "{says}");
    // A new grant counts, and one that is taken back does not, in the same hour.
    let other = scene.granted(vec![raw("residence", &["given_names", "address"])]).await;
    assert_eq!(scene.outcome(&[&other], address()).await, "released");
    scene.revoke(scene.anna.principal, &scene.anna.key, Target::Grant(other.id())).await.unwrap();
    assert_eq!(scene.outcome(&[&other], address()).await, "denied");

    story.log(|log| log.sign(story.scene.now()));
    story.connect().await;
    eventually("the operator reads nothing of it any more", || story.upkeep().reasons().is_empty()).await;
    let scene = &story.scene;
    assert_eq!(processed(scene, &[&given, &passed_on], &[]).await, "released");
    scene.revoke(scene.anna.principal, &scene.anna.key, Target::Grant(given.id())).await.unwrap();
    assert_eq!(processed(scene, &[&given, &passed_on], &[]).await, "denied");
}

#[tokio::test]
async fn what_is_to_be_told_waits_and_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("oulu", folder.path());
    let (mut directory, mut blinder) = (Directory::away(folder.path()), FakeBlinder::away(folder.path()));
    directory.answers().await;
    blinder.answers().await;
    let config = UpkeepConfig { directory: Some(directory.config()), blinder: None };
    let upkeep = Upkeep::start(&city.node, &config, &client());
    eventually("everything is well", || upkeep.reasons().is_empty()).await;

    directory.goes_away().await;
    let people = city.import_with(Some(blinder.right()), whole("oulu"), Options::default()).await.rows.people;
    city.wait(HOUR_SECS);
    let waiting = || notice(&upkeep, "entries-waiting").unwrap_or_default();
    let all = format!("{people} holder entries wait for the directory");
    eventually("the operator reads how many wait", || waiting().starts_with(&all)).await;
    assert!(notice(&upkeep, "registry-stale").unwrap().contains("3600 s ago"));
    assert_eq!((city.count("node-unpublished"), directory.told(|told| told.entries.len())), (people, 0));

    directory.answers().await;
    city.wait(1);
    eventually("everybody is published", || city.count("node-unpublished") == 0).await;
    assert_eq!(directory.told(|told| told.entries.len()) as u64, people);
    assert!(directory.told(|told| told.entries.iter().all(|entry| entry.holder == principal("oulu"))));
    eventually("nothing is left to read", || upkeep.reasons().is_empty()).await;
    upkeep.finish().await;
}
