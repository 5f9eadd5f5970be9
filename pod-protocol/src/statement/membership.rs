//! Memberships: the trust anchor or a region says that an organisation belongs (`docs/protocol/membership.md`).

use std::fmt;
use std::str::FromStr;

use pod_crypto::PublicKey;

use super::{keys_from_cbor, keys_to_cbor};
use crate::codec::{Cbor, Claims, map, parsed};
use crate::cose::Payload;
use crate::grant::distinct;
use crate::ids::{Cti, Principal};
use crate::lists::{texts, window};
use crate::refusal::ClaimFault;

/// Most levels of memberships below the trust anchor: region, part of a region, organisation.
pub const MAX_LEVELS: u64 = 3;
/// Longest life of a membership: a year and the weeks in which it is renewed.
pub const MAX_MEMBERSHIP_LIFETIME_SECS: u64 = 400 * 24 * 3600;
/// Longest short name, in bytes: it stands in file names and on command lines.
pub const MAX_SHORT_NAME_BYTES: usize = 40;

/// Text that is no short name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a short name: lower-case letters a-z, digits and inner `-`, a letter first, at most {MAX_SHORT_NAME_BYTES} bytes, such as helsinki"
)]
pub struct ShortNameFault;

/// How people and files name a member: `helsinki`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShortName(Box<str>);

impl ShortName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// So that maps by short name can be asked with any text.
impl std::borrow::Borrow<str> for ShortName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for ShortName {
    type Err = ShortNameFault;

    fn from_str(text: &str) -> Result<Self, ShortNameFault> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let good = text.len() <= MAX_SHORT_NAME_BYTES
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && !text.ends_with('-')
            && text.bytes().all(plain);
        if good { Ok(Self(text.into())) } else { Err(ShortNameFault) }
    }
}

impl fmt::Display for ShortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ShortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a member may do. A closed set: an unknown role is refused, not skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Admits members below it.
    Region,
    /// Holds pods.
    Holder,
    /// Owns services.
    Services,
    /// Runs the directory.
    Directory,
    /// Runs the blinder.
    Blinder,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Region, Self::Holder, Self::Services, Self::Directory, Self::Blinder];

    /// As it stands on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Holder => "holder",
            Self::Services => "services",
            Self::Directory => "directory",
            Self::Blinder => "blinder",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Text that is no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a role: region, holder, services, directory or blinder")]
pub struct RoleFault;

impl FromStr for Role {
    type Err = RoleFault;

    fn from_str(text: &str) -> Result<Self, RoleFault> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(RoleFault)
    }
}

/// That somebody is a member: with which keys, in which roles, until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The trust anchor, or the region that admits.
    pub issuer: Principal,
    /// The member.
    pub subject: Principal,
    /// First second at which it no longer counts.
    pub expires: u64,
    /// When it was signed. Of several statements by one issuer about one member, the newest counts.
    pub issued: u64,
    /// Makes it unique.
    pub cti: Cti,
    /// The member's short name.
    pub name: ShortName,
    /// The keys with which the member signs online: profiles, receipts, tree heads, holder entries.
    pub keys: Vec<PublicKey>,
    /// What it may do.
    pub roles: Vec<Role>,
    /// How many levels of members it may admit below itself: 0 for all but regions, below [`MAX_LEVELS`].
    pub depth: u64,
    /// Whether it is suspended: known, but nothing of it counts.
    pub suspended: bool,
}

const NAME: i64 = -70200;
const KEYS: i64 = -70201;
const ROLES: i64 = -70202;
const DEPTH: i64 = -70203;
const SUSPENDED: i64 = -70204;

impl Payload for Membership {
    const TYP: &'static str = "application/aitta-membership+cwt";

    fn to_cbor(&self) -> Cbor {
        map([
            (1, Some(Cbor::Text(self.issuer.to_string()))),
            (2, Some(Cbor::Text(self.subject.to_string()))),
            (4, Some(self.expires.into())),
            (6, Some(self.issued.into())),
            (7, Some(Cbor::Bytes(self.cti.as_bytes().to_vec()))),
            (NAME, Some(Cbor::Text(self.name.to_string()))),
            (KEYS, Some(keys_to_cbor(&self.keys))),
            (ROLES, Some(texts(&self.roles))),
            (DEPTH, Some(self.depth.into())),
            (SUSPENDED, Some(Cbor::Bool(self.suspended))),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let membership = Self {
            issuer: claims.principal(1)?,
            subject: claims.principal(2)?,
            expires: claims.time(4)?,
            issued: claims.time(6)?,
            cti: Cti::new(claims.fixed(7)?),
            name: parsed(NAME, claims.need(NAME)?)?,
            keys: keys_from_cbor(KEYS, claims.need(KEYS)?)?,
            roles: claims.list(ROLES, |item| parsed(ROLES, item))?,
            depth: claims.uint(DEPTH)?,
            suspended: match claims.need(SUSPENDED)? {
                Cbor::Bool(suspended) => suspended,
                _ => return Err(ClaimFault::WrongType { claim: SUSPENDED }),
            },
        };
        claims.finish()?;
        membership.check()?;
        Ok(membership)
    }
}

impl Membership {
    /// Whether the member has this role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// What makes sense only when the claims are seen together.
    fn check(&self) -> Result<(), ClaimFault> {
        window(self.issued, self.expires, MAX_MEMBERSHIP_LIFETIME_SECS)?;
        distinct(ROLES, &self.roles)?;
        // A region that may admit nobody, or anybody else that may, is a mistake of whoever wrote the statement.
        if self.depth >= MAX_LEVELS || self.has(Role::Region) != (self.depth > 0) {
            return Err(ClaimFault::OutOfRange { claim: DEPTH });
        }
        Ok(())
    }
}
