//! A login counts for one question, at the blinder that it was made for, within minutes.

use pod_crypto::blind::Blinding;
use pod_crypto::jws::{Es256Key, sign_es256};
use serde_json::json;

use crate::federation::*;
use crate::world::*;

fn blinded() -> [u8; 32] {
    Blinding::blind(CODE.as_bytes(), &random(21)).unwrap().1
}

#[tokio::test]
async fn a_token_is_used_once() {
    let (world, _directory, blinder, provider) = whole().await;
    let token = provider.token("pairwise-1", "login-1");
    world.ask(&blinder, &token, &blinded(), &[HELSINKI]).await.is(200);
    world.ask(&blinder, &token, &blinded(), &[ESPOO]).await.refused(401, "token-used");
    // The same login in another signature is the same login.
    let again = provider.token("pairwise-1", "login-1");
    assert_ne!(again, token);
    world.ask(&blinder, &again, &blinded(), &[ESPOO]).await.refused(401, "token-used");
    // Without an id of its own, the second at which the subject logged in is one.
    let without_id = || {
        provider.token_with("pairwise-1", "", |claims| {
            claims.as_object_mut().unwrap().remove("jti");
        })
    };
    world.ask(&blinder, &without_id(), &blinded(), &[HELSINKI]).await.is(200);
    world.ask(&blinder, &without_id(), &blinded(), &[HELSINKI]).await.refused(401, "token-used");
}

#[tokio::test]
async fn it_is_used_up_by_two_at_once_only_once() {
    let (world, _directory, blinder, provider) = whole().await;
    let token = provider.token("pairwise-1", "login-1");
    let input = blinded();
    let (one, other) =
        tokio::join!(world.ask(&blinder, &token, &input, &[HELSINKI]), world.ask(&blinder, &token, &input, &[ESPOO]));
    let mut statuses = [one.0.status.as_u16(), other.0.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test]
async fn logins_for_others_and_of_another_time_do_not_count() {
    let (world, _directory, blinder, provider) = whole().await;
    let ask = async |token: String| world.ask(&blinder, &token, &blinded(), &[HELSINKI]).await;
    let with = |name: &str, value: serde_json::Value| {
        provider.token_with("pairwise-1", "login-1", |claims| claims[name] = value)
    };
    ask(with("aud", json!("helsinki"))).await.refused(401, "token-audience");
    ask(with("aud", json!(["helsinki", "aitta-blinder"]))).await.refused(401, "token-audience");
    ask(with("iss", json!("https://login.example"))).await.refused(401, "token-issuer");
    ask(with("exp", json!(NOW))).await.refused(401, "token-expired");
    ask(with("iat", json!(NOW - 300))).await.refused(401, "token-expired");
    ask(with("iat", json!(NOW + 61))).await.refused(401, "token-issued-in-future");
    ask("no token".to_owned()).await.refused(401, "token-malformed");
    let stranger = Es256Key::generate("first").unwrap();
    let claims = json!({ "iss": provider.issuer, "sub": "s", "aud": "aitta-blinder", "iat": NOW, "exp": NOW + 300 });
    let forged = sign_es256(&stranger, claims.to_string().as_bytes()).unwrap();
    ask(forged).await.refused(401, "token-signature");
}

#[tokio::test]
async fn the_providers_new_key_is_found_and_its_absence_is_survived() {
    let (world, _directory, blinder, provider) = whole().await;
    world.ask(&blinder, &provider.token("pairwise-1", "login-1"), &blinded(), &[HELSINKI]).await.is(200);
    provider.change_key();
    let token = provider.token("pairwise-1", "login-2");
    // A key that nobody knows makes the blinder look at most every ten seconds.
    world.ask(&blinder, &token, &blinded(), &[HELSINKI]).await.refused(401, "token-signature");
    world.set_time(NOW + 10);
    world.ask(&blinder, &token, &blinded(), &[HELSINKI]).await.is(200);
    let signer = provider.stop().await;
    world.set_time(NOW + 20);
    world.ask(&blinder, &signer.token("pairwise-1", "login-3"), &blinded(), &[HELSINKI]).await.is(200);
}

#[tokio::test]
async fn without_a_provider_no_login_counts() {
    let world = World::new();
    let directory = world.directory().await;
    let provider = crate::provider::Provider::start().await;
    let blinder = world.blinder(&directory.origin, &provider.issuer).await;
    let signer = provider.stop().await;
    let token = signer.token("pairwise-1", "login-1");
    world.ask(&blinder, &token, &blinded(), &[HELSINKI]).await.refused(503, "provider-away");
    let ready = world.get(&blinder, "/readiness").await.json();
    assert_eq!(ready["notices"][0]["code"], "provider-away");
}
