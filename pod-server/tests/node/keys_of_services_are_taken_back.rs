//! A delegator's key is in other hands: what it passed on from then on is taken back, for every pod, and what it passed on before
//! is not.

use pod_crypto::SigningKey;
use pod_protocol::Verified;
use pod_protocol::grant::{Grant, GrantLimits};
use pod_protocol::ids::{Principal, Thumbprint};
use pod_protocol::notice::NoticeCause;
use pod_protocol::revocation::Target;

use crate::people::{code, item, outcomes, raw, wanted};
use crate::scene::Scene;

async fn passed_on(scene: &Scene, issued: u64) -> [Verified<Grant>; 2] {
    let limits = |grant: &mut Grant| {
        grant.issued = scene.now() - 900;
        grant.limits =
            GrantLimits { depth: 1, organisations: Some(vec![scene.processors.principal]), ..GrantLimits::default() };
    };
    let parent = scene.granted_with(vec![raw("residence", &["given_names"])], limits).await;
    let child = Verified::sign(&scene.early.key, Grant { issued, ..(*scene.passed_on(&parent)).clone() });
    [parent, child]
}

async fn processed(scene: &Scene, [parent, child]: &[Verified<Grant>; 2]) -> &'static str {
    let items = vec![item(&[parent, child], vec![wanted("residence", &["given_names"])])];
    match scene.send(&scene.request(&scene.processor, items, |_| {}), &[child]).await {
        Ok(answer) => outcomes(&answer)[0],
        failed => code(&failed),
    }
}

#[tokio::test]
async fn what_it_signed_since_is_refused_and_the_rest_is_not() {
    let mut scene = Scene::new().await;
    let since = scene.now() + 10;
    let before = passed_on(&scene, since - 20).await;
    assert_eq!(processed(&scene, &before).await, "released");
    scene.pass(310);
    let (after, later) = (passed_on(&scene, since).await, passed_on(&scene, since + 200).await);
    // The date is what the key's thief writes: what the holder has not seen by then may be of any day.
    let (dated_back, never_seen) = (passed_on(&scene, since - 30).await, passed_on(&scene, since - 40).await);
    for chain in [&after, &dated_back] {
        assert_eq!(processed(&scene, chain).await, "released");
    }
    let kid = Thumbprint::of(&scene.early.key.public_key()).kid();
    let espoo = scene.espoo.principal;
    let done = scene.revoke(espoo, &scene.espoo.key(), Target::KeySince(kid, since)).await.unwrap();
    scene.restart().await;
    scene.fetch_registry();
    assert_eq!(processed(&scene, &before).await, "released");
    // Also those that the holder has not seen.
    for chain in [&after, &later, &dated_back, &never_seen] {
        assert_eq!(processed(&scene, chain).await, "denied");
    }
    let own = vec![wanted("residence", &["given_names"])];
    assert_eq!(scene.outcome(&[&after[0]], own).await, "released", "what the citizen gave the service itself stands");
    // Who had data by it is told: the mark was on disk with the revocation, the node goes on from it.
    scene.deliver().await;
    let seen = scene.notices_of(scene.eetus_pod).await;
    let told: Vec<_> =
        seen.iter().map(|one| (one.notice.service, one.notice.cause, one.notice.grants.clone())).collect();
    let mut ended = vec![after[1].id(), dated_back[1].id()];
    ended.sort();
    assert_eq!(told, [(scene.processor.principal, NoticeCause::KeyRevoked, ended)]);
    // Again, and from later on: it stays as it is.
    scene.pass(1);
    let again = scene.revoke(espoo, &scene.espoo.key(), Target::KeySince(kid, since + 100)).await.unwrap();
    assert!(again.acknowledgement.audit_index > done.acknowledgement.audit_index);
    assert_eq!(processed(&scene, &after).await, "denied");
    // From earlier on: that too.
    scene.revoke(scene.early.principal, &scene.early.key, Target::KeySince(kid, since - 100)).await.unwrap();
    assert_eq!(processed(&scene, &before).await, "denied");
}

#[tokio::test]
async fn the_same_revocation_twice_is_one() {
    let scene = Scene::new().await;
    let kid = Thumbprint::of(&scene.early.key.public_key()).kid();
    let target = Target::KeySince(kid, scene.now());
    let revocation = scene.revocation(scene.espoo.principal, &scene.espoo.key(), target);
    let mut entries = Vec::new();
    for _ in 0..2 {
        let answer = pod_server::commands::revoke(&scene.node(), revocation.bytes()).await.unwrap();
        entries.push(scene.done(&answer).acknowledgement.audit_index);
    }
    assert_eq!(entries[0], entries[1]);
}

#[tokio::test]
async fn only_whose_key_it_is() {
    let scene = Scene::new().await;
    let kid = |key: &SigningKey| Thumbprint::of(&key.public_key()).kid();
    let (early, anna) = (kid(&scene.early.key), kid(&scene.anna.key));
    let since = scene.now() - 300;
    let by = |issuer: Principal, key: SigningKey, kid| {
        let scene = &scene;
        async move { code(&scene.revoke(issuer, &key, Target::KeySince(kid, since)).await) }
    };
    let copy = |key: &SigningKey| SigningKey::from_seed(&key.seed());
    assert_eq!(by(scene.processors.principal, scene.processors.key(), early).await, "not-authorised");
    assert_eq!(by(scene.school.principal, copy(&scene.school.key), early).await, "not-authorised");
    assert_eq!(by(scene.espoo.principal, scene.processors.key(), early).await, "key-refused");
    assert_eq!(by(scene.anna.principal, copy(&scene.anna.key), early).await, "not-authorised");
    // A citizen's key is taken back by a key event.
    assert_eq!(by(scene.anna.principal, copy(&scene.anna.key), anna).await, "not-authorised");
    assert_eq!(by(scene.helsinki.principal, scene.helsinki.key(), anna).await, "not-authorised");
}
