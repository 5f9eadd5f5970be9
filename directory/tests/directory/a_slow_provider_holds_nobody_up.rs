//! A login provider that does not answer: whoever waits for it waits alone, and what is at hand answers meanwhile.

use std::sync::Arc;

use pod_crypto::blind::Blinding;

use crate::federation::*;
use crate::world::*;

fn blinded() -> [u8; 32] {
    Blinding::blind(CODE.as_bytes(), &random(21)).unwrap().1
}

#[tokio::test]
async fn who_goes_away_takes_the_keys_from_nobody() {
    let (world, _directory, blinder, provider) = whole().await;
    let (world, blinder) = (Arc::new(world), Arc::new(blinder));
    let asking = |token: String| {
        let (world, blinder) = (Arc::clone(&world), Arc::clone(&blinder));
        tokio::spawn(async move { world.ask(&blinder, &token, &blinded(), &[HELSINKI]).await })
    };
    provider.shut();
    let stranger = asking(provider.token("nobody", "login-1"));
    provider.was_asked(1).await;
    let citizen = asking(provider.token("pairwise-1", "login-2"));
    stranger.abort();
    assert!(stranger.await.is_err());
    // Time for the blinder to see it go.
    world.get(&blinder, "/healthz").await.is(200);
    provider.open();
    citizen.await.unwrap().is(200);
}

#[tokio::test]
async fn keys_that_are_usable_answer_while_newer_ones_are_fetched() {
    let (world, _directory, blinder, provider) = whole().await;
    world.ask(&blinder, &provider.token("pairwise-1", "login-1"), &blinded(), &[HELSINKI]).await.is(200);
    let later = NOW + 3600;
    world.set_time(later);
    provider.shut();
    let token = provider.token_with("pairwise-1", "login-2", |claims| {
        claims["iat"] = later.into();
        claims["exp"] = (later + 300).into();
    });
    world.ask(&blinder, &token, &blinded(), &[HELSINKI]).await.is(200);
    provider.was_asked(2).await;
    provider.open();
}
