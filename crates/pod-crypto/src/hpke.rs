//! Sealing to somebody's public key: HPKE (RFC 9180) in base mode, one message per sealing.
//!
//! The suite is fixed, so that nobody negotiates: DHKEM(X25519, HKDF-SHA256) `0x0020`, HKDF-SHA256 `0x0001`,
//! AES-256-GCM `0x0002`. Base mode says nothing about who sealed; what needs a sender carries a signature inside.

use core::convert::Infallible;
use core::fmt;

use ::hpke::aead::AesGcm256;
use ::hpke::kdf::HkdfSha256;
use ::hpke::kem::X25519HkdfSha256;
use ::hpke::rand_core::{TryCryptoRng, TryRng};
use ::hpke::{
    Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _, single_shot_open, single_shot_seal_with_rng,
};
use thiserror::Error;

use crate::random::{Random, random_array};
use crate::{Secret32, Zeroizing};

type PrivateKey = <X25519HkdfSha256 as ::hpke::Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as ::hpke::Kem>::PublicKey;
type EncappedKey = <X25519HkdfSha256 as ::hpke::Kem>::EncappedKey;

/// Bytes of the encapsulated key that stands before the ciphertext (Nenc of the KEM, RFC 9180 §7.1).
pub const ENCAPSULATED_BYTES: usize = 32;

/// How much longer a sealed text is than the plain one, in bytes: the encapsulated key and the tag of 16.
pub const SEALED_EXTRA_BYTES: usize = ENCAPSULATED_BYTES + 16;

/// The public key cannot be sealed to: it is a point of small order, with which no secret comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the public key is no X25519 key that can be sealed to")]
pub struct SealFailed;

/// The sealed bytes do not open: changed, too short, for another key, or with other `info` or associated data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the sealed bytes do not open under this key, info and associated data")]
pub struct OpenFailed;

/// The 32 bytes are the zero scalar or otherwise no X25519 private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the bytes are no X25519 private key")]
pub struct BadPrivateKey;

/// An X25519 public key, as the 32 bytes of RFC 7748 §5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SealPublicKey(pub [u8; 32]);

/// An X25519 private key. It is overwritten when dropped, and its `Debug` shows the public key only.
pub struct SealPrivateKey(PrivateKey);

impl SealPrivateKey {
    /// The key that RFC 9180 §7.1.3 (DeriveKeyPair) makes of 32 bytes of key material.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(X25519HkdfSha256::derive_keypair(seed).0)
    }

    /// A new key.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        Self::from_seed(&Zeroizing::new(random_array(random)))
    }

    /// Reads back what [`SealPrivateKey::to_bytes`] gave.
    ///
    /// # Errors
    /// [`BadPrivateKey`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, BadPrivateKey> {
        PrivateKey::from_bytes(bytes).map(Self).map_err(|_| BadPrivateKey)
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> SealPublicKey {
        SealPublicKey(X25519HkdfSha256::sk_to_pk(&self.0).to_bytes().into())
    }

    /// The clamped scalar of 32 bytes (SerializePrivateKey, RFC 9180 §7.1.2): not the seed that it may have come from.
    #[must_use]
    pub fn to_bytes(&self) -> Secret32 {
        let mut out = Zeroizing::new([0; 32]);
        self.0.write_exact(&mut *out);
        out
    }
}

impl fmt::Debug for SealPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealPrivateKey").field("public_key", &self.public_key()).finish_non_exhaustive()
    }
}

/// Seals `plain` to `to`: `encapsulated key (32) || ciphertext || tag (16)` (RFC 9180 §6.1, SealBase).
///
/// `info` names the use, fixed by the protocol; `aad` binds what this one message belongs to. Whoever opens must
/// bring both. Each call makes a fresh key, so there is no bound on how often one may seal to a public key.
///
/// # Errors
/// [`SealFailed`] when `to` is of small order.
pub fn seal(
    to: &SealPublicKey,
    info: &[u8],
    aad: &[u8],
    plain: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, SealFailed> {
    let to = PublicKey::from_bytes(&to.0).map_err(|_| SealFailed)?;
    let (encapsulated, ciphertext) = single_shot_seal_with_rng::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &to,
        info,
        plain,
        aad,
        &mut Borrowed(random),
    )
    .map_err(|_| SealFailed)?;
    let mut sealed = encapsulated.to_bytes().to_vec();
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

/// Opens what [`seal`] made (RFC 9180 §6.1, OpenBase).
///
/// # Errors
/// [`OpenFailed`]; nothing of the plain text is released.
pub fn open(key: &SealPrivateKey, info: &[u8], aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenFailed> {
    let (encapsulated, ciphertext) = sealed.split_first_chunk::<ENCAPSULATED_BYTES>().ok_or(OpenFailed)?;
    let encapsulated = EncappedKey::from_bytes(encapsulated).map_err(|_| OpenFailed)?;
    single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &key.0,
        &encapsulated,
        info,
        ciphertext,
        aad,
    )
    .map(Zeroizing::new)
    .map_err(|_| OpenFailed)
}

/// Our source of randomness in the shape that the hpke crate asks for (rand_core 0.10).
struct Borrowed<'a>(&'a dyn Random);

impl TryRng for Borrowed<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(random_array(self.0)))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(random_array(self.0)))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(out);
        Ok(())
    }
}

impl TryCryptoRng for Borrowed<'_> {}
