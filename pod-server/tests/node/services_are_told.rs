//! Services that had data under a grant that was taken back are told, and what they answer, or that they do not, the citizen sees.

use pod_crypto::SigningKey;
use pod_protocol::Verified;
use pod_protocol::command::Action;
use pod_protocol::grant::{Grant, GrantLimits};
use pod_protocol::ids::Thumbprint;
use pod_protocol::key_event::{KeyChange, KeyEvent};
use pod_protocol::notice::{NoticeCause, NoticeOutcome};
use pod_protocol::revocation::Target;
use serde_json::json;

use crate::people::{Service, code, device, item, outcomes, raw, wanted};
use crate::scene::Scene;

async fn revoked(scene: &Scene, target: Target) {
    scene.revoke(scene.anna.principal, &scene.anna.key, target).await.unwrap();
}

async fn fetched(scene: &Scene, by: &Service, chain: &[&Verified<Grant>], sent: &[&Verified<Grant>], names: &[&str]) {
    let request = scene.request(by, vec![item(chain, vec![wanted("residence", names)])], |_| {});
    assert_eq!(outcomes(&scene.send(&request, sent).await.unwrap()), ["released"]);
}

#[tokio::test]
async fn from_the_revocation_to_the_answer() {
    let mut scene = Scene::new().await;
    let own = Service::new(0x12, scene.helsinki.principal);
    let gives = vec![raw("residence", &["given_names", "address"])];
    let grant = scene.granted_with(gives, |grant| grant.confirmation = Thumbprint::of(&own.key.public_key())).await;
    fetched(&scene, &own, &[&grant], &[], &["given_names"]).await;
    fetched(&scene, &own, &[&grant], &[], &["given_names", "address.post_town"]).await;
    assert!(scene.notices_of(scene.eetus_pod).await.is_empty());
    revoked(&scene, Target::Grant(grant.id())).await;
    // On record when the revocation is acknowledged, also after a kill.
    scene.restart().await;
    let seen = scene.notices_of(scene.eetus_pod).await.remove(0);
    assert!(!seen.told && seen.answer.is_none());
    assert_eq!((seen.notice.service, seen.notice.audience), (own.principal, scene.helsinki.principal));
    assert_eq!((&seen.notice.grants[..], seen.notice.cause), (&[grant.id()][..], NoticeCause::TakenBack));
    assert_eq!(seen.notice.released, [wanted("residence", &["address.post_town", "given_names"])]);
    let standing = scene.command(&scene.anna, scene.eetus_pod, Action::Standing { skip: 0 }).await.unwrap().result;
    assert!(!String::from_utf8_lossy(&seen.bytes).contains("HELSINKI") && !standing.to_string().contains("Kaivokatu"));
    // A service of the holder itself: the notice waits for it here.
    scene.deliver().await;
    assert!(scene.notices_of(scene.eetus_pod).await[0].told);
    let waiting = scene.service_command(&own, Action::Notices { skip: 0 }).await.unwrap().result;
    assert_eq!((&waiting["notices"][0]["id"], &waiting["next_skip"]), (&json!(seen.id), &json!(null)));
    let kept = NoticeOutcome::Kept("eu-gdpr:A6-1-c".parse().unwrap());
    let receipt = scene.notice_receipt_that(&own, seen.id, kept.clone());
    scene.service_command(&own, Action::AnswerNotice(receipt.bytes().to_vec())).await.unwrap();
    let waiting = scene.service_command(&own, Action::Notices { skip: 0 }).await.unwrap().result;
    assert_eq!(waiting["notices"], json!([]));
    scene.restart().await;
    scene.deliver().await;
    let seen = scene.notices_of(scene.eetus_pod).await;
    assert!(seen.len() == 1 && seen[0].told);
    assert_eq!(seen[0].answer.as_ref().unwrap().outcome, kept);
    let entry = |kind: &str, outcome: &str| (kind.to_owned(), outcome.to_owned());
    assert_eq!(scene.logged_notices(scene.eetus_pod).await, [entry("notice", "told"), entry("notice-answer", "kept")]);
}

#[tokio::test]
async fn who_had_nothing_is_not_told() {
    let scene = Scene::new().await;
    let unused = scene.usual_grant().await;
    let empty = scene.granted(vec![raw("child-health", &["allergies"]), raw(crate::scene::LONG_TYPE, &["part"])]).await;
    let nothing = vec![wanted(crate::scene::LONG_TYPE, &["part"])];
    assert_eq!(scene.outcome(&[&empty], nothing).await, "released");
    for grant in [&unused, &empty] {
        revoked(&scene, Target::Grant(grant.id())).await;
    }
    assert!(scene.notices_of(scene.eetus_pod).await.is_empty());
}

#[tokio::test]
async fn whoever_got_it_passed_on_is_told_too() {
    let scene = Scene::new().await;
    let limits = |grant: &mut Grant| {
        grant.limits =
            GrantLimits { depth: 1, organisations: Some(vec![scene.processors.principal]), ..GrantLimits::default() };
    };
    let parent = scene.granted_with(vec![raw("residence", &["given_names", "address"])], limits).await;
    let child = scene.passed_on(&parent);
    let other = scene.usual_grant().await;
    fetched(&scene, &scene.early, &[&parent], &[], &["address"]).await;
    fetched(&scene, &scene.early, &[&other], &[], &["given_names"]).await;
    fetched(&scene, &scene.processor, &[&parent, &child], &[&child], &["given_names"]).await;
    revoked(&scene, Target::Grant(parent.id())).await;
    let seen = scene.notices_of(scene.eetus_pod).await;
    let mut told: Vec<_> = seen.iter().map(|one| (one.notice.service, one.notice.grants.clone())).collect();
    told.sort();
    assert_eq!(told, [(scene.early.principal, vec![parent.id()]), (scene.processor.principal, vec![child.id()])]);
    // Taken back again, and with all else: nobody is told the same twice.
    revoked(&scene, Target::Grant(parent.id())).await;
    revoked(&scene, Target::Grant(child.id())).await;
    scene.pass(1);
    revoked(&scene, Target::PodBefore(scene.eetus_pod, scene.now())).await;
    let seen = scene.notices_of(scene.eetus_pod).await;
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[2].notice.grants, [other.id()]);
}

#[tokio::test]
async fn a_stolen_device_is_taken_back_in_every_pod() {
    let scene = Scene::new().await;
    let stolen = SigningKey::from_seed(&[0x5a; 32]);
    let added = scene.anna.event(scene.now() - 3600, KeyChange::AddDevice(device(&stolen)));
    let own = scene.annas_pod;
    scene.command(&scene.anna, own, Action::KeyEvent(added.bytes().to_vec())).await.unwrap();
    let honest = scene.usual_grant().await;
    let mut grants = vec![honest];
    for pod in [scene.annas_pod, scene.eetus_pod] {
        let grant = scene.grant(&scene.anna, pod, &scene.early, vec![raw("residence", &["given_names"])]);
        let grant = Verified::sign(&stolen, Grant { key_event: 1, ..grant });
        let request =
            scene.request(&scene.early, vec![item(&[&grant], vec![wanted("residence", &["given_names"])])], |_| {});
        assert_eq!(outcomes(&scene.send(&request, &[&grant]).await.unwrap()), ["released"]);
        grants.push(grant);
    }
    fetched(&scene, &scene.early, &[&grants[0]], &[], &["given_names"]).await;
    let change = KeyChange::RevokeDevice {
        kid: Thumbprint::of(&stolen.public_key()).kid(),
        compromised_since: Some(scene.now() - 600),
    };
    let event = KeyEvent { seq: 2, previous: Some(added.id()), time_secs: scene.now(), change };
    let event = Verified::sign(&scene.anna.key, event);
    scene.command(&scene.anna, own, Action::KeyEvent(event.bytes().to_vec())).await.unwrap();
    for (pod, grant) in [(scene.annas_pod, &grants[1]), (scene.eetus_pod, &grants[2])] {
        let seen = scene.notices_of(pod).await;
        assert_eq!(seen.len(), 1, "what the other device gave stands");
        assert_eq!((seen[0].notice.cause, &seen[0].notice.grants[..]), (NoticeCause::KeyRevoked, &[grant.id()][..]));
    }
}

#[tokio::test]
async fn an_organisation_that_is_away_is_told_when_it_is_back() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    fetched(&scene, &scene.early, &[&grant], &[], &["given_names"]).await;
    revoked(&scene, Target::Grant(grant.id())).await;
    // Nothing answers at the address that Espoo has published.
    scene.deliver().await;
    let seen = scene.notices_of(scene.eetus_pod).await.remove(0);
    assert!(!seen.told);
    // It came another way meanwhile, and the service answers: then it was told.
    scene.answered(&scene.notice_receipt(&scene.early, seen.id)).await.unwrap();
    let seen = scene.notices_of(scene.eetus_pod).await.remove(0);
    assert!(seen.told && seen.answer.is_some());
    assert_eq!(seen.notice.awaited_until_secs, scene.now() + 30 * crate::scene::DAY);
    assert_eq!(seen.notice.released, [wanted("residence", &["given_names"])]);
}

#[tokio::test]
async fn an_answer_comes_once() {
    let scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    fetched(&scene, &scene.early, &[&grant], &[], &["given_names"]).await;
    revoked(&scene, Target::Grant(grant.id())).await;
    let id = scene.notices_of(scene.eetus_pod).await[0].id;
    // Of another service of the same organisation, and of one that signs for another.
    assert_eq!(code(&scene.answered(&scene.notice_receipt(&scene.school, id)).await), "not-authorised");
    let key = SigningKey::from_seed(&scene.school.key.seed());
    let forged = Service { key, ..Service::new(0x23, scene.espoo.principal) };
    assert_eq!(code(&scene.answered(&scene.notice_receipt(&forged, id)).await), "key-refused");
    let first = scene.notice_receipt(&scene.early, id);
    scene.answered(&first).await.unwrap();
    scene.answered(&first).await.unwrap();
    scene.answered(&scene.notice_receipt(&scene.early, id)).await.unwrap();
    for _ in 0..2 {
        let other = scene.notice_receipt_that(&scene.early, id, NoticeOutcome::Gone);
        assert_eq!(code(&scene.answered(&other).await), "replay");
    }
    let seen = scene.notices_of(scene.eetus_pod).await.remove(0);
    assert_eq!(seen.answer.unwrap().outcome, NoticeOutcome::Deleted, "the first one counts");
    assert_eq!(seen.contradiction.unwrap().outcome, NoticeOutcome::Gone, "and the other is evidence");
    let outcomes: Vec<String> = scene.logged_notices(scene.eetus_pod).await.into_iter().map(|(_, one)| one).collect();
    assert_eq!(outcomes, ["deleted", "replay"]);
}
