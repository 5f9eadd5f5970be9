//! A provider's set of keys (RFC 7517) and verification with one of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use thiserror::Error;

use super::JwsError;
use crate::PublicKey;

/// The largest set that is read, in bytes: sets that carry certificate chains stay under it.
pub const MAX_JWKS_BYTES: usize = 64 * 1024;

/// The most entries a set may have: providers publish two to six, and each may be an RSA key to look at.
pub const MAX_JWKS_KEYS: usize = 64;

/// First byte of an uncompressed point (SEC 1 §2.3.3), which ring wants before x and y.
const UNCOMPRESSED: u8 = 0x04;

/// Why a set of keys could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JwksError {
    /// More than [`MAX_JWKS_BYTES`] or [`MAX_JWKS_KEYS`].
    #[error("the key set is larger than 64 KiB or has more than 64 keys")]
    TooLarge,
    /// Not a JSON object with an array `keys`.
    #[error("the key set is not a JSON object with an array of keys")]
    Malformed,
    /// The set has no key that verifies RS256, ES256 or EdDSA signatures.
    #[error("the key set has no key for RS256, ES256 or EdDSA")]
    NoUsableKey,
}

/// The keys of a login provider that verify signatures.
#[derive(Debug, Clone)]
pub struct Jwks {
    keys: Vec<Jwk>,
}

/// One key, with the algorithm that its type fixes.
#[derive(Debug, Clone)]
pub(super) struct Jwk {
    kid: Option<String>,
    key: Key,
}

/// The three kinds of keys that we verify with.
#[derive(Debug, Clone)]
enum Key {
    /// RS256: modulus and exponent, big endian.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// ES256: the uncompressed point.
    P256(Vec<u8>),
    /// EdDSA with Ed25519.
    Ed25519(PublicKey),
}

/// The members of a key that are looked at.
#[derive(Deserialize)]
struct Members {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The set as it is written: entries one by one, because one that we do not understand must not spoil the others.
#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

impl Jwks {
    /// Reads a key set, the JSON that the provider's `jwks_uri` gives.
    ///
    /// Entries of other types, for encryption, with other algorithms or with missing members are left out, as
    /// RFC 7517 §5 says; symmetric keys (`oct`) are among them.
    ///
    /// # Errors
    /// [`JwksError`].
    pub fn from_json(json: &[u8]) -> Result<Self, JwksError> {
        if json.len() > MAX_JWKS_BYTES {
            return Err(JwksError::TooLarge);
        }
        let document: Document = serde_json::from_slice(json).map_err(|_| JwksError::Malformed)?;
        if document.keys.len() > MAX_JWKS_KEYS {
            return Err(JwksError::TooLarge);
        }
        let keys: Vec<Jwk> = document.keys.into_iter().filter_map(Jwk::read).collect();
        if keys.is_empty() {
            return Err(JwksError::NoUsableKey);
        }
        Ok(Self { keys })
    }

    /// The one key that a token with this `kid` must have been signed with.
    pub(super) fn find(&self, kid: Option<&str>) -> Result<&Jwk, JwsError> {
        let Some(kid) = kid else {
            return match self.keys.as_slice() {
                [only] => Ok(only),
                _ => Err(JwsError::UnknownKey),
            };
        };
        let mut matching = self.keys.iter().filter(|key| key.kid.as_deref() == Some(kid));
        let key = matching.next().ok_or(JwsError::UnknownKey)?;
        if matching.next().is_some() {
            return Err(JwsError::AmbiguousKey);
        }
        Ok(key)
    }
}

impl Jwk {
    /// A key from its entry in the set; `None` for one that we do not verify with.
    fn read(entry: serde_json::Value) -> Option<Self> {
        let members: Members = serde_json::from_value(entry).ok()?;
        let for_signatures = members.usage.as_deref().is_none_or(|usage| usage == "sig")
            && members
                .key_ops
                .as_deref()
                .is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
        if !for_signatures {
            return None;
        }
        let key = Key::read(&members)?;
        if members.alg.as_deref().is_some_and(|alg| !key.goes_with(alg)) {
            return None;
        }
        Some(Self { kid: members.kid, key })
    }

    /// Whether `alg` is the name of this key's algorithm.
    pub(super) fn goes_with(&self, alg: &str) -> bool {
        self.key.goes_with(alg)
    }

    /// Verifies `signature` over `signed`.
    pub(super) fn verify(&self, signed: &[u8], signature: &[u8]) -> Result<(), JwsError> {
        self.key.verify(signed, signature).ok_or(JwsError::BadSignature)
    }
}

impl Key {
    /// The key of an entry (RFC 7518 §6, RFC 8037 §2).
    fn read(members: &Members) -> Option<Self> {
        match (members.kty.as_str(), members.crv.as_deref()) {
            ("RSA", _) => Some(Self::Rsa { n: bytes(members.n.as_deref())?, e: bytes(members.e.as_deref())? }),
            ("EC", Some("P-256")) => {
                let x: [u8; 32] = array(members.x.as_deref())?;
                let y: [u8; 32] = array(members.y.as_deref())?;
                Some(Self::P256([&[UNCOMPRESSED][..], &x, &y].concat()))
            }
            ("OKP", Some("Ed25519")) => PublicKey::register(&array(members.x.as_deref())?).ok().map(Self::Ed25519),
            _ => None,
        }
    }

    fn goes_with(&self, alg: &str) -> bool {
        match self {
            Self::Rsa { .. } => alg == "RS256",
            Self::P256(_) => alg == "ES256",
            // RFC 8037 named it EdDSA, RFC 9864 replaces that by the name of the curve.
            Self::Ed25519(_) => alg == "EdDSA" || alg == "Ed25519",
        }
    }

    fn verify(&self, signed: &[u8], signature: &[u8]) -> Option<()> {
        match self {
            // ring refuses moduli under 2048 bit, even ones, and exponents under 3.
            Self::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).ok()
            }
            // ring refuses points that are not on the curve.
            Self::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).ok(),
            Self::Ed25519(key) => key.verify(signed, signature.try_into().ok()?).ok(),
        }
    }
}

/// The bytes of a base64url member.
fn bytes(member: Option<&str>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member?).ok()
}

/// The bytes of a base64url member of fixed length.
fn array<const N: usize>(member: Option<&str>) -> Option<[u8; N]> {
    bytes(member)?.try_into().ok()
}
