//! `POST /v1/evaluate`: a holder asks for its own tags.

use std::sync::Arc;

use pod_http::{Bytes, Outgoing};
use pod_protocol::blind_request::{BlindAnswer, BlindRequest};
use pod_protocol::registry::Organisation;
use pod_protocol::statement::Role;
use pod_protocol::{Refusal, Signed};

use super::state::{Question, State};
use crate::fault::{Failure, Refused};
use crate::http::{Asked, Media, cbor};
use crate::problems;

/// Checks a blind request step by step, and evaluates its inputs under the info of whoever signed it.
pub(super) async fn evaluate(state: &Arc<State>, asked: &Asked, body: &Bytes) -> Result<Outgoing, Failure> {
    asked.must_be(Media::Cose)?;
    let signed = Signed::<BlindRequest>::decode(body)?;
    let now_secs = state.now_secs();
    let kid = signed.kid();
    let registry =
        state.parts.registry.knowing(now_secs, |registry| registry.organisation_by_kid(&kid).is_some()).await?;
    let issuer = signed.unverified().issuer;
    let request = registry.verify_by_organisation(signed, &issuer)?;
    let holder = registry.organisation(&issuer).filter(|organisation| organisation.has(Role::Holder));
    let name = holder.map(Organisation::name).ok_or(Refusal::NotAuthorised)?;

    request.check(&state.parts.principal, now_secs)?;
    if request.epoch != state.parts.epoch {
        let detail = format!("this blinder is in epoch {}: ask GET /v1/blinder", state.parts.epoch);
        return Err(Refused::saying(&problems::EPOCH, detail).into());
    }
    state.answer_once(kid, request.cti, request.expires)?;
    state.count(&issuer, request.inputs.len() as u64)?;

    // Whose tags: never what the request says, always who signed it.
    let questions = request.inputs.iter().map(|blinded| Question { holder: issuer, blinded: *blinded }).collect();
    let evaluations = state.evaluate(questions).await?;
    state.parts.metrics.evaluated_for_holder(name, evaluations.len());
    Ok(cbor(BlindAnswer { evaluations }.to_bytes()))
}
