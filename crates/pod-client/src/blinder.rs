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
}

/// What the blinder says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BlinderInfo {
    /// Its public key, base64url of a compressed ristretto255 point.
    pub public: String,
    /// Who runs it.
    pub principal: Principal,
    /// The epoch for which it evaluates now.
    pub epoch: u16,
    /// The OIDC client that a citizen logs in to: the audience of the login token.
    pub client_id: String,
    /// The login provider.
    pub issuer: String,
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
    /// The blinder at an address.
    ///
    /// # Errors
    /// [`CallError::Address`].
    pub fn new(caller: &Caller, url: &str) -> Result<Self, CallError> {
        Ok(Self { target: Target::new(caller, url, "the blinder")? })
    }

    /// What the blinder says about itself.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn info(&self) -> Result<BlinderInfo, CallError> {
        self.target.get_json("/v1/blinder", "a blinder's description").await
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

impl BlinderInfo {
    /// The public key's bytes; none when they are no 32 bytes of base64url.
    #[must_use]
    pub fn public_bytes(&self) -> Option<[u8; 32]> {
        bytes(&self.public)
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
