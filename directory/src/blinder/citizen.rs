//! `POST /v1/evaluate-citizen`: a wallet asks with a fresh login for the tags of one identity code at many holders.
//!
//! The blinder cannot see whose code it is. That a login counts once, for one input, and a few times a day, is what keeps
//! anybody from looking up others: they would need a citizen's login for each.

use std::collections::HashSet;
use std::sync::Arc;

use pod_http::{Bytes, Outgoing};
use pod_protocol::ids::{Principal, base64url, from_base64url};
use pod_protocol::registry::Registry;
use pod_protocol::statement::Role;
use serde::Deserialize;
use serde_json::{Value as Json, json as object};

use super::state::{Question, State};
use super::token;
use crate::fault::{Failure, Refused};
use crate::http::{Asked, Media, json};
use crate::problems;

/// Most holders in one question: a country has about 300.
pub const MAX_HOLDERS_PER_ASK: usize = 512;
/// A token of 16 KiB, and [`MAX_HOLDERS_PER_ASK`] ids of 50 bytes.
pub(super) const MAX_CITIZEN_BODY_BYTES: usize = 64 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    id_token: String,
    input: String,
    holders: Vec<Principal>,
}

/// Checks the login and the holders, spends the login, and evaluates the input for each holder.
pub(super) async fn evaluate(state: &Arc<State>, asked: &Asked, body: &Bytes) -> Result<Outgoing, Failure> {
    asked.must_be(Media::Json)?;
    let ask: Ask = serde_json::from_slice(body).map_err(|error| {
        // Where, not what: the message of serde may repeat a part of the token.
        let detail = format!(
            "send {{\"id_token\":…,\"input\":…,\"holders\":[…]}} and nothing else; line {}, column {} is not that",
            error.line(),
            error.column()
        );
        Refused::saying(&problems::JSON, detail)
    })?;
    let blinded = blinded(&ask.input)?;
    several(&ask.holders)?;

    let now_secs = state.now_secs();
    let provider = &state.parts.provider;
    let claims = provider.verify(&ask.id_token, now_secs).await?;
    let login = token::check(&claims, provider.issuer(), &state.parts.client_id, now_secs)?;
    let known = |registry: &Registry| unknown(registry, &ask.holders).is_none();
    let registry = state.parts.registry.knowing(now_secs, known).await?;
    if let Some(index) = unknown(&registry, &ask.holders) {
        let refused = Refused::saying(&problems::UNKNOWN_HOLDER, "no holder of the registry: leave it out");
        return Err(refused.at(format!("/holders/{index}")).into());
    }

    let limit = state.parts.limits.asks_per_subject;
    state.blocking(move |state| state.parts.ledger.spend(&login, limit, now_secs)).await?;
    let questions = ask.holders.iter().map(|holder| Question { holder: *holder, blinded }).collect();
    let evaluations = state.evaluate(questions).await?;
    for holder in &ask.holders {
        if let Some(organisation) = registry.organisation(holder) {
            state.parts.metrics.evaluated_for_citizen(organisation.name());
        }
    }
    let evaluations: Vec<Json> = ask
        .holders
        .iter()
        .zip(&evaluations)
        .map(|(holder, evaluation)| {
            let (element, proof) = (base64url(&evaluation.element), base64url(&evaluation.proof));
            object!({ "holder": holder, "element": element, "proof": proof })
        })
        .collect();
    Ok(json(&object!({ "evaluations": evaluations })))
}

fn blinded(input: &str) -> Result<[u8; 32], Refused> {
    let bytes = from_base64url(input).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.ok_or_else(|| {
        let detail = "one blinded point: 43 characters of base64url";
        Refused::saying(&problems::BLINDED_INPUT, detail).at("/input".to_owned())
    })
}

/// One to [`MAX_HOLDERS_PER_ASK`] holders, each once.
fn several(holders: &[Principal]) -> Result<(), Refused> {
    let distinct: HashSet<&Principal> = holders.iter().collect();
    if holders.is_empty() || holders.len() > MAX_HOLDERS_PER_ASK || distinct.len() != holders.len() {
        let detail = format!("name 1 to {MAX_HOLDERS_PER_ASK} holders, each once");
        return Err(Refused::saying(&problems::JSON, detail).at("/holders".to_owned()));
    }
    Ok(())
}

/// The first that is no holder, or suspended.
fn unknown(registry: &Registry, holders: &[Principal]) -> Option<usize> {
    holders.iter().position(|holder| {
        let found = registry.organisation(holder);
        !found.is_some_and(|organisation| organisation.has(Role::Holder) && !organisation.is_suspended())
    })
}
