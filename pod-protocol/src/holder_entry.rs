//! Holder entries: how a wallet finds who holds something of its citizen, and nobody else can
//! (`docs/protocol/holder-entry.md`).
//!
//! A blinder's digest of the identity code (RFC 9497 POPRF, public info [`blind_info`]) gives a tag, under which the entry
//! is found, and a key, with which it opens. The directory sees tags and sealed bytes of one size.

use pod_crypto::{AeadKey, Random, SEALED_EXTRA_BYTES, Zeroizing, hkdf_sha256};

use crate::codec::{Cbor, Claims, OBJECT_LIMITS, decode, encode, fixed, map, parsed};
use crate::cose::Payload;
use crate::field::RecordType;
use crate::grant::distinct;
use crate::ids::{PodId, Principal};
use crate::lists::{any, texts, window};
use crate::padding::{pad, unpad};
use crate::refusal::{ClaimFault, Refusal};
use crate::statement::Endpoint;

/// Longest life of an entry: longer than an epoch of the blinder, shorter than anybody forgets to renew.
pub const MAX_ENTRY_LIFETIME_SECS: u64 = 400 * 24 * 3600;

/// How long every handle is before sealing, in bytes: room for the pod, and either some nine record types or an endpoint
/// and six. A wallet downloads whole buckets, so each byte here costs it about a hundred at each holder.
pub const HANDLE_BYTES: usize = 160;

/// How long the sealed part of every entry is, in bytes.
pub const SEALED_HANDLE_BYTES: usize = HANDLE_BYTES + SEALED_EXTRA_BYTES;

/// What the key of an entry is derived for (RFC 5869, `info`).
const KEY_INFO: &[u8] = b"aitta-holder-entry-key-1";
/// Beginning of the blinder's public info.
const BLIND_INFO: &[u8] = b"aitta-holder-tag-1";

/// Under which an entry is found: the first half of the first half of the blinder's output.
pub type Tag = [u8; 16];

/// A holder's signed entry in the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderEntry {
    /// The holder, which signs with a key of its membership.
    pub holder: Principal,
    /// First second at which it no longer counts.
    pub expires: u64,
    /// When it was signed. Of several entries of one holder under one tag, the newest counts.
    pub issued: u64,
    /// Under which it is found.
    pub tag: Tag,
    /// The sealed [`HolderHandle`], [`SEALED_HANDLE_BYTES`] long; none withdraws the entry (a tombstone).
    pub sealed: Option<Vec<u8>>,
}

const TAG: i64 = -70230;
const SEALED: i64 = -70231;

impl Payload for HolderEntry {
    const TYP: &'static str = "application/aitta-holder-entry+cwt";

    fn to_cbor(&self) -> Cbor {
        map([
            (1, Some(Cbor::Text(self.holder.to_string()))),
            (4, Some(self.expires.into())),
            (6, Some(self.issued.into())),
            (TAG, Some(Cbor::Bytes(self.tag.to_vec()))),
            (SEALED, Some(self.sealed.clone().map_or(Cbor::Null, Cbor::Bytes))),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let entry = Self {
            holder: claims.principal(1)?,
            expires: claims.time(4)?,
            issued: claims.time(6)?,
            tag: claims.fixed(TAG)?,
            sealed: match claims.need(SEALED)? {
                Cbor::Null => None,
                item => Some(fixed::<SEALED_HANDLE_BYTES>(SEALED, item)?.to_vec()),
            },
        };
        claims.finish()?;
        window(entry.issued, entry.expires, MAX_ENTRY_LIFETIME_SECS)?;
        Ok(entry)
    }
}

impl HolderEntry {
    /// Whether it withdraws an earlier entry.
    #[must_use]
    pub fn is_tombstone(&self) -> bool {
        self.sealed.is_none()
    }
}

/// What the blinder's digest is bound to, so that one person's tags at two holders have nothing in common, and a holder
/// can make its own only: `"aitta-holder-tag-1" || holder (32) || epoch (2, big endian)`.
#[must_use]
pub fn blind_info(holder: &Principal, epoch: u16) -> Vec<u8> {
    [BLIND_INFO, holder.as_bytes(), &epoch.to_be_bytes()].concat()
}

/// Splits the blinder's output: the tag is its first 16 bytes, the key comes from its second half.
#[must_use]
pub fn tag_and_key(output: &[u8; 64]) -> (Tag, AeadKey) {
    let (public, secret) = output.split_at(32);
    let mut tag = Tag::default();
    tag.copy_from_slice(public.split_at(16).0);
    (tag, AeadKey::from_bytes(*hkdf_sha256(secret, &[], KEY_INFO)))
}

/// What a wallet learns from an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderHandle {
    /// The pod.
    pub pod: PodId,
    /// What lies in it; empty when the holder does not say before enrolment.
    pub record_types: Vec<RecordType>,
    /// Where to enrol, when it is not the holder's first endpoint.
    pub enrolment: Option<Endpoint>,
}

/// A handle is longer than [`HANDLE_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the handle is longer than {HANDLE_BYTES} bytes: name fewer record types, wallets see all of them on enrolment"
)]
pub struct HandleTooLong;

/// Why a sealed handle cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandleFault {
    /// It is under another key, holder or tag, or was changed.
    #[error("the handle does not open: it is another person's or another holder's, or was changed")]
    Sealed,
    /// What was sealed is no handle.
    #[error("what was sealed is no handle: {0}")]
    Refused(Refusal),
}

const POD: i64 = 0;
const RECORD_TYPES: i64 = 1;
const ENROLMENT: i64 = 2;

impl HolderHandle {
    /// Seals it for the entry of `holder` under `tag`. Every sealed handle is [`SEALED_HANDLE_BYTES`] long.
    ///
    /// # Errors
    /// [`HandleTooLong`].
    pub fn seal(
        &self,
        key: &AeadKey,
        holder: &Principal,
        tag: &Tag,
        random: &dyn Random,
    ) -> Result<Vec<u8>, HandleTooLong> {
        let mut plain = Zeroizing::new(encode(&map([
            (POD, Some(Cbor::Bytes(self.pod.as_bytes().to_vec()))),
            (RECORD_TYPES, Some(texts(&self.record_types))),
            (ENROLMENT, self.enrolment.as_ref().map(|endpoint| Cbor::Text(endpoint.to_string()))),
        ])));
        if plain.len() >= HANDLE_BYTES {
            return Err(HandleTooLong);
        }
        pad(&mut plain, HANDLE_BYTES);
        Ok(key.seal(random, &place(holder, tag), &plain))
    }

    /// Opens what [`HolderHandle::seal`] made.
    ///
    /// # Errors
    /// [`HandleFault`].
    pub fn open(key: &AeadKey, holder: &Principal, tag: &Tag, sealed: &[u8]) -> Result<Self, HandleFault> {
        let padded = key.open(&place(holder, tag), sealed).map_err(|_| HandleFault::Sealed)?;
        let plain = unpad(&padded).ok_or(HandleFault::Sealed)?;
        Self::read(plain).map_err(HandleFault::Refused)
    }

    fn read(plain: &[u8]) -> Result<Self, Refusal> {
        let mut claims = Claims::open(decode(plain, OBJECT_LIMITS)?)?;
        let types = claims.need(RECORD_TYPES)?;
        let handle = Self {
            pod: PodId::new(claims.fixed(POD)?),
            record_types: any(RECORD_TYPES, types, |item| RecordType::from_claim(RECORD_TYPES, item))?,
            enrolment: claims.take(ENROLMENT).map(|item| parsed(ENROLMENT, item)).transpose()?,
        };
        claims.finish()?;
        distinct(RECORD_TYPES, &handle.record_types)?;
        Ok(handle)
    }
}

/// Where a sealed handle belongs: it opens nowhere else.
fn place(holder: &Principal, tag: &Tag) -> Vec<u8> {
    [holder.as_bytes().as_slice(), tag].concat()
}
