use demo_provider::{IDENTITY_CODE_CLAIM, LOA};

use crate::world::{AINO, NODE, NOW_SECS, VERIFIER, WALLET, World};

#[tokio::test]
async fn in_their_own_token() {
    let world = World::new().await;
    let code = world.code("helsinki", NODE).await;
    let claims = world.claims(&world.redeem("helsinki", &code, &[]).await).await;
    assert_eq!(claims[IDENTITY_CODE_CLAIM], AINO);
    assert_eq!((&claims["iss"], &claims["aud"]), (&world.issuer.as_str().into(), &"helsinki".into()));
    assert_eq!((&claims["nonce"], &claims["acr"], &claims["loa"]), (&"the nonce".into(), &LOA.into(), &LOA.into()));
    assert_eq!((&claims["iat"], &claims["exp"]), (&NOW_SECS.into(), &(NOW_SECS + 300).into()));

    let code = world.code("espoo", NODE).await;
    let elsewhere = world.claims(&world.redeem("espoo", &code, &[]).await).await;
    assert_ne!(claims["sub"], elsewhere["sub"], "two clients do not know a person by the same name");
    assert_ne!(claims["jti"], elsewhere["jti"]);
    let code = world.code("espoo", NODE).await;
    assert_eq!(world.claims(&world.redeem("espoo", &code, &[]).await).await["sub"], elsewhere["sub"]);

    let code = world.code("wallet", WALLET).await;
    let members = [
        ("grant_type", "authorization_code"),
        ("client_id", "wallet"),
        ("code", &code),
        ("redirect_uri", WALLET),
        ("code_verifier", VERIFIER),
    ];
    let answer = world.post_form("/token", &members, None).await;
    let claims = world.claims(&answer).await;
    assert!(claims.get(IDENTITY_CODE_CLAIM).is_none());
    assert!(!claims.to_string().contains(AINO));
}
