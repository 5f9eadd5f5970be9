//! A login provider that says whatever a story wants it to.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pod_crypto::jws::{Es256Key, sign_es256};
use pod_http::{Response, ServerHandle};
use serde_json::{Value, json};

use super::wallet::Wallet;
use super::world::{AINO, Bound, CLIENT_ID, NOW_SECS, Site, World, code_on, hand_clock, query};

pub(super) const KEY_ID: &str = "k1";

/// What the provider answers with now.
pub(super) struct Says {
    pub(super) discovery: Value,
    pub(super) jwks: Value,
    pub(super) token: String,
    /// How often each was asked for.
    pub(super) discovery_calls: usize,
    pub(super) jwks_calls: usize,
}

pub(super) struct Crooked {
    pub(super) world: World,
    pub(super) now: Arc<std::sync::atomic::AtomicU64>,
    pub(super) says: Arc<Mutex<Says>>,
    pub(super) key: Es256Key,
    pub(super) issuer: String,
    _provider: ServerHandle,
}

impl Crooked {
    /// A provider whose description of itself was changed.
    pub(super) async fn with(change: impl FnOnce(&mut Value)) -> Self {
        let site = Site::new().await;
        let bound = Bound::new().await;
        let issuer = bound.address.clone();
        let mut discovery = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
        });
        change(&mut discovery);
        let key = Es256Key::generate(KEY_ID).unwrap();
        let says = Arc::new(Mutex::new(Says {
            discovery,
            jwks: serde_json::from_slice(&key.jwks_json()).unwrap(),
            token: String::new(),
            discovery_calls: 0,
            jwks_calls: 0,
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discover))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .with_state(Arc::clone(&says));
        let (now, clock) = hand_clock();
        let config = site.config(&issuer);
        let _provider = bound.serve(router);
        Self { world: site.open(&config, clock), now, says, key, issuer, _provider }
    }

    pub(super) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// Claims that would be believed, for the login with this nonce.
    pub(super) fn claims(&self, nonce: &str) -> Value {
        json!({
            "iss": self.issuer,
            "sub": "somebody",
            "aud": CLIENT_ID,
            "iat": NOW_SECS,
            "exp": NOW_SECS + 300,
            "nonce": nonce,
            "acr": "substantial",
            "urn:oid:1.2.246.21": AINO,
        })
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        sign_es256(&self.key, claims.to_string().as_bytes()).unwrap()
    }

    /// Lets a wallet log in with the token that is made for its nonce, and tells how it ended.
    pub(super) async fn outcome(&self, token: impl FnOnce(&Self, &str) -> String) -> Value {
        let begun = self.world.begin(&Wallet::new(40, NOW_SECS)).await;
        let asked = query(begun["authorization_url"].as_str().unwrap());
        self.says.lock().unwrap().token = token(self, &asked["nonce"]);
        let page = self.come_back(&asked["state"], "").await;
        match code_on(&page) {
            Some(_) => self.world.confirmed(&begun, &page).await,
            None => self.world.status(&begun).await,
        }
    }

    /// The browser comes back.
    pub(super) async fn come_back(&self, state: &str, more: &str) -> Response {
        let path = format!("/v1/enrolments/callback?code=a-code&state={state}{more}");
        let page = self.world.get(&path, "en").await;
        assert_eq!(page.status, 200);
        page
    }
}

/// A token with any header and signature.
pub(super) fn handmade(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!("{}.{}.{}", part(header.to_string().as_bytes()), part(claims.to_string().as_bytes()), part(signature))
}

async fn discover(State(says): State<Arc<Mutex<Says>>>) -> Json<Value> {
    let mut says = says.lock().unwrap();
    says.discovery_calls += 1;
    Json(says.discovery.clone())
}

async fn jwks(State(says): State<Arc<Mutex<Says>>>) -> Json<Value> {
    let mut says = says.lock().unwrap();
    says.jwks_calls += 1;
    Json(says.jwks.clone())
}

async fn token(State(says): State<Arc<Mutex<Says>>>, body: Bytes) -> Json<Value> {
    assert!(body.starts_with(b"grant_type=authorization_code&code="));
    let token = says.lock().unwrap().token.clone();
    Json(json!({ "access_token": "a", "token_type": "Bearer", "id_token": token }))
}
