//! The token endpoint (OpenID Connect Core §3.1.3): a code becomes an ID token, once.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use pod_crypto::jws::sign_es256;
use pod_crypto::{Zeroizing, equal, hmac_sha256, random_array, sha256};
use serde_json::json;

use crate::client::DemoClient;
use crate::codes::Login;
use crate::provider::{DemoProvider, IDENTITY_CODE_CLAIM, LOA};

/// How long a token is to be believed: whoever asked for it checks it at once.
const TOKEN_LIFETIME_SECS: u64 = 300;
/// RFC 7636 §4.1.
const VERIFIER_CHARS: std::ops::RangeInclusive<usize> = 43..=128;

/// Why there is no token (RFC 6749 §5.2).
#[derive(Clone, Copy)]
enum Wrong {
    Request,
    Client,
    Grant,
    GrantType,
    Server,
}

/// Redeems a code.
pub(crate) async fn redeem(State(provider): State<Arc<DemoProvider>>, headers: HeaderMap, body: Bytes) -> Response {
    match answer(&provider, &headers, &body) {
        Ok(token) => (
            [(header::CACHE_CONTROL, "no-store")],
            axum::Json(json!({
                // OpenID Connect demands one; there is nothing here that it opens.
                "access_token": URL_SAFE_NO_PAD.encode(random_array::<16>(&*provider.random)),
                "token_type": "Bearer",
                "expires_in": TOKEN_LIFETIME_SECS,
                "id_token": *token,
            })),
        )
            .into_response(),
        Err(wrong) => refuse(wrong),
    }
}

fn answer(provider: &DemoProvider, headers: &HeaderMap, body: &[u8]) -> Result<Zeroizing<String>, Wrong> {
    let mut members: HashMap<String, String> = HashMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        if members.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(Wrong::Request);
        }
    }
    let client = authenticate(provider, headers, &mut members)?;
    let mut take = |name: &str| members.remove(name).ok_or(Wrong::Request);
    if take("grant_type")? != "authorization_code" {
        return Err(Wrong::GrantType);
    }
    let (code, redirect_url, verifier) = (take("code")?, take("redirect_uri")?, take("code_verifier")?);
    let now_secs = provider.now_secs();
    let login = provider.codes.redeem(&code, now_secs).ok_or(Wrong::Grant)?;
    let challenge = URL_SAFE_NO_PAD.encode(sha256(&[verifier.as_bytes()]));
    let is_this = login.client_id == client.client_id
        && login.redirect_url == redirect_url
        && VERIFIER_CHARS.contains(&verifier.len())
        && equal(challenge.as_bytes(), login.challenge.as_bytes());
    if !is_this {
        return Err(Wrong::Grant);
    }
    id_token(provider, &client, &login, now_secs)
}

/// By `client_secret_basic`, `client_secret_post`, or, for public clients, by name alone.
fn authenticate(
    provider: &DemoProvider,
    headers: &HeaderMap,
    members: &mut HashMap<String, String>,
) -> Result<DemoClient, Wrong> {
    let (id, secret) = match headers.get(header::AUTHORIZATION) {
        // Two ways at once are an error (RFC 6749 §2.3).
        Some(_) if members.contains_key("client_secret") => return Err(Wrong::Request),
        Some(value) => {
            let (id, secret) = value.to_str().ok().and_then(basic).ok_or(Wrong::Client)?;
            (id, Some(secret))
        }
        None => (members.remove("client_id").ok_or(Wrong::Client)?, members.remove("client_secret")),
    };
    provider.client(&id).filter(|client| client.authenticates(secret.as_deref())).ok_or(Wrong::Client)
}

/// Reads `Basic` credentials, whose halves are form-encoded (RFC 6749 §2.3.1).
fn basic(value: &str) -> Option<(String, String)> {
    let decoded = String::from_utf8(STANDARD.decode(value.strip_prefix("Basic ")?).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let plain = |text: &str| {
        let joined = format!("x={text}");
        form_urlencoded::parse(joined.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((plain(id)?, plain(secret)?))
}

fn id_token(
    provider: &DemoProvider,
    client: &DemoClient,
    login: &Login,
    now_secs: u64,
) -> Result<Zeroizing<String>, Wrong> {
    // A name of the person that no two clients share (OpenID Connect Core §8.1).
    let subject = hmac_sha256(&provider.sub_key, &[client.client_id.as_bytes(), &[0], login.identity_code.as_bytes()]);
    let mut claims = json!({
        "iss": provider.issuer,
        "sub": URL_SAFE_NO_PAD.encode(subject),
        "aud": client.client_id,
        "iat": now_secs,
        "exp": now_secs + TOKEN_LIFETIME_SECS,
        "auth_time": login.at_secs,
        "jti": URL_SAFE_NO_PAD.encode(random_array::<16>(&*provider.random)),
        "acr": LOA,
        "loa": LOA,
        "amr": ["demonstration"],
    });
    if let Some(members) = claims.as_object_mut() {
        if let Some(nonce) = &login.nonce {
            members.insert("nonce".to_owned(), nonce.as_str().into());
        }
        if client.is_node() {
            members.insert(IDENTITY_CODE_CLAIM.to_owned(), login.identity_code.as_str().into());
        }
    }
    let claims = Zeroizing::new(claims.to_string());
    sign_es256(&provider.key, claims.as_bytes()).map(Zeroizing::new).map_err(|_| Wrong::Server)
}

fn refuse(wrong: Wrong) -> Response {
    let (status, error) = match wrong {
        Wrong::Request => (StatusCode::BAD_REQUEST, "invalid_request"),
        Wrong::Client => (StatusCode::UNAUTHORIZED, "invalid_client"),
        Wrong::Grant => (StatusCode::BAD_REQUEST, "invalid_grant"),
        Wrong::GrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
        Wrong::Server => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
    };
    let mut response = (status, axum::Json(json!({ "error": error }))).into_response();
    if matches!(wrong, Wrong::Client) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Basic"));
    }
    response
}
