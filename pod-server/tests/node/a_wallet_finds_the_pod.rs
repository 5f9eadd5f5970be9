//! An import has the blinder make tags; the directory is told; a wallet that knows the identity code finds the pod.

use std::path::Path;

use pod_import::Options;
use pod_server::upkeep::{Upkeep, UpkeepConfig, withdraw};

use crate::city::{City, file, only, principal, whole};
use crate::neighbours::{Directory, EPOCH, FakeBlinder, client, eventually};

fn start(city: &City, directory: &Directory) -> Upkeep {
    let config = UpkeepConfig { directory: Some(directory.config()), blinder: None };
    Upkeep::start(&city.node, &config, &client())
}

/// The codes of those with a row in `oulu/school.tsv`.
fn pupils() -> Vec<String> {
    let text = std::fs::read_to_string(file("oulu/school.tsv")).unwrap();
    text.lines().skip(1).map(|row| row.split('\t').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn everybody_is_found_by_their_own_code_and_what_is_there_is_not_said() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("oulu", folder.path());
    let (mut directory, mut blinder) = (Directory::away(folder.path()), FakeBlinder::away(folder.path()));
    directory.answers().await;
    blinder.answers().await;
    let report = city.import_with(Some(blinder.right()), whole("oulu"), Options::default()).await;
    assert_eq!((report.findable.without_tag, report.findable.why), (0, None));
    assert_eq!(blinder.asked().iter().sum::<usize>() as u64, report.rows.people, "each person once");
    assert!(blinder.asked().iter().all(|inputs| *inputs <= 256));

    let upkeep = start(&city, &directory);
    // What was signed in the second of the import could be older than what the import did.
    city.wait(1);
    let published = |people: u64| directory.told(|told| told.entries.len() as u64 >= people);
    eventually("everybody is published", || published(report.rows.people)).await;
    eventually("nothing waits", || city.count("node-unpublished") == 0).await;
    let vault = city.vault();
    for code in pupils() {
        let handle = directory.found(&blinder.key, &code, &principal("oulu")).expect("the pod is found");
        assert_eq!(Some(handle.pod), vault.find(&code).unwrap());
        assert_eq!(directory.found(&blinder.key, &code, &principal("turku")), None, "at another holder: nothing");
    }
    // An import that changes nothing asks nobody and tells nobody.
    let told = directory.told(|told| told.entries.len());
    city.import_with(Some(blinder.right()), whole("oulu"), Options::default()).await;
    assert_eq!(blinder.asked().iter().sum::<usize>() as u64, report.rows.people);
    assert_eq!((city.count("node-unpublished"), directory.told(|told| told.entries.len())), (0, told));
    upkeep.finish().await;
}

/// An entry that changes when a record comes in would tell the directory, and whoever reads its buckets, that one did.
#[tokio::test]
async fn the_directory_is_not_told_that_more_came_in_about_somebody() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("oulu", folder.path());
    let (mut directory, mut blinder) = (Directory::away(folder.path()), FakeBlinder::away(folder.path()));
    directory.answers().await;
    blinder.answers().await;
    let files = || only("oulu/residents.tsv");
    let residents = city.import_with(Some(blinder.right()), files(), Options::default()).await.rows.people;
    let upkeep = start(&city, &directory);
    city.wait(1);
    eventually("the residents are published", || city.count("node-unpublished") == 0).await;
    assert_eq!(directory.told(|told| told.entries.len()) as u64, residents);

    city.wait(1);
    let report = city.import_with(Some(blinder.right()), only("oulu/school.tsv"), Options::default()).await;
    assert!(report.rows.total.created > 0);
    city.wait(1);
    eventually("nothing waits", || city.count("node-unpublished") == 0).await;
    let all = blinder.asked().iter().sum::<usize>();
    assert_eq!(directory.told(|told| told.entries.len()), all, "each person once");
    assert!(all < (residents + report.rows.people) as usize, "some were residents before");
    upkeep.finish().await;
}

#[tokio::test]
async fn without_the_blinder_the_import_succeeds_and_the_next_one_makes_up_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("oulu", folder.path());
    let mut blinder = FakeBlinder::away(folder.path());
    let report = city.import_with(Some(blinder.right()), whole("oulu"), Options::default()).await;
    assert_eq!(report.findable.without_tag, report.rows.people);
    assert!(report.to_string().contains("Run the import again when the blinder answers"), "{report}");
    assert!(report.to_string().contains("does not accept a connection"), "{report}");

    blinder.answers().await;
    let report = city.import_with(Some(blinder.configured([9; 32], EPOCH)), whole("oulu"), Options::default()).await;
    assert!(report.to_string().contains("check `blinder.public`"), "{report}");
    let report = city.import_with(Some(blinder.right()), whole("oulu"), Options::default()).await;
    assert_eq!(report.rows.total.unchanged, report.rows.total.rows);
    assert_eq!((report.findable.without_tag, city.count("node-unpublished")), (0, report.rows.people));
}

#[tokio::test]
async fn what_waits_for_the_directory_survives_a_restart_and_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let (mut directory, mut blinder) = (Directory::away(folder.path()), FakeBlinder::away(folder.path()));
    blinder.answers().await;
    let city = City::open("oulu", folder.path());
    let people = city.import_with(Some(blinder.right()), whole("oulu"), Options::default()).await.rows.people;
    drop(city.close());

    let city = City::open("oulu", folder.path());
    directory.told(|told| told.refusing = Some(axum::http::StatusCode::FORBIDDEN));
    directory.answers().await;
    city.wait(1);
    let upkeep = start(&city, &directory);
    eventually("the directory refuses", || directory.told(|told| told.refused > 1)).await;
    let waits = || upkeep.reasons().iter().any(|reason| reason.code == "entries-waiting" && !reason.blocks);
    eventually("the operator is told", waits).await;
    assert_eq!(city.count("node-unpublished"), people);
    directory.told(|told| told.refusing = None);
    eventually("everybody is published", || city.count("node-unpublished") == 0).await;
    assert_eq!(directory.told(|told| told.entries.len()) as u64, people);

    // Two thirds of its life later every entry is renewed.
    city.wait(60 * 86_400);
    eventually("they are due", || city.count("node-renewals") == 0).await;
    city.wait(1);
    eventually("everybody is renewed", || directory.told(|told| told.entries.len()) as u64 == 2 * people).await;
    let newest = directory.told(|told| told.entries.last().unwrap().issued);
    assert_eq!(newest, city.now());
    upkeep.finish().await;
}

#[tokio::test]
async fn who_is_erased_or_has_a_new_tag_is_withdrawn() {
    let folder = tempfile::tempdir().unwrap();
    let (mut directory, mut blinder) = (Directory::away(folder.path()), FakeBlinder::away(folder.path()));
    directory.answers().await;
    blinder.answers().await;
    let city = City::open("oulu", folder.path());
    city.import_with(Some(blinder.right()), whole("oulu"), Options::default()).await;
    let upkeep = start(&city, &directory);
    city.wait(1);
    eventually("everybody is published", || city.count("node-unpublished") == 0).await;

    let code = pupils().remove(0);
    let oulu = principal("oulu");
    let vault = city.vault();
    let pod = vault.find(&code).unwrap().unwrap();
    withdraw(&city.node, &pod).unwrap();
    vault.erase(&pod).unwrap();
    city.wait(1);
    eventually("the entry is withdrawn", || directory.found(&blinder.key, &code, &oulu).is_none()).await;
    eventually("nothing waits", || city.count("node-unpublished") == 0).await;

    // They move back: a new pod, under the same tag.
    city.import_with(Some(blinder.right()), whole("oulu"), Options::default()).await;
    let new = vault.find(&code).unwrap().unwrap();
    assert_ne!(new, pod);
    city.wait(1);
    let found = || directory.found(&blinder.key, &code, &oulu).is_some_and(|handle| handle.pod == new);
    eventually("the new pod is found", found).await;

    // Another epoch of the blinder: everybody has another tag, and the old ones are withdrawn.
    let report = city
        .import_with(Some(blinder.configured(blinder.key.public(), EPOCH + 1)), whole("oulu"), Options::default())
        .await;
    assert_eq!(report.findable.without_tag, 0);
    city.wait(1);
    eventually("nothing waits", || city.count("node-unpublished") == 0).await;
    assert_eq!(directory.found(&blinder.key, &code, &oulu), None, "the tag of the epoch before");
    upkeep.finish().await;
}

/// Oulu with its people, a directory that answers, and how many wait to be published.
async fn oulu(folder: &Path) -> (City, Directory, u64) {
    let city = City::open("oulu", folder);
    let (mut directory, mut blinder) = (Directory::away(folder), FakeBlinder::away(folder));
    directory.answers().await;
    blinder.answers().await;
    let people = city.import_with(Some(blinder.right()), whole("oulu"), Options::default()).await.rows.people;
    (city, directory, people)
}

#[tokio::test]
async fn entries_without_room_wait_for_another_day_and_hold_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let (city, directory, people) = oulu(folder.path()).await;
    directory.told(|told| told.full_below = 0x40);
    let upkeep = start(&city, &directory);
    city.wait(1);
    eventually("nothing waits", || city.count("node-unpublished") == 0).await;
    let told = || directory.told(|told| told.entries.len() as u64);
    let without = people - told();
    assert!(without > 0 && told() > people / 2, "{without} of {people}");
    // Each refusal sets all aside that it names.
    let refused = directory.told(|told| told.refused);
    assert!(refused as u64 * 8 < without, "{refused} refusals for {without}");

    // The operator reads it, and nothing else is wrong.
    let reason = |code: &str| upkeep.reasons().into_iter().find(|reason| reason.code == code);
    let says = reason("entries-no-room").unwrap();
    assert!(!says.blocks && says.detail.contains(&format!("no room for {without} holder entries")), "{says:?}");
    assert_eq!(reason("entries-waiting"), None);
    assert_eq!(city.count("node-no-room"), without);

    // The next day they are sent again, and the day after that there is room.
    let next_day = async || {
        city.wait(86_400);
        eventually("they are due", || city.count("node-unpublished") == without).await;
        city.wait(1);
    };
    next_day().await;
    eventually("they were sent again", || directory.told(|told| told.refused) > refused).await;
    eventually("they wait again", || city.count("node-unpublished") == 0).await;
    assert_eq!(city.count("node-no-room"), without);
    directory.told(|told| told.full_below = 0);
    next_day().await;
    eventually("everybody is published", || told() == people).await;
    eventually("nothing is left to read", || reason("entries-no-room").is_none()).await;
    assert_eq!(city.count("node-no-room"), 0);
    upkeep.finish().await;
}

#[tokio::test]
async fn entries_that_are_taken_and_not_logged_are_told_again_and_hold_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let (city, directory, people) = oulu(folder.path()).await;
    // More than one post is full of them.
    directory.told(|told| told.drops_below = 0xC0);
    let upkeep = start(&city, &directory);
    city.wait(1);
    let reason = |code: &str| upkeep.reasons().into_iter().find(|reason| reason.code == code);
    eventually("the operator reads of it", || reason("directory-drops").is_some()).await;
    let (told, waiting) = (directory.told(|told| told.entries.len() as u64), city.count("node-unpublished"));
    assert_eq!(told + waiting, people);
    assert!(told > 0 && waiting > 256, "{told} of {people}");
    let says = reason("directory-drops").unwrap();
    assert!(!says.blocks && says.detail.contains(&format!("{waiting} holder entries")), "{says:?}");

    directory.told(|told| told.drops_below = 0);
    eventually("everybody is published", || city.count("node-unpublished") == 0).await;
    assert_eq!(directory.told(|told| told.entries.len()) as u64, people, "who stood there was not told again");
    eventually("nothing is left to read", || upkeep.reasons().is_empty()).await;

    // Somebody is erased, and the directory keeps showing them.
    directory.told(|told| told.drops_below = u8::MAX);
    let pod = city.vault().find(&pupils().remove(0)).unwrap().unwrap();
    withdraw(&city.node, &pod).unwrap();
    city.wait(1);
    eventually("the operator reads of that too", || reason("directory-drops").is_some()).await;
    assert_eq!(city.count("node-unpublished"), 1);
    upkeep.finish().await;
}
