//! What goes into the log for a holder's eyes alone: revocations and key events for which there is no direct way.

use pod_crypto::hpke::{self, OpenFailed, SealFailed, SealPrivateKey, SealPublicKey};
use pod_crypto::{Random, SigningKey, Zeroizing, hkdf_sha256};

use super::leaf::{SEALED_BYTES, Sealed};
use crate::codec::{Cbor, Claims, MAX_ARRAY_ITEMS, OBJECT_LIMITS, decode, encode, fixed, map};
use crate::cose::{Payload, Signed};
use crate::ids::{Cti, ObjectId, Principal};
use crate::key_event::KeyEvent;
use crate::lists::{some, tuple};
use crate::padding::{pad, unpad};
use crate::refusal::{ClaimFault, Refusal};
use crate::revocation::Revocation;

/// Binds the sealing to its use.
const SEAL_INFO: &[u8] = b"aitta-log-sealed-1";
/// What an organisation's sealing key is derived for.
const KEY_INFO: &[u8] = b"aitta-organisation-seal-1";
/// How long what is sealed is, in bytes, with what fills it up.
const PLAIN_BYTES: usize = SEALED_BYTES - hpke::SEALED_EXTRA_BYTES;
/// Most items of one post: a wallet that stops everything by one service has fewer grants at one holder.
pub const MAX_POSTED: usize = 64;

/// The sealing key that goes with an organisation's online key: whoever can sign as it can read what is sealed for it.
#[must_use]
pub fn seal_key(key: &SigningKey) -> SealPrivateKey {
    SealPrivateKey::from_seed(&hkdf_sha256(&*key.seed(), &[], KEY_INFO))
}

/// What is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// A signed revocation.
    Revocation(Vec<u8>),
    /// An event of a citizen's key log.
    KeyEvent {
        /// Whose log.
        principal: Principal,
        /// The signed event.
        event: Vec<u8>,
    },
}

/// Why something cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostFault {
    /// It is not what it says.
    #[error("what is posted is not acceptable: {0}")]
    Refused(Refusal),
    /// It is longer than there is room for.
    #[error("longer than the {SEALED_BYTES} bytes that the log takes: send it to the holder itself")]
    TooLong,
    /// The holder's sealing key is none.
    #[error("the holder's sealing key cannot be sealed to")]
    Key,
}

/// Why what is sealed cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedFault {
    /// It is for another holder, or was changed.
    #[error("it does not open: it is for another holder, or was changed")]
    Closed,
    /// What was sealed is none of what the log is for, or has another id than it was posted under.
    #[error("what was sealed is not acceptable: {0}")]
    Refused(Refusal),
}

const REVOCATION: i64 = 0;
const PRINCIPAL: i64 = 1;
const EVENT: i64 = 2;

impl Posted {
    /// The id of the object inside.
    ///
    /// # Errors
    /// Those of [`Signed::decode`].
    pub fn id(&self) -> Result<ObjectId, Refusal> {
        match self {
            Self::Revocation(bytes) => Signed::<Revocation>::decode(bytes).map(|signed| signed.id()),
            Self::KeyEvent { event, .. } => Signed::<KeyEvent>::decode(event).map(|signed| signed.id()),
        }
    }

    /// Seals it for a holder. Everything that is sealed is [`SEALED_BYTES`] long.
    ///
    /// # Errors
    /// [`PostFault`].
    pub fn seal(&self, holder: &SealPublicKey, random: &dyn Random) -> Result<Sealed, PostFault> {
        let id = self.id().map_err(PostFault::Refused)?;
        let byte_string = |bytes: &[u8]| Some(Cbor::Bytes(bytes.to_vec()));
        let claims = match self {
            Self::Revocation(bytes) => map([(REVOCATION, byte_string(bytes))]),
            Self::KeyEvent { principal, event } => {
                map([(PRINCIPAL, Some(Cbor::Text(principal.to_string()))), (EVENT, byte_string(event))])
            }
        };
        let mut plain = Zeroizing::new(encode(&claims));
        if plain.len() >= PLAIN_BYTES {
            return Err(PostFault::TooLong);
        }
        pad(&mut plain, PLAIN_BYTES);
        let sealed = hpke::seal(holder, SEAL_INFO, id.as_bytes(), &plain, random);
        Ok(Sealed { id, sealed: sealed.map_err(|_: SealFailed| PostFault::Key)? })
    }

    /// Opens what was sealed for the holder with this key.
    ///
    /// # Errors
    /// [`SealedFault`].
    pub fn open(sealed: &Sealed, key: &SealPrivateKey) -> Result<Self, SealedFault> {
        let padded = hpke::open(key, SEAL_INFO, sealed.id.as_bytes(), &sealed.sealed);
        let padded = padded.map_err(|_: OpenFailed| SealedFault::Closed)?;
        let plain = unpad(&padded).ok_or(SealedFault::Closed)?;
        let posted = Self::read(plain).map_err(SealedFault::Refused)?;
        match posted.id() {
            Ok(id) if id == sealed.id => Ok(posted),
            Ok(_) => Err(SealedFault::Refused(ClaimFault::OutOfRange { claim: REVOCATION }.into())),
            Err(refusal) => Err(SealedFault::Refused(refusal)),
        }
    }

    fn read(plain: &[u8]) -> Result<Self, Refusal> {
        let mut claims = Claims::open(decode(plain, OBJECT_LIMITS)?)?;
        let posted = match claims.take(REVOCATION) {
            Some(item) => Self::Revocation(crate::codec::bytes(REVOCATION, item)?),
            None => Self::KeyEvent { principal: claims.principal(PRINCIPAL)?, event: claims.bytes(EVENT)? },
        };
        claims.finish()?;
        Ok(posted)
    }
}

/// What a node posts for somebody: signed, so that the directory can count strangers' posts apart from members'.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPost {
    /// The member that forwards.
    pub issuer: Principal,
    /// The directory's member.
    pub audience: Principal,
    /// When it was signed.
    pub issued: u64,
    /// Makes it unique.
    pub cti: Cti,
    /// What is posted.
    pub items: Vec<Sealed>,
}

const ITEMS: i64 = -70260;

impl Payload for LogPost {
    const TYP: &'static str = "application/aitta-log-post+cwt";
    const LIMITS: crate::codec::Limits = crate::codec::Limits {
        bytes: MAX_POSTED * (SEALED_BYTES + 64) + 1024,
        depth: crate::codec::MAX_DEPTH,
        items: MAX_ARRAY_ITEMS,
    };

    fn to_cbor(&self) -> Cbor {
        map([
            (1, Some(Cbor::Text(self.issuer.to_string()))),
            (3, Some(Cbor::Text(self.audience.to_string()))),
            (6, Some(self.issued.into())),
            (7, Some(Cbor::Bytes(self.cti.as_bytes().to_vec()))),
            (ITEMS, Some(items_to_cbor(&self.items))),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let post = Self {
            issuer: claims.principal(1)?,
            audience: claims.principal(3)?,
            issued: claims.time(6)?,
            cti: Cti::new(claims.fixed(7)?),
            items: items_from_cbor(claims.need(ITEMS)?)?,
        };
        claims.finish()?;
        Ok(post)
    }
}

/// What a stranger posts, or gives to a node to forward: `[+ [id, sealed]]`.
#[must_use]
pub fn items_to_bytes(items: &[Sealed]) -> Vec<u8> {
    encode(&items_to_cbor(items))
}

/// Reads what [`items_to_bytes`] wrote.
///
/// # Errors
/// [`Refusal::Cbor`], [`Refusal::Claim`].
pub fn items_from_bytes(bytes: &[u8]) -> Result<Vec<Sealed>, Refusal> {
    Ok(items_from_cbor(decode(bytes, LogPost::LIMITS)?)?)
}

fn items_to_cbor(items: &[Sealed]) -> Cbor {
    let byte_string = |bytes: &[u8]| Cbor::Bytes(bytes.to_vec());
    let item = |item: &Sealed| Cbor::Array(vec![byte_string(item.id.as_bytes()), byte_string(&item.sealed)]);
    Cbor::Array(items.iter().map(item).collect())
}

fn items_from_cbor(items: Cbor) -> Result<Vec<Sealed>, ClaimFault> {
    let items = some(ITEMS, items, |item| {
        let [id, sealed] = tuple(ITEMS, item)?;
        let sealed = fixed::<SEALED_BYTES>(ITEMS, sealed)?.to_vec();
        Ok(Sealed { id: ObjectId::new(fixed(ITEMS, id)?), sealed })
    })?;
    if items.len() > MAX_POSTED { Err(ClaimFault::OutOfRange { claim: ITEMS }) } else { Ok(items) }
}
