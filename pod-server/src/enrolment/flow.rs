//! A wallet begins: it hands over its key-event log, and gets an address at the login provider to open.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use pod_crypto::{Zeroizing, sha256};
use pod_http::{Language, PeerAddress, PeerInfo, Problem, ProblemType, TraceId};
use pod_protocol::ids::{Principal, base64url, from_base64url};
use serde::Deserialize;
use serde_json::json;

use super::Enrolment;
use super::bind;
use super::discovery::Metadata;
use super::pending::{Begun, secret};
use super::problems;
use crate::fault::Failure;

/// Largest body: a log in which each of 64 devices was added and revoked has 32 KiB, and a third more in base64url.
pub const MAX_ENROLMENT_BYTES: usize = 48 * 1024;
/// What a wallet is asked to wait when there are too many, in seconds.
const RETRY_AFTER: &str = "60";

/// The body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    events: Vec<String>,
    /// A recovery of this log, for which the person logs in.
    #[serde(default)]
    recovery: Option<String>,
}

/// Why nothing began.
struct Refused {
    kind: &'static ProblemType,
    detail: Option<String>,
}

impl From<&'static ProblemType> for Refused {
    fn from(kind: &'static ProblemType) -> Self {
        Self { kind, detail: None }
    }
}

/// `POST /v1/enrolments`.
pub(super) async fn begin(
    State(enrolment): State<Arc<Enrolment>>,
    Extension(trace_id): Extension<TraceId>,
    Extension(peer): Extension<PeerInfo>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match start(&enrolment, peer.address, &body).await {
        Ok(answer) => axum::Json(answer).into_response(),
        Err(Refused { kind, detail }) => {
            let problem = Problem { detail, ..Problem::new(kind, trace_id) };
            let mut outgoing = problem.to_outgoing(Language::preferred(&headers));
            if kind.status == 503 {
                outgoing.headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
            }
            outgoing.into_response()
        }
    }
}

async fn start(enrolment: &Enrolment, peer: PeerAddress, body: &[u8]) -> Result<serde_json::Value, Refused> {
    let now_secs = enrolment.now_secs();
    let (events, principal, recovery) = read_log(enrolment, body).await?;
    let metadata = enrolment.provider.metadata(now_secs).await.map_err(|fault| {
        tracing::warn!(fault = %crate::stop::chain(&fault), "login provider");
        &problems::PROVIDER
    })?;
    let random = &*enrolment.node.random;
    let (nonce, verifier) = (Zeroizing::new(secret(random)), Zeroizing::new(secret(random)));
    let begun = Begun { events, principal, recovery, nonce: nonce.clone(), verifier: verifier.clone() };
    let secrets = enrolment.pending.begin(begun, peer, random, now_secs).ok_or(&problems::TOO_MANY)?;
    let url = authorization_url(enrolment, &metadata, &secrets.state, &nonce, &verifier);
    Ok(json!({ "enrolment": secrets.enrolment, "authorization_url": url }))
}

/// Reads the log and checks all that can be checked before anybody logs in.
async fn read_log(enrolment: &Enrolment, body: &[u8]) -> Result<(Vec<Vec<u8>>, Principal, Option<Vec<u8>>), Refused> {
    if body.len() > MAX_ENROLMENT_BYTES {
        return Err((&problems::BODY_TOO_LARGE).into());
    }
    let body: Begin = serde_json::from_slice(body).map_err(|_| &problems::MALFORMED)?;
    let events: Vec<Vec<u8>> = body
        .events
        .iter()
        .map(|event| from_base64url(event))
        .collect::<Result<_, _>>()
        .map_err(|_| &problems::MALFORMED)?;
    let recovery = body.recovery.as_deref().map(from_base64url).transpose().map_err(|_| &problems::MALFORMED)?;
    let (events, keys) = bind::read(&enrolment.node, events).await.map_err(|failure| match failure {
        Failure::Refused(refusal) => Refused { kind: &problems::KEY_LOG, detail: Some(refusal.code().to_owned()) },
        Failure::Fault(fault) => {
            let _stops = enrolment.node.note(fault, "enrolment");
            (&problems::FAULT).into()
        }
    })?;
    // A log for another organisation would let the two find out that they know the same person.
    if keys.organisation() != Some(enrolment.node.principal) {
        return Err((&problems::OTHER_ORGANISATION).into());
    }
    Ok((events, keys.principal(), recovery))
}

/// OpenID Connect Core §3.1.2.1 and RFC 7636 §4.3.
fn authorization_url(enrolment: &Enrolment, metadata: &Metadata, state: &str, nonce: &str, verifier: &str) -> String {
    let party = &enrolment.party;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", &party.client_id)
        .append_pair("redirect_uri", &party.redirect_url)
        .append_pair("scope", &party.scope)
        .append_pair("state", state)
        .append_pair("nonce", nonce)
        .append_pair("code_challenge", &base64url(&sha256(&[verifier.as_bytes()])))
        .append_pair("code_challenge_method", "S256")
        .append_pair("acr_values", &party.accepted_loa.join(" "))
        .finish();
    let endpoint = &metadata.authorization_endpoint;
    let separator = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{separator}{query}")
}
