//! Holder entries: how a wallet finds who holds something of its citizen, and nobody else can
//! (`docs/protocol/holder-entry.md`).
//!
//! A blinder's digest of the identity code (RFC 9497 POPRF, public info [`blind_info`]) gives a tag, under which the entry
//! is found, and a key, with which it opens. The directory sees tags and sealed bytes of one size.

use pod_crypto::{AeadKey, Random, SEALED_EXTRA_BYTES, hkdf_sha256};

use crate::codec::{Cbor, Claims, fixed, map};
use crate::cose::Payload;
use crate::ids::{PodId, Principal};
use crate::lists::window;
use crate::refusal::ClaimFault;

/// Longest life of an entry: longer than an epoch of the blinder, shorter than anybody forgets to renew.
pub const MAX_ENTRY_LIFETIME_SECS: u64 = 400 * 24 * 3600;

/// How long every handle is before sealing, in bytes: the pod. A wallet downloads whole buckets, so each byte here costs it about a
/// hundred at each holder.
const HANDLE_BYTES: usize = 16;

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
        entry.checked()
    }
}

impl HolderEntry {
    /// Refuses a window that no entry has.
    pub(crate) fn checked(self) -> Result<Self, ClaimFault> {
        window(self.issued, self.expires, MAX_ENTRY_LIFETIME_SECS)?;
        Ok(self)
    }

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

/// What a wallet learns from an entry. What lies in the pod, and where to enrol, the holder says on enrolment and in its profile:
/// whoever knows an identity code and has any login opens the handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderHandle {
    /// The pod.
    pub pod: PodId,
}

/// A sealed handle does not open: it is under another key, holder or tag, or was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the handle does not open: it is another person's or another holder's, or was changed")]
pub struct HandleFault;

impl HolderHandle {
    /// Seals it for the entry of `holder` under `tag`. Every sealed handle is [`SEALED_HANDLE_BYTES`] long.
    #[must_use]
    pub fn seal(&self, key: &AeadKey, holder: &Principal, tag: &Tag, random: &dyn Random) -> Vec<u8> {
        key.seal(random, &place(holder, tag), self.pod.as_bytes())
    }

    /// Opens what [`HolderHandle::seal`] made.
    ///
    /// # Errors
    /// [`HandleFault`].
    pub fn open(key: &AeadKey, holder: &Principal, tag: &Tag, sealed: &[u8]) -> Result<Self, HandleFault> {
        let plain = key.open(&place(holder, tag), sealed).map_err(|_| HandleFault)?;
        let pod = plain.as_slice().try_into().map_err(|_| HandleFault)?;
        Ok(Self { pod: PodId::new(pod) })
    }
}

/// Where a sealed handle belongs: it opens nowhere else.
fn place(holder: &Principal, tag: &Tag) -> Vec<u8> {
    [holder.as_bytes().as_slice(), tag].concat()
}
