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
use crate::lists::some;
use crate::refusal::ClaimFault;

/// Public keys as byte strings.
fn keys_to_cbor(keys: &[PublicKey]) -> Cbor {
    Cbor::Array(keys.iter().map(|key| Cbor::Bytes(key.to_bytes().to_vec())).collect())
}

/// Reads public keys as they are registered: each is checked in full here, so that its uses need not.
fn keys_from_cbor(claim: i64, item: Cbor) -> Result<Vec<PublicKey>, ClaimFault> {
    let keys = some(claim, item, |item| {
        PublicKey::register(&fixed(claim, item)?).map_err(|_| ClaimFault::OutOfRange { claim })
    })?;
    distinct(claim, &keys.iter().map(PublicKey::to_bytes).collect::<Vec<_>>())?;
    Ok(keys)
}
