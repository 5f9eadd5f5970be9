use pod_http::header;

use crate::world::{AINO, NODE, WALLET, World, answer, authorize};

#[tokio::test]
async fn it_describes_itself() {
    let world = World::new().await;
    let response = world.get("/.well-known/openid-configuration").await;
    let document: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(document["issuer"], world.issuer);
    assert_eq!(document["code_challenge_methods_supported"], serde_json::json!(["S256"]));
}

#[tokio::test]
async fn a_form_warns_and_comes_with_a_policy() {
    let world = World::new().await;
    let response = world.get(authorize("helsinki", NODE, &[("state", "\"><script>")])).await;
    assert_eq!(response.status, 200);
    let policy = response.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    assert!(policy.contains("form-action 'self' https://node.example;"));
    let html = String::from_utf8(response.body.to_vec()).unwrap();
    assert!(html.contains("This is not a real login"));
    assert!(html.contains("Aino &lt;A&gt;"));
    assert!(!html.contains("<script"));
    assert!(html.contains("<html lang=\"en\">"), "for a browser that asks for none of the three");
}

#[tokio::test]
async fn strangers_are_not_redirected_to() {
    let world = World::new().await;
    for path in [
        authorize("nobody", NODE, &[]),
        authorize("helsinki", "https://node.example/v1/enrolments/callback/", &[]),
        authorize("helsinki", WALLET, &[]),
        authorize("wallet", "http://127.0.0.1.example/", &[]),
        authorize("wallet", "http://user@127.0.0.1:80/", &[]),
        authorize("wallet", "https://wallet.example/", &[]),
        authorize("wallet", "http://localhost:4713/", &[]),
        authorize("wallet", "http://localhost:4712/elsewhere", &[]),
        format!("{}&state=twice", authorize("helsinki", NODE, &[])),
        format!("/authorize?{}", "x".repeat(5_000)),
    ] {
        let response = world.post_form(&path, &[("identity_code", AINO)], None).await;
        assert_eq!(response.status, 400, "{path}");
        assert!(!response.headers.contains_key(header::LOCATION), "{path}");
    }
}

#[tokio::test]
async fn mistakes_go_back_to_the_client() {
    let world = World::new().await;
    for (change, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "profile"), "invalid_scope"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
    ] {
        let response = world.get(authorize("helsinki", NODE, &[change])).await;
        let answer = answer(&response);
        assert_eq!((answer["error"].as_str(), answer["state"].as_str()), (error, "the state"));
        assert_eq!(answer["iss"], world.issuer);
    }
}

#[tokio::test]
async fn what_is_no_identity_code_is_asked_for_again() {
    let world = World::new().await;
    for form in [&[("identity_code", "131052")][..], &[("code", AINO)], &[("identity_code", AINO); 2]] {
        let response = world.post_form(&authorize("helsinki", NODE, &[]), form, None).await;
        assert_eq!(response.status, 400);
    }
}
