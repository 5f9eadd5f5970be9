//! The blinder works on from its last good copy of the registry, says so, and stops believing it after a day.

use pod_crypto::blind::Blinding;
use pod_http::Origin;
use pod_protocol::blind_request::BlindRequest;
use pod_protocol::ids::Cti;
use pod_protocol::statement::Membership;

use crate::federation::*;
use crate::provider::Provider;
use crate::world::*;

async fn evaluate(world: &World, blinder: &Serving, by: u8, cti: u8, now_secs: u64) -> Reply {
    let request = BlindRequest {
        issuer: principal(by),
        audience: principal(BLINDER),
        expires: now_secs + 60,
        issued: now_secs,
        cti: Cti::new([cti; 16]),
        epoch: EPOCH,
        inputs: vec![Blinding::blind(CODE.as_bytes(), &random(21)).unwrap().1],
    };
    world.post(blinder, "/v1/evaluate", "application/cose", signed(by, request)).await
}

#[tokio::test]
async fn the_last_good_copy_counts_for_a_day() {
    let (world, directory, blinder, provider) = whole().await;
    let address: Origin = directory.origin.clone();
    let ready = world.get(&blinder, "/readiness").await.json();
    assert_eq!(ready, serde_json::json!({ "ready": true, "reasons": [], "notices": [] }));
    directory.stop().await;

    evaluate(&world, &blinder, HELSINKI, 1, NOW).await.is(200);
    world.set_time(NOW + 600);
    evaluate(&world, &blinder, STRANGER, 2, NOW + 600).await.refused(401, "key-unknown");
    let ready = world.get(&blinder, "/readiness").await.json();
    assert_eq!((ready["ready"].as_bool(), ready["notices"][0]["code"].as_str()), (Some(true), Some("directory-away")));
    assert_eq!(ready["notices"][0]["copy_age_secs"], 600);

    // Also a blinder that is started now, with nothing but its store.
    blinder.stop().await;
    let blinder = world.blinder(&address, &provider.issuer).await;
    evaluate(&world, &blinder, HELSINKI, 3, NOW + 600).await.is(200);

    world.set_time(NOW + DAY);
    evaluate(&world, &blinder, HELSINKI, 4, NOW + DAY).await.refused(503, "registry-away");
    let away = world.get(&blinder, "/readiness").await.is(503);
    let away: serde_json::Value = serde_json::from_slice(&away.body).unwrap();
    assert_eq!((away["ready"].as_bool(), away["reasons"][0]["code"].as_str()), (Some(false), Some("registry-away")));
    world.get(&blinder, "/healthz").await.is(200);
}

#[tokio::test]
async fn a_blinder_that_never_had_a_copy_says_so() {
    let world = World::new();
    let provider = Provider::start().await;
    // Nobody listens there: the login provider's port, without the directory's routes.
    let blinder = world.blinder(&provider.issuer.parse().unwrap(), &provider.issuer).await;
    evaluate(&world, &blinder, HELSINKI, 1, NOW).await.refused(503, "registry-away");
    let away = world.get(&blinder, "/readiness").await.is(503);
    let away: serde_json::Value = serde_json::from_slice(&away.body).unwrap();
    assert_eq!(away["reasons"][0]["detail"], "the registry has never been fetched");
}

#[tokio::test]
async fn a_directory_that_shows_an_old_registry_does_not_take_a_suspension_back() {
    let (world, directory, blinder, provider) = whole().await;
    let suspended = Membership { suspended: true, issued: NOW, ..espoo() };
    world.post(&directory, "/v1/statements", "application/cose", signed(REGION, suspended)).await.is(204);
    blinder.stop().await;
    let blinder = world.blinder(&directory.origin, &provider.issuer).await;
    evaluate(&world, &blinder, ESPOO, 1, NOW).await.refused(403, "suspended");
    blinder.stop().await;
    directory.stop().await;
    // The directory's disk is exchanged for one from before.
    std::fs::remove_file(world.path("directory.redb")).unwrap();
    let directory = world.directory().await;
    assert!(world.registry(&directory).await.is_member(&principal(ESPOO)));
    let blinder = world.blinder(&directory.origin, &provider.issuer).await;
    evaluate(&world, &blinder, ESPOO, 2, NOW).await.refused(403, "suspended");
    evaluate(&world, &blinder, HELSINKI, 3, NOW).await.is(200);
}

#[tokio::test]
async fn a_change_is_fetched_without_being_asked() {
    let (world, directory, blinder, provider) = whole().await;
    blinder.stop().await;
    let text = world
        .blinder_toml(&directory.origin, &provider.issuer)
        .replace("[directory]\n", "[directory]\nrefresh_secs = 1\n");
    let config = pod_directory::config::BlinderConfig::from_toml(&world.path("blinder.toml"), &text).unwrap();
    let running = pod_directory::blinder::start(config, world.around()).await.unwrap();
    let metrics: Origin = running.metrics_address().unwrap().to_string().parse().unwrap();
    let serving = tokio::spawn(running.until(std::future::pending()));
    let turku = membership(REGION, STRANGER, "turku", &[pod_protocol::statement::Role::Holder]);
    world.post(&directory, "/v1/statements", "application/cose", signed(REGION, turku)).await.is(204);
    eventually(|| async {
        let text = world.send(&metrics, pod_http::Request::get("/metrics")).await.text();
        text.contains("aitta_blinder_members 5\n")
    })
    .await;
    serving.abort();
}
