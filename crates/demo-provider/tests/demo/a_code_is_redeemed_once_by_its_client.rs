use std::sync::atomic::Ordering;

use crate::world::{NODE, NOW_SECS, VERIFIER, WALLET, World, error};

#[tokio::test]
async fn once() {
    let world = World::new().await;
    let code = world.code("helsinki", NODE).await;
    assert_eq!(world.redeem("helsinki", &code, &[]).await.status, 200);
    assert_eq!(error(&world.redeem("helsinki", &code, &[]).await), "invalid_grant");
}

#[tokio::test]
async fn a_failed_try_uses_it_up() {
    let world = World::new().await;
    let other = "another-verifier-of-at-least-forty-three-chars";
    let code = world.code("helsinki", NODE).await;
    assert_eq!(error(&world.redeem("helsinki", &code, &[("code_verifier", other)]).await), "invalid_grant");
    assert_eq!(error(&world.redeem("helsinki", &code, &[]).await), "invalid_grant");
}

#[tokio::test]
async fn by_the_client_that_asked_for_it() {
    let world = World::new().await;
    let code = world.code("helsinki", NODE).await;
    assert_eq!(error(&world.redeem("espoo", &code, &[]).await), "invalid_grant");
    let code = world.code("helsinki", NODE).await;
    let members = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", NODE)];
    let with = |more: &[(&'static str, &'static str)]| {
        [
            &members.map(|(name, value)| (name, value.to_owned()))[..],
            &more.iter().map(|(a, b)| (*a, (*b).to_owned())).collect::<Vec<_>>(),
        ]
        .concat()
    };
    for credentials in [
        vec![("client_id", "helsinki")],
        vec![("client_id", "helsinki"), ("client_secret", "wrong")],
        vec![("client_id", "nobody"), ("client_secret", "secret of helsinki: 100%")],
        vec![],
    ] {
        let members = with(&credentials);
        let members: Vec<_> = members.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let refused = world.post_form("/token", &members, None).await;
        assert_eq!((refused.status.as_u16(), error(&refused).as_str()), (401, "invalid_client"));
    }
    let members =
        with(&[("client_id", "helsinki"), ("client_secret", "secret of helsinki: 100%"), ("code_verifier", VERIFIER)]);
    let members: Vec<_> = members.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(world.post_form("/token", &members, None).await.status, 200, "client_secret_post");
}

#[tokio::test]
async fn for_the_same_redirect_and_within_a_minute() {
    let world = World::new().await;
    let code = world.code("helsinki", NODE).await;
    let elsewhere = [("redirect_uri", "https://node.example/elsewhere")];
    assert_eq!(error(&world.redeem("helsinki", &code, &elsewhere).await), "invalid_grant");
    let code = world.code("helsinki", NODE).await;
    world.now.store(NOW_SECS + 61, Ordering::Relaxed);
    assert_eq!(error(&world.redeem("helsinki", &code, &[]).await), "invalid_grant");
    let code = world.code("helsinki", NODE).await;
    assert_eq!(error(&world.redeem("helsinki", &code, &[("grant_type", "password")]).await), "unsupported_grant_type");
}

#[tokio::test]
async fn a_wallet_has_no_secret_but_a_verifier() {
    let world = World::new().await;
    let redeem = |code: String, verifier: &'static str| {
        let world = &world;
        async move {
            let members = [
                ("grant_type", "authorization_code"),
                ("client_id", "wallet"),
                ("code", &code),
                ("redirect_uri", WALLET),
                ("code_verifier", verifier),
            ];
            world.post_form("/token", &members, None).await
        }
    };
    assert_eq!(redeem(world.code("wallet", WALLET).await, VERIFIER).await.status, 200);
    let other = "another-verifier-of-at-least-forty-three-chars";
    assert_eq!(error(&redeem(world.code("wallet", WALLET).await, other).await), "invalid_grant");
}
