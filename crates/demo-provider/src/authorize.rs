//! The authorization endpoint (OpenID Connect Core §3.1.2): a form for people, the same address by POST for wallets.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pod_crypto::{Zeroizing, random_array};
use pod_http::Language;

use crate::codes::Login;
use crate::page;
use crate::provider::DemoProvider;

/// Longest query that is read: every member of ours many times over.
const MAX_QUERY_BYTES: usize = 4 * 1024;
/// A Finnish personal identity code.
const IDENTITY_CODE_CHARS: usize = 11;
/// An S256 challenge: 32 bytes in base64url (RFC 7636 §4.2).
const CHALLENGE_CHARS: usize = 43;

/// A request that may be answered.
struct Request {
    client_id: String,
    redirect_url: String,
    state: Option<String>,
    nonce: Option<String>,
    challenge: String,
}

/// Why a request is not answered.
enum Wrong {
    /// To nobody: whoever is named as the recipient may be the attacker. People read it.
    Page(&'static str),
    /// To the client (RFC 6749 §4.1.2.1).
    Redirect { url: String, state: Option<String>, error: &'static str },
}

/// Shows the login form.
pub(crate) async fn form(
    State(provider): State<Arc<DemoProvider>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    match read(&provider, &query) {
        Ok(request) => {
            page::form(&provider.people, &query, &request.redirect_url, false, Language::preferred(&headers))
        }
        Err(wrong) => refuse(&provider, wrong),
    }
}

/// Takes the identity code, and sends the browser back with a code.
pub(crate) async fn log_in(
    State(provider): State<Arc<DemoProvider>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = query.unwrap_or_default();
    let request = match read(&provider, &query) {
        Ok(request) => request,
        Err(wrong) => return refuse(&provider, wrong),
    };
    let Some(identity_code) = identity_code(&body) else {
        return page::form(&provider.people, &query, &request.redirect_url, true, Language::preferred(&headers));
    };
    let code = URL_SAFE_NO_PAD.encode(random_array::<32>(&*provider.random));
    let Request { client_id, redirect_url, state, nonce, challenge } = request;
    let login = Login {
        client_id,
        redirect_url: redirect_url.clone(),
        nonce,
        challenge,
        identity_code,
        at_secs: provider.now_secs(),
    };
    let (name, value) = match provider.codes.keep(&code, login) {
        true => ("code", code.as_str()),
        false => ("error", "temporarily_unavailable"),
    };
    back(&provider, &redirect_url, (name, value), state.as_deref())
}

/// Eleven characters, in capitals. Whether it is a real code is the node's to find out.
fn identity_code(body: &[u8]) -> Option<Zeroizing<String>> {
    let mut given = form_urlencoded::parse(body).filter(|(name, _)| name == "identity_code");
    let (_, code) = given.next()?;
    let code = Zeroizing::new(code.trim().to_ascii_uppercase());
    (code.is_ascii() && code.len() == IDENTITY_CODE_CHARS && given.next().is_none()).then_some(code)
}

fn read(provider: &DemoProvider, query: &str) -> Result<Request, Wrong> {
    if query.len() > MAX_QUERY_BYTES {
        return Err(Wrong::Page("The request is too long."));
    }
    let mut members: HashMap<String, String> = HashMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        // RFC 6749 §3.1: a parameter must not stand twice.
        if members.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(Wrong::Page("The request names something twice."));
        }
    }
    let mut take = |name: &str| members.remove(name);
    let client = take("client_id").and_then(|id| provider.client(&id)).ok_or(Wrong::Page("The client is unknown."))?;
    let redirect_url = take("redirect_uri")
        .filter(|url| client.may_redirect_to(url))
        .ok_or(Wrong::Page("The redirect address is not one of this client's."))?;
    let state = take("state");
    let wrong = |error| Wrong::Redirect { url: redirect_url.clone(), state: state.clone(), error };
    match take("response_type").as_deref() {
        Some("code") => {}
        Some(_) => return Err(wrong("unsupported_response_type")),
        None => return Err(wrong("invalid_request")),
    }
    if !take("scope").is_some_and(|scope| scope.split(' ').any(|one| one == "openid")) {
        return Err(wrong("invalid_scope"));
    }
    if take("code_challenge_method").as_deref() != Some("S256") {
        return Err(wrong("invalid_request"));
    }
    let challenge = take("code_challenge")
        .filter(|challenge| challenge.len() == CHALLENGE_CHARS)
        .ok_or_else(|| wrong("invalid_request"))?;
    let nonce = take("nonce");
    Ok(Request { client_id: client.client_id, redirect_url, state, nonce, challenge })
}

fn refuse(provider: &DemoProvider, wrong: Wrong) -> Response {
    match wrong {
        Wrong::Page(sentence) => page::refused(sentence),
        Wrong::Redirect { url, state, error } => back(provider, &url, ("error", error), state.as_deref()),
    }
}

/// Sends the browser back to the client, with the issuer (RFC 9207).
fn back(provider: &DemoProvider, redirect_url: &str, answer: (&str, &str), state: Option<&str>) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(answer.0, answer.1);
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", &provider.issuer);
    let separator = if redirect_url.contains('?') { '&' } else { '?' };
    let location = format!("{redirect_url}{separator}{}", query.finish());
    (StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::REFERRER_POLICY, "no-referrer".to_owned())])
        .into_response()
}
