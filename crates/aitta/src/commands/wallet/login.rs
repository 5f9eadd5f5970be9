//! Logging in without a browser: the login page's form is sent by this program.
//!
//! A person opens the address in a browser instead; then nothing of this is used.

use pod_client::Caller;
use pod_crypto::{Random, Zeroizing, random_array, sha256};
use pod_http::{Origin, Request, Response, StatusCode, header};
use pod_protocol::ids::base64url;
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::exit::Exit;
use crate::failure::Failure;

/// Most redirects on the way from the login page back to whoever asked for the login.
const MAX_REDIRECTS: usize = 5;
const FORM: &str = "application/x-www-form-urlencoded";
/// Where the blinder's login comes back to. Nothing listens there: without a browser the address itself is read.
const NOWHERE: &str = "http://127.0.0.1/aitta-wallet";

/// Where a login provider does what (OpenID Connect Discovery 1.0).
#[derive(Deserialize)]
pub(super) struct Discovery {
    authorization_endpoint: String,
    pub(super) token_endpoint: String,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// Logs in at the page `authorization_url` as the person with this identity code, and follows the way back to its end. Gives
/// the code that the last page shows; none when it shows none, and the node says why.
pub(super) async fn log_in(
    caller: &Caller,
    authorization_url: &str,
    identity_code: &str,
) -> Result<Option<String>, Failure> {
    let mut next = submit(caller, authorization_url, identity_code).await?;
    for _ in 0..MAX_REDIRECTS {
        let (origin, path) =
            Origin::of_url(&next).map_err(|source| refused("the login leads to no address", source))?;
        let response = caller.http.send(&origin, Request::get(path)).await.map_err(not_reached)?;
        match location(&response, &next) {
            Some(further) => next = further,
            None if response.status.is_success() => return Ok(code_on(&response)),
            None => return Err(no_login(&response)),
        }
    }
    Err(Failure::usage("the login page sends from one address to another without end"))
}

/// Asks a login provider where it does what.
pub(super) async fn discover(caller: &Caller, issuer: &str) -> Result<Discovery, Failure> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let (origin, path) = Origin::of_url(&url).map_err(|source| refused("the login provider has no address", source))?;
    let response = caller.http.send(&origin, Request::get(path)).await.map_err(not_reached)?;
    serde_json::from_slice(&response.body).map_err(|source| refused("the login provider says nothing usable", source))
}

/// Logs in as a public client (the blinder's) and gives the login token.
pub(super) async fn login_token(
    caller: &Caller,
    issuer: &str,
    client_id: &str,
    identity_code: &str,
) -> Result<Zeroizing<String>, Failure> {
    let discovery = discover(caller, issuer).await?;
    let verifier = Zeroizing::new(base64url(&random_array::<32>(&*caller.random)));
    let state = base64url(&random_array::<16>(&*caller.random));
    let address = authorization(&discovery, client_id, &verifier, &state, &*caller.random)?;
    let back = submit(caller, &address, identity_code).await?;
    let back = Url::parse(&back).map_err(|source| refused("the login leads to no address", source))?;
    let answer = |name: &str| back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if answer("state").as_deref() != Some(&state) {
        return Err(Failure::usage("the login came back for somebody else"));
    }
    let code = answer("code").ok_or_else(|| Failure::usage("the login came back without a code"))?;
    let form = Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", &code)
        .append_pair("redirect_uri", NOWHERE)
        .append_pair("client_id", client_id)
        .append_pair("code_verifier", &verifier)
        .finish();
    let (origin, path) = Origin::of_url(&discovery.token_endpoint)
        .map_err(|source| refused("the login provider has no address", source))?;
    let response = caller.http.send(&origin, Request::post(path, FORM, form)).await.map_err(not_reached)?;
    if !response.status.is_success() {
        return Err(no_login(&response));
    }
    let tokens: Tokens =
        serde_json::from_slice(&response.body).map_err(|source| refused("the login brought no token", source))?;
    Ok(Zeroizing::new(tokens.id_token))
}

fn authorization(
    discovery: &Discovery,
    client_id: &str,
    verifier: &str,
    state: &str,
    random: &dyn Random,
) -> Result<String, Failure> {
    let challenge = base64url(&sha256(&[verifier.as_bytes()]));
    let mut url = Url::parse(&discovery.authorization_endpoint)
        .map_err(|source| refused("the login provider has no address", source))?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("scope", "openid")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", NOWHERE)
        .append_pair("state", state)
        .append_pair("nonce", &base64url(&random_array::<16>(random)))
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    Ok(url.into())
}

/// Sends the login form; gives the address to which the provider sends the browser back.
async fn submit(caller: &Caller, address: &str, identity_code: &str) -> Result<String, Failure> {
    let (origin, path) = Origin::of_url(address)
        .map_err(|source| refused("the login page has no address that can be called", source))?;
    let form = Zeroizing::new(Serializer::new(String::new()).append_pair("identity_code", identity_code).finish());
    let response =
        caller.http.send(&origin, Request::post(path, FORM, form.as_bytes().to_vec())).await.map_err(not_reached)?;
    location(&response, address).ok_or_else(|| no_login(&response))
}

/// What stands in the page's `<output id="code">`.
fn code_on(page: &Response) -> Option<String> {
    let html = std::str::from_utf8(&page.body).ok()?;
    let (_, behind) = html.split_once("<output id=\"code\">")?;
    let (code, _) = behind.split_once("</output>")?;
    Some(code.to_owned())
}

fn location(response: &Response, base: &str) -> Option<String> {
    let redirects = [StatusCode::FOUND, StatusCode::SEE_OTHER, StatusCode::TEMPORARY_REDIRECT];
    if !redirects.contains(&response.status) {
        return None;
    }
    let target = response.headers.get(header::LOCATION)?.to_str().ok()?;
    Some(Url::parse(base).ok()?.join(target).ok()?.into())
}

fn no_login(response: &Response) -> Failure {
    Failure {
        exit: Exit::Refused,
        code: "login-refused".to_owned(),
        message: format!("the login was refused (status {})", response.status.as_u16()),
        source: None,
        advice: Some("Check the identity code; a provider that needs a browser is opened in one.".to_owned()),
    }
}

fn not_reached(source: pod_http::ClientError) -> Failure {
    let advice = source.advice();
    Failure::of(Exit::NotReached, "not-reached", source).advise(advice)
}

fn refused(message: &'static str, source: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure { message: message.to_owned(), ..Failure::of(Exit::Refused, "login-refused", source) }
}
