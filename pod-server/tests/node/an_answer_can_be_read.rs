//! An answer stays within what its reader takes, and one item that cannot be answered does not stop the others.

use pod_protocol::answer::{Answer, Receipt, check_against_receipt};
use pod_protocol::codec::MAX_ANSWER_BYTES;
use pod_protocol::command::Action;
use pod_protocol::grant::Grant;
use pod_protocol::ids::PodId;
use pod_protocol::value::Value;
use pod_protocol::{Signed, Verified};
use pod_server::request;
use pod_store::{Batch, Table};
use pod_vault::RecordDraft;
use serde_json::json;

use crate::people::{PEER, call, item, outcomes, raw, wanted};
use crate::scene::Scene;

/// Brings records of a clinic into a pod.
fn fill(scene: &Scene, pod: &PodId, ids: &[&str], clinic_bytes: usize) {
    let vault = scene.vault();
    let mut batch = vault.write(scene.now());
    let record_type = "child-health".parse().unwrap();
    let fields = Value::from_json(&json!({ "clinic": "k".repeat(clinic_bytes) })).unwrap();
    for record_id in ids {
        batch
            .put_record(pod, RecordDraft { record_type: &record_type, record_id, source: "test", fields: &fields })
            .unwrap();
    }
    batch.commit().unwrap();
}

/// Asks so often by one grant for Eetu's clinic, and reads the answer as a service does.
async fn ask(scene: &Scene, times: usize) -> Answer {
    let grant = scene.granted(vec![raw("child-health", &["clinic"])]).await;
    let asked = item(&[&grant], vec![wanted("child-health", &["clinic"])]);
    let request = scene.request(&scene.early, vec![asked; times], |_| {});
    let answer = request::handle(&scene.node(), &PEER, &call(&request, &[]).to_bytes()).await.unwrap();
    assert!(answer.len() <= MAX_ANSWER_BYTES);
    let answer = Answer::from_bytes(&answer).unwrap();
    let receipt = Signed::<Receipt>::decode(&answer.receipt).unwrap();
    check_against_receipt(&answer.items, &receipt.verify(&scene.helsinki.key().public_key()).unwrap()).unwrap();
    answer
}

/// Of the entries about Eetu's pod, the newest so many: what kind each is and how it ended.
async fn logged(scene: &Scene, newest: usize) -> Vec<(String, String)> {
    let (mut entries, mut from) = (Vec::new(), 0);
    loop {
        let page = scene.command(&scene.anna, scene.eetus_pod, Action::Log { from, limit: 100 }).await.unwrap().result;
        let text = |entry: &serde_json::Value, name: &str| entry["opened"][name].as_str().unwrap().to_owned();
        let page_entries = page["entries"].as_array().unwrap();
        entries.extend(page_entries.iter().map(|entry| (text(entry, "kind"), text(entry, "outcome"))));
        match page["next"].as_u64() {
            Some(next) => from = next,
            None => break,
        }
    }
    entries.retain(|(kind, _)| kind != "command");
    entries.split_off(entries.len() - newest)
}

fn both(kind: &str, outcome: &str) -> (String, String) {
    (kind.to_owned(), outcome.to_owned())
}

#[tokio::test]
async fn an_item_that_does_not_fit_is_refused_alone() {
    let scene = Scene::new().await;
    fill(&scene, &scene.eetus_pod, &["2", "3", "4"], 200_000);
    assert_eq!(outcomes(&ask(&scene, 2).await), ["released", "too-large"]);
    assert_eq!(logged(&scene, 2).await, [both("disclosure", "released"), both("refusal", "too-large")]);
}

#[tokio::test]
async fn an_item_that_no_answer_could_hold_is_refused_alone() {
    let scene = Scene::new().await;
    fill(&scene, &scene.eetus_pod, &["2", "3", "4", "5", "6", "7"], 200_000);
    assert_eq!(outcomes(&ask(&scene, 1).await), ["too-large"]);
    assert_eq!(logged(&scene, 1).await, [both("refusal", "too-large")]);
}

#[tokio::test]
async fn one_chain_256_times() {
    let scene = Scene::new().await;
    fill(&scene, &scene.eetus_pod, &["2"], 10_000);
    let answer = ask(&scene, 256).await;
    let released = outcomes(&answer).iter().take_while(|outcome| **outcome == "released").count();
    assert!((80..105).contains(&released), "as many as fit, not {released}");
    assert!(outcomes(&answer)[released..].iter().all(|outcome| *outcome == "too-large"));
    let log = logged(&scene, 256).await;
    assert!(log[..released].iter().all(|entry| *entry == both("disclosure", "released")));
    assert!(log[released..].iter().all(|entry| *entry == both("refusal", "too-large")));
}

/// Changes a bit in each of a pod's rows.
fn damage(scene: &Scene, table: &'static str, pod: &PodId) {
    let mut batch = Batch::new();
    for (key, mut row) in scene.store.prefix(Table(table), pod.as_bytes(), 10).unwrap() {
        *row.last_mut().unwrap() ^= 1;
        batch.put(Table(table), key, row);
    }
    assert!(!batch.is_empty());
    scene.store.commit(batch).unwrap();
}

/// What early education gets of Eetu and of Anna.
async fn of_both(scene: &Scene, eetus: &Verified<Grant>, annas: &Verified<Grant>) -> Vec<&'static str> {
    let items = [eetus, annas].map(|grant| item(&[grant], vec![wanted("child-health", &["clinic"])]));
    outcomes(&scene.fetch(&scene.early, items.to_vec()).await.unwrap())
}

#[tokio::test]
async fn rows_that_do_not_open_stop_their_own_item() {
    let mut scene = Scene::new().await;
    let gives = || vec![raw("child-health", &["clinic"])];
    let eetus = scene.granted(gives()).await;
    let annas = scene.granted_with(gives(), |grant| grant.subject = scene.annas_pod).await;
    let object = Action::Object { purpose: "dpv:Marketing".parse().unwrap(), organisation: None, on: true };
    scene.command(&scene.anna, scene.eetus_pod, object).await.unwrap();
    assert_eq!(of_both(&scene, &eetus, &annas).await, ["released", "released"]);
    damage(&scene, "vault:records", &scene.eetus_pod);
    assert_eq!(of_both(&scene, &eetus, &annas).await, ["unavailable", "released"]);
    assert_eq!(logged(&scene, 1).await, [both("refusal", "unavailable")]);
    damage(&scene, "node-standing", &scene.eetus_pod);
    scene.restart().await;
    scene.fetch_registry();
    assert_eq!(of_both(&scene, &eetus, &annas).await, ["unavailable", "released"]);
}
