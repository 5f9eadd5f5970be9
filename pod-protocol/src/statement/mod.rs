//! The registry's signed statements: who is a member, and what a member says about itself.

mod endpoint;
mod membership;
mod profile;

pub use endpoint::{Endpoint, EndpointFault, MAX_ENDPOINT_BYTES};
pub use membership::{
    MAX_LEVELS, MAX_MEMBERSHIP_LIFETIME_SECS, MAX_SHORT_NAME_BYTES, Membership, Role, RoleFault, ShortName,
    ShortNameFault,
};
pub use profile::{MAX_PROFILE_BYTES, MAX_PROFILE_LIFETIME_SECS, Profile, RegisteredFields, ServiceEntry};

use pod_crypto::PublicKey;

use crate::codec::{Cbor, fixed};
use crate::grant::distinct;
use crate::lists::few;
use crate::refusal::ClaimFault;

/// Most keys of a member or of a service: a handful of machines, and the keys that follow theirs. Each is checked in full
/// when it is read, which takes as long as a signature.
pub const MAX_KEYS: usize = 8;

/// Public keys as byte strings.
fn keys_to_cbor(keys: &[PublicKey]) -> Cbor {
    Cbor::Array(keys.iter().map(|key| Cbor::Bytes(key.to_bytes().to_vec())).collect())
}

/// Reads public keys as they are registered: each is checked in full here, so that its uses need not.
fn keys_from_cbor(claim: i64, item: Cbor) -> Result<Vec<PublicKey>, ClaimFault> {
    let keys = few(claim, item, MAX_KEYS, |item| fixed(claim, item))?;
    distinct(claim, &keys)?;
    keys.iter().map(|key| PublicKey::register(key).map_err(|_| ClaimFault::OutOfRange { claim })).collect()
}
