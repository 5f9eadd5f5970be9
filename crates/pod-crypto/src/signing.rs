//! Ed25519 (RFC 8032): keys, signatures, and the strict verification that everything in Aitta relies on.
//!
//! "Strict" means that a signature has one reading only: the key and R are not of small order, R and S are the
//! canonical encodings, and the equation is checked without the cofactor. The usual verifiers (ring, WebCrypto)
//! accept one fixed signature over *every* message under the identity point; this one refuses it.

use core::fmt;
use core::hash::{Hash, Hasher};

use ed25519_dalek::Signer as _;
use thiserror::Error;

use crate::hash::sha256;
use crate::random::Random;
use crate::{Secret32, Zeroizing};

/// Bytes before the key in the deterministic CBOR of the COSE_Key `{1: 1, -1: 6, -2: h'..32 bytes..'}`
/// (kty OKP, crv Ed25519, x), of which RFC 9679 §3 takes the digest.
const COSE_KEY_HEAD: [u8; 8] = [0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20];

/// Why 32 bytes are no public key that we accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WeakKey {
    /// The bytes are not the one canonical encoding of a point of the curve.
    #[error("the bytes are not the canonical encoding of a point on the curve")]
    NotCanonical,
    /// The point is of small order: signatures can be made for it without any private key.
    #[error("the point is of small order, so that anybody can sign for it")]
    SmallOrder,
    /// The point has a small-order part: verifiers disagree about its signatures, and it has eight equivalents.
    #[error("the point is of mixed order, so that verifiers disagree about its signatures")]
    MixedOrder,
}

/// The signature is not one by this key over this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signature is not valid for this key and message")]
pub struct BadSignature;

/// A private Ed25519 key. It is overwritten when dropped, and its `Debug` shows the public key only.
///
/// Not `Clone`: share it behind an `Arc`, so that one place owns the secret.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key that belongs to a seed, the 32 bytes that RFC 8032 §5.1.5 calls the private key.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// A new key.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        random.fill(&mut *seed);
        Self::from_seed(&seed)
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs `message` (RFC 8032 §5.1.6; deterministic, pure Ed25519 without a context).
    ///
    /// Sign only what was built here from typed values: never a structure that a peer handed over.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// The seed, for the places that keep a key: a wallet's wrap, a key file.
    #[must_use]
    pub fn seed(&self) -> Secret32 {
        Zeroizing::new(self.0.to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public_key", &self.public_key()).finish_non_exhaustive()
    }
}

/// A public Ed25519 key that is canonically encoded and not of small order.
///
/// It holds the decompressed point beside the bytes, so that a key which verifies often is decompressed once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Takes a key into a registry: besides the checks of [`PublicKey::from_bytes`], the point must lie in the
    /// prime-order group. Every key that honest software makes does.
    ///
    /// # Errors
    /// [`WeakKey`] says which check the bytes fail.
    pub fn register(bytes: &[u8; 32]) -> Result<Self, WeakKey> {
        let key = Self::from_bytes(bytes)?;
        // Costs a scalar multiplication, which is why it is asked once, at registration, and not on each use.
        if key.0.to_edwards().is_torsion_free() { Ok(key) } else { Err(WeakKey::MixedOrder) }
    }

    /// Reads a key, for example one that is already registered.
    ///
    /// # Errors
    /// [`WeakKey::NotCanonical`] or [`WeakKey::SmallOrder`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, WeakKey> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| WeakKey::NotCanonical)?;
        let point = key.to_edwards();
        // dalek decompresses as ZIP 215 does: y above p and the sign bit on x = 0 pass. Encoding again shows them.
        if point.compress().to_bytes() != *bytes {
            return Err(WeakKey::NotCanonical);
        }
        if point.is_small_order() {
            return Err(WeakKey::SmallOrder);
        }
        Ok(Self(key))
    }

    /// The 32 bytes of RFC 8032 §5.1.2.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The COSE key thumbprint: SHA-256 over the deterministic CBOR of the required members (RFC 9679 §3).
    ///
    /// ```
    /// // The digest covers {1: 1, -1: 6, -2: x}: no kid, no alg, so that it names the key and nothing else.
    /// use pod_crypto::{SigningKey, sha256};
    /// let key = SigningKey::from_seed(&[7; 32]).public_key();
    /// let head = [0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20];
    /// assert_eq!(key.thumbprint(), sha256(&[&head, &key.to_bytes()]));
    /// ```
    #[must_use]
    pub fn thumbprint(&self) -> [u8; 32] {
        sha256(&[&COSE_KEY_HEAD, self.0.as_bytes()])
    }

    /// Verifies `signature` over `message`, strictly (see the head of this module's source).
    ///
    /// # Errors
    /// [`BadSignature`]; why is not told apart, since nobody may act on it differently.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).map_err(|_| BadSignature)
    }
}

impl Hash for PublicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_bytes().hash(state);
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(")?;
        for byte in self.0.as_bytes() {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}
