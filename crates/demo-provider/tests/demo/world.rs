//! A provider on loopback, with a node and a wallet as clients.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use demo_provider::{ClientKind, DemoClient, DemoPerson, DemoProvider, ProviderConfig};
use pod_crypto::jws::{Jwks, verify};
use pod_crypto::{SystemRandom, sha256};
use pod_http::{
    Client, ClientLimits, ClientProtocol, HeaderValue, Limits, Origin, Request, Response, RootCertificates, Server,
    ServerConfig, ServerHandle, header, refuse_key_log,
};
use serde_json::Value;

pub const NODE: &str = "https://node.example/v1/enrolments/callback";
pub const WALLET: &str = "http://127.0.0.1:4711/back";
/// Registered by name: a page may get passkeys there.
pub const BROWSER: &str = "http://localhost:4712/";
pub const AINO: &str = "131052-308T";
pub const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";
pub const NOW_SECS: u64 = 1_780_000_000;

pub struct World {
    pub issuer: String,
    pub now: Arc<AtomicU64>,
    origin: Origin,
    client: Client,
    _server: ServerHandle,
}

impl World {
    pub async fn new() -> Self {
        let listen = vec!["http://127.0.0.1:0".parse().unwrap()];
        let config = ServerConfig { listen, certificate: None, limits: Limits::default() };
        let server = Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap();
        let issuer = server.addresses()[0].to_string();
        let now = Arc::new(AtomicU64::new(NOW_SECS));
        let clock = Arc::clone(&now);
        let node = |id: &str| DemoClient {
            client_id: id.to_owned(),
            kind: ClientKind::Node { secret: format!("secret of {id}: 100%") },
            redirect_urls: vec![NODE.to_owned()],
        };
        let wallet = DemoClient {
            client_id: "wallet".to_owned(),
            kind: ClientKind::Public,
            redirect_urls: vec![BROWSER.to_owned()],
        };
        let provider = DemoProvider::new(ProviderConfig {
            issuer: issuer.clone(),
            clients: vec![node("helsinki"), node("espoo"), wallet],
            people: vec![DemoPerson { name: "Aino <A>".to_owned(), identity_code: AINO.to_owned() }],
            sub_key: [7; 32],
            clock: Arc::new(move || clock.load(Ordering::Relaxed)),
            random: Arc::new(SystemRandom),
        })
        .unwrap();
        let client = Client::new(RootCertificates::none(), ClientProtocol::Http1, ClientLimits::default()).unwrap();
        let origin = issuer.parse().unwrap();
        Self { origin, issuer, now, client, _server: server.serve(provider.service()) }
    }

    pub async fn get(&self, path: impl Into<String>) -> Response {
        self.client.send(&self.origin, Request::get(path)).await.unwrap()
    }

    pub async fn post_form(&self, path: &str, members: &[(&str, &str)], basic: Option<&str>) -> Response {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
        let mut request = Request::post(path, "application/x-www-form-urlencoded", body);
        if let Some(credentials) = basic {
            let value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(credentials))).unwrap();
            request = request.with_header(header::AUTHORIZATION, value);
        }
        self.client.send(&self.origin, request).await.unwrap()
    }

    /// Logs Aino in for a client.
    pub async fn code(&self, client_id: &str, redirect_url: &str) -> String {
        let response = self.post_form(&authorize(client_id, redirect_url, &[]), &[("identity_code", AINO)], None).await;
        answer(&response)["code"].clone()
    }

    /// Redeems a code as a node does.
    pub async fn redeem(&self, client_id: &str, code: &str, changes: &[(&str, &str)]) -> Response {
        let mut members = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", NODE),
            ("code_verifier", VERIFIER),
        ];
        for (name, value) in changes {
            members.retain(|(known, _)| known != name);
            members.push((name, value));
        }
        let credentials = format!("{client_id}:secret+of+{client_id}%3A+100%25");
        self.post_form("/token", &members, Some(&credentials)).await
    }

    /// The claims of the ID token in an answer, its signature checked.
    pub async fn claims(&self, answer: &Response) -> Value {
        let keys = Jwks::from_json(&self.get("/jwks").await.body).unwrap();
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        serde_json::from_slice(&verify(answer["id_token"].as_str().unwrap(), &keys).unwrap()).unwrap()
    }
}

/// The path of an authorization request.
pub fn authorize(client_id: &str, redirect_url: &str, changes: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(sha256(&[VERIFIER.as_bytes()]));
    let mut members = vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect_url),
        ("scope", "openid"),
        ("state", "the state"),
        ("nonce", "the nonce"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        members.retain(|(known, _)| known != name);
        if !value.is_empty() {
            members.push((name, value));
        }
    }
    format!("/authorize?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish())
}

/// The members with which the browser is sent back.
pub fn answer(response: &Response) -> HashMap<String, String> {
    assert_eq!(response.status, 303, "{:?}", response.body);
    let location = response.headers[header::LOCATION].to_str().unwrap();
    form_urlencoded::parse(location.split_once('?').unwrap().1.as_bytes()).into_owned().collect()
}

/// The `error` of a token endpoint's answer.
pub fn error(response: &Response) -> String {
    let answer: Value = serde_json::from_slice(&response.body).unwrap();
    answer["error"].as_str().unwrap_or_default().to_owned()
}
