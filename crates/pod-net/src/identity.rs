//! A key as libp2p has it. An Ed25519 peer id holds the whole public key, so that each gives the other.

use libp2p::PeerId;
use libp2p::identity::{Keypair, PublicKey, ed25519};
use pod_crypto::SigningKey;

/// The key with which a peer proves who it is. The copy of the seed is overwritten as it is taken.
pub(crate) fn keypair(key: &SigningKey) -> Option<Keypair> {
    let mut seed = key.seed();
    Keypair::ed25519_from_bytes(&mut *seed).ok()
}

/// The key that a peer id holds; none when it is of another kind than Ed25519.
pub(crate) fn key_of(peer: &PeerId) -> Option<[u8; 32]> {
    // A digest instead of the key itself would not decode.
    let public = PublicKey::try_decode_protobuf(peer.as_ref().digest()).ok()?;
    public.try_into_ed25519().ok().map(|key| key.to_bytes())
}

/// The peer id of a key; none when the bytes are no point of the curve.
pub(crate) fn peer_of(key: &[u8; 32]) -> Option<PeerId> {
    let public = ed25519::PublicKey::try_from_bytes(key).ok()?;
    Some(PublicKey::from(public).to_peer_id())
}

/// The peer id of a key as libp2p writes it; empty when the bytes are no point of the curve.
#[must_use]
pub fn peer_id(key: &[u8; 32]) -> String {
    peer_of(key).map(|peer| peer.to_string()).unwrap_or_default()
}
