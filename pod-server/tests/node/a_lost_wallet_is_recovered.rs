//! Recoveries at a node: from a paper, lost or stolen; with a login; and at the desk. What waits is on disk, counts at its time, and is
//! seen by whom it concerns.

use pod_crypto::SigningKey;
use pod_http::Request;
use pod_import::IdentityCode;
use pod_protocol::Verified;
use pod_protocol::command::Action;
use pod_protocol::ids::{ObjectId, PodId, base64url};
use pod_protocol::key_event::{KeyChange, key_digest};
use pod_protocol::notice::NoticeCause;
use pod_server::{Failure, commands, desk};
use pod_store::{Batch, Table};
use serde_json::{Value as Json, json};

use crate::an_import_counts_at_the_next_release::import;
use crate::notices::Seen;
use crate::people::{Wallet, code, item, raw, wanted};
use crate::scene::{ANNA, BO, DAY, EETU, Scene};
use crate::web::{JSON, Web};

/// Somebody sends an event by itself.
async fn send(scene: &Scene, wallet: &Wallet, event: &[u8], identified: bool) -> Result<Json, Failure> {
    commands::key_event(&scene.node(), wallet.principal, event.to_vec(), identified).await
}

/// Anna's phone cancels something.
async fn anna_cancels(scene: &Scene, target: ObjectId) -> &'static str {
    let event = scene.anna.event(scene.now(), KeyChange::Cancel { target, revealed: None });
    code(&scene.command(&scene.anna, scene.annas_pod, Action::KeyEvent(event.bytes().to_vec())).await)
}

async fn anna_deposits(scene: &Scene) -> &'static str {
    let grant = scene.grant(&scene.anna, scene.annas_pod, &scene.early, vec![raw("residence", &["given_names"])]);
    let grant = Verified::sign(&scene.anna.key, grant);
    code(&scene.command(&scene.anna, scene.annas_pod, Action::Deposit(grant.bytes().to_vec())).await)
}

async fn standing(scene: &Scene, by: &Wallet) -> Result<Json, Failure> {
    Ok(scene.command(by, scene.annas_pod, Action::Standing { skip: 0 }).await?.result)
}

/// Anna's log with another device.
fn with_key(scene: &Scene, key: &SigningKey) -> Wallet {
    let seed: [u8; 32] = *key.seed();
    let anna = &scene.anna;
    let (paper, events) = (SigningKey::from_seed(&anna.paper.seed()), anna.events.clone());
    Wallet { key: SigningKey::from_seed(&seed), paper, principal: anna.principal, events }
}

fn thiefs() -> SigningKey {
    SigningKey::from_seed(&[0x77; 32])
}

#[tokio::test]
async fn a_stolen_paper_is_seen_and_cancelled_and_its_keys_never_sign() {
    let mut scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    let stolen = scene.anna.recovery(&thiefs(), scene.now());
    assert_eq!(code(&send(&scene, &scene.anna, stolen.bytes(), false).await), "ok");
    // Anna's wallet sees it, after a crash too; and nothing new counts, while what was given goes on.
    scene.restart().await;
    scene.fetch_registry();
    let seen = standing(&scene, &scene.anna).await.unwrap();
    assert_eq!(seen["recovery"]["event"], json!(stolen.id()));
    assert_eq!(seen["recovery"]["due"], scene.now() + 3 * DAY);
    assert_eq!(seen["recovery"]["devices_that_cancel"].as_array().unwrap().len(), 1);
    assert_eq!(anna_deposits(&scene).await, "key-pending");
    let fetched =
        scene.fetch(&scene.early, vec![item(&[&grant], vec![wanted("residence", &["given_names"])])]).await.unwrap();
    assert_eq!(crate::people::outcomes(&fetched), ["released"]);

    scene.pass(3 * DAY - 10);
    assert_eq!(anna_cancels(&scene, stolen.id()).await, "ok");
    scene.pass(30 * DAY);
    let thief = with_key(&scene, &thiefs());
    assert_eq!(code(&standing(&scene, &thief).await), "key-unknown");
    assert_eq!(anna_deposits(&scene).await, "ok");
    assert_eq!(standing(&scene, &scene.anna).await.unwrap()["recovery"], Json::Null);
    let log = scene.command(&scene.anna, scene.annas_pod, Action::Log { from: 0, limit: 100 }).await.unwrap();
    assert!(log.result["entries"].as_array().unwrap().len() >= 3);
}

#[tokio::test]
async fn a_lost_phone_is_replaced_when_its_time_has_come() {
    let scene = Scene::new().await;
    let phone = SigningKey::from_seed(&[0x88; 32]);
    let new = with_key(&scene, &phone);
    let recovery = scene.anna.recovery(&phone, scene.now());
    assert_eq!(code(&send(&scene, &scene.anna, recovery.bytes(), false).await), "ok");
    scene.pass(3 * DAY - 1);
    assert_eq!(code(&standing(&scene, &new).await), "key-unknown");
    assert_eq!(code(&standing(&scene, &scene.anna).await), "ok");
    scene.pass(1);
    assert_eq!(code(&standing(&scene, &new).await), "ok");
    assert_eq!(code(&standing(&scene, &scene.anna).await), "key-unknown", "the lost one");
    assert_eq!(code(&send(&scene, &scene.anna, recovery.bytes(), false).await), "key-too-late", "the same event again");
}

/// What a stolen phone gave ends when the recovery takes effect, at a moment when nothing arrives: whoever had it is told then.
#[tokio::test]
async fn services_are_told_when_its_time_has_come() {
    let mut scene = Scene::new().await;
    let grant = scene.usual_grant().await;
    let item = || vec![item(&[&grant], vec![wanted("residence", &["given_names"])])];
    assert_eq!(crate::people::outcomes(&scene.fetch(&scene.early, item()).await.unwrap()), ["released"]);
    let phone = SigningKey::from_seed(&[0x88; 32]);
    let new = with_key(&scene, &phone);
    let recovery = scene.anna.recovery_since(&phone, scene.now(), Some(scene.now() - 60));
    let due_secs = scene.now() + 3 * DAY;
    assert_eq!(code(&send(&scene, &scene.anna, recovery.bytes(), false).await), "ok");
    scene.pass(3 * DAY - 1);
    scene.deliver().await;
    assert!(scene.notices_of(scene.eetus_pod).await.is_empty(), "it can still be cancelled");
    scene.restart().await;
    scene.fetch_registry();
    scene.pass(1);
    scene.deliver().await;
    let seen = scene.command(&new, scene.eetus_pod, Action::Standing { skip: 0 }).await.unwrap().result;
    let notices: Vec<Seen> = seen["notices"].as_array().unwrap().iter().map(Seen::of).collect();
    assert_eq!(notices.len(), 1, "{seen}");
    let told = &notices[0].notice;
    assert_eq!((told.cause, told.ended_secs, &told.grants[..]), (NoticeCause::KeyRevoked, due_secs, &[grant.id()][..]));
    // Once.
    scene.pass(DAY);
    scene.deliver().await;
    let seen = scene.command(&new, scene.eetus_pod, Action::Standing { skip: 0 }).await.unwrap().result;
    assert_eq!(seen["notices"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn no_device_cancels_a_recovery_for_which_somebody_logged_in() {
    let scene = Scene::new().await;
    let phone = SigningKey::from_seed(&[0x88; 32]);
    let first = scene.anna.recovery(&phone, scene.now());
    send(&scene, &scene.anna, first.bytes(), false).await.unwrap();
    assert_eq!(anna_cancels(&scene, first.id()).await, "ok", "whoever has the phone");
    scene.pass(1);
    let second = scene.anna.recovery(&phone, scene.now());
    send(&scene, &scene.anna, second.bytes(), true).await.unwrap();
    let cancel = KeyChange::Cancel { target: second.id(), revealed: None };
    let mut phones = with_key(&scene, &scene.anna.key);
    phones.events.push(scene.anna.event(scene.now() - 1, KeyChange::Cancel { target: first.id(), revealed: None }));
    let event = phones.event(scene.now(), cancel);
    assert_eq!(code(&send(&scene, &scene.anna, event.bytes(), false).await), "key-outranked");
    scene.pass(3 * DAY);
    assert_eq!(code(&standing(&scene, &with_key(&scene, &phone)).await), "ok");
}

#[tokio::test]
async fn strangers_and_the_future_are_refused() {
    let scene = Scene::new().await;
    let own = Wallet::new([0xcc; 32], scene.helsinki.principal, &*scene.random);
    let stranger = own.recovery(&thiefs(), scene.now());
    assert_eq!(code(&send(&scene, &scene.anna, stranger.bytes(), false).await), "claim-range");
    assert_eq!(code(&send(&scene, &own, stranger.bytes(), false).await), "not-authorised");
    let far = scene.anna.recovery(&thiefs(), scene.now() + 61);
    assert_eq!(code(&send(&scene, &scene.anna, far.bytes(), false).await), "issued-in-future");
    let bos = scene.bo.recovery(&thiefs(), scene.now());
    assert_eq!(code(&send(&scene, &scene.anna, bos.bytes(), false).await), "claim-range");
}

#[tokio::test]
async fn a_log_is_found_by_a_digest_and_takes_an_event_over_https() {
    let scene = Scene::new().await;
    let web = Web::of(&scene).await;
    let find = async |key: &SigningKey| {
        let digest = base64url(&key_digest(&key.public_key()));
        let asked = Request::post("/v1/key-logs", JSON, json!({ "digest": digest }).to_string());
        let answer = web.send(asked).await;
        serde_json::from_slice::<Json>(&answer.body).unwrap()
    };
    assert_eq!(find(&thiefs()).await["logs"], json!([]));
    for key in [&scene.anna.paper, &scene.anna.key] {
        let found = find(key).await;
        assert_eq!(found["logs"][0]["principal"], json!(scene.anna.principal));
        assert_eq!(found["logs"][0]["events"].as_array().unwrap().len(), 1);
    }
    let event = scene.anna.recovery(&thiefs(), scene.now());
    let body = json!({ "principal": scene.anna.principal, "event": base64url(event.bytes()) }).to_string();
    let answer = web.send(Request::post("/v1/key-events", JSON, body.clone())).await;
    assert_eq!(answer.status.as_u16(), 200);
    let found = find(&thiefs()).await;
    assert_eq!(found["logs"][0]["recovery"]["event"], json!(event.id()), "the new device finds it too");
    let again = web.send(Request::post("/v1/key-events", JSON, body)).await;
    assert_eq!(again.status.as_u16(), 403);
    assert!(String::from_utf8_lossy(&again.body).contains("key-pending"));
}

fn at_the_desk(wallet: &Wallet, code: &str) -> desk::Order {
    desk::Order {
        code: IdentityCode::parse(code).unwrap(),
        events: wallet.events.iter().map(|event| event.bytes().to_vec()).collect(),
        by: "K. Kassi".to_owned(),
        ground: desk::Ground::Passport,
        dry_run: false,
    }
}

#[tokio::test]
async fn the_desk_binds_another_wallet_after_72_hours() {
    let mut scene = Scene::new().await;
    let new = Wallet::new([0x99; 32], scene.helsinki.principal, &*scene.random);
    let dry = desk::Order { dry_run: true, ..at_the_desk(&new, ANNA) };
    let due = desk::begin(&scene.node(), dry).await.unwrap();
    assert_eq!(standing(&scene, &scene.anna).await.unwrap()["desk"], Json::Null);
    assert_eq!(desk::begin(&scene.node(), at_the_desk(&new, ANNA)).await.unwrap(), due);
    assert_eq!(code(&desk::begin(&scene.node(), at_the_desk(&new, ANNA)).await), "key-pending");
    scene.restart().await;
    scene.fetch_registry();
    assert_eq!(standing(&scene, &scene.anna).await.unwrap()["desk"]["due"], due, "the old wallet sees it");
    scene.pass(3 * DAY - 1);
    desk::settle(&scene.node()).await.unwrap();
    assert_eq!(code(&standing(&scene, &new).await), "key-unknown");
    scene.pass(1);
    desk::settle(&scene.node()).await.unwrap();
    assert_eq!(code(&standing(&scene, &new).await), "ok");
    assert_eq!(code(&standing(&scene, &scene.anna).await), "key-unknown");
    let child = scene.command(&new, scene.eetus_pod, Action::Standing { skip: 0 }).await;
    assert_eq!(code(&child), "ok", "the child's pod too");
}

#[tokio::test]
async fn the_old_wallet_cancels_what_was_done_at_the_desk() {
    let scene = Scene::new().await;
    let new = Wallet::new([0x99; 32], scene.helsinki.principal, &*scene.random);
    for by_paper in [false, true] {
        desk::begin(&scene.node(), at_the_desk(&new, ANNA)).await.unwrap();
        let target: ObjectId =
            standing(&scene, &scene.anna).await.unwrap()["desk"]["target"].as_str().unwrap().parse().unwrap();
        if by_paper {
            let (now, paper) = (scene.now(), &scene.anna.paper);
            let mut after = with_key(&scene, &scene.anna.key);
            after.events.push(scene.anna.event(now, KeyChange::Cancel { target, revealed: None }));
            after.key = SigningKey::from_seed(&paper.seed());
            let event = after.event(now, KeyChange::Cancel { target, revealed: Some(paper.public_key()) });
            assert_eq!(code(&send(&scene, &scene.anna, event.bytes(), false).await), "ok");
        } else {
            assert_eq!(anna_cancels(&scene, target).await, "ok");
        }
        assert_eq!(standing(&scene, &scene.anna).await.unwrap()["desk"], Json::Null);
    }
    scene.pass(4 * DAY);
    desk::settle(&scene.node()).await.unwrap();
    assert_eq!(code(&standing(&scene, &new).await), "key-unknown");
}

#[tokio::test]
async fn the_desk_is_for_people_who_have_a_wallet_and_for_a_wallet_that_nobody_has() {
    let scene = Scene::new().await;
    let refused = async |order| code(&desk::begin(&scene.node(), order).await);
    assert_eq!(refused(at_the_desk(&scene.bo, ANNA)).await, "not-authorised", "somebody else's");
    assert_eq!(refused(at_the_desk(&scene.bo, BO)).await, "not-authorised", "the very one");
    let elsewhere = Wallet::new([0x99; 32], scene.espoo.principal, &*scene.random);
    assert_eq!(refused(at_the_desk(&elsewhere, ANNA)).await, "audience");
    let new = Wallet::new([0x99; 32], scene.helsinki.principal, &*scene.random);
    let nobody = desk::Order { by: " ".to_owned(), ..at_the_desk(&new, ANNA) };
    assert_eq!(refused(nobody).await, "too-large");
}

fn wallet_at(scene: &Scene, seed: u8) -> Wallet {
    Wallet::new([seed; 32], scene.helsinki.principal, &*scene.random)
}

/// Anna's new wallet, bound at the desk in place of the one that she lost.
async fn annas_new_wallet(scene: &Scene) -> Wallet {
    let new = wallet_at(scene, 0x99);
    desk::begin(&scene.node(), at_the_desk(&new, ANNA)).await.unwrap();
    scene.pass(3 * DAY);
    desk::settle(&scene.node()).await.unwrap();
    new
}

async fn speaks_for_eetu(scene: &Scene, wallet: &Wallet) -> &'static str {
    code(&scene.command(wallet, scene.eetus_pod, Action::Standing { skip: 0 }).await)
}

/// The register may leave a guardian out for some days, and name them again.
#[tokio::test]
async fn a_wallet_that_was_replaced_does_not_speak_for_a_child_who_comes_back() {
    let scene = Scene::new().await;
    import(&scene, false, "").await;
    let new = annas_new_wallet(&scene).await;
    assert_eq!(speaks_for_eetu(&scene, &new).await, "key-unknown");
    import(&scene, false, ANNA).await;
    assert_eq!(speaks_for_eetu(&scene, &scene.anna).await, "key-unknown", "whoever has the lost one");
    assert_eq!(speaks_for_eetu(&scene, &new).await, "ok");
}

/// Nodes of before left such rows.
#[tokio::test]
async fn nobody_speaks_with_a_wallet_that_is_not_theirs_now() {
    let mut scene = Scene::new().await;
    let new = annas_new_wallet(&scene).await;
    let mut batch = Batch::new();
    for (pod, relation) in [(scene.annas_pod, 0), (scene.eetus_pod, 1)] {
        let row = [pod.as_bytes().as_slice(), scene.anna.principal.as_bytes()].concat();
        batch.put(Table("node-actors"), row, [relation]);
    }
    scene.store.commit(batch).unwrap();
    scene.restart().await;
    scene.fetch_registry();
    for pod in [scene.annas_pod, scene.eetus_pod] {
        let speaks = async |wallet| code(&scene.command(wallet, pod, Action::Standing { skip: 0 }).await);
        assert_eq!((speaks(&scene.anna).await, speaks(&new).await), ("key-unknown", "ok"));
    }
}

#[tokio::test]
async fn a_wallet_that_was_replaced_neither_sees_nor_cancels_what_the_desk_does_later() {
    let scene = Scene::new().await;
    annas_new_wallet(&scene).await;
    let newest = wallet_at(&scene, 0x9a);
    desk::begin(&scene.node(), at_the_desk(&newest, ANNA)).await.unwrap();

    let web = Web::of(&scene).await;
    let digest = base64url(&key_digest(&scene.anna.key.public_key()));
    let answer = web.send(Request::post("/v1/key-logs", JSON, json!({ "digest": digest }).to_string())).await;
    let found: Json = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(found["logs"][0]["principal"], json!(scene.anna.principal));
    assert_eq!(found["logs"][0]["desk"], Json::Null);

    let target = ObjectId::new(*newest.principal.as_bytes());
    let cancel = scene.anna.event(scene.now(), KeyChange::Cancel { target, revealed: None });
    assert_eq!(code(&send(&scene, &scene.anna, cancel.bytes(), false).await), "ok", "it is the end of a dead log");
    scene.pass(3 * DAY);
    desk::settle(&scene.node()).await.unwrap();
    assert_eq!(code(&standing(&scene, &newest).await), "ok");
}

/// How the desk's bindings ended by the log of somebody's pod.
async fn ends_at_the_desk(scene: &Scene, by: &Wallet, pod: PodId) -> Vec<(String, String)> {
    let log = scene.command(by, pod, Action::Log { from: 0, limit: 100 }).await.unwrap().result;
    let opened = log["entries"].as_array().unwrap().iter().map(|entry| &entry["opened"]);
    let text = |one: &Json, name: &str| one[name].as_str().unwrap().to_owned();
    let desk = opened.filter(|one| one["purpose"] == "desk" && one["outcome"] != "by-passport");
    desk.map(|one| (text(one, "kind"), text(one, "outcome"))).collect()
}

fn ended(kind: &str, outcome: &str) -> Vec<(String, String)> {
    vec![(kind.to_owned(), outcome.to_owned())]
}

/// The one that comes first cannot be made any more: somebody logged in with the wallet that was nobody's at the desk.
#[tokio::test]
async fn a_binding_that_can_no_longer_be_made_is_refused_and_keeps_nobody_waiting() {
    let scene = Scene::new().await;
    let vault = scene.vault();
    let mut people = [(ANNA, scene.annas_pod, &scene.anna), (BO, scene.bos_pod, &scene.bo)];
    people.sort_by_key(|(code, ..)| vault.guardian_handle(code));
    let [(first, first_pod, firsts), (second, second_pod, _)] = people;
    let (taken, other) = (wallet_at(&scene, 0x99), wallet_at(&scene, 0x9a));
    desk::begin(&scene.node(), at_the_desk(&taken, first)).await.unwrap();
    scene.enrol(&taken, EETU).await;
    desk::begin(&scene.node(), at_the_desk(&other, second)).await.unwrap();
    scene.pass(3 * DAY);
    for _ in 0..2 {
        desk::settle(&scene.node()).await.unwrap();
    }
    assert_eq!(ends_at_the_desk(&scene, &other, second_pod).await, ended("command", "done"));
    assert_eq!(ends_at_the_desk(&scene, firsts, first_pod).await, ended("refusal", "not-authorised"));
    // Nothing waits for them any more.
    desk::begin(&scene.node(), at_the_desk(&wallet_at(&scene, 0x9b), first)).await.unwrap();
}

#[tokio::test]
async fn a_fault_with_one_binding_keeps_nobody_waiting_and_says_nothing_is_done() {
    let scene = Scene::new().await;
    let vault = scene.vault();
    let mut people = [(ANNA, scene.annas_pod, &scene.anna), (BO, scene.bos_pod, &scene.bo)];
    people.sort_by_key(|(code, ..)| vault.guardian_handle(code));
    let [(first, first_pod, firsts), (second, second_pod, _)] = people;
    let (new, other) = (wallet_at(&scene, 0x99), wallet_at(&scene, 0x9a));
    desk::begin(&scene.node(), at_the_desk(&new, first)).await.unwrap();
    desk::begin(&scene.node(), at_the_desk(&other, second)).await.unwrap();
    let mut batch = Batch::new();
    let damaged = [firsts.principal.as_bytes().as_slice(), b"torn"].concat();
    batch.put(Table("node-actor-pods"), damaged, *b"");
    scene.store.commit(batch).unwrap();
    scene.pass(3 * DAY);
    desk::settle(&scene.node()).await.unwrap();
    assert_eq!(ends_at_the_desk(&scene, &other, second_pod).await, ended("command", "done"));
    assert_eq!(ends_at_the_desk(&scene, firsts, first_pod).await, []);
}

/// Two came to the desk with one wallet: it becomes the one's whose time comes first.
#[tokio::test]
async fn one_wallet_is_bound_to_one_person() {
    let scene = Scene::new().await;
    let shared = wallet_at(&scene, 0x99);
    desk::begin(&scene.node(), at_the_desk(&shared, BO)).await.unwrap();
    scene.pass(1);
    desk::begin(&scene.node(), at_the_desk(&shared, ANNA)).await.unwrap();
    for secs in [3 * DAY - 1, 1] {
        scene.pass(secs);
        desk::settle(&scene.node()).await.unwrap();
    }
    assert_eq!(ends_at_the_desk(&scene, &shared, scene.bos_pod).await, ended("command", "done"));
    assert_eq!(ends_at_the_desk(&scene, &scene.anna, scene.annas_pod).await, ended("refusal", "not-authorised"));
}
