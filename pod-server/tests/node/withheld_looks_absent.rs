//! Invariant 5: what is withheld and what does not exist give the same bytes, but for ids, salts, digests and signatures.

use pod_protocol::Signed;
use pod_protocol::answer::{Answer, ItemAnswer, Receipt};
use pod_protocol::command::Action;
use pod_protocol::request::Wanted;

use crate::people::{item, raw, wanted};
use crate::scene::Scene;

/// Everything of an answer that may tell one case from the other: its length, its items without salts, its receipt without
/// ids, digests and places in the log.
fn visible(answer: &Answer) -> (usize, Vec<Vec<u8>>, String) {
    let items = answer.items.iter().map(|item| match item {
        ItemAnswer::Released { data, .. } => data.clone(),
        ItemAnswer::Refused(outward) => outward.code().as_bytes().to_vec(),
    });
    let receipt = Signed::<Receipt>::decode(&answer.receipt).unwrap();
    let receipt = receipt.unverified();
    let said: Vec<_> = receipt.items.iter().map(|item| (item.outcome, &item.released, item.digest.is_some())).collect();
    (answer.to_bytes().len(), items.collect(), format!("{said:?}"))
}

async fn asked(scene: &Scene, names: &[Wanted]) -> (usize, Vec<Vec<u8>>, String) {
    let grant =
        scene.granted(vec![raw("residence", &["given_names", "contact"]), raw("child-health", &["clinic"])]).await;
    visible(&scene.fetch(&scene.early, vec![item(&[&grant], names.to_vec())]).await.unwrap())
}

/// Takes Eetu's record of this type away, as if it never was.
fn remove(scene: &mut Scene, record_type: &str) {
    let vault = scene.vault();
    let mut batch = vault.write(scene.now());
    assert!(batch.remove_record(&scene.eetus_pod, &record_type.parse().unwrap(), "1").unwrap());
    batch.commit().unwrap();
}

#[tokio::test]
async fn a_restricted_type_looks_like_one_without_records() {
    let names = [wanted("child-health", &["clinic"]), wanted("residence", &["given_names"])];
    let restricted = Scene::over(super::WAY).await;
    let action = Action::Restrict { record_types: vec!["child-health".parse().unwrap()], on: true };
    restricted.command(&restricted.anna, restricted.eetus_pod, action).await.unwrap();
    let mut absent = Scene::over(super::WAY).await;
    remove(&mut absent, "child-health");
    // As many entries before, so that the places in the log are as long.
    absent.command(&absent.anna, absent.eetus_pod, Action::Inbox { skip: 0 }).await.unwrap();
    assert_eq!(asked(&restricted, &names).await, asked(&absent, &names).await);
}

#[tokio::test]
async fn a_protected_contact_looks_like_none() {
    let names = [wanted("residence", &["given_names", "contact"])];
    let mut protected = Scene::over(super::WAY).await;
    let vault = protected.vault();
    let mut batch = vault.write(protected.now());
    batch.set_non_disclosure(&protected.eetus_pod, true).unwrap();
    batch.commit().unwrap();
    protected.restart().await;
    let mut absent = Scene::over(super::WAY).await;
    let vault = absent.vault();
    let mut batch = vault.write(absent.now());
    let fields = serde_json::json!({ "family_name": "Virtanen", "given_names": "Eetu", "birth_date": "2008-06-15" });
    let fields = pod_protocol::value::Value::from_json(&fields).unwrap();
    let record_type = "residence".parse().unwrap();
    let draft = pod_vault::RecordDraft { record_type: &record_type, record_id: "1", source: "test", fields: &fields };
    batch.put_record(&absent.eetus_pod, draft).unwrap();
    batch.commit().unwrap();
    absent.restart().await;
    assert_eq!(asked(&protected, &names).await, asked(&absent, &names).await);
}

#[tokio::test]
async fn no_such_pod_looks_like_no_right() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let forbidden = scene.fetch(&scene.early, vec![item(&[&grant], vec![wanted("residence", &["contact"])])]).await;
    let unknown_type =
        scene.fetch(&scene.early, vec![item(&[&grant], vec![wanted("library-card", &["number"])])]).await;
    let (forbidden, unknown) = (visible(&forbidden.unwrap()), visible(&unknown_type.unwrap()));
    assert_eq!(forbidden, unknown);
    // A grant over a pod that does not exist, sent along: denied like one that does not count.
    let mut stray = scene.grant(&scene.anna, scene.eetus_pod, &scene.early, vec![raw("residence", &["contact"])]);
    stray.subject = pod_protocol::ids::PodId::new([0xee; 16]);
    let stray = pod_protocol::Verified::sign(&scene.anna.key, stray);
    let mut others = scene.grant(&scene.anna, scene.bos_pod, &scene.early, vec![raw("residence", &["contact"])]);
    others.issuer = scene.anna.principal;
    let others = pod_protocol::Verified::sign(&scene.anna.key, others);
    let mut seen = Vec::new();
    for grant in [&stray, &others] {
        let names = vec![wanted("residence", &["contact"])];
        let request = scene.request(&scene.early, vec![item(&[grant], names)], |_| {});
        seen.push(visible(&scene.send(&request, &[grant]).await.unwrap()));
    }
    assert_eq!(seen[0], seen[1]);
}
