//! A guardian reads and decides for the child, until the child comes of age; their grants end with their authority.

use pod_protocol::command::Action;

use crate::people::{code, raw, wanted};
use crate::scene::{EETU_IS_ADULT, Scene};

fn read() -> Action {
    Action::Read { record_type: None, skip: 0 }
}

#[tokio::test]
async fn not_one_second_longer() {
    let mut scene = Scene::over(super::WAY).await;
    let grant = scene.granted(vec![raw("residence", &["given_names"])]).await;
    let fetch = async |scene: &Scene| scene.outcome(&[&grant], vec![wanted("residence", &["given_names"])]).await;
    scene.pass(EETU_IS_ADULT - 1 - scene.now());
    assert_eq!(code(&scene.command(&scene.anna, scene.eetus_pod, read()).await), "ok");
    assert_eq!(fetch(&scene).await, "released");
    scene.pass(1);
    assert_eq!(code(&scene.command(&scene.anna, scene.eetus_pod, read()).await), "key-unknown");
    assert_eq!(fetch(&scene).await, "denied", "what a guardian granted ends with their authority");
    assert_eq!(code(&scene.command(&scene.anna, scene.annas_pod, read()).await), "ok", "her own stays hers");
    scene.restart().await;
    scene.fetch_registry();
    assert_eq!(code(&scene.command(&scene.anna, scene.eetus_pod, read()).await), "key-unknown");
}

#[tokio::test]
async fn the_child_has_a_wallet_of_its_own_beside() {
    let scene = Scene::over(super::WAY).await;
    let eetu = crate::people::Wallet::new([0xe0; 32], scene.helsinki.principal, &*scene.random);
    scene.enrol(&eetu, crate::scene::EETU).await;
    assert_eq!(code(&scene.command(&eetu, scene.eetus_pod, read()).await), "ok");
    assert_eq!(code(&scene.command(&scene.anna, scene.eetus_pod, read()).await), "ok");
    assert_eq!(code(&scene.command(&eetu, scene.annas_pod, read()).await), "key-unknown");
}
