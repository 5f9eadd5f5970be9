//! Tokens of login providers: JWS in compact form (RFC 7515), as OpenID Connect uses it.
//!
//! The key decides the algorithm, the token only may agree. So `none` has no key, and a token that is MACed with a
//! public key (HS256 "with the RSA key") meets a key whose algorithm is RS256. Keys come from the provider's set
//! alone: `jwk`, `jku`, `x5c` and `x5u` in a token are never looked at.

mod es256;
mod keys;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use thiserror::Error;

pub use es256::{Es256Key, Es256KeyError, sign_es256};
pub use keys::{Jwks, JwksError, MAX_JWKS_BYTES, MAX_JWKS_KEYS};

/// The longest token that is read, in bytes: ID tokens of the providers we know are under 4 KiB.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JwsError {
    /// Longer than [`MAX_TOKEN_BYTES`].
    #[error("the token is longer than 16 KiB")]
    TooLong,
    /// Not three parts of unpadded base64url, or the header is no JSON object with an `alg` and members that
    /// occur once.
    #[error("the token is not a JWS in compact form")]
    Malformed,
    /// The header names extensions that must be understood (`crit`); we understand none.
    #[error("the token demands an extension")]
    CriticalExtension,
    /// The header's `typ` is not `JWT`: a token that was made for something else (RFC 8725 §3.11).
    #[error("the token is of another type than JWT")]
    WrongType,
    /// No key of the set has the token's `kid`; or the token has none, and the set has not exactly one key.
    #[error("no key of the provider goes with the token")]
    UnknownKey,
    /// Several keys of the set have the token's `kid`.
    #[error("several keys of the provider have the token's key id")]
    AmbiguousKey,
    /// The header's `alg` is not that of the key.
    #[error("the token's algorithm is not the key's")]
    WrongAlgorithm,
    /// The signature does not verify.
    #[error("the token's signature is not valid")]
    BadSignature,
}

/// The members of the protected header that are looked at. Derived, because serde's structs refuse a member that
/// occurs twice (RFC 7515 §4 demands it), which its maps do not.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<serde_json::Value>,
}

/// Verifies a token and gives the bytes of its claims, which are JSON when the provider is honest.
///
/// Only the signature is checked here: issuer, audience, nonce and times are the caller's, who knows what it asked
/// for and what time it is. A token without `kid` is accepted when the set has exactly one key (OpenID Connect
/// Core §10.1).
///
/// # Errors
/// [`JwsError`] says what is wrong with the token.
pub fn verify(token: &str, keys: &Jwks) -> Result<Vec<u8>, JwsError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(JwsError::TooLong);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
    // A third dot would be in the claims, where base64url does not take it.
    let (header, claims) = signed.split_once('.').ok_or(JwsError::Malformed)?;
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| JwsError::Malformed)?;
    let claims = decode(claims)?;
    let signature = decode(signature)?;

    if header.crit.is_some() {
        return Err(JwsError::CriticalExtension);
    }
    if header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
        return Err(JwsError::WrongType);
    }
    let key = keys.find(header.kid.as_deref())?;
    if !key.goes_with(&header.alg) {
        return Err(JwsError::WrongAlgorithm);
    }
    key.verify(signed.as_bytes(), &signature)?;
    Ok(claims)
}

/// Unpadded base64url; the last character's unused bits must be zero, so that a token has one spelling.
fn decode(part: &str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsError::Malformed)
}
