//! The browser comes back from the login provider with a code.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use pod_http::Language;

use super::Enrolment;
use super::page;
use super::pending::{Begun, Bound, Key};
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

/// `GET /v1/enrolments/callback`. Whoever looks at the page learns nothing of how it ended: the wallet asks for that.
pub(super) async fn callback(
    State(enrolment): State<Arc<Enrolment>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let language = Language::preferred(&headers);
    let now_secs = enrolment.now_secs();
    let Some((state, answer)) = read(query.as_deref().unwrap_or_default()) else { return page::unknown(language) };
    let Some((key, begun)) = enrolment.pending.come_back(&state, now_secs) else { return page::unknown(language) };
    // A browser that goes away meanwhile does not leave a wallet half bound.
    let work = tokio::spawn(finish(enrolment, key, begun, answer));
    match work.await {
        Ok(()) => page::finished(language),
        Err(_) => page::unknown(language),
    }
}

/// Logs in, binds, and notes for the wallet how it ended.
async fn finish(enrolment: Arc<Enrolment>, key: Key, begun: Begun, answer: Answer) {
    let outcome = match log_in(&enrolment, begun, answer).await {
        Ok(bound) => {
            enrolment.node.metrics.command("enrol");
            Ok(bound)
        }
        Err(failure) => {
            let code = failure.code();
            enrolment.node.metrics.command(code);
            match failure {
                LoginFailure::Refused(_) => tracing::info!(code, "enrolment refused"),
                LoginFailure::Provider(fault) => {
                    tracing::warn!(fault = %crate::stop::chain(&fault), "login provider");
                }
                LoginFailure::Fault(fault) => {
                    let _stops = enrolment.node.note(fault, "enrolment");
                }
            }
            Err(code)
        }
    };
    enrolment.pending.end(key, outcome, enrolment.now_secs());
}

async fn log_in(enrolment: &Enrolment, begun: Begun, answer: Answer) -> Result<Bound, LoginFailure> {
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
    let person = token::check(&claims, &expected)?;
    drop((claims, token));
    bind::bind(&enrolment.node, person, begun.events, begun.principal).await
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
