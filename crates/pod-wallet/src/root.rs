//! The two secrets of a wallet, which have nothing in common (`docs/decisions/0021-two-of-three-recover.md`).
//!
//! - The **root secret**: 32 random bytes on one device, from which the device's keys are derived. It is wrapped under a key on the
//!   device and leaves it never. Whoever keeps that key in a file gives the file mode 0600.
//! - The **recovery root**: what the printed recovery code gives. Recovery keys are derived from it and nothing else, so whoever
//!   finds the paper signs no grant, and whoever steals the device does not have the paper's keys.
//!
//! A wrap is `"AITTA-ROOT" || version || kind || nonce (12) || ciphertext || tag (16)`; what stands before the nonce is
//! the associated data.

use std::fmt;

use pod_crypto::{AeadKey, Random, Secret32, SigningKey, Zeroizing, hkdf_sha256};
use pod_protocol::ids::Principal;
use pod_protocol::key_event::key_digest;

use crate::recovery_code::RecoveryCode;

const MAGIC: &[u8; 10] = b"AITTA-ROOT";
const VERSION: u8 = 1;
/// Separates the wallet's keys from anything else that could be derived from the same secret.
const KEY_INFO: &[u8] = b"aitta-wallet-key-1";
/// What a recovery key is for, beside the purposes of a device's keys.
const RECOVERY_PURPOSE: u8 = 3;
/// Domain of the salts of key logs.
const SALT_INFO: &[u8] = b"aitta-wallet-log-salt-1";
/// The same for what a recovery code gives.
const CODE_INFO: &[u8] = b"aitta-wallet-recovery-2";

/// What a derived key is for. One key has one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum KeyPurpose {
    /// Signs grants, commands and revocations, and manages devices.
    Device = 1,
    /// Will control the log after a rotation; until then only its digest is known to anybody.
    NextControlling = 2,
}

/// How a root secret is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Wrap {
    Device = 2,
}

/// Why a wrapped root secret does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapFault {
    /// Some other file.
    #[error("this is no wrapped root secret")]
    NotOne,
    /// Written by a later version.
    #[error("the wrapped root secret has format version {0}, which this program does not know: use a newer one")]
    Version(u8),
    /// Wrapped in a way that this program does not use.
    #[error("this root secret is wrapped in another way than under a device key")]
    OtherWrap,
    /// The key is another one, or the bytes were changed.
    #[error("the root secret does not open: this device key belongs to another wallet, or the file was changed")]
    Open,
}

/// The root secret. Overwritten when dropped; its `Debug` shows nothing.
pub struct RootSecret(Secret32);

impl RootSecret {
    /// A new one.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(&mut *bytes);
        Self(bytes)
    }

    /// With these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key for a purpose at an organisation. Others (`index`) of the same purpose serve further devices and
    /// rotations. Keys of two organisations have nothing in common that could be seen.
    #[must_use]
    pub fn signing_key(&self, organisation: &Principal, purpose: KeyPurpose, index: u32) -> SigningKey {
        SigningKey::from_seed(&self.seed(organisation, purpose, index))
    }

    /// What tells the key log at an organisation from others with the same keys. Derived like the keys, so that the log comes
    /// out the same when the secret is opened again after a loss.
    #[must_use]
    pub fn log_salt(&self, organisation: &Principal) -> [u8; 16] {
        let whole = hkdf_sha256(&*self.0, &[], &[SALT_INFO, organisation.as_bytes()].concat());
        let mut salt = [0; 16];
        salt.iter_mut().zip(whole.iter()).for_each(|(salt, byte)| *salt = *byte);
        salt
    }

    fn seed(&self, organisation: &Principal, purpose: KeyPurpose, index: u32) -> Secret32 {
        // Every part has a fixed length, so two different triples never give the same info.
        let info = [KEY_INFO, &[purpose as u8], organisation.as_bytes(), &index.to_be_bytes()].concat();
        hkdf_sha256(&*self.0, &[], &info)
    }

    /// Wraps it under the key that lies on the device.
    #[must_use]
    pub fn wrap_with_device_key(&self, key: &AeadKey, random: &dyn Random) -> Vec<u8> {
        self.wrap(Wrap::Device, key, random)
    }

    /// Opens what [`RootSecret::wrap_with_device_key`] made.
    ///
    /// # Errors
    /// [`UnwrapFault`].
    pub fn unwrap_with_device_key(wrapped: &[u8], key: &AeadKey) -> Result<Self, UnwrapFault> {
        Self::open(Wrap::Device, wrapped, key)
    }

    fn wrap(&self, wrap: Wrap, key: &AeadKey, random: &dyn Random) -> Vec<u8> {
        let head = [MAGIC.as_slice(), &[VERSION, wrap as u8]].concat();
        let sealed = key.seal(random, &head, &*self.0);
        [head, sealed].concat()
    }

    fn open(wrap: Wrap, wrapped: &[u8], key: &AeadKey) -> Result<Self, UnwrapFault> {
        let rest = wrapped.strip_prefix(MAGIC.as_slice()).ok_or(UnwrapFault::NotOne)?;
        let ([version, kind], sealed) = rest.split_first_chunk::<2>().ok_or(UnwrapFault::NotOne)?;
        if *version != VERSION {
            return Err(UnwrapFault::Version(*version));
        }
        if *kind != wrap as u8 {
            return Err(UnwrapFault::OtherWrap);
        }
        let head = [MAGIC.as_slice(), &[*version, *kind]].concat();
        let plain = key.open(&head, sealed).map_err(|_| UnwrapFault::Open)?;
        let mut bytes = Zeroizing::new([0; 32]);
        if plain.len() != bytes.len() {
            return Err(UnwrapFault::Open);
        }
        bytes.copy_from_slice(&plain);
        Ok(Self(bytes))
    }
}

impl fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootSecret").finish_non_exhaustive()
    }
}

/// What a recovery code gives: the recovery keys, one for each organisation. Overwritten when dropped; its `Debug` shows nothing.
pub struct RecoveryRoot(Secret32);

impl RecoveryRoot {
    /// Of the code on paper. It is random, not chosen, so HKDF alone does: nobody searches 160 bits.
    #[must_use]
    pub fn of(code: &RecoveryCode) -> Self {
        Self(hkdf_sha256(code.entropy(), &[], CODE_INFO))
    }

    /// The recovery key for an organisation. Those of two organisations have nothing in common that could be seen.
    #[must_use]
    pub fn signing_key(&self, organisation: &Principal) -> SigningKey {
        let info = [KEY_INFO, &[RECOVERY_PURPOSE], organisation.as_bytes()].concat();
        SigningKey::from_seed(&hkdf_sha256(&*self.0, &[], &info))
    }

    /// What a log says of that key until it is used.
    #[must_use]
    pub fn digest(&self, organisation: &Principal) -> [u8; 32] {
        key_digest(&self.signing_key(organisation).public_key())
    }
}

impl fmt::Debug for RecoveryRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecoveryRoot").finish_non_exhaustive()
    }
}
