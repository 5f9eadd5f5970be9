//! After a revocation is acknowledged nothing is released, whatever was under way (invariant 2).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use pod_protocol::command::Action;
use pod_protocol::revocation::Target;
use pod_server::{commands, request};

use crate::people::{call, code, item, outcomes, raw, wanted};
use crate::scene::Scene;

#[tokio::test]
async fn revoked_by_whoever_granted_it() {
    let mut scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let names = || vec![wanted("residence", &["given_names"])];
    assert_eq!(scene.outcome(&[&grant], names()).await, "released");
    let stranger = scene.revoke(scene.bo.principal, &scene.bo.key, Target::Grant(grant.id())).await;
    assert_eq!(code(&stranger), "not-authorised");
    assert_eq!(scene.outcome(&[&grant], names()).await, "released");
    let done = scene.revoke(scene.anna.principal, &scene.anna.key, Target::Grant(grant.id())).await.unwrap();
    assert_eq!(done.acknowledgement.issuer, scene.helsinki.principal);
    assert_eq!(scene.outcome(&[&grant], names()).await, "denied");
    scene.restart().await;
    assert_eq!(scene.outcome(&[&grant], names()).await, "denied", "a revocation outlives a restart");
}

#[tokio::test]
async fn everything_before_a_time() {
    let scene = Scene::over(super::WAY).await;
    let old = scene.usual_grant().await;
    let target = Target::PodBefore(scene.eetus_pod, scene.now());
    scene.revoke(scene.anna.principal, &scene.anna.key, target).await.unwrap();
    assert_eq!(scene.outcome(&[&old], vec![wanted("residence", &["given_names"])]).await, "denied");
    scene.pass(120);
    let new = scene.usual_grant().await;
    assert_eq!(scene.outcome(&[&new], vec![wanted("residence", &["given_names"])]).await, "released");
}

#[tokio::test]
async fn what_is_meant_for_another_holder_is_refused() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let mut revocation = *scene.revocation(scene.anna.principal, &scene.anna.key, Target::Grant(grant.id()));
    revocation.audience = scene.espoo.principal;
    let elsewhere = pod_protocol::Verified::sign(&scene.anna.key, revocation);
    assert_eq!(code(&commands::revoke(&scene.node(), elsewhere.bytes()).await), "audience");
}

/// Fetches without a pause from several tasks while the grant is revoked: whatever was asked after the acknowledgement is
/// refused. Each round is another interleaving.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_after_the_acknowledgement() {
    for _round in 0..8 {
        let scene = Arc::new(Scene::over(super::WAY).await);
        let grant = scene.granted(vec![raw("residence", &["given_names"])]).await;
        let acknowledged = Arc::new(AtomicBool::new(false));
        let (before, after) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let fetchers: Vec<_> = (0..4)
            .map(|_| {
                let (scene, acknowledged) = (Arc::clone(&scene), Arc::clone(&acknowledged));
                let (before, after) = (Arc::clone(&before), Arc::clone(&after));
                let (id, node) = (item(&[&grant], vec![wanted("residence", &["given_names"])]), scene.node());
                tokio::spawn(async move {
                    while after.load(Ordering::SeqCst) < 20 {
                        // Read before the request is sent: when it is set, the answer must be a refusal.
                        let late = acknowledged.load(Ordering::SeqCst);
                        let message = call(&scene.request(&scene.early, vec![id.clone()], |_| {}), &[]).to_bytes();
                        let answer = request::handle(&node, &scene.peer(&scene.early), &message).await.unwrap();
                        let answer = pod_protocol::answer::Answer::from_bytes(&answer).unwrap();
                        if late {
                            assert_eq!(outcomes(&answer), ["denied"]);
                            after.fetch_add(1, Ordering::SeqCst);
                        } else {
                            before.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                })
            })
            .collect();
        while before.load(Ordering::SeqCst) < 8 {
            tokio::task::yield_now().await;
        }
        scene.revoke(scene.anna.principal, &scene.anna.key, Target::Grant(grant.id())).await.unwrap();
        acknowledged.store(true, Ordering::SeqCst);
        for fetcher in fetchers {
            fetcher.await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn restrictions_too_hold_from_their_acknowledgement_on() {
    let scene = Arc::new(Scene::over(super::WAY).await);
    let grant = scene.granted(vec![raw("residence", &["given_names"])]).await;
    for on in [true, false, true] {
        let restrict = Action::Restrict { record_types: Vec::new(), on };
        scene.command(&scene.anna, scene.eetus_pod, restrict).await.unwrap();
        let fetches = (0..8).map(|_| {
            let (scene, asked) = (Arc::clone(&scene), item(&[&grant], vec![wanted("residence", &["given_names"])]));
            tokio::spawn(async move { crate::people::data(&scene.fetch(&scene.early, vec![asked]).await.unwrap(), 0) })
        });
        for fetch in fetches.collect::<Vec<_>>() {
            assert_eq!(fetch.await.unwrap().as_object().unwrap().is_empty(), on);
        }
    }
}
