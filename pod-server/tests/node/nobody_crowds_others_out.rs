//! What somebody with a login could try against the others who speak for a pod, or against the person whom it is about.

use std::collections::BTreeSet;

use pod_protocol::Verified;
use pod_protocol::command::Action;
use pod_protocol::grant::Grant;
use pod_protocol::ids::Thumbprint;
use pod_protocol::key_event::{KeyChange, KeyEvent};
use pod_server::enrolment::enrol_identified;

use crate::people::{Wallet, code, raw};
use crate::scene::{ANNA, DAY, EETU, Scene};

fn read() -> Action {
    Action::Read { record_type: None, skip: 0 }
}

#[tokio::test]
async fn a_guardian_has_one_wallet_however_many_they_make() {
    let scene = Scene::new().await;
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
    let mut scene = Scene::new().await;
    let vault = scene.vault();
    let mut batch = vault.write(scene.now());
    batch.set_non_disclosure(&scene.eetus_pod, true).unwrap();
    batch.commit().unwrap();
    drop(vault);
    scene.restart();
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
    let scene = Scene::new().await;
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

#[tokio::test]
async fn ended_grants_make_room_for_new_ones() {
    const MOST: usize = 2_000;
    let scene = Scene::new().await;
    let gives = || vec![raw("residence", &["given_names"])];
    let deposit = async |expires: u64| {
        let grant = Grant { expires, ..scene.grant(&scene.anna, scene.annas_pod, &scene.early, gives()) };
        let grant = Verified::sign(&scene.anna.key, grant);
        code(&scene.command(&scene.anna, scene.annas_pod, Action::Deposit(grant.bytes().to_vec())).await)
    };
    let (soon, later) = (scene.now() + DAY, scene.now() + 30 * DAY);
    for _ in 0..MOST {
        assert_eq!(deposit(soon).await, "ok");
    }
    assert_eq!(deposit(later).await, "too-large");
    scene.pass(DAY);
    assert_eq!(deposit(later).await, "ok");
}

#[tokio::test]
async fn restrictions_are_bounded_like_all_that_one_decides() {
    let scene = Scene::new().await;
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
