//! A grant can be taken back before the holder has seen it, by whoever could take it back afterwards, and by nobody else.

use std::sync::Arc;

use pod_protocol::Verified;
use pod_protocol::command::Action;
use pod_protocol::grant::{Grant, GrantLimits};
use pod_protocol::ids::ObjectId;
use pod_protocol::revocation::Target;
use pod_server::commands;

use crate::people::{Done, Service, Wallet, code, item, outcomes, raw, wanted};
use crate::scene::{DAY, Scene};

/// Anna's grant over Eetu's pod to early education, which the holder has not seen.
fn unseen(scene: &Scene) -> Verified<Grant> {
    let mut grant = scene.grant(&scene.anna, scene.eetus_pod, &scene.early, vec![raw("residence", &["given_names"])]);
    grant.limits = GrantLimits { depth: 1, ..GrantLimits::default() };
    Verified::sign(&scene.anna.key, grant)
}

async fn carried(scene: &Scene, by: &Service, chain: &[&Verified<Grant>]) -> &'static str {
    let request = scene.request(by, vec![item(chain, vec![wanted("residence", &["given_names"])])], |_| {});
    outcomes(&scene.send(&request, chain).await.unwrap())[0]
}

async fn deposited(scene: &Scene, grant: &Verified<Grant>) -> &'static str {
    code(&scene.command(&scene.anna, grant.subject, Action::Deposit(grant.bytes().to_vec())).await)
}

async fn by_wallet(scene: &Scene, wallet: &Wallet, id: ObjectId) -> &'static str {
    code(&scene.revoke(wallet.principal, &wallet.key, Target::Grant(id)).await)
}

async fn by_service(scene: &Scene, service: &Service, id: ObjectId) -> &'static str {
    code(&scene.revoke(service.principal, &service.key, Target::Grant(id)).await)
}

#[tokio::test]
async fn the_citizen_takes_back_what_only_the_service_has() {
    let mut scene = Scene::over(super::WAY).await;
    let grant = unseen(&scene);
    assert_eq!(by_wallet(&scene, &scene.anna, grant.id()).await, "ok");
    assert_eq!(carried(&scene, &scene.early, &[&grant]).await, "denied");
    assert_eq!(deposited(&scene, &grant).await, "revoked");
    scene.restart().await;
    scene.fetch_registry();
    assert_eq!(carried(&scene, &scene.early, &[&grant]).await, "denied", "it outlives a restart");
    let log = scene.command(&scene.anna, scene.eetus_pod, Action::Log { from: 0, limit: 10 }).await.unwrap().result;
    let entries = log["entries"].as_array().unwrap().iter().map(|entry| &entry["opened"]);
    let refused: Vec<_> = entries.filter(|entry| entry["kind"] == "refusal").map(|entry| &entry["outcome"]).collect();
    assert_eq!(refused, ["revoked", "revoked", "revoked"], "twice sent along, once deposited");
    let another = unseen(&scene);
    assert_eq!(carried(&scene, &scene.early, &[&another]).await, "released", "no other grant is meant");
}

#[tokio::test]
async fn whoever_signed_a_link_or_one_above_takes_it_back() {
    let scene = Scene::over(super::WAY).await;
    let parent = unseen(&scene);
    let (by_signer, by_citizen) = (scene.passed_on(&parent), scene.passed_on(&parent));
    assert_eq!(by_service(&scene, &scene.early, by_signer.id()).await, "ok");
    assert_eq!(by_wallet(&scene, &scene.anna, by_citizen.id()).await, "ok");
    assert_eq!(carried(&scene, &scene.processor, &[&parent, &by_signer]).await, "denied");
    assert_eq!(carried(&scene, &scene.processor, &[&parent, &by_citizen]).await, "denied");
    assert_eq!(carried(&scene, &scene.processor, &[&parent, &scene.passed_on(&parent)]).await, "released");
}

#[tokio::test]
async fn nobody_else_does() {
    let scene = Scene::over(super::WAY).await;
    let parent = unseen(&scene);
    let child = scene.passed_on(&parent);
    // They are told nothing of whose it is: what they took back is none of theirs.
    for id in [parent.id(), child.id()] {
        assert_eq!(by_wallet(&scene, &scene.bo, id).await, "ok");
        assert_eq!(by_service(&scene, &scene.processor, id).await, "ok");
        assert_eq!(by_service(&scene, &scene.school, id).await, "ok");
    }
    assert_eq!(by_service(&scene, &scene.early, parent.id()).await, "ok", "nor who only received it");
    assert_eq!(carried(&scene, &scene.early, &[&parent]).await, "released");
    assert_eq!(carried(&scene, &scene.processor, &[&parent, &child]).await, "released");
    let stranger = Wallet::new([0xcc; 32], scene.helsinki.principal, &*scene.random);
    assert_eq!(by_wallet(&scene, &stranger, ObjectId::new([0xee; 32])).await, "not-authorised");
    let mut forged = Wallet::new([0xcc; 32], scene.helsinki.principal, &*scene.random);
    forged.principal = scene.anna.principal;
    assert_eq!(by_wallet(&scene, &forged, ObjectId::new([0xee; 32])).await, "not-authorised");
}

#[tokio::test]
async fn one_key_takes_back_so_many_and_no_more_at_once() {
    const MOST: u16 = 1_000;
    let scene = Scene::over(super::WAY).await;
    let id = |number: u16| {
        let mut bytes = [0xee; 32];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        ObjectId::new(bytes)
    };
    for number in 0..MOST {
        assert_eq!(by_service(&scene, &scene.processor, id(number)).await, "ok");
    }
    assert_eq!(by_service(&scene, &scene.processor, id(MOST)).await, "limit");
    assert_eq!(by_service(&scene, &scene.processor, id(0)).await, "ok", "a repeat needs no room");
    let grant = unseen(&scene);
    assert_eq!(by_wallet(&scene, &scene.anna, grant.id()).await, "ok", "others have room of their own");
    assert_eq!(carried(&scene, &scene.early, &[&grant]).await, "denied");
    scene.time.fetch_add(400 * DAY + 61, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(by_service(&scene, &scene.processor, id(MOST)).await, "ok", "no grant lives so long");
}

/// A first use and the revocation at the same moment: whichever comes first, nothing is released after the acknowledgement.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_first_use_at_the_same_moment() {
    let scene = Arc::new(Scene::over(super::WAY).await);
    for _round in 0..64 {
        let grant = unseen(&scene);
        let first = {
            let (scene, grant) = (Arc::clone(&scene), grant.clone());
            tokio::spawn(async move { carried(&scene, &scene.early, &[&grant]).await })
        };
        assert_eq!(by_wallet(&scene, &scene.anna, grant.id()).await, "ok");
        assert_eq!(carried(&scene, &scene.early, &[&grant]).await, "denied");
        assert!(["released", "denied"].contains(&first.await.unwrap()));
    }
}

async fn sent(scene: &Scene, revocation: &[u8]) -> Done {
    scene.done(&commands::revoke(&scene.node(), revocation).await.unwrap())
}

#[tokio::test]
async fn a_repeat_is_one() {
    let mut scene = Scene::over(super::WAY).await;
    let (seen, before) = (scene.usual_grant().await, unseen(&scene));
    let targets =
        [Target::Grant(seen.id()), Target::Grant(before.id()), Target::PodBefore(scene.eetus_pod, scene.now())];
    for target in targets {
        let revocation = scene.revocation(scene.anna.principal, &scene.anna.key, target);
        let first = sent(&scene, revocation.bytes()).await.acknowledgement;
        for _ in 0..2 {
            let again = sent(&scene, revocation.bytes()).await.acknowledgement;
            assert_eq!((again.of, again.audit_index), (first.of, first.audit_index));
            assert_eq!((again.tree_size, again.tree_root), (first.tree_size, first.tree_root), "no new entry");
            scene.restart().await;
            scene.fetch_registry();
        }
    }
    for id in [seen.id(), before.id()] {
        let anew =
            scene.revoke(scene.anna.principal, &scene.anna.key, Target::Grant(id)).await.unwrap().acknowledgement;
        assert_eq!(anew.audit_index + 1, anew.tree_size, "signed anew, recorded anew");
    }
}

#[tokio::test]
async fn what_is_not_the_signers_to_take_back_stands_in_the_log_once() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let refused = [
        scene.revocation(scene.bo.principal, &scene.bo.key, Target::Grant(grant.id())),
        scene.revocation(scene.processor.principal, &scene.processor.key, Target::Grant(grant.id())),
        scene.revocation(scene.bo.principal, &scene.bo.key, Target::PodBefore(scene.eetus_pod, scene.now())),
    ];
    for revocation in &refused {
        for _ in 0..3 {
            assert_eq!(code(&commands::revoke(&scene.node(), revocation.bytes()).await), "not-authorised");
        }
    }
    let log = scene.command(&scene.anna, scene.eetus_pod, Action::Log { from: 0, limit: 100 }).await.unwrap().result;
    let entries = log["entries"].as_array().unwrap();
    let turned_down: Vec<_> = entries.iter().filter(|entry| entry["opened"]["kind"] == "refusal").collect();
    assert_eq!(turned_down.len(), refused.len());
    for (entry, revocation) in turned_down.iter().zip(&refused) {
        assert_eq!(entry["opened"]["outcome"], "not-authorised");
        assert_eq!(entry["opened"]["purpose"], "revoke");
        assert_eq!(entry["opened"]["request_id"], serde_json::json!(revocation.id()));
    }
    assert_eq!(scene.outcome(&[&grant], vec![wanted("residence", &["given_names"])]).await, "released");
    // Of a pod that does not exist nobody has a log.
    let nowhere = Target::PodBefore(pod_protocol::ids::PodId::new([0xdd; 16]), scene.now());
    assert_eq!(code(&scene.revoke(scene.bo.principal, &scene.bo.key, nowhere).await), "not-authorised");
}
