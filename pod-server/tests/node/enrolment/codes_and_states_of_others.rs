use serde_json::json;

use super::crooked::Crooked;
use super::wallet::Wallet;
use super::world::{AINO, Demo, FATHER, NOW_SECS, code_on, query, refused};

#[tokio::test]
async fn a_browser_comes_back_once() {
    let demo = Demo::new().await;
    let begun = demo.begin(&Wallet::new(20, NOW_SECS)).await;
    let back = demo.log_in(&begun, AINO).await;
    let page = demo.open_page(&back).await;
    assert_eq!(page.status, 200);
    // Whoever began knows this address too: it shows the code once.
    let again = demo.open_page(&back).await;
    assert_eq!((again.status.as_u16(), code_on(&again)), (400, None));
    assert_eq!(demo.confirmed(&begun, &page).await["status"], "bound");
}

#[tokio::test]
async fn a_code_is_not_taken_a_second_time_by_another_enrolment() {
    let demo = Demo::new().await;
    let begun = demo.begin(&Wallet::new(20, NOW_SECS)).await;
    let back = demo.log_in(&begun, AINO).await;
    assert_eq!(demo.open_page(&back).await.status, 200);

    let next = demo.begin(&Wallet::new(21, NOW_SECS)).await;
    let state = query(next["authorization_url"].as_str().unwrap())["state"].clone();
    assert_eq!(demo.open_page(&back.replace(&query(&back)["state"], &state)).await.status, 200);
    assert_eq!(demo.status(&next).await, refused("code-refused"));
}

/// Somebody who logged in themselves puts their code into another's answer: the verifier is not that of the code (RFC 7636).
#[tokio::test]
async fn a_code_of_another_login_does_not_fit_the_verifier() {
    let demo = Demo::new().await;
    let (mine, theirs) = (demo.begin(&Wallet::new(20, NOW_SECS)).await, demo.begin(&Wallet::new(21, NOW_SECS)).await);
    let back = demo.log_in(&theirs, FATHER).await;
    let state = query(mine["authorization_url"].as_str().unwrap())["state"].clone();
    assert_eq!(demo.open_page(&back.replace(&query(&back)["state"], &state)).await.status, 200);
    assert_eq!(demo.status(&mine).await, refused("code-refused"));
    assert_eq!(demo.status(&theirs).await, json!({ "status": "pending" }));
}

/// Even at a provider that does not look at the verifier.
#[tokio::test]
async fn a_token_of_another_login_has_another_nonce() {
    let crooked = Crooked::new().await;
    let theirs = crooked.world.begin(&Wallet::new(21, NOW_SECS)).await;
    let nonce = query(theirs["authorization_url"].as_str().unwrap())["nonce"].clone();
    assert_eq!(crooked.outcome(|crooked, _| crooked.sign(&crooked.claims(&nonce))).await, refused("token-nonce"));
}

#[tokio::test]
async fn a_state_that_nobody_was_given_leads_nowhere() {
    let demo = Demo::new().await;
    let begun = demo.begin(&Wallet::new(20, NOW_SECS)).await;
    let state = query(begun["authorization_url"].as_str().unwrap())["state"].clone();
    for path in [
        "/v1/enrolments/callback".to_owned(),
        "/v1/enrolments/callback?code=c".to_owned(),
        "/v1/enrolments/callback?code=c&state=guessed".to_owned(),
        format!("/v1/enrolments/callback?code=c&state={state}&state={state}"),
        // The wallet's own secret is no state.
        format!("/v1/enrolments/callback?code=c&state={}", begun["enrolment"].as_str().unwrap()),
    ] {
        assert_eq!(demo.get(&path, "en").await.status, 400, "{path}");
    }
    assert_eq!(demo.status(&begun).await, json!({ "status": "pending" }));
    // The state is no secret of the wallet's.
    assert_eq!(demo.get(&format!("/v1/enrolments/{state}"), "en").await.status, 404);
}

#[tokio::test]
async fn an_answer_names_the_provider_that_was_asked() {
    let demo = Demo::new().await;
    for change in ["", "https%3A%2F%2Fother.example"] {
        let begun = demo.begin(&Wallet::new(20, NOW_SECS)).await;
        let back = demo.log_in(&begun, AINO).await;
        let (kept, issuer) = back.rsplit_once("&iss=").unwrap();
        assert!(!issuer.is_empty());
        let changed = if change.is_empty() { kept.to_owned() } else { format!("{kept}&iss={change}") };
        assert_eq!(demo.open_page(&changed).await.status, 200);
        assert_eq!(demo.status(&begun).await, refused("answer-issuer"), "{changed}");
    }
}

#[tokio::test]
async fn an_answer_without_a_code_is_none() {
    let demo = Demo::new().await;
    let begun = demo.begin(&Wallet::new(20, NOW_SECS)).await;
    let back = demo.log_in(&begun, AINO).await;
    let without = back.replace(&format!("code={}&", query(&back)["code"]), "");
    assert_eq!(demo.open_page(&without).await.status, 200);
    assert_eq!(demo.status(&begun).await, refused("answer-malformed"));
}
