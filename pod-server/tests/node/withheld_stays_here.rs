//! Non-disclosure, restriction and objection count at the moment of release; the citizen's own log says what was kept back.

use pod_protocol::command::Action;
use pod_protocol::request::Wanted;
use pod_protocol::value::Value;
use pod_vault::RecordDraft;
use serde_json::json;

use crate::people::{data, item, raw, wanted};
use crate::scene::{LONG_TYPE, PURPOSE, Scene};

async fn fetched(scene: &Scene, grant: &pod_protocol::Verified<pod_protocol::grant::Grant>) -> serde_json::Value {
    let names =
        vec![wanted("residence", &["given_names", "address"]), wanted("child-health", &["allergies.substance"])];
    data(&scene.fetch(&scene.early, vec![item(&[grant], names)]).await.unwrap(), 0)
}

fn everything() -> serde_json::Value {
    json!({
        "residence": [{
            "given_names": "Eetu",
            "address": { "street": "Kaivokatu 1", "postal_code": "00100", "post_town": "HELSINKI", "municipality": "Helsinki" },
        }],
        "child-health": [{ "allergies": [{ "substance": "birch" }, { "substance": "nuts" }] }],
    })
}

/// What Anna's wallet is shown as withheld by the newest entry about Eetu that withholds anything.
async fn withheld(scene: &Scene) -> serde_json::Value {
    let page = scene.command(&scene.anna, scene.eetus_pod, Action::Log { from: 0, limit: 100 }).await.unwrap().result;
    let entries = page["entries"].as_array().unwrap().clone();
    let last = entries.into_iter().rev().find(|entry| entry["opened"]["kind"] == "disclosure").unwrap();
    last["opened"]["withheld"].clone()
}

#[tokio::test]
async fn the_address_of_a_protected_person_goes_to_nobody() {
    let mut scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    assert_eq!(fetched(&scene, &grant).await, everything());
    scene.protect_eetu().await;
    let mut expected = everything();
    expected["residence"] = json!([{ "given_names": "Eetu" }]);
    assert_eq!(fetched(&scene, &grant).await, expected);
    assert_eq!(
        withheld(&scene).await,
        json!([{ "record_type": "residence", "name": "address", "reason": "non-disclosure" }])
    );
}

#[tokio::test]
async fn a_guardian_reads_nothing_protected_and_nothing_of_a_type_that_the_catalogue_lost() {
    let mut scene = Scene::over(super::WAY).await;
    let vault = scene.vault();
    let mut batch = vault.write(scene.now());
    let (lost, fields) = ("residence-before".parse().unwrap(), json!({ "address": { "street": "Kaivokatu 1" } }));
    let fields = Value::from_json(&fields).unwrap();
    let draft = RecordDraft { record_type: &lost, record_id: "1", source: "test", fields: &fields };
    batch.put_record(&scene.eetus_pod, draft).unwrap();
    batch.commit().unwrap();
    drop(vault);
    let read = async |scene: &Scene, action| scene.command(&scene.anna, scene.eetus_pod, action).await.unwrap().result;
    let whole = || Action::Read { record_type: None, skip: 0 };
    assert!(read(&scene, whole()).await.to_string().contains("Kaivokatu"), "without protection it is theirs to read");
    scene.protect_eetu().await;
    let of_type = Action::Read { record_type: Some(lost), skip: 0 };
    for (action, records) in [(whole(), 3), (of_type, 1), (Action::Export { skip: 0 }, 3)] {
        let page = read(&scene, action).await;
        assert!(!page["records"].to_string().contains("Kaivokatu"), "{page}");
        assert_eq!(page["records"].as_array().unwrap().len(), records);
    }
}

#[tokio::test]
async fn a_restricted_type_stays_until_the_restriction_is_lifted() {
    let mut scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let restrict = |on| Action::Restrict { record_types: vec!["child-health".parse().unwrap()], on };
    scene.command(&scene.anna, scene.eetus_pod, restrict(true)).await.unwrap();
    let mut expected = everything();
    expected.as_object_mut().unwrap().remove("child-health");
    assert_eq!(fetched(&scene, &grant).await, expected);
    scene.restart().await;
    scene.fetch_registry();
    assert_eq!(fetched(&scene, &grant).await, expected, "a restriction outlives a restart");
    scene.command(&scene.anna, scene.eetus_pod, restrict(false)).await.unwrap();
    assert_eq!(fetched(&scene, &grant).await, everything());
}

#[tokio::test]
async fn everything_can_be_restricted() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let restrict = Action::Restrict { record_types: Vec::new(), on: true };
    scene.command(&scene.anna, scene.eetus_pod, restrict).await.unwrap();
    assert_eq!(fetched(&scene, &grant).await, json!({}));
}

#[tokio::test]
async fn an_objection_to_one_organisation_leaves_the_others() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let object = |organisation, on| Action::Object { purpose: PURPOSE.parse().unwrap(), organisation, on };
    let (espoo, processors) = (scene.espoo.principal, scene.processors.principal);
    scene.command(&scene.anna, scene.eetus_pod, object(Some(processors), true)).await.unwrap();
    assert_eq!(fetched(&scene, &grant).await, everything());
    scene.command(&scene.anna, scene.eetus_pod, object(Some(espoo), true)).await.unwrap();
    assert_eq!(fetched(&scene, &grant).await, json!({}));
    let withheld = withheld(&scene).await;
    assert!(withheld.as_array().unwrap().iter().all(|one| one["reason"] == "objected") && withheld[0].is_object());
    scene.command(&scene.anna, scene.eetus_pod, object(Some(espoo), false)).await.unwrap();
    assert_eq!(fetched(&scene, &grant).await, everything());
}

#[tokio::test]
async fn an_objection_to_the_purpose_is_to_all() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.granted(vec![raw("residence", &["given_names"])]).await;
    let object = Action::Object { purpose: PURPOSE.parse().unwrap(), organisation: None, on: true };
    scene.command(&scene.anna, scene.eetus_pod, object).await.unwrap();
    let answer = scene.fetch(&scene.early, vec![item(&[&grant], vec![wanted("residence", &["given_names"])])]).await;
    assert_eq!(data(&answer.unwrap(), 0), json!({}));
}

/// A failure in place of an answer would tell what the answer does not: that something is kept back.
#[tokio::test]
async fn the_largest_request_is_answered_with_nothing_and_each_name_recorded() {
    let scene = Scene::over(super::WAY).await;
    let gives = vec![raw("residence", &["address"]), raw("child-health", &["allergies"]), raw(LONG_TYPE, &["part"])];
    let grant = scene.granted(gives).await;
    let restrict = Action::Restrict { record_types: Vec::new(), on: true };
    scene.command(&scene.anna, scene.eetus_pod, restrict).await.unwrap();
    let below = |of: &str, parent: &str, count: usize| Wanted {
        record_type: of.parse().unwrap(),
        names: (0..count).map(|number| format!("{parent}.n{number:0>80}").parse().unwrap()).collect(),
    };
    let asked = vec![
        below("residence", "address", 250),
        below("child-health", "allergies", 170),
        below(LONG_TYPE, "part", 256),
    ];
    let answer = scene.fetch(&scene.early, vec![item(&[&grant], asked)]).await.unwrap();
    assert_eq!(data(&answer, 0), json!({}));
    let withheld = withheld(&scene).await;
    let withheld = withheld.as_array().unwrap();
    assert_eq!(withheld.len(), 676);
    assert!(withheld.iter().all(|one| one["reason"] == "restricted"));
}
