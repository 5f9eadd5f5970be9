//! Espoo passes a grant on to its processor: it works, is kept on record, and dies with its parent or by itself.

use std::sync::atomic::Ordering::SeqCst;

use pod_protocol::Verified;
use pod_protocol::command::Action;
use pod_protocol::revocation::Target;
use pod_server::view::RevocationBound;
use serde_json::json;

use crate::people::{code, item, outcomes, parent, processed, raw, wanted};
use crate::scene::Scene;

#[tokio::test]
async fn it_works_is_kept_and_dies_with_its_parent() {
    let mut scene = Scene::over(super::WAY).await;
    let parent = parent(&scene).await;
    let child = scene.passed_on(&parent);
    assert_eq!(processed(&scene, &[&parent, &child], &[]).await, "unknown-grant");
    assert_eq!(processed(&scene, &[&parent, &child], &[&child]).await, "released");
    // From now on its id is enough, also after a restart; and the citizen sees it.
    assert_eq!(processed(&scene, &[&parent, &child], &[]).await, "released");
    scene.restart().await;
    scene.fetch_registry();
    assert_eq!(processed(&scene, &[&parent, &child], &[]).await, "released");
    let standing = scene.command(&scene.anna, scene.eetus_pod, Action::Standing { skip: 0 }).await.unwrap().result;
    let kept: Vec<_> = standing["grants"].as_array().unwrap().iter().map(|grant| grant["id"].clone()).collect();
    assert!(kept.contains(&json!(child.id())) && kept.contains(&json!(parent.id())));
    scene.revoke(scene.anna.principal, &scene.anna.key, Target::Grant(parent.id())).await.unwrap();
    assert_eq!(processed(&scene, &[&parent, &child], &[]).await, "denied");
}

#[tokio::test]
async fn whoever_passed_it_on_takes_it_back() {
    let scene = Scene::over(super::WAY).await;
    let parent = parent(&scene).await;
    let child = scene.passed_on(&parent);
    assert_eq!(processed(&scene, &[&parent, &child], &[&child]).await, "released");
    // The processor has it, and did not give it: only those above may take it back.
    let by = |service: &crate::people::Service| (service.principal, service.key.seed());
    let (processor, seed) = by(&scene.processor);
    let key = pod_crypto::SigningKey::from_seed(&seed);
    assert_eq!(code(&scene.revoke(processor, &key, Target::Grant(child.id())).await), "not-authorised");
    let (early, seed) = by(&scene.early);
    let key = pod_crypto::SigningKey::from_seed(&seed);
    scene.revoke(early, &key, Target::Grant(child.id())).await.unwrap();
    assert_eq!(processed(&scene, &[&parent, &child], &[]).await, "denied");
    assert_eq!(scene.outcome(&[&parent], vec![wanted("residence", &["address"])]).await, "released");
}

#[tokio::test]
async fn a_root_that_was_sent_along_can_be_taken_back_by_its_id() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.grant(&scene.anna, scene.eetus_pod, &scene.early, vec![raw("residence", &["given_names"])]);
    let grant = Verified::sign(&scene.anna.key, grant);
    let names = || vec![wanted("residence", &["given_names"])];
    let request = scene.request(&scene.early, vec![item(&[&grant], names())], |_| {});
    assert_eq!(outcomes(&scene.send(&request, &[&grant]).await.unwrap()), ["released"]);
    scene.revoke(scene.anna.principal, &scene.anna.key, Target::Grant(grant.id())).await.unwrap();
    assert_eq!(scene.outcome(&[&grant], names()).await, "denied");
}

#[tokio::test]
async fn what_gave_nothing_is_not_kept() {
    let scene = Scene::over(super::WAY).await;
    let parent = parent(&scene).await;
    let mut wide = (*scene.passed_on(&parent)).clone();
    wide.permissions = vec![raw("residence", &["contact"])];
    let wide = Verified::sign(&scene.early.key, wide);
    assert_eq!(processed(&scene, &[&parent, &wide], &[&wide]).await, "denied");
    assert_eq!(processed(&scene, &[&parent, &wide], &[]).await, "unknown-grant");
}

#[tokio::test]
async fn an_old_view_of_revocations_lets_only_single_grants_through() {
    let scene = Scene::over(super::WAY).await;
    let parent = parent(&scene).await;
    let child = scene.passed_on(&parent);
    assert_eq!(processed(&scene, &[&parent, &child], &[&child]).await, "released");
    scene.pass_alone(RevocationBound::LONGEST_SECS);
    assert_eq!(processed(&scene, &[&parent, &child], &[]).await, "released");
    scene.pass_alone(1);
    assert_eq!(processed(&scene, &[&parent, &child], &[]).await, "unavailable");
    assert_eq!(scene.outcome(&[&parent], vec![wanted("residence", &["address"])]).await, "released");
    scene.fetch_registry();
    assert_eq!(processed(&scene, &[&parent, &child], &[]).await, "released");
}

#[tokio::test]
async fn setting_the_clock_makes_a_view_neither_older_nor_younger() {
    let scene = Scene::over(super::WAY).await;
    let parent = parent(&scene).await;
    let child = scene.passed_on(&parent);
    let now = scene.now();
    // Forward by more than the bound, and no time went by.
    scene.time.store(now + 2 * RevocationBound::LONGEST_SECS, SeqCst);
    assert_eq!(processed(&scene, &[&parent, &child], &[&child]).await, "released");
    // Back, again and again, while time goes by.
    for _ in 0..=RevocationBound::LONGEST_SECS {
        scene.pass_alone(1);
        scene.time.store(now, SeqCst);
    }
    assert_eq!(processed(&scene, &[&parent, &child], &[]).await, "unavailable");
}

#[tokio::test]
async fn a_node_that_starts_has_no_view_until_it_has_looked() {
    let mut scene = Scene::over(super::WAY).await;
    let parent = parent(&scene).await;
    let child = scene.passed_on(&parent);
    assert_eq!(processed(&scene, &[&parent, &child], &[&child]).await, "released");
    scene.restart().await;
    assert_eq!(processed(&scene, &[&parent, &child], &[]).await, "unavailable");
    assert_eq!(scene.outcome(&[&parent], vec![wanted("residence", &["address"])]).await, "released");
    scene.fetch_registry();
    assert_eq!(processed(&scene, &[&parent, &child], &[]).await, "released");
}
