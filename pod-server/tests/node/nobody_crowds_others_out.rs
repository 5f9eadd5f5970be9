//! What somebody with a login could try against the others who speak for a pod, or against the person whom it is about.

use std::collections::BTreeSet;

use pod_protocol::Verified;
use pod_protocol::command::Action;
use pod_protocol::grant::Grant;
use pod_protocol::ids::{ObjectId, Thumbprint};
use pod_protocol::key_event::{KeyChange, KeyEvent};
use pod_protocol::revocation::Target;
use pod_server::enrolment::enrol_identified;
use pod_store::{Batch, Table};
use serde_json::json;

use crate::people::{Wallet, code, item, outcomes, raw, wanted};
use crate::scene::{ANNA, DAY, EETU, Scene};

fn read() -> Action {
    Action::Read { record_type: None, skip: 0 }
}

#[tokio::test]
async fn a_guardian_has_one_wallet_however_many_they_make() {
    let scene = Scene::over(super::WAY).await;
    for number in 0..40 {
        let another = Wallet::new([number; 32], scene.helsinki.principal, &*scene.random);
        let events = another.events.iter().map(|event| event.bytes().to_vec()).collect();
        let code_of_anna = pod_import::IdentityCode::parse(ANNA).unwrap();
        let bound = enrol_identified(&scene.node(), code_of_anna, events).await;
        assert_eq!(code(&bound), "not-authorised");
    }
    let eetu = Wallet::new([0xe0; 32], scene.helsinki.principal, &*scene.random);
    scene.enrol(&eetu, EETU).await;
    assert_eq!(code(&scene.command(&eetu, scene.eetus_pod, read()).await), "ok", "there is room for the child");
    assert_eq!(code(&scene.command(&scene.anna, scene.eetus_pod, read()).await), "ok");
}

#[tokio::test]
async fn whoever_acts_for_a_protected_child_does_not_read_where_it_lives() {
    let mut scene = Scene::over(super::WAY).await;
    scene.protect_eetu().await;
    scene.fetch_registry();
    let eetu = Wallet::new([0xe0; 32], scene.helsinki.principal, &*scene.random);
    scene.enrol(&eetu, EETU).await;
    for action in [read(), Action::Export { skip: 0 }] {
        let guardians = scene.command(&scene.anna, scene.eetus_pod, action.clone()).await.unwrap().result;
        let fields: BTreeSet<&str> = residence(&guardians);
        assert_eq!(fields, BTreeSet::from(["birth_date", "family_name", "given_names"]), "no address, no contact");
        let own = scene.command(&eetu, scene.eetus_pod, action).await.unwrap().result;
        assert!(residence(&own).contains("address"), "the person themselves reads all of it");
    }
}

fn residence(result: &serde_json::Value) -> BTreeSet<&str> {
    let records = result["records"].as_array().unwrap();
    let record = records.iter().find(|record| record["record_type"] == "residence").unwrap();
    record["fields"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn an_event_from_the_future_does_not_keep_honest_ones_out() {
    let scene = Scene::over(super::WAY).await;
    let kid = Thumbprint::of(&scene.anna.key.public_key()).kid();
    let revoke = |time_secs| -> Verified<KeyEvent> {
        scene.anna.event(time_secs, KeyChange::RevokeDevice { kid, compromised_since: None })
    };
    let far = revoke(scene.now() + 300 * DAY);
    let refused = scene.command(&scene.anna, scene.annas_pod, Action::KeyEvent(far.bytes().to_vec())).await;
    assert_eq!(code(&refused), "issued-in-future");
    let honest = revoke(scene.now());
    let done = scene.command(&scene.anna, scene.annas_pod, Action::KeyEvent(honest.bytes().to_vec())).await;
    assert_eq!(code(&done), "ok");
    assert_eq!(
        code(&scene.command(&scene.anna, scene.annas_pod, read()).await),
        "key-unknown",
        "the device is out at once"
    );
}

/// Anna's grant over her own pod to early education.
fn annas(scene: &Scene, expires: u64) -> Verified<Grant> {
    let gives = vec![raw("residence", &["given_names"])];
    let grant = Grant { expires, ..scene.grant(&scene.anna, scene.annas_pod, &scene.early, gives) };
    Verified::sign(&scene.anna.key, grant)
}

async fn deposit(scene: &Scene, grant: &Verified<Grant>) -> &'static str {
    code(&scene.command(&scene.anna, scene.annas_pod, Action::Deposit(grant.bytes().to_vec())).await)
}

/// Early education asks once by each of these grants, and sends them along.
async fn carried(scene: &Scene, grants: &[&Verified<Grant>]) -> Vec<&'static str> {
    let names = || vec![wanted("residence", &["given_names"])];
    let request = scene.request(&scene.early, grants.iter().map(|grant| item(&[grant], names())).collect(), |_| {});
    outcomes(&scene.send(&request, grants).await.unwrap())
}

#[tokio::test]
async fn ended_grants_make_room_for_new_ones() {
    const MOST: usize = 2_000;
    let scene = Scene::over(super::WAY).await;
    let (soon, later) = (scene.now() + DAY, scene.now() + 30 * DAY);
    let first = annas(&scene, soon);
    assert_eq!(deposit(&scene, &first).await, "ok");
    for _ in 1..MOST {
        assert_eq!(deposit(&scene, &annas(&scene, soon)).await, "ok");
    }
    assert_eq!(deposit(&scene, &annas(&scene, later)).await, "too-large");
    assert_eq!(deposit(&scene, &first).await, "ok", "it is kept already");
    scene.pass(DAY);
    assert_eq!(deposit(&scene, &annas(&scene, later)).await, "ok");
}

#[tokio::test]
async fn what_services_send_along_leaves_room_for_the_citizen() {
    const MOST_CARRIED: usize = 1_500;
    let scene = Scene::over(super::WAY).await;
    let (soon, later) = (scene.now() + DAY, scene.now() + 30 * DAY);
    for _ in 1..MOST_CARRIED {
        assert_eq!(deposit(&scene, &annas(&scene, soon)).await, "ok");
    }
    let (one, another) = (annas(&scene, later), annas(&scene, later));
    let mut both = carried(&scene, &[&one, &another]).await;
    both.sort_unstable();
    assert_eq!(both, ["limit", "released"], "there is room for one of two that come at once");
    let forged = Verified::sign(&scene.bo.key, (*annas(&scene, later)).clone());
    assert_eq!(carried(&scene, &[&forged]).await, ["denied"], "what nobody signed is refused for that");
    assert_eq!(deposit(&scene, &annas(&scene, later)).await, "ok");
    scene.pass(DAY);
    assert_eq!(carried(&scene, &[&annas(&scene, later)]).await, ["released"], "those that ended make room");
}

#[tokio::test]
async fn no_number_of_revocations_keeps_the_citizen_from_another() {
    let mut scene = Scene::over(super::WAY).await;
    let (ended, alive, last) = (
        annas(&scene, scene.now() + DAY),
        annas(&scene, scene.now() + 30 * DAY),
        annas(&scene, scene.now() + 30 * DAY),
    );
    for grant in [&ended, &alive, &last] {
        assert_eq!(deposit(&scene, grant).await, "ok");
    }
    // A standing as it would be after ten thousand, most of them of grants that ended and were forgotten.
    let mut ids: Vec<ObjectId> =
        (0..9_998_u16).map(|number| ObjectId::new(number.to_be_bytes().repeat(16).try_into().unwrap())).collect();
    ids.extend([ended.id(), alive.id()]);
    let decided = json!({
        "restricted": false, "restricted_types": [], "objections": [],
        "revoked": ids, "revoked_before": 0,
    });
    let sealed =
        scene.vault().seal_for_pod(&scene.annas_pod, "standing", &serde_json::to_vec(&decided).unwrap()).unwrap();
    let mut batch = Batch::new();
    batch.put(Table("node-standing"), scene.annas_pod.as_bytes(), sealed);
    scene.store.commit(batch).unwrap();
    scene.restart().await;
    scene.pass(DAY);
    let done = scene.revoke(scene.anna.principal, &scene.anna.key, Target::Grant(last.id())).await;
    assert_eq!(code(&done), "ok");
    let standing = scene.command(&scene.anna, scene.annas_pod, Action::Standing { skip: 0 }).await.unwrap().result;
    let mut left = [alive.id(), last.id()];
    left.sort_unstable();
    assert_eq!(standing["revoked"], json!(left), "those that ended are refused without being remembered");
    assert_eq!(carried(&scene, &[&ended, &alive, &last]).await, ["expired", "denied", "denied"]);
}

#[tokio::test]
async fn restrictions_are_bounded_like_all_that_one_decides() {
    let scene = Scene::over(super::WAY).await;
    let restrict = async |from: usize| {
        let record_types = (from..from + 250).map(|number| format!("type-{number}").parse().unwrap()).collect();
        code(&scene.command(&scene.bo, scene.bos_pod, Action::Restrict { record_types, on: true }).await)
    };
    for number in 0..40 {
        assert_eq!(restrict(number * 250).await, "ok");
    }
    assert_eq!((restrict(0).await, restrict(10_000).await), ("ok", "too-large"));
    let lift = Action::Restrict { record_types: vec!["type-1".parse().unwrap()], on: false };
    assert_eq!(code(&scene.command(&scene.bo, scene.bos_pod, lift).await), "ok");
}
