//! Each way in which a call as a whole is turned down, with its exact code; the HTTP story shows what the peer sees of it.

use pod_protocol::Verified;
use pod_protocol::ids::Cti;
use pod_protocol::request::{Binding, Request};

use crate::people::{call, code, item, outcomes, raw, wanted};
use crate::scene::{DAY, ORIGIN, Scene};

async fn asked(scene: &Scene, edit: impl FnOnce(&mut Request)) -> &'static str {
    let grant = scene.usual_grant().await;
    let items = vec![item(&[&grant], vec![wanted("residence", &["given_names"])])];
    code(&scene.send(&scene.request(&scene.early, items, edit), &[]).await)
}

#[tokio::test]
async fn time() {
    let scene = Scene::over(super::WAY).await;
    let now = scene.now();
    assert_eq!(asked(&scene, |request| (request.issued, request.expires) = (now - 60, now)).await, "expired");
    assert_eq!(asked(&scene, |request| request.expires = now).await, "lifetime");
    assert_eq!(asked(&scene, |request| request.expires = now + 121).await, "lifetime");
    assert_eq!(
        asked(&scene, |request| (request.issued, request.expires) = (now + 61, now + 70)).await,
        "issued-in-future"
    );
    assert_eq!(asked(&scene, |request| (request.issued, request.expires) = (now + 60, now + 70)).await, "ok");
}

#[tokio::test]
async fn audience_and_connection() {
    let scene = Scene::over(super::WAY).await;
    let espoo = scene.espoo.principal;
    assert_eq!(asked(&scene, |request| request.audience = espoo).await, "audience");
    assert_eq!(asked(&scene, |request| request.binding = Binding::Exporter([0x11; 32])).await, "binding");
    assert_eq!(asked(&scene, |request| request.binding = Binding::Origin(ORIGIN.to_owned())).await, "nonce");
    assert_eq!(asked(&scene, |request| request.nonce = Some(Cti::new([1; 16]))).await, "nonce");
}

#[tokio::test]
async fn bytes() {
    let scene = Scene::over(super::WAY).await;
    let request = scene.request(
        &scene.early,
        vec![item(&[&scene.usual_grant().await], vec![wanted("residence", &["given_names"])])],
        |_| {},
    );
    let whole = call(&request, &[]).to_bytes();
    let key = scene.early.key.public_key().to_bytes();
    let send = async |bytes: &[u8]| code(&scene.send_bytes(&key, bytes).await);
    for broken in [&whole[..0], &whole[..whole.len() - 1], &[whole.as_slice(), &[0]].concat()] {
        assert!(send(broken).await.starts_with("cbor-"), "{}", send(broken).await);
    }
    let at = whole.len() - 5;
    let mut forged = whole.clone();
    forged[at] ^= 1;
    assert_eq!(send(&forged).await, "signature");
    assert_eq!(send(&whole).await, "ok");
    // Over HTTPS this ends the connection.
    assert!(send(&vec![0x40; 100_000]).await.ends_with("too-large"));
}

#[tokio::test]
async fn a_grant_that_is_not_here() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.grant(&scene.anna, scene.annas_pod, &scene.early, vec![raw("residence", &["given_names"])]);
    let grant = Verified::sign(&scene.anna.key, grant);
    let names = || vec![wanted("residence", &["given_names"])];
    assert_eq!(scene.outcome(&[&grant], names()).await, "unknown-grant");
    scene.pass(31 * DAY);
    let request = scene.request(&scene.early, vec![item(&[&grant], names())], |_| {});
    assert_eq!(outcomes(&scene.send(&request, &[&grant]).await.unwrap()), ["expired"]);
}
