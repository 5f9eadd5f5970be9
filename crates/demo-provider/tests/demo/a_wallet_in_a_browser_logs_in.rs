use pod_http::header;
use serde_json::Value;

use crate::world::{BROWSER, VERIFIER, World};

#[tokio::test]
async fn it_goes_back_to_the_registered_name_and_redeems_its_code_itself() {
    let world = World::new().await;
    let code = world.code("wallet", BROWSER).await;
    let members = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", BROWSER),
        ("client_id", "wallet"),
        ("code_verifier", VERIFIER),
    ];
    let token = world.post_form("/token", &members, None).await;
    let document = world.get("/.well-known/openid-configuration").await;
    for answer in [&token, &document] {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*", "a page of another origin reads it");
    }
    let claims: Value = world.claims(&token).await;
    assert_eq!(claims["aud"], "wallet");
}
