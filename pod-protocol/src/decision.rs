//! Decisions: what a wallet leaves for the service that asked, sealed to it (`docs/protocol/decision.md`).
//!
//! A decision lies with the service's node, which can neither read it nor tell a yes from a no by its length. It is not
//! signed: the grants in it are, and a denial that somebody else left gives nobody anything.

use pod_crypto::hpke::{self, SealFailed, SealPrivateKey, SealPublicKey};
use pod_crypto::{Random, Zeroizing};

use crate::codec::{Cbor, Claims, Limits, MAX_ARRAY_ITEMS, bytes, decode, encode, map, parsed};
use crate::cose::Signed;
use crate::grant::{Grant, distinct};
use crate::ids::{ObjectId, PodId, Principal};
use crate::lists::tuple;
use crate::padding::{pad, unpad};
use crate::refusal::{ClaimFault, Refusal};

/// The limits of a decision: one grant of 1 kB at each of 256 holders.
pub const DECISION_LIMITS: Limits = Limits { bytes: 256 * 1024, depth: 4, items: MAX_ARRAY_ITEMS };

/// Sealed decisions are a multiple of this long, in bytes: a denial and grants at up to eight holders, which is more than
/// anybody has that we know of, look alike.
pub const DECISION_STEP_BYTES: usize = 8 * 1024;

/// What HPKE's `info` is: the use and its version (RFC 9180 §5.1).
const SEAL_INFO: &[u8] = b"aitta-decision-1";

/// A citizen's answer to an access request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The access request.
    pub request: ObjectId,
    /// What was decided.
    pub outcome: DecisionOutcome,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionOutcome {
    /// Yes: one grant for each holder.
    Granted(Vec<HolderGrant>),
    /// No.
    Denied {
        /// Whether the service should not ask again.
        for_good: bool,
    },
}

/// A grant and where it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderGrant {
    /// The holder.
    pub holder: Principal,
    /// The pod at the holder.
    pub pod: PodId,
    /// The signed grant.
    pub grant: Vec<u8>,
}

/// Why a sealed decision cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecisionFault {
    /// It was sealed for another key, for another access request, or was changed.
    #[error("the decision does not open: it is for another service or another access request, or was changed")]
    Sealed,
    /// What was sealed is no decision on this access request.
    #[error("what was sealed is no decision: {0}")]
    Refused(Refusal),
}

impl From<Refusal> for DecisionFault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

const REQUEST: i64 = 0;
const GRANTED: i64 = 1;
const DENIED: i64 = 2;

impl Decision {
    /// The deterministic encoding, which is what gets sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (granted, denied) = match &self.outcome {
            DecisionOutcome::Granted(grants) => (Some(grants.iter().map(HolderGrant::to_cbor).collect()), None),
            DecisionOutcome::Denied { for_good } => (None, Some(Cbor::Bool(*for_good))),
        };
        encode(&map([
            (REQUEST, Some(Cbor::Bytes(self.request.as_bytes().to_vec()))),
            (GRANTED, granted.map(Cbor::Array)),
            (DENIED, denied),
        ]))
    }

    /// Reads the encoding. Each grant must decode and be for the holder and the pod beside it; its signature is for the
    /// holder to check, who alone knows the citizen's keys.
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Claim`], [`Refusal::Envelope`]; [`Refusal::Audience`] and [`Refusal::UnknownPod`]
    /// when a grant is for another holder or pod.
    pub fn from_bytes(message: &[u8]) -> Result<Self, Refusal> {
        let mut claims = Claims::open(decode(message, DECISION_LIMITS)?)?;
        let request = ObjectId::new(claims.fixed(REQUEST)?);
        let outcome = match claims.take(DENIED) {
            Some(Cbor::Bool(for_good)) => DecisionOutcome::Denied { for_good },
            Some(_) => return Err(ClaimFault::WrongType { claim: DENIED }.into()),
            None => DecisionOutcome::Granted(claims.list(GRANTED, HolderGrant::from_cbor)?),
        };
        claims.finish()?;
        if let DecisionOutcome::Granted(grants) = &outcome {
            distinct(GRANTED, &grants.iter().map(|grant| grant.holder).collect::<Vec<_>>())?;
            grants.iter().try_for_each(HolderGrant::check)?;
        }
        Ok(Self { request, outcome })
    }

    /// Seals it to the service's registered key, bound to the access request.
    ///
    /// # Errors
    /// [`SealFailed`] when the registered key is none.
    pub fn seal(&self, to: &SealPublicKey, random: &dyn Random) -> Result<Vec<u8>, SealFailed> {
        let mut plain = Zeroizing::new(self.to_bytes());
        pad(&mut plain, DECISION_STEP_BYTES);
        hpke::seal(to, SEAL_INFO, self.request.as_bytes(), &plain, random)
    }

    /// Opens what [`Decision::seal`] made for this access request.
    ///
    /// # Errors
    /// [`DecisionFault`].
    pub fn open(key: &SealPrivateKey, request: &ObjectId, sealed: &[u8]) -> Result<Self, DecisionFault> {
        let padded = hpke::open(key, SEAL_INFO, request.as_bytes(), sealed).map_err(|_| DecisionFault::Sealed)?;
        let decision = Self::from_bytes(unpad(&padded).ok_or(DecisionFault::Sealed)?)?;
        if decision.request == *request {
            Ok(decision)
        } else {
            Err(Refusal::Claim(ClaimFault::OutOfRange { claim: REQUEST }).into())
        }
    }
}

impl HolderGrant {
    fn to_cbor(&self) -> Cbor {
        Cbor::Array(vec![
            Cbor::Text(self.holder.to_string()),
            Cbor::Text(self.pod.to_string()),
            Cbor::Bytes(self.grant.clone()),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let [holder, pod, grant] = tuple(GRANTED, item)?;
        Ok(Self { holder: parsed(GRANTED, holder)?, pod: parsed(GRANTED, pod)?, grant: bytes(GRANTED, grant)? })
    }

    fn check(&self) -> Result<(), Refusal> {
        let grant = Signed::<Grant>::decode(&self.grant)?;
        if grant.unverified().audience != self.holder {
            return Err(Refusal::Audience);
        }
        if grant.unverified().subject == self.pod { Ok(()) } else { Err(Refusal::UnknownPod) }
    }
}
