//! Step 1: bytes become a signed request and the grants sent along; nothing is believed yet.

use std::collections::BTreeMap;

use pod_protocol::grant::Grant;
use pod_protocol::ids::{Cti, GrantId};
use pod_protocol::request::{Call, Request};
use pod_protocol::{Refusal, Signed};

/// A call that is well formed.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) request: Signed<Request>,
    pub(super) carried: BTreeMap<GrantId, Signed<Grant>>,
}

impl Received {
    /// The nonce that the request names.
    pub(super) fn nonce(&self) -> Option<Cti> {
        self.request.unverified().nonce
    }
}

/// Reads a call.
///
/// # Errors
/// [`Refusal::Cbor`], [`Refusal::Envelope`], [`Refusal::Claim`] of the call, the request or a grant; [`Refusal::UnknownGrant`]
/// when a grant is sent under an id that is not its own.
pub(super) fn receive(message: &[u8]) -> Result<Received, Refusal> {
    let call = Call::from_bytes(message)?;
    let request = Signed::decode(&call.request)?;
    let mut carried = BTreeMap::new();
    for (id, bytes) in call.grants {
        let grant = Signed::<Grant>::decode(&bytes)?;
        if grant.id() != id {
            return Err(Refusal::UnknownGrant);
        }
        carried.insert(id, grant);
    }
    Ok(Received { request, carried })
}
