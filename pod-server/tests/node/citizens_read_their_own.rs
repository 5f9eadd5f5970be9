//! Records, log with proofs, export in pages, what stands: all of it for whoever speaks for the pod.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use pod_protocol::Signed;
use pod_protocol::command::Action;
use pod_protocol::ids::from_base64url;
use pod_protocol::merkle::{Hash, leaf_hash, verify_inclusion};
use pod_protocol::tree_head::TreeHead;
use pod_protocol::value::Value;
use pod_vault::RecordDraft;
use serde_json::{Value as Json, json};

use crate::people::{item, raw, wanted};
use crate::scene::Scene;

#[tokio::test]
async fn ones_own_records_in_full() {
    let scene = Scene::new().await;
    let read = Action::Read { record_type: Some("residence".parse().unwrap()), skip: 0 };
    let done = scene.command(&scene.anna, scene.annas_pod, read).await.unwrap();
    let records = done.result["records"].as_array().unwrap();
    assert_eq!((records.len(), &done.result["next_skip"]), (1, &Json::Null));
    assert_eq!(records[0]["fields"]["contact"], json!({ "email": "anna@example.fi" }));
    assert_eq!(records[0]["record_type"], "residence");
    let all = Action::Read { record_type: None, skip: 0 };
    let done = scene.command(&scene.anna, scene.annas_pod, all).await.unwrap();
    assert_eq!(done.result["records"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_export_has_every_record_once_and_the_catalogue_that_explains_them() {
    let scene = Scene::new().await;
    let vault = scene.vault();
    let mut batch = vault.write(scene.now());
    let record_type = "library-card".parse().unwrap();
    for number in 0..250 {
        let fields = Value::from_json(&json!({ "card": number })).unwrap();
        let id = number.to_string();
        let draft = RecordDraft { record_type: &record_type, record_id: &id, source: "test", fields: &fields };
        batch.put_record(&scene.annas_pod, draft).unwrap();
    }
    batch.commit().unwrap();
    let (mut skip, mut pages, mut cards) = (0, 0, std::collections::BTreeSet::new());
    loop {
        let done = scene.command(&scene.anna, scene.annas_pod, Action::Export { skip }).await.unwrap().result;
        assert_eq!(done.get("catalogue").is_some(), skip == 0);
        pages += 1;
        let records = done["records"].as_array().unwrap();
        cards.extend(records.iter().filter_map(|record| record["fields"]["card"].as_u64()));
        match done["next_skip"].as_u64() {
            Some(next) => skip = next,
            None => break,
        }
    }
    assert_eq!((pages, cards.len()), (3, 250));
}

#[tokio::test]
async fn the_log_says_who_asked_and_proves_it() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    let names = || vec![wanted("residence", &["given_names", "address"])];
    let request = scene.request(&scene.early, vec![item(&[&grant], names())], |_| {});
    scene.send(&request, &[]).await.unwrap();
    let refused = scene.request(&scene.early, vec![item(&[&grant], vec![wanted("residence", &["contact"])])], |_| {});
    scene.send(&refused, &[]).await.unwrap();
    let page = scene.command(&scene.anna, scene.eetus_pod, Action::Log { from: 0, limit: 100 }).await.unwrap().result;

    let head = Signed::<TreeHead>::decode(&from_base64url(page["tree_head"].as_str().unwrap()).unwrap()).unwrap();
    let head = head.verify(&scene.helsinki.key().public_key()).unwrap();
    let entries = page["entries"].as_array().unwrap();
    for entry in entries {
        let bytes = from_base64url(entry["entry"].as_str().unwrap()).unwrap();
        let hash = |text: &Json| Hash::try_from(from_base64url(text.as_str().unwrap()).unwrap()).unwrap();
        let proof: Vec<Hash> = entry["proof"].as_array().unwrap().iter().map(hash).collect();
        verify_inclusion(entry["index"].as_u64().unwrap(), head.size, &leaf_hash(&bytes), &proof, &head.root).unwrap();
    }
    let of = |kind: &str| entries.iter().map(|entry| &entry["opened"]).find(|one| one["kind"] == kind).unwrap();
    let disclosure = of("disclosure");
    assert_eq!(disclosure["service"], json!(scene.early.principal));
    assert_eq!(disclosure["organisation"], "espoo");
    assert_eq!(disclosure["request_id"], json!(request.id()));
    assert_eq!(disclosure["grant"], json!(grant.id()));
    assert_eq!(disclosure["released"], json!([{ "record_type": "residence", "names": ["given_names", "address"] }]));
    assert_eq!(of("refusal")["outcome"], "not-granted");
    let commands = entries.iter().map(|entry| &entry["opened"]).filter(|one| one["kind"] == "command");
    assert_eq!(commands.map(|one| one["purpose"].as_str().unwrap()).collect::<Vec<_>>(), ["enrol", "deposit"]);
    assert!(!page.to_string().contains("Kaivokatu"), "names, never values");
}

/// Of two acts the one that began later may come into the log first. Wallets want an act below every head that is signed after it was
/// acknowledged: so it is acknowledged no earlier than the head in which it stands.
#[tokio::test]
async fn what_is_acknowledged_is_no_older_than_its_place_in_the_log() {
    let scene = Scene::new().await;
    let acknowledged = async |secs: u64| {
        scene.time.store(secs, Ordering::SeqCst);
        let log = Action::Log { from: 0, limit: 1 };
        scene.command(&scene.anna, scene.annas_pod, log).await.unwrap().acknowledgement
    };
    let later = acknowledged(scene.now() + 10).await;
    let earlier = acknowledged(scene.now() - 10).await;
    assert_eq!((earlier.audit_index, earlier.issued), (later.audit_index + 1, later.issued));
}

/// A guardian's reading too: the child sees later who read what.
#[tokio::test]
async fn the_log_says_which_records_were_read() {
    let scene = Scene::new().await;
    for action in
        [Action::Read { record_type: Some("residence".parse().unwrap()), skip: 0 }, Action::Export { skip: 0 }]
    {
        scene.command(&scene.anna, scene.eetus_pod, action).await.unwrap();
    }
    let log = Action::Log { from: 0, limit: 100 };
    let page = scene.command(&scene.anna, scene.eetus_pod, log).await.unwrap().result;
    let opened: Vec<&Json> = page["entries"].as_array().unwrap().iter().map(|entry| &entry["opened"]).collect();
    let released = |purpose: &str| &opened.iter().find(|one| one["purpose"] == purpose).unwrap()["released"];
    let whole = |record_type: &str| json!({ "record_type": record_type, "names": [] });
    assert_eq!(released("read"), &json!([whole("residence")]));
    assert_eq!(released("export"), &json!([whole("child-health"), whole("residence")]));
    assert!(opened.iter().all(|one| one["actor"] == json!(scene.anna.principal)));
}

async fn log_page(scene: &Scene, from: u64, limit: u64) -> Json {
    scene.command(&scene.anna, scene.annas_pod, Action::Log { from, limit }).await.unwrap().result
}

fn indices(page: &Json) -> Vec<u64> {
    page["entries"].as_array().unwrap().iter().map(|entry| entry["index"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn the_log_comes_in_pages_too() {
    let scene = Scene::new().await;
    for _ in 0..5 {
        scene.command(&scene.anna, scene.annas_pod, Action::Inbox { skip: 0 }).await.unwrap();
    }
    let (mut from, mut seen) = (0, Vec::new());
    for _page in 0..3 {
        let page = log_page(&scene, from, 2).await;
        seen.extend(indices(&page));
        match page["next"].as_u64() {
            Some(next) => from = next,
            None => break,
        }
    }
    assert_eq!(seen.len(), 6);
    assert!(seen.is_sorted());
}

/// Whoever follows the log while it grows sees every entry: the next page begins behind the last entry that was shown, not
/// behind one that became durable while the page was made.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_log_hides_no_entry_that_comes_while_it_is_read() {
    let scene = Arc::new(Scene::new().await);
    let follow = |scene: Arc<Scene>| async move {
        let mut from = 0;
        for _page in 0..300 {
            // Each page is itself an entry: the log grows under all of them.
            let log = Action::Log { from, limit: 1 };
            let done = scene.command(&scene.anna, scene.annas_pod, log).await.unwrap();
            let behind_the_last = indices(&done.result).last().map(|index| index + 1);
            assert_eq!(done.result["next"].as_u64(), behind_the_last);
            from = done.acknowledgement.tree_size;
        }
    };
    let followers: Vec<_> = (0..8).map(|_| tokio::spawn(follow(Arc::clone(&scene)))).collect();
    for follower in followers {
        follower.await.unwrap();
    }
}

#[tokio::test]
async fn what_stands() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    let standing = scene.command(&scene.anna, scene.eetus_pod, Action::Standing { skip: 0 }).await.unwrap().result;
    assert_eq!(standing["grants"][0]["id"], json!(grant.id()));
    assert_eq!(standing["key_events"].as_array().unwrap().len(), 1);
    assert_eq!((&standing["non_disclosure"], &standing["restricted"]), (&json!(false), &json!(false)));
}

#[tokio::test]
async fn what_stands_comes_in_pages_too() {
    let scene = Scene::new().await;
    let fields: Vec<String> = (0..200).map(|number| format!("field-number-{number}-of-many")).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    for _ in 0..160 {
        scene.granted(vec![raw("residence", &fields)]).await;
    }
    let restrict = Action::Restrict { record_types: vec!["child-health".parse().unwrap()], on: true };
    scene.command(&scene.anna, scene.eetus_pod, restrict).await.unwrap();
    let (mut next, mut pages, mut grants) = (Some(0), Vec::new(), std::collections::BTreeSet::new());
    while let Some(skip) = next {
        let page = scene.command(&scene.anna, scene.eetus_pod, Action::Standing { skip }).await.unwrap().result;
        grants.extend(page["grants"].as_array().unwrap().iter().map(|grant| grant["id"].to_string()));
        next = page["next_skip"].as_u64();
        pages.push(page);
    }
    assert_eq!((pages.len(), grants.len()), (3, 160));
    assert_eq!(pages[0]["restricted_types"], json!([]), "after the grants");
    assert_eq!(pages[2]["restricted_types"], json!(["child-health"]));
    assert!(pages.iter().all(|page| page["restricted"] == json!(false)), "on every page");
}
