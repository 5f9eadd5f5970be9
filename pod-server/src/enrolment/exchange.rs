//! A code becomes an ID token (OpenID Connect Core §3.1.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pod_crypto::Zeroizing;
use pod_http::{HeaderValue, Request, Response, header};
use serde::Deserialize;

use super::Enrolment;
use super::config::RelyingParty;
use super::discovery::{Metadata, ProviderFault, wiped};
use super::pending::Begun;
use super::refusal::{LoginFailure, LoginRefusal};

const FORM: &str = "application/x-www-form-urlencoded";
/// Longest `error` that is believed to be one: those of RFC 6749 have up to 22 characters.
const MAX_ERROR_CHARS: usize = 64;

/// What matters of a success.
#[derive(Deserialize)]
struct Tokens<'a> {
    #[serde(borrow)]
    id_token: &'a str,
}

/// RFC 6749 §5.2.
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// Redeems a code: gives the ID token, not yet verified.
pub(super) async fn redeem(
    enrolment: &Enrolment,
    metadata: &Metadata,
    code: &str,
    begun: &Begun,
) -> Result<Zeroizing<String>, LoginFailure> {
    let request = request(&enrolment.party, metadata, code, &begun.verifier)?;
    let client = enrolment.provider.client();
    read(client.send(&metadata.token.origin, request).await.map_err(ProviderFault::from)?)
}

fn request(party: &RelyingParty, metadata: &Metadata, code: &str, verifier: &str) -> Result<Request, ProviderFault> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", &party.redirect_url)
        .append_pair("code_verifier", verifier);
    if !metadata.basic {
        form.append_pair("client_id", &party.client_id).append_pair("client_secret", &party.secret);
    }
    let request = Request::post(metadata.token.path.clone(), FORM, form.finish())
        .with_header(header::ACCEPT, HeaderValue::from_static("application/json"));
    Ok(match metadata.basic {
        true => request.with_header(header::AUTHORIZATION, basic(&party.client_id, &party.secret)?),
        false => request,
    })
}

fn read(response: Response) -> Result<Zeroizing<String>, LoginFailure> {
    let status = response.status;
    let body = wiped(response.body);
    if status.is_success() {
        let tokens: Tokens<'_> =
            serde_json::from_slice(&body).map_err(|_| ProviderFault::Document { what: "answer to a code" })?;
        return Ok(Zeroizing::new(tokens.id_token.to_owned()));
    }
    match serde_json::from_slice::<Refusal>(&body) {
        Ok(refusal) if refusal.error == "invalid_grant" => Err(LoginRefusal::Code.into()),
        Ok(refusal) if status.is_client_error() => {
            let error = refusal.error.chars().filter(|one| one.is_ascii_graphic()).take(MAX_ERROR_CHARS).collect();
            Err(ProviderFault::RefusesNode { error }.into())
        }
        _ => Err(ProviderFault::Document { what: "answer to a code" }.into()),
    }
}

/// `client_secret_basic`: both halves form-encoded (RFC 6749 §2.3.1).
fn basic(client_id: &str, secret: &str) -> Result<HeaderValue, ProviderFault> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let credentials = Zeroizing::new(format!("{}:{}", encoded(client_id), encoded(secret)));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(credentials.as_bytes())))
        .map_err(|_| ProviderFault::Document { what: "client secret" })?;
    value.set_sensitive(true);
    Ok(value)
}
