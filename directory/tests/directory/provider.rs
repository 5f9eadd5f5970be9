//! A login provider: discovery, keys, and tokens that a test signs.

use std::sync::{Arc, RwLock};

use axum::Router;
use axum::routing::get;
use pod_crypto::jws::{Es256Key, sign_es256};
use pod_http::{Limits, Outgoing, Server, ServerConfig, ServerHandle, Service, StatusCode, refuse_key_log};
use serde_json::{Value as Json, json};
use tokio::sync::watch;

use crate::federation::NOW;

pub const CLIENT_ID: &str = "aitta-blinder";

pub struct Provider {
    pub issuer: String,
    key: Arc<RwLock<Es256Key>>,
    door: Arc<watch::Sender<Door>>,
    handle: ServerHandle,
}

/// Who is asked for keys, and does not answer while it is shut.
#[derive(Default)]
struct Door {
    is_shut: bool,
    asked: usize,
}

impl Provider {
    pub async fn start() -> Self {
        let config = ServerConfig {
            listen: vec!["http://127.0.0.1:0".parse().unwrap()],
            certificate: None,
            limits: Limits::default(),
        };
        let server = Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap();
        let issuer = server.addresses()[0].to_string();
        let key = Arc::new(RwLock::new(Es256Key::generate("first").unwrap()));
        let discovery = json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/jwks") }).to_string();
        let published = Arc::clone(&key);
        let json = |body: Vec<u8>| Outgoing::new(StatusCode::OK, "application/json", body);
        let door = Arc::new(watch::Sender::new(Door::default()));
        let at_the_door = Arc::clone(&door);
        let keys = move || async move {
            at_the_door.send_modify(|door| door.asked += 1);
            at_the_door.subscribe().wait_for(|door| !door.is_shut).await.unwrap();
            json(published.read().unwrap().jwks_json())
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(move || async move { json(discovery.into_bytes()) }))
            .route("/jwks", get(keys));
        let handle = server.serve(Service::new(router, || [1; 16]));
        Self { issuer, key, door, handle }
    }

    /// Whoever asks for keys gets no answer until [`Provider::open`].
    pub fn shut(&self) {
        self.door.send_modify(|door| door.is_shut = true);
    }

    pub fn open(&self) {
        self.door.send_modify(|door| door.is_shut = false);
    }

    /// Waits until it has been asked for keys so many times.
    pub async fn was_asked(&self, times: usize) {
        self.door.subscribe().wait_for(|door| door.asked >= times).await.unwrap();
    }

    /// The provider signs with another key from now on.
    pub fn change_key(&self) {
        *self.key.write().unwrap() = Es256Key::generate("second").unwrap();
    }

    pub async fn stop(self) -> Signer {
        self.handle.drain().await;
        Signer { issuer: self.issuer, key: self.key }
    }

    pub fn token(&self, subject: &str, id: &str) -> String {
        self.token_with(subject, id, |_| {})
    }

    pub fn token_with(&self, subject: &str, id: &str, change: impl FnOnce(&mut Json)) -> String {
        token(&self.issuer, &self.key, subject, id, change)
    }
}

/// What is left of a provider whose server is gone.
pub struct Signer {
    issuer: String,
    key: Arc<RwLock<Es256Key>>,
}

impl Signer {
    pub fn token(&self, subject: &str, id: &str) -> String {
        token(&self.issuer, &self.key, subject, id, |_| {})
    }
}

fn token(issuer: &str, key: &RwLock<Es256Key>, subject: &str, id: &str, change: impl FnOnce(&mut Json)) -> String {
    let mut claims = json!({
        "iss": issuer, "sub": subject, "aud": CLIENT_ID, "iat": NOW, "exp": NOW + 300, "jti": id, "nonce": "n",
    });
    change(&mut claims);
    sign_es256(&key.read().unwrap(), claims.to_string().as_bytes()).unwrap()
}
