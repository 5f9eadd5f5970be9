use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pod_crypto::hmac_sha256;
use pod_crypto::jws::{Es256Key, sign_es256};
use serde_json::{Value, json};

use super::crooked::{Crooked, KEY_ID, handmade};
use super::world::{NOW_SECS, refused};

#[tokio::test]
async fn a_good_one_does() {
    let crooked = Crooked::new().await;
    let outcome = crooked.outcome(|crooked, nonce| crooked.sign(&crooked.claims(nonce))).await;
    assert_eq!(outcome["status"], "bound");
}

#[tokio::test]
async fn each_claim_that_is_wrong_has_its_code() {
    let crooked = Crooked::new().await;
    let cases = [
        ("iss", json!("https://other.example"), "token-issuer"),
        ("aud", json!("espoo"), "token-audience"),
        ("aud", json!(["helsinki", "espoo"]), "token-audience"),
        ("azp", json!("espoo"), "token-audience"),
        ("exp", json!(NOW_SECS - 61), "token-expired"),
        ("iat", json!(NOW_SECS + 120), "token-issued"),
        ("iat", json!(NOW_SECS - 3_600), "token-issued"),
        ("nonce", json!("another"), "token-nonce"),
        ("nonce", Value::Null, "token-nonce"),
        ("acr", json!("low"), "assurance-too-low"),
        ("acr", Value::Null, "assurance-too-low"),
        ("urn:oid:1.2.246.21", json!("131052-308U"), "identity-code-missing"),
        ("urn:oid:1.2.246.21", Value::Null, "identity-code-missing"),
        ("exp", json!("never"), "token-malformed"),
    ];
    for (claim, value, code) in cases {
        let outcome = crooked
            .outcome(|crooked, nonce| {
                let mut claims = crooked.claims(nonce);
                claims[claim] = value.clone();
                crooked.sign(&claims)
            })
            .await;
        assert_eq!(outcome, refused(code), "{claim} = {value}");
    }
}

#[tokio::test]
async fn the_key_decides_the_algorithm() {
    let crooked = Crooked::new().await;
    for header in [json!({ "alg": "none" }), json!({ "alg": "none", "kid": KEY_ID })] {
        let outcome = crooked.outcome(|crooked, nonce| handmade(&header, &crooked.claims(nonce), &[])).await;
        assert_eq!(outcome, refused("token-algorithm"));
    }
    // A MAC under the public key, which everybody has.
    let outcome = crooked
        .outcome(|crooked, nonce| {
            let header = json!({ "alg": "HS256", "kid": KEY_ID });
            let unsigned = handmade(&header, &crooked.claims(nonce), &[]);
            let public = crooked.key.jwks_json();
            let mac = hmac_sha256(&public, &[unsigned.trim_end_matches('.').as_bytes()]);
            format!("{unsigned}{}", URL_SAFE_NO_PAD.encode(mac))
        })
        .await;
    assert_eq!(outcome, refused("token-algorithm"));
}

#[tokio::test]
async fn other_keys_sign_nothing() {
    let crooked = Crooked::new().await;
    let same_name = Es256Key::generate(KEY_ID).unwrap();
    let outcome = crooked
        .outcome(|crooked, nonce| sign_es256(&same_name, crooked.claims(nonce).to_string().as_bytes()).unwrap())
        .await;
    assert_eq!(outcome, refused("token-signature"));
    let other_name = Es256Key::generate("k2").unwrap();
    let outcome = crooked
        .outcome(|crooked, nonce| sign_es256(&other_name, crooked.claims(nonce).to_string().as_bytes()).unwrap())
        .await;
    assert_eq!(outcome, refused("token-key"));
    // Changed after it was signed.
    let outcome = crooked
        .outcome(|crooked, nonce| {
            let good = crooked.sign(&crooked.claims(nonce));
            let mut parts: Vec<String> = good.split('.').map(str::to_owned).collect();
            let mut claims = crooked.claims(nonce);
            claims["urn:oid:1.2.246.21"] = json!("010516A903X");
            parts[1] = URL_SAFE_NO_PAD.encode(claims.to_string());
            parts.join(".")
        })
        .await;
    assert_eq!(outcome, refused("token-signature"));
    assert_eq!(crooked.outcome(|_, _| "no token".to_owned()).await, refused("token-malformed"));
}

#[tokio::test]
async fn a_new_key_is_looked_for_once_a_minute() {
    let crooked = Crooked::new().await;
    let good = crooked.outcome(|crooked, nonce| crooked.sign(&crooked.claims(nonce))).await;
    assert_eq!(good["status"], "bound");
    let next = Es256Key::generate("k2").unwrap();
    crooked.says.lock().unwrap().jwks = serde_json::from_slice(&next.jwks_json()).unwrap();
    let sign = |crooked: &Crooked, nonce: &str| {
        let mut claims = crooked.claims(nonce);
        let now_secs = crooked.now.load(Ordering::Relaxed);
        (claims["iat"], claims["exp"]) = (json!(now_secs), json!(now_secs + 300));
        sign_es256(&next, claims.to_string().as_bytes()).unwrap()
    };
    for _ in 0..3 {
        assert_eq!(crooked.outcome(sign).await, refused("token-key"));
    }
    assert_eq!(crooked.says.lock().unwrap().jwks_calls, 1, "made-up key ids cause no calls");
    crooked.now.store(NOW_SECS + 60, Ordering::Relaxed);
    assert_eq!(crooked.outcome(sign).await["status"], "bound");
    let says = crooked.says.lock().unwrap();
    assert_eq!((says.jwks_calls, says.discovery_calls), (2, 1));
}
