//! Signs, verifies, seals, opens, hashes: the only crate that names a cryptography library.
//!
//! | Need | Use |
//! |---|---|
//! | sign and verify (Ed25519, strict) | [`SigningKey`], [`PublicKey`] |
//! | digest, MAC, derive, compare | [`sha256`], [`hmac_sha256`], [`hkdf_sha256`], [`equal`] |
//! | keep secret under a key that both sides hold | [`AeadKey`] |
//! | seal to a public key (HPKE) | [`hpke`] |
//! | digest what the other side may not see (POPRF) | [`blind`] |
//! | verify a login provider's token (JWS) | [`jws`] |
//! | randomness | [`Random`], [`SystemRandom`]; in tests [`SeededRandom`] |

mod aead;
pub mod blind;
mod hash;
pub mod hpke;
pub mod jws;
mod random;
mod signing;

pub use aead::{AeadKey, OpenFailed, SEALED_EXTRA_BYTES};
pub use hash::{equal, hkdf_sha256, hmac_sha256, sha256};
pub use random::{Random, SeededRandom, SystemRandom, random_array};
pub use signing::{BadSignature, PublicKey, SigningKey, WeakKey};
pub use zeroize::{Zeroize, Zeroizing};

/// 32 secret bytes that are overwritten when dropped.
///
/// The wrapper's own `Debug` prints what it holds: never derive `Debug` on a type with such a field, write one that
/// leaves it out, as the types of this crate do.
pub type Secret32 = Zeroizing<[u8; 32]>;
