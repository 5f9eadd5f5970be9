//! Blind requests: a holder asks the blinder for the tags of the people whose data it holds
//! (`docs/protocol/blind-request.md`).
//!
//! Nothing in it says under which info the blinder evaluates: it is always that of the holder who signed
//! ([`blind_info`](crate::holder_entry::blind_info)), so that nobody can ask for another holder's tags.

use pod_crypto::blind::Evaluation;

use crate::codec::{Cbor, Claims, Limits, MAX_ARRAY_ITEMS, OBJECT_LIMITS, array, decode, encode, fixed, map, uint};
use crate::cose::Payload;
use crate::ids::{Cti, Principal};
use crate::lists::{current, tuple, window};
use crate::refusal::{ClaimFault, Refusal};

/// Longest life of a blind request: it is answered at once.
pub const MAX_BLIND_REQUEST_LIFETIME_SECS: u64 = 120;

/// Most inputs of one request: they cost the blinder a tenth of a second.
pub const MAX_BLIND_INPUTS: usize = MAX_ARRAY_ITEMS;

/// The limits of an answer: [`MAX_BLIND_INPUTS`] pairs of an element and a proof have 26 kB.
const ANSWER_LIMITS: Limits = Limits { depth: 2, ..OBJECT_LIMITS };

/// A blind request's claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlindRequest {
    /// The holder, which signs with a key of its membership, and under whose info the inputs are evaluated.
    pub issuer: Principal,
    /// The blinder.
    pub audience: Principal,
    /// First second at which it is too late to answer.
    pub expires: u64,
    /// When it was signed.
    pub issued: u64,
    /// Makes it unique.
    pub cti: Cti,
    /// For which epoch of the blinder the tags are.
    pub epoch: u16,
    /// The blinded inputs: compressed ristretto255 points (RFC 9496 §4.3.2).
    pub inputs: Vec<[u8; 32]>,
}

const EPOCH: i64 = -70240;
const INPUTS: i64 = -70241;

impl Payload for BlindRequest {
    const TYP: &'static str = "application/aitta-blind-request+cwt";

    fn to_cbor(&self) -> Cbor {
        map([
            (1, Some(Cbor::Text(self.issuer.to_string()))),
            (3, Some(Cbor::Text(self.audience.to_string()))),
            (4, Some(self.expires.into())),
            (6, Some(self.issued.into())),
            (7, Some(Cbor::Bytes(self.cti.as_bytes().to_vec()))),
            (EPOCH, Some(u64::from(self.epoch).into())),
            (INPUTS, Some(Cbor::Array(self.inputs.iter().map(|input| Cbor::Bytes(input.to_vec())).collect()))),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let request = Self {
            issuer: claims.principal(1)?,
            audience: claims.principal(3)?,
            expires: claims.time(4)?,
            issued: claims.time(6)?,
            cti: Cti::new(claims.fixed(7)?),
            epoch: u16::try_from(uint(EPOCH, claims.need(EPOCH)?)?)
                .map_err(|_| ClaimFault::OutOfRange { claim: EPOCH })?,
            inputs: claims.list(INPUTS, |item| fixed(INPUTS, item))?,
        };
        claims.finish()?;
        window(request.issued, request.expires, MAX_BLIND_REQUEST_LIFETIME_SECS)?;
        Ok(request)
    }
}

impl BlindRequest {
    /// Whether it is meant for this blinder, and now.
    ///
    /// # Errors
    /// [`Refusal::Audience`], [`Refusal::NotYetIssued`], [`Refusal::Expired`].
    pub fn check(&self, blinder: &Principal, now_secs: u64) -> Result<(), Refusal> {
        if self.audience != *blinder {
            return Err(Refusal::Audience);
        }
        current(self.issued, self.expires, now_secs)
    }
}

/// What the blinder answers: an evaluation for each input, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlindAnswer {
    /// The evaluations.
    pub evaluations: Vec<Evaluation>,
}

impl BlindAnswer {
    /// The deterministic encoding: an array of `[element, proof]`. Nobody signs it, since each proof says that the key
    /// which the blinder published was used.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let pair = |evaluation: &Evaluation| {
            Cbor::Array(vec![Cbor::Bytes(evaluation.element.to_vec()), Cbor::Bytes(evaluation.proof.to_vec())])
        };
        encode(&Cbor::Array(self.evaluations.iter().map(pair).collect()))
    }

    /// Reads the encoding. The proofs are checked when the blinding is taken off
    /// ([`Blinding::finalize`](pod_crypto::blind::Blinding::finalize)).
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Claim`].
    pub fn from_bytes(message: &[u8]) -> Result<Self, Refusal> {
        let evaluation = |item| {
            let [element, proof] = tuple(0, item)?;
            Ok(Evaluation { element: fixed(0, element)?, proof: fixed(0, proof)? })
        };
        let items = array(0, decode(message, ANSWER_LIMITS)?)?;
        let evaluations = items.into_iter().map(evaluation).collect::<Result<_, ClaimFault>>()?;
        Ok(Self { evaluations })
    }
}
