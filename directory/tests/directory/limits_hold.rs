//! What one organisation and one citizen can have evaluated in a day is limited, each for itself.

use pod_crypto::blind::Blinding;
use pod_protocol::blind_request::BlindRequest;
use pod_protocol::ids::Cti;

use crate::federation::*;
use crate::world::*;

#[tokio::test]
async fn a_citizen_asks_three_times_a_day() {
    let (world, _directory, blinder, provider) = whole().await;
    let (_, blinded) = Blinding::blind(CODE.as_bytes(), &random(21)).unwrap();
    for login in ["a", "b", "c"] {
        world.ask(&blinder, &provider.token("pairwise-1", login), &blinded, &[HELSINKI]).await.is(200);
    }
    let fourth = provider.token("pairwise-1", "d");
    world.ask(&blinder, &fourth, &blinded, &[HELSINKI]).await.refused(429, "limit");
    world.ask(&blinder, &provider.token("pairwise-2", "e"), &blinded, &[HELSINKI]).await.is(200);
    world.set_time(NOW + DAY);
    let tomorrow = provider.token_with("pairwise-1", "f", |claims| {
        claims["iat"] = (NOW + DAY).into();
        claims["exp"] = (NOW + DAY + 300).into();
    });
    // A day later the copy of the registry has to be fetched anew, which the blinder does by itself when asked.
    world.ask(&blinder, &tomorrow, &blinded, &[HELSINKI]).await.is(200);
}

#[tokio::test]
async fn an_organisation_has_its_inputs_and_no_more() {
    let (world, _directory, blinder, _provider) = whole().await;
    let (_, input) = Blinding::blind(CODE.as_bytes(), &random(21)).unwrap();
    let post = async |by: u8, cti: u8, inputs: usize| {
        let request = BlindRequest {
            issuer: principal(by),
            audience: principal(BLINDER),
            expires: NOW + 60,
            issued: NOW,
            cti: Cti::new([cti; 16]),
            epoch: EPOCH,
            inputs: vec![input; inputs],
        };
        world.post(&blinder, "/v1/evaluate", "application/cose", signed(by, request)).await
    };
    post(HELSINKI, 1, 256).await.is(200);
    post(HELSINKI, 2, 45).await.refused(429, "limit");
    post(HELSINKI, 3, 44).await.is(200);
    post(HELSINKI, 4, 1).await.refused(429, "limit");
    post(ESPOO, 5, 1).await.is(200);
    let metrics = world.send(blinder.metrics.as_ref().unwrap(), pod_http::Request::get("/metrics")).await.text();
    for line in [
        "aitta_blinder_holder_inputs_total{organisation=\"helsinki\"} 300\n",
        "aitta_blinder_holder_inputs_total{organisation=\"espoo\"} 1\n",
        "aitta_blinder_holder_requests_total{outcome=\"limit\"} 2\n",
    ] {
        assert!(metrics.contains(line), "{line} not in\n{metrics}");
    }
}
