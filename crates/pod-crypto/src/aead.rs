//! AES-256-GCM (NIST SP 800-38D) with a random nonce that travels in front of the ciphertext.

use core::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use thiserror::Error;

use crate::random::{Random, random_array};
use crate::{Secret32, Zeroizing};

/// How much longer a sealed text is than the plain one, in bytes: the nonce of 12 and the tag of 16.
pub const SEALED_EXTRA_BYTES: usize = NONCE_LEN + TAG_BYTES;

/// Bytes of the authentication tag: the full 128 bit, never truncated.
const TAG_BYTES: usize = 16;

/// The sealed bytes are not what this key sealed under this associated data. Nothing of the plain text is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the sealed bytes do not open under this key and associated data")]
pub struct OpenFailed;

/// A key for AES-256-GCM. It is overwritten when dropped, and its `Debug` shows nothing of it.
///
/// # The bound
/// Nonces are random 96-bit values, so one key may seal at most 2³² messages: then the chance that any two nonces
/// were equal is below 2⁻³², the limit of SP 800-38D §8.3. A repeated nonce would give away the XOR of two plain
/// texts and the key of the authenticator. Derive one key per object, or per vault and epoch, and the bound is
/// never near; do not seal a stream of small messages under one key.
///
/// One message may hold up to 2³⁶ − 32 bytes of plain text.
pub struct AeadKey(Secret32);

impl AeadKey {
    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new key.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(&mut *bytes);
        Self(bytes)
    }

    /// The key's bytes, for the places that wrap it.
    #[must_use]
    pub fn to_bytes(&self) -> Secret32 {
        self.0.clone()
    }

    /// Seals `plain` and binds `aad` to it: `nonce (12) || ciphertext || tag (16)`.
    ///
    /// `aad` is not in the result; whoever opens must bring the same bytes.
    #[must_use]
    pub fn seal(&self, random: &dyn Random, aad: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random_array(random);
        let mut sealed = Vec::with_capacity(plain.len().saturating_add(SEALED_EXTRA_BYTES));
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let (_, text) = sealed.split_at_mut(NONCE_LEN);
        let tag = self.expanded().and_then(|key| {
            key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), text).ok()
        });
        let Some(tag) = tag else {
            // Only a text of more than 2^36 - 32 bytes comes here, and the buffer now holds it in the clear: there
            // is nothing that may be returned.
            std::process::abort();
        };
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Opens what [`AeadKey::seal`] made.
    ///
    /// # Errors
    /// [`OpenFailed`] when the bytes are too short, were changed, or belong to another key or other associated data.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenFailed> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(OpenFailed)?;
        let key = self.expanded().ok_or(OpenFailed)?;
        let mut plain = Zeroizing::new(text.to_vec());
        let length = key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), plain.as_mut_slice())
            .map_err(|_| OpenFailed)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    /// The key as ring wants it. Made for each use (some 0.1 µs) because ring does not overwrite its own keys.
    /// `None` cannot happen: 32 bytes are what AES-256 takes.
    fn expanded(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &*self.0).ok().map(LessSafeKey::new)
    }
}

impl fmt::Debug for AeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AeadKey").finish_non_exhaustive()
    }
}
