//! The browser comes back from the login provider with a code.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use pod_http::Language;

use super::Enrolment;
use super::page;
use super::pending::{Begun, Key, LoggedIn};
use super::refusal::{LoginFailure, LoginRefusal};
use super::token::{self, Expected};
use super::{bind, exchange};

/// Longest code: providers whose codes are sealed tokens stay below it.
const MAX_CODE_BYTES: usize = 4 * 1024;

/// The answer of the provider, as the browser carries it (RFC 6749 §4.1.2, RFC 9207).
struct Answer {
    code: Option<String>,
    error: Option<String>,
    issuer: Option<String>,
}

/// `GET /v1/enrolments/callback`. A login that succeeds binds nothing: whoever began the enrolment may have sent somebody
/// else here. The page shows a code, and the wallet that has it is the one that the person means.
///
/// The page is the same, but for its digits, whatever is held about the person. Whoever sent them here learns that they
/// logged in, and nothing more.
pub(super) async fn callback(
    State(enrolment): State<Arc<Enrolment>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let language = Language::preferred(&headers);
    let (now_secs, name) = (enrolment.now_secs(), enrolment.name(language));
    let Some((state, answer)) = read(query.as_deref().unwrap_or_default()) else { return page::unknown(language) };
    let Some((key, begun)) = enrolment.pending.come_back(&state, now_secs) else { return page::unknown(language) };
    // A browser that goes away meanwhile does not leave an enrolment that stays half logged in.
    let work = tokio::spawn(finish(enrolment, key, begun, answer));
    match work.await {
        Ok(Some(code)) => page::confirm(language, &name, &code),
        Ok(None) => page::failed(language),
        Err(_) => page::unknown(language),
    }
}

/// Logs in, and gives the code to show; none when the login did not succeed, which the wallet is told.
async fn finish(enrolment: Arc<Enrolment>, key: Key, begun: Begun, answer: Answer) -> Option<String> {
    match log_in(&enrolment, begun, answer).await {
        Ok(logged_in) => enrolment.pending.await_code(key, logged_in, &enrolment.node, enrolment.now_secs()),
        Err(failure) => {
            let code = enrolment.note(failure);
            enrolment.pending.end(key, Err(code), enrolment.now_secs());
            None
        }
    }
}

async fn log_in(enrolment: &Enrolment, begun: Begun, answer: Answer) -> Result<LoggedIn, LoginFailure> {
    let party = &enrolment.party;
    let metadata = enrolment.provider.metadata(enrolment.now_secs()).await?;
    // An answer of another provider would have its code redeemed at this one (RFC 9207 §2.4).
    let is_ours = match &answer.issuer {
        Some(issuer) => *issuer == party.issuer,
        None => !metadata.names_itself,
    };
    if !is_ours {
        return Err(LoginRefusal::AnswerIssuer.into());
    }
    match answer.error.as_deref() {
        None => {}
        Some("access_denied" | "login_required" | "interaction_required") => {
            return Err(LoginRefusal::Cancelled.into());
        }
        Some(_) => return Err(LoginRefusal::ProviderRefused.into()),
    }
    let code = answer.code.filter(|code| !code.is_empty() && code.len() <= MAX_CODE_BYTES);
    let code = code.ok_or(LoginRefusal::AnswerMalformed)?;
    let token = exchange::redeem(enrolment, &metadata, &code, &begun).await?;
    let now_secs = enrolment.now_secs();
    let claims = enrolment.provider.verify(&token, now_secs).await?;
    let expected = Expected {
        issuer: &party.issuer,
        client_id: &party.client_id,
        nonce: &begun.nonce,
        accepted_loa: &party.accepted_loa,
        identity_code_claim: &party.identity_code_claim,
        now_secs,
    };
    let identity_code = token::check(&claims, &expected)?;
    drop((claims, token));
    let person = bind::identify(&enrolment.node, identity_code).await?;
    Ok(LoggedIn { events: begun.events, principal: begun.principal, recovery: begun.recovery, person })
}

/// The state and the rest; none when there is no state or something stands twice (RFC 6749 §3.1).
fn read(query: &str) -> Option<(String, Answer)> {
    let mut members: HashMap<String, String> = HashMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if members.insert(name.into_owned(), value.into_owned()).is_some() {
            return None;
        }
    }
    let mut take = |name: &str| members.remove(name);
    let state = take("state")?;
    Some((state, Answer { code: take("code"), error: take("error"), issuer: take("iss") }))
}
