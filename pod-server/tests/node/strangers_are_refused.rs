//! Whoever has no authority over a pod gets nothing of it: other citizens, unregistered services, revoked devices.

use pod_crypto::SigningKey;
use pod_protocol::Verified;
use pod_protocol::command::Action;
use pod_protocol::ids::Thumbprint;
use pod_protocol::key_event::KeyChange;

use crate::people::{Service, Wallet, code, device, item, raw, wanted};
use crate::scene::Scene;

fn every_action(grant: &[u8], event: &[u8]) -> Vec<Action> {
    let purpose = crate::scene::PURPOSE.parse().unwrap();
    vec![
        Action::Deposit(grant.to_vec()),
        Action::Restrict { record_types: Vec::new(), on: true },
        Action::Object { purpose, organisation: None, on: true },
        Action::Read { record_type: None, skip: 0 },
        Action::Log { from: 0, limit: 10 },
        Action::Export { skip: 0 },
        Action::Inbox { skip: 0 },
        Action::Standing { skip: 0 },
        Action::KeyEvent(event.to_vec()),
    ]
}

#[tokio::test]
async fn another_citizen_can_do_nothing() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let add = KeyChange::AddDevice(device(&SigningKey::from_seed(&[0xdd; 32])));
    let event = scene.bo.event(scene.now(), add);
    for action in every_action(grant.bytes(), event.bytes()) {
        assert_eq!(code(&scene.command(&scene.bo, scene.eetus_pod, action).await), "key-unknown");
    }
    assert_eq!(scene.outcome(&[&grant], vec![wanted("residence", &["given_names"])]).await, "released");
}

#[tokio::test]
async fn somebody_without_a_wallet_here_can_do_nothing() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let stranger = Wallet::new([0xcc; 32], scene.helsinki.principal, &*scene.random);
    for action in every_action(grant.bytes(), grant.bytes()) {
        assert_eq!(code(&scene.command(&stranger, scene.eetus_pod, action).await), "key-unknown");
    }
    // Saying that one is Anna does not help: the signature is not hers.
    let mut anna = stranger;
    anna.principal = scene.anna.principal;
    let read = Action::Read { record_type: None, skip: 0 };
    assert_eq!(code(&scene.command(&anna, scene.annas_pod, read).await), "key-unknown");
}

#[tokio::test]
async fn a_service_that_nobody_registered_is_nobody() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let stranger = Service::new(0x99, scene.espoo.principal);
    let asked = scene.fetch(&stranger, vec![item(&[&grant], vec![wanted("residence", &["given_names"])])]).await;
    assert_eq!(code(&asked), "key-unknown");
    // Under another's name neither.
    let asked =
        scene.request(&stranger, vec![item(&[&grant], vec![wanted("residence", &["given_names"])])], |request| {
            request.issuer = scene.early.principal;
        });
    assert_eq!(code(&scene.send(&asked, &[]).await), "key-unknown");
}

#[tokio::test]
async fn a_grant_over_somebody_elses_pod_is_not_taken() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.grant(&scene.bo, scene.eetus_pod, &scene.early, vec![raw("residence", &["given_names"])]);
    let grant = Verified::sign(&scene.bo.key, grant);
    // Bo brings it to his own pod; and early education sends it along.
    let deposit = Action::Deposit(grant.bytes().to_vec());
    assert_eq!(code(&scene.command(&scene.bo, scene.bos_pod, deposit).await), "not-authorised");
    let asked = scene.request(&scene.early, vec![item(&[&grant], vec![wanted("residence", &["given_names"])])], |_| {});
    let answer = scene.send(&asked, &[&grant]).await.unwrap();
    assert_eq!(crate::people::outcomes(&answer), ["denied"]);
}

#[tokio::test]
async fn a_revoked_device_deposits_nothing_even_with_an_old_date() {
    let mut scene = Scene::over(super::WAY).await;
    let tablet = SigningKey::from_seed(&[0x7a; 32]);
    let add = scene.anna.event(scene.now() - 900, KeyChange::AddDevice(device(&tablet)));
    scene.command(&scene.anna, scene.annas_pod, Action::KeyEvent(add.bytes().to_vec())).await.unwrap();
    scene.anna.events.push(add);
    // A grant by the tablet while it is Anna's: taken.
    let by_tablet = |scene: &Scene| {
        let mut grant =
            scene.grant(&scene.anna, scene.eetus_pod, &scene.early, vec![raw("residence", &["given_names"])]);
        (grant.key_event, grant.issued) = (1, scene.now() - 800);
        Verified::sign(&tablet, grant)
    };
    let early = by_tablet(&scene);
    let deposit = |grant: &Verified<pod_protocol::grant::Grant>| Action::Deposit(grant.bytes().to_vec());
    scene.command(&scene.anna, scene.eetus_pod, deposit(&early)).await.unwrap();

    let kid = Thumbprint::of(&tablet.public_key()).kid();
    let revoke = scene.anna.event(scene.now(), KeyChange::RevokeDevice { kid, compromised_since: None });
    scene.command(&scene.anna, scene.annas_pod, Action::KeyEvent(revoke.bytes().to_vec())).await.unwrap();
    scene.anna.events.push(revoke);

    let late = by_tablet(&scene);
    assert_eq!(code(&scene.command(&scene.anna, scene.eetus_pod, deposit(&late)).await), "not-authorised");
    // The tablet itself commands nothing any more, and what it signed does not count when it is sent along.
    let names = || vec![wanted("residence", &["given_names"])];
    let sent = scene.request(&scene.early, vec![item(&[&late], names())], |_| {});
    assert_eq!(crate::people::outcomes(&scene.send(&sent, &[&late]).await.unwrap()), ["denied"]);
    let mut thief = Wallet::new([0x7a; 32], scene.helsinki.principal, &*scene.random);
    thief.principal = scene.anna.principal;
    assert_eq!(code(&scene.command(&thief, scene.eetus_pod, deposit(&late)).await), "key-unknown");
    assert_eq!(scene.outcome(&[&early], names()).await, "released", "what it signed while it was hers still counts");
}

#[tokio::test]
async fn a_stolen_device_writes_an_old_date_and_gains_nothing() {
    let mut scene = Scene::over(super::WAY).await;
    let tablet = SigningKey::from_seed(&[0x7a; 32]);
    let add = scene.anna.event(scene.now() - 900, KeyChange::AddDevice(device(&tablet)));
    scene.command(&scene.anna, scene.annas_pod, Action::KeyEvent(add.bytes().to_vec())).await.unwrap();
    scene.anna.events.push(add);
    let mut by_tablet = Wallet::new([0x7a; 32], scene.helsinki.principal, &*scene.random);
    by_tablet.principal = scene.anna.principal;
    let signed = |scene: &Scene, issued| {
        let grant = scene.grant(&scene.anna, scene.eetus_pod, &scene.early, vec![raw("residence", &["given_names"])]);
        Verified::sign(&tablet, pod_protocol::grant::Grant { key_event: 1, issued, ..grant })
    };
    let deposit = |grant: &Verified<pod_protocol::grant::Grant>| Action::Deposit(grant.bytes().to_vec());
    let names = || vec![wanted("residence", &["given_names"])];
    let honest = signed(&scene, scene.now() - 800);
    scene.command(&by_tablet, scene.eetus_pod, deposit(&honest)).await.unwrap();
    scene.pass(600);
    let stolen_secs = scene.now();
    scene.pass(60);
    // While nobody knows of it yet the key is good: what the thief dates back is taken, and gives.
    let dated_back = signed(&scene, stolen_secs - 100);
    scene.command(&by_tablet, scene.eetus_pod, deposit(&dated_back)).await.unwrap();
    for grant in [&honest, &dated_back] {
        assert_eq!(scene.outcome(&[grant], names()).await, "released");
    }
    scene.pass(60);
    let kid = Thumbprint::of(&tablet.public_key()).kid();
    let since = KeyChange::RevokeDevice { kid, compromised_since: Some(stolen_secs) };
    let revoke = scene.anna.event(scene.now(), since);
    scene.command(&scene.anna, scene.annas_pod, Action::KeyEvent(revoke.bytes().to_vec())).await.unwrap();
    for restarted in [false, true] {
        if restarted {
            scene.restart().await;
            scene.fetch_registry();
        }
        assert_eq!(scene.outcome(&[&dated_back], names()).await, "denied");
        assert_eq!(scene.outcome(&[&honest], names()).await, "released", "what it signed while it was hers still counts");
    }
    // Who had data by it is told, by nothing else.
    let told = scene.notices_of(scene.eetus_pod).await;
    assert_eq!(told.iter().map(|one| one.notice.grants.clone()).collect::<Vec<_>>(), [vec![dated_back.id()]]);
}
