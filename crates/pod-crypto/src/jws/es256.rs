//! Signing ES256 tokens: for the login provider of the demonstration and of tests. Nothing else in Aitta signs JWS.

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;
use thiserror::Error;

/// The library could not make or use a P-256 key: the operating system gave no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no ES256 key could be made or used: the operating system gave no randomness")]
pub struct Es256KeyError;

/// A P-256 key that signs tokens. It lives in memory only, and its `Debug` shows nothing but the key id.
///
/// Its randomness is the operating system's: ring takes no other, so there are no deterministic ES256 tokens.
pub struct Es256Key {
    kid: String,
    pair: EcdsaKeyPair,
}

impl Es256Key {
    /// A new key, which the set and the tokens name `kid`.
    ///
    /// # Errors
    /// [`Es256KeyError`].
    pub fn generate(kid: &str) -> Result<Self, Es256KeyError> {
        let random = SystemRandom::new();
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(|_| Es256KeyError)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random)
            .map_err(|_| Es256KeyError)?;
        Ok(Self { kid: kid.to_owned(), pair })
    }

    /// The key set with the public half of this key, as JSON: what a provider serves at its `jwks_uri`.
    #[must_use]
    pub fn jwks_json(&self) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        // An uncompressed point: 0x04, then x and y of 32 bytes each (SEC 1 §2.3.3).
        let coordinates = point.get(1..).unwrap_or_default();
        let (x, y) = coordinates.split_at(coordinates.len() / 2);
        let set = json!({ "keys": [{
            "kty": "EC",
            "crv": "P-256",
            "use": "sig",
            "alg": "ES256",
            "kid": self.kid,
            "x": URL_SAFE_NO_PAD.encode(x),
            "y": URL_SAFE_NO_PAD.encode(y),
        }]});
        set.to_string().into_bytes()
    }
}

impl fmt::Debug for Es256Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Es256Key").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Signs `claims`, the bytes of a JSON object, as a token with `alg` ES256, `typ` JWT and the key's `kid`
/// (RFC 7515 §7.1).
///
/// # Errors
/// [`Es256KeyError`].
pub fn sign_es256(key: &Es256Key, claims: &[u8]) -> Result<String, Es256KeyError> {
    let header = json!({ "alg": "ES256", "typ": "JWT", "kid": key.kid }).to_string();
    let mut token = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = key.pair.sign(&SystemRandom::new(), token.as_bytes()).map_err(|_| Es256KeyError)?;
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(signature.as_ref()));
    Ok(token)
}
