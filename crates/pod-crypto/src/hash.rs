//! SHA-256 (FIPS 180-4), HMAC (RFC 2104), HKDF (RFC 5869) and comparison in constant time.

use ring::{digest, hmac};
use subtle::ConstantTimeEq as _;

use crate::{Secret32, Zeroizing};

/// SHA-256 of the concatenation of `parts`.
///
/// The boundaries between the parts are not hashed: a caller that hashes parts of variable length brings its own
/// framing, as deterministic CBOR does.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    digest_array(context.finish().as_ref())
}

/// HMAC-SHA-256 under `key` of the concatenation of `parts` (RFC 2104). Framing is the caller's, as in [`sha256`].
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    digest_array(context.sign().as_ref())
}

/// HKDF-SHA-256, extract and expand, to one key of 32 bytes (RFC 5869 §2).
///
/// `info` separates the purposes: two keys that are derived from one secret must differ in it. An empty `salt`
/// means the salt of zeros that the RFC names.
#[must_use]
pub fn hkdf_sha256(secret: &[u8], salt: &[u8], info: &[u8]) -> Secret32 {
    // One block of output is all we ever want, so that expand is a single HMAC with the counter 1 and cannot fail.
    let extracted = Zeroizing::new(hmac_sha256(salt, &[secret]));
    Zeroizing::new(hmac_sha256(&*extracted, &[info, &[1]]))
}

/// Whether `a` and `b` are equal, in a time that depends on their lengths alone.
#[must_use]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// The 32 bytes of a SHA-256 digest, which ring hands over as a slice.
fn digest_array(digest: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest);
    out
}
