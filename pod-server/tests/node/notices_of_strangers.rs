//! What an organisation takes as a notice for one of its services, and what it does not.

use pod_protocol::command::Action;
use pod_protocol::notice::{Notice, NoticeOutcome};
use pod_protocol::{Signed, Verified};
use pod_server::notices;
use tempfile::TempDir;

use crate::people::code;
use crate::scene::{DAY, Scene};

#[tokio::test]
async fn only_a_holders_own_word_counts() {
    let (scene, folder) = (Scene::new().await, TempDir::new().unwrap());
    let espoo = scene.espoos_node(&folder);
    let sent = |signer: [u8; 32], edit: &dyn Fn(&mut Notice)| {
        let notice = scene.notice(&scene.early, edit);
        let bytes = Verified::sign(&pod_crypto::SigningKey::from_seed(&signer), notice).bytes().to_vec();
        let espoo = std::sync::Arc::clone(&espoo);
        async move { code(&notices::take(&espoo, &bytes).await) }
    };
    let helsinki = scene.helsinki.seed;
    let processors = scene.processors.principal;
    assert_eq!(sent([0x99; 32], &|_| {}).await, "key-unknown");
    assert_eq!(sent(scene.processors.seed, &|_| {}).await, "key-refused", "in another holder's name");
    let no_holder = |notice: &mut Notice| notice.issuer = processors;
    assert_eq!(
        sent(scene.processors.seed, &no_holder).await,
        "not-authorised",
        "who holds no pods has nothing to take back"
    );
    assert_eq!(sent(helsinki, &|notice| notice.audience = processors).await, "audience");
    let another = |notice: &mut Notice| notice.service = scene.processor.principal;
    assert_eq!(sent(helsinki, &another).await, "not-authorised", "a service of another organisation");
    let early = |notice: &mut Notice| (notice.issued, notice.ended_secs) = (scene.now() + 61, scene.now());
    assert_eq!(sent(helsinki, &early).await, "issued-in-future");
    let late = |notice: &mut Notice| {
        notice.issued -= 400 * DAY;
        (notice.expires, notice.ended_secs) = (scene.now(), notice.issued);
        notice.awaited_until_secs = notice.issued + DAY;
    };
    assert_eq!(sent(helsinki, &late).await, "expired");
    assert_eq!(sent(helsinki, &|_| {}).await, "ok");
}

#[tokio::test]
async fn the_same_notice_twice_is_one_and_a_flood_has_an_end() {
    let (scene, folder) = (Scene::new().await, TempDir::new().unwrap());
    let own = &scene.own;
    let node = scene.node();
    let signed = || Verified::sign(&scene.helsinki.key(), scene.notice(own, |_| {}));
    let first = signed();
    for _ in 0..3 {
        notices::take(&node, first.bytes()).await.unwrap();
    }
    for _ in 1..1_000 {
        notices::take(&node, signed().bytes()).await.unwrap();
    }
    let one_more = signed();
    assert_eq!(code(&notices::take(&node, one_more.bytes()).await), "limit");
    // What is answered makes room; the holder tries again.
    let receipt = scene.notice_receipt(own, first.id());
    scene.service_command(own, Action::AnswerNotice(receipt.bytes().to_vec())).await.unwrap();
    notices::take(&node, one_more.bytes()).await.unwrap();
    let page = scene.service_command(own, Action::Notices { skip: 0 }).await.unwrap().result;
    let listed = page["notices"].as_array().unwrap().len() as u64;
    assert_eq!(page["next_skip"], listed);
    // Another organisation's services are not crowded out.
    let espoo = scene.espoos_node(&folder);
    let other = Verified::sign(&scene.helsinki.key(), scene.notice(&scene.early, |_| {}));
    notices::take(&espoo, other.bytes()).await.unwrap();
}

#[tokio::test]
async fn a_service_answers_its_own_notices_once() {
    let scene = Scene::new().await;
    let node = scene.node();
    let notice = Verified::sign(&scene.helsinki.key(), scene.notice(&scene.own, |_| {}));
    let answer = |bytes: &[u8]| {
        let action = Action::AnswerNotice(bytes.to_vec());
        async { code(&scene.service_command(&scene.own, action).await) }
    };
    let receipt = scene.notice_receipt(&scene.own, notice.id());
    assert_eq!(answer(receipt.bytes()).await, "not-authorised", "there is no such notice");
    notices::take(&node, notice.bytes()).await.unwrap();
    let of_another = scene.notice_receipt(&scene.early, notice.id());
    assert_eq!(answer(of_another.bytes()).await, "key-refused");
    let mut claims = (*receipt).clone();
    claims.audience = scene.espoo.principal;
    let elsewhere = Verified::sign(&scene.own.key, claims);
    assert_eq!(answer(elsewhere.bytes()).await, "audience", "the holder that sent it is another");
    assert_eq!(answer(receipt.bytes()).await, "ok");
    assert_eq!(answer(receipt.bytes()).await, "ok");
    let other = scene.notice_receipt_that(&scene.own, notice.id(), NoticeOutcome::Gone);
    assert_eq!(answer(other.bytes()).await, "replay");
    assert!(Signed::<Notice>::decode(notice.bytes()).is_ok());
}
