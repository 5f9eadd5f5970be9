//! Notices: a holder tells a service that grants under which it got data were taken back, and the service says what it did
//! (`docs/protocol/notice.md`).

use crate::codec::{Cbor, Claims, array, fixed, map, time, uint};
use crate::cose::Payload;
use crate::field::Purpose;
use crate::grant::distinct;
use crate::ids::{Cti, GrantId, ObjectId, Principal};
use crate::lists::{few, window};
use crate::refusal::ClaimFault;
use crate::request::{Wanted, wanted_from_cbor, wanted_to_cbor};

/// Most grants in one notice: with the names of what they gave it stays below the size of an object.
pub const MAX_NOTICE_GRANTS: usize = 64;
/// Most bytes of names in one notice: half of an object. A notice with more is split.
pub const MAX_NOTICE_NAME_BYTES: usize = 32 * 1024;
/// How long an answer is awaited, in seconds: a month, as GDPR Article 12(3) gives for what a person asks for.
pub const ANSWER_AWAITED_SECS: u64 = 30 * 24 * 3600;
/// How long a notice counts, in seconds: it is delivered and can be answered for as long as a grant can live.
pub const MAX_NOTICE_LIFETIME_SECS: u64 = crate::grant::MAX_GRANT_LIFETIME_SECS;

/// Why the grants no longer count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NoticeCause {
    /// They, or grants above them, were taken back.
    TakenBack = 0,
    /// The key that signed one of them was revoked, and may have been in other hands.
    KeyRevoked = 1,
}

impl NoticeCause {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TakenBack => "taken-back",
            Self::KeyRevoked => "key-revoked",
        }
    }
}

/// A holder's word to a service: these grants no longer count. Stop using what they gave, and delete what the law does not have
/// you keep. It names what was released, never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The holder.
    pub issuer: Principal,
    /// The organisation of the service, whose node keeps the notice for it.
    pub audience: Principal,
    /// First second at which it is no longer delivered, and no answer to it is taken.
    pub expires: u64,
    /// When it was signed.
    pub issued: u64,
    /// Makes it unique.
    pub cti: Cti,
    /// The service that had the data.
    pub service: Principal,
    /// The grants that it used, which no longer count: the last of each chain.
    pub grants: Vec<GrantId>,
    /// When they were taken back.
    pub ended_secs: u64,
    /// Why.
    pub cause: NoticeCause,
    /// What it had been given under them: record types, and names of fields and predicates.
    pub released: Vec<Wanted>,
    /// Until when an answer is awaited; after it the citizen is shown that there is none.
    pub awaited_until_secs: u64,
}

const SERVICE: i64 = -70300;
const GRANTS: i64 = -70301;
const ENDED: i64 = -70302;
const CAUSE: i64 = -70303;
const RELEASED: i64 = -70304;
const AWAITED: i64 = -70305;
const NOTICE: i64 = -70306;
const DONE: i64 = -70307;

impl Payload for Notice {
    const TYP: &'static str = "application/aitta-notice+cwt";

    fn to_cbor(&self) -> Cbor {
        let grants = self.grants.iter().map(|id| Cbor::Bytes(id.as_bytes().to_vec())).collect();
        map([
            (1, Some(Cbor::Text(self.issuer.to_string()))),
            (3, Some(Cbor::Text(self.audience.to_string()))),
            (4, Some(self.expires.into())),
            (6, Some(self.issued.into())),
            (7, Some(Cbor::Bytes(self.cti.as_bytes().to_vec()))),
            (SERVICE, Some(Cbor::Text(self.service.to_string()))),
            (GRANTS, Some(Cbor::Array(grants))),
            (ENDED, Some(self.ended_secs.into())),
            (CAUSE, Some((self.cause as u64).into())),
            (RELEASED, Some(wanted_to_cbor(&self.released))),
            (AWAITED, Some(self.awaited_until_secs.into())),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let notice = Self {
            issuer: claims.principal(1)?,
            audience: claims.principal(3)?,
            expires: claims.time(4)?,
            issued: claims.time(6)?,
            cti: Cti::new(claims.fixed(7)?),
            service: claims.principal(SERVICE)?,
            grants: few(GRANTS, claims.need(GRANTS)?, MAX_NOTICE_GRANTS, |item| {
                Ok(GrantId::new(fixed(GRANTS, item)?))
            })?,
            ended_secs: claims.time(ENDED)?,
            cause: match claims.uint(CAUSE)? {
                0 => NoticeCause::TakenBack,
                1 => NoticeCause::KeyRevoked,
                _ => return Err(ClaimFault::OutOfRange { claim: CAUSE }),
            },
            released: wanted_from_cbor(RELEASED, claims.need(RELEASED)?)?,
            awaited_until_secs: time(AWAITED, claims.need(AWAITED)?)?,
        };
        claims.finish()?;
        notice.check()?;
        Ok(notice)
    }
}

impl Notice {
    /// What makes sense only when the claims are seen together.
    fn check(&self) -> Result<(), ClaimFault> {
        window(self.issued, self.expires, MAX_NOTICE_LIFETIME_SECS)?;
        distinct(GRANTS, &self.grants)?;
        if self.ended_secs > self.issued {
            return Err(ClaimFault::OutOfRange { claim: ENDED });
        }
        if self.awaited_until_secs <= self.issued || self.awaited_until_secs > self.expires {
            return Err(ClaimFault::OutOfRange { claim: AWAITED });
        }
        Ok(())
    }
}

/// What a service did about a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeOutcome {
    /// It deleted everything.
    Deleted,
    /// It stopped using it, and keeps what this has it keep, such as `eu-gdpr:A6-1-c`.
    Kept(Purpose),
    /// It had nothing any more.
    Gone,
}

impl NoticeOutcome {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Kept(_) => "kept",
            Self::Gone => "gone",
        }
    }

    /// The legal ground on which something is kept.
    #[must_use]
    pub fn ground(&self) -> Option<&Purpose> {
        match self {
            Self::Kept(ground) => Some(ground),
            Self::Deleted | Self::Gone => None,
        }
    }
}

/// A service's signed answer to a notice. The first one counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeReceipt {
    /// The service.
    pub issuer: Principal,
    /// The holder that sent the notice.
    pub audience: Principal,
    /// When it was signed.
    pub issued: u64,
    /// Makes it unique.
    pub cti: Cti,
    /// The notice.
    pub notice: ObjectId,
    /// What it did.
    pub outcome: NoticeOutcome,
}

impl Payload for NoticeReceipt {
    const TYP: &'static str = "application/aitta-notice-receipt+cwt";

    fn to_cbor(&self) -> Cbor {
        let outcome = match &self.outcome {
            NoticeOutcome::Deleted => vec![0.into()],
            NoticeOutcome::Kept(ground) => vec![1.into(), Cbor::Text(ground.to_string())],
            NoticeOutcome::Gone => vec![2.into()],
        };
        map([
            (1, Some(Cbor::Text(self.issuer.to_string()))),
            (3, Some(Cbor::Text(self.audience.to_string()))),
            (6, Some(self.issued.into())),
            (7, Some(Cbor::Bytes(self.cti.as_bytes().to_vec()))),
            (NOTICE, Some(Cbor::Bytes(self.notice.as_bytes().to_vec()))),
            (DONE, Some(Cbor::Array(outcome))),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let receipt = Self {
            issuer: claims.principal(1)?,
            audience: claims.principal(3)?,
            issued: claims.time(6)?,
            cti: Cti::new(claims.fixed(7)?),
            notice: ObjectId::new(claims.fixed(NOTICE)?),
            outcome: outcome(claims.need(DONE)?)?,
        };
        claims.finish()?;
        Ok(receipt)
    }
}

fn outcome(item: Cbor) -> Result<NoticeOutcome, ClaimFault> {
    let wrong = ClaimFault::WrongType { claim: DONE };
    let mut parts = array(DONE, item)?.into_iter();
    let outcome = match uint(DONE, parts.next().ok_or(wrong)?)? {
        0 => NoticeOutcome::Deleted,
        1 => NoticeOutcome::Kept(Purpose::from_claim(DONE, parts.next().ok_or(wrong)?)?),
        2 => NoticeOutcome::Gone,
        _ => return Err(ClaimFault::OutOfRange { claim: DONE }),
    };
    if parts.next().is_some() { Err(wrong) } else { Ok(outcome) }
}
