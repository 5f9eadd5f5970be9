//! Revocations: taking back, for good (`docs/protocol/revocation.md`).
//!
//! Monotone: a revocation is never undone and counts whenever it arrives, so it needs no connection and no nonce.

use crate::chain::CLOCK_SKEW_SECS;
use crate::codec::{Cbor, Claims, array, fixed, map, parsed, time, uint};
use crate::cose::Payload;
use crate::ids::{Cti, GrantId, Kid, PodId, Principal};
use crate::refusal::ClaimFault;

/// What is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This grant, and all that were made from it.
    Grant(GrantId),
    /// Every grant over a pod at the audience that was issued before a time, which is not after that of the revocation.
    PodBefore(PodId, u64),
    /// Every grant that a key signed from a time on.
    KeySince(Kid, u64),
}

/// A revocation's claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Who takes back: the pod's subject, a representative, or who signed the grant or one above it.
    pub issuer: Principal,
    /// The holder.
    pub audience: Principal,
    /// When it was signed.
    pub issued: u64,
    /// Makes it unique.
    pub cti: Cti,
    /// What is taken back.
    pub target: Target,
}

const TARGET: i64 = -70020;

impl Payload for Revocation {
    const TYP: &'static str = "application/aitta-revocation+cwt";

    fn to_cbor(&self) -> Cbor {
        let bytes = |bytes: &[u8]| Cbor::Bytes(bytes.to_vec());
        let target = match &self.target {
            Target::Grant(id) => vec![0.into(), bytes(id.as_bytes())],
            Target::PodBefore(pod, time) => vec![1.into(), Cbor::Text(pod.to_string()), (*time).into()],
            Target::KeySince(kid, time) => vec![2.into(), bytes(kid.as_bytes()), (*time).into()],
        };
        map([
            (1, Some(Cbor::Text(self.issuer.to_string()))),
            (3, Some(Cbor::Text(self.audience.to_string()))),
            (6, Some(self.issued.into())),
            (7, Some(bytes(self.cti.as_bytes()))),
            (TARGET, Some(Cbor::Array(target))),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let wrong = ClaimFault::WrongType { claim: TARGET };
        let mut claims = Claims::open(item)?;
        let mut parts = array(TARGET, claims.need(TARGET)?)?.into_iter();
        let mut next = || parts.next().ok_or(wrong);
        let target = match uint(TARGET, next()?)? {
            0 => Target::Grant(GrantId::new(fixed(TARGET, next()?)?)),
            1 => Target::PodBefore(parsed(TARGET, next()?)?, time(TARGET, next()?)?),
            2 => Target::KeySince(Kid::new(fixed(TARGET, next()?)?), time(TARGET, next()?)?),
            _ => return Err(ClaimFault::OutOfRange { claim: TARGET }),
        };
        if parts.next().is_some() {
            return Err(wrong);
        }
        let revocation = Self {
            issuer: claims.principal(1)?,
            audience: claims.principal(3)?,
            issued: claims.time(6)?,
            cti: Cti::new(claims.fixed(7)?),
            target,
        };
        claims.finish()?;
        match revocation.target {
            // Nothing undoes it: one of times to come would take back grants that nobody has made yet.
            Target::PodBefore(_, before) if before > revocation.issued + CLOCK_SKEW_SECS => {
                Err(ClaimFault::OutOfRange { claim: TARGET })
            }
            _ => Ok(revocation),
        }
    }
}
