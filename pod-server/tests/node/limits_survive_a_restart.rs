//! Uses, rates and the replay window are rebuilt from the log: a restart gives nobody a second go.

use pod_protocol::request::MAX_REQUEST_LIFETIME_SECS;

use crate::people::{code, item, outcomes, raw, wanted};
use crate::scene::Scene;
use crate::ways::Way;

fn names() -> Vec<pod_protocol::request::Wanted> {
    vec![wanted("residence", &["given_names"])]
}

#[tokio::test]
async fn the_last_use_stays_the_last() {
    let mut scene = Scene::over(super::WAY).await;
    let grant = scene.granted_with(vec![raw("residence", &["given_names"])], |grant| grant.limits.uses = Some(3)).await;
    assert_eq!(scene.outcome(&[&grant], names()).await, "released");
    assert_eq!(scene.outcome(&[&grant], names()).await, "released");
    scene.restart().await;
    assert_eq!(scene.outcome(&[&grant], names()).await, "released");
    assert_eq!(scene.outcome(&[&grant], names()).await, "limit");
    scene.restart().await;
    assert_eq!(scene.outcome(&[&grant], names()).await, "limit");
}

#[tokio::test]
async fn two_items_of_one_call_are_two_uses() {
    let scene = Scene::over(super::WAY).await;
    let grant = scene.granted_with(vec![raw("residence", &["given_names"])], |grant| grant.limits.uses = Some(2)).await;
    let items = vec![item(&[&grant], names()); 3];
    assert_eq!(outcomes(&scene.fetch(&scene.early, items).await.unwrap()), ["released", "released", "limit"]);
}

#[tokio::test]
async fn a_rate_counts_across_a_restart_and_then_passes() {
    let mut scene = Scene::over(super::WAY).await;
    let rate = |grant: &mut pod_protocol::grant::Grant| grant.limits.rate = Some((2, 3600));
    let grant = scene.granted_with(vec![raw("residence", &["given_names"])], rate).await;
    assert_eq!(scene.outcome(&[&grant], names()).await, "released");
    scene.pass(1800);
    assert_eq!(scene.outcome(&[&grant], names()).await, "released");
    scene.restart().await;
    assert_eq!(scene.outcome(&[&grant], names()).await, "limit");
    scene.pass(1801);
    assert_eq!(scene.outcome(&[&grant], names()).await, "released");
    assert_eq!(scene.outcome(&[&grant], names()).await, "limit");
}

#[tokio::test]
async fn the_same_request_is_answered_once() {
    let mut scene = Scene::over(super::WAY).await;
    let grant = scene.usual_grant().await;
    let request = scene.request(&scene.early, vec![item(&[&grant], names())], |_| {});
    assert_eq!(code(&scene.send(&request, &[]).await), "ok");
    assert_eq!(code(&scene.send(&request, &[]).await), "replay");
    scene.restart().await;
    // No TLS connection outlives the node, so there it is bound to another one before anybody asks whether it was seen.
    let again = if scene.way == Way::Https { "binding" } else { "replay" };
    assert_eq!(code(&scene.send(&request, &[]).await), again);
    scene.pass(MAX_REQUEST_LIFETIME_SECS);
    assert_eq!(code(&scene.send(&request, &[]).await), "expired");
}

#[tokio::test]
async fn commands_are_done_once_too() {
    let mut scene = Scene::over(super::WAY).await;
    let inbox = pod_protocol::command::Action::Inbox { skip: 0 };
    let command = scene.command_of(&scene.anna, scene.eetus_pod, inbox);
    let send = async |scene: &Scene| {
        code(&pod_server::commands::handle(&scene.node(), &crate::people::PEER, command.bytes()).await)
    };
    assert_eq!(send(&scene).await, "ok");
    assert_eq!(send(&scene).await, "replay");
    scene.restart().await;
    assert_eq!(send(&scene).await, "replay");
}
