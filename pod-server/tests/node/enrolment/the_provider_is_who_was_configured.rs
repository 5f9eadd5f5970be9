use serde_json::{Value, json};

use super::crooked::Crooked;
use super::wallet::Wallet;
use super::world::{NOW_SECS, Site, code, hand_clock, refused};

async fn refuses(change: impl FnOnce(&mut Value)) {
    let crooked = Crooked::with(change).await;
    let response = crooked.world.post(Wallet::new(20, NOW_SECS).body().to_string()).await;
    assert_eq!((response.status.as_u16(), code(&response).as_str()), (503, "login-provider-failed"));
    assert!(response.headers.contains_key(pod_http::header::RETRY_AFTER));
}

#[tokio::test]
async fn its_name_is_compared_to_the_letter() {
    refuses(|document| {
        let with_slash = format!("{}/", document["issuer"].as_str().unwrap());
        document["issuer"] = json!(with_slash);
    })
    .await;
    refuses(|document| document["issuer"] = json!("https://other.example")).await;
}

#[tokio::test]
async fn its_addresses_are_https_or_on_this_machine() {
    for endpoint in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        refuses(|document| document[endpoint] = json!("http://login.example/x")).await;
        refuses(|document| document[endpoint] = json!("file:///etc/passwd")).await;
        refuses(|document| document[endpoint] = Value::Null).await;
    }
}

#[tokio::test]
async fn it_knows_s256() {
    refuses(|document| document["code_challenge_methods_supported"] = json!(["plain"])).await;
}

#[tokio::test]
async fn it_may_want_the_secret_in_the_form() {
    let crooked =
        Crooked::with(|document| document["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]))
            .await;
    let outcome = crooked.outcome(|crooked, nonce| crooked.sign(&crooked.claims(nonce))).await;
    assert_eq!(outcome["status"], "bound");
}

#[tokio::test]
async fn without_keys_nobody_is_believed() {
    let crooked = Crooked::new().await;
    crooked.says.lock().unwrap().jwks = json!({ "keys": [] });
    let outcome = crooked.outcome(|crooked, nonce| crooked.sign(&crooked.claims(nonce))).await;
    assert_eq!(outcome, refused("login-provider-failed"));
}

#[tokio::test]
async fn a_provider_that_is_away_is_said_to_be() {
    let site = Site::new().await;
    // Port 9 of this machine: nobody listens there.
    let config = site.config("http://127.0.0.1:9");
    let world = site.open(&config, hand_clock().1);
    for _ in 0..2 {
        let response = world.post(Wallet::new(20, NOW_SECS).body().to_string()).await;
        assert_eq!((response.status.as_u16(), code(&response).as_str()), (503, "login-provider-failed"));
    }
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_anew_count_for_a_day() {
    const DAY_SECS: u64 = 24 * 3_600;
    let crooked = Crooked::new().await;
    let log_in = async |after_secs: u64| {
        let now_secs = NOW_SECS + after_secs;
        crooked.now.store(now_secs, std::sync::atomic::Ordering::Relaxed);
        let token = |crooked: &Crooked, nonce: &str| {
            let mut claims = crooked.claims(nonce);
            (claims["iat"], claims["exp"]) = (json!(now_secs), json!(now_secs + 300));
            crooked.sign(&claims)
        };
        crooked.outcome(token).await
    };
    assert_eq!(log_in(0).await["status"], "bound");
    let keys = std::mem::replace(&mut crooked.says.lock().unwrap().jwks, json!({ "keys": [] }));
    assert_eq!(log_in(DAY_SECS - 1).await["status"], "bound");
    assert_eq!(log_in(DAY_SECS + 10).await, refused("login-provider-failed"));
    crooked.says.lock().unwrap().jwks = keys;
    assert_eq!(log_in(DAY_SECS + 20).await["status"], "bound");
}
