//! The blinder: evaluates blinded identity codes (RFC 9497, POPRF) and sees none.

use pod_crypto::blind::Evaluation;
use pod_protocol::codec::{ANSWER_LIMITS, Cbor, decode};
use pod_protocol::ids::{Principal, base64url, from_base64url};
use serde::Deserialize;

use crate::caller::Caller;
use crate::error::{CallError, Disbelief};
use crate::target::{CBOR, COSE, Target};

/// Calls to the blinder. Cheap to clone.
#[derive(Clone, Debug)]
pub struct BlinderClient {
    target: Target,
    key: BlinderKey,
}

/// With which key the federation's blinder evaluates now. Never asked of the blinder itself: it could name another one to
/// each who asks, and then tell them apart by their tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlinderKey {
    /// The public key: a compressed ristretto255 point.
    pub public: [u8; 32],
    /// The epoch, which is part of every tag.
    pub epoch: u16,
}

#[derive(Deserialize)]
struct CitizenAnswer {
    evaluations: Vec<CitizenEvaluation>,
}

#[derive(Deserialize)]
struct CitizenEvaluation {
    holder: Principal,
    element: String,
    proof: String,
}

impl BlinderClient {
    /// The blinder at an address, with the key that it is known to have.
    ///
    /// # Errors
    /// [`CallError::Address`].
    pub fn new(caller: &Caller, url: &str, key: BlinderKey) -> Result<Self, CallError> {
        Ok(Self { target: Target::new(caller, url, "the blinder")?, key })
    }

    /// The key that every proof must hold for.
    #[must_use]
    pub fn key(&self) -> &BlinderKey {
        &self.key
    }

    /// For an organisation: evaluates the inputs of its signed blind request, under its own info. One evaluation for each
    /// of the `inputs` comes back, in their order; whoever takes the blinding off checks the proofs.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn evaluate(&self, signed_request: &[u8], inputs: usize) -> Result<Vec<Evaluation>, CallError> {
        let body = self.target.post("/v1/evaluate", COSE, CBOR, signed_request.to_vec()).await?;
        let evaluations = read_evaluations(&body).filter(|evaluations| evaluations.len() == inputs);
        evaluations
            .ok_or_else(|| self.target.unbelievable(Disbelief::Shape("a list of evaluations, one for each input")))
    }

    /// For a citizen with a fresh login token: evaluates one blinded input for each holder. The answer has one for each,
    /// in the order asked; whoever takes the blinding off checks the proofs.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn evaluate_citizen(
        &self,
        id_token: &str,
        blinded: &[u8; 32],
        holders: &[Principal],
    ) -> Result<Vec<Evaluation>, CallError> {
        let body = serde_json::json!({ "id_token": id_token, "input": base64url(blinded), "holders": holders });
        let answer: CitizenAnswer = self.target.post_json("/v1/evaluate-citizen", &body, "evaluations").await?;
        let one = |holder: &Principal| {
            let found = answer.evaluations.iter().find(|evaluation| evaluation.holder == *holder)?;
            Some(Evaluation { element: bytes(&found.element)?, proof: bytes(&found.proof)? })
        };
        let evaluations: Option<Vec<Evaluation>> = holders.iter().map(one).collect();
        evaluations.ok_or_else(|| self.target.unbelievable(Disbelief::Shape("an evaluation for each holder")))
    }

    pub(crate) fn unbelievable(&self, what: impl Into<Disbelief>) -> CallError {
        self.target.unbelievable(what)
    }
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    from_base64url(text).ok()?.try_into().ok()
}

fn read_evaluations(body: &[u8]) -> Option<Vec<Evaluation>> {
    let items = decode(body, ANSWER_LIMITS).ok()?.into_array().ok()?;
    items.into_iter().map(read_evaluation).collect()
}

fn read_evaluation(item: Cbor) -> Option<Evaluation> {
    let [element, proof] = <[Cbor; 2]>::try_from(item.into_array().ok()?).ok()?;
    let element = element.into_bytes().ok()?.try_into().ok()?;
    Some(Evaluation { element, proof: proof.into_bytes().ok()?.try_into().ok()? })
}
