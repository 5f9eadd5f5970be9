//! The path of a request, one file a step. Each step takes what only the step before can make, so none can be skipped:
//!
//! ```text
//! receive    bytes            → Received          strict CBOR, envelopes
//! verify     Received         → VerifiedRequest   signature, audience, freshness, channel, replay
//! authorise  VerifiedRequest  → Authorised        each item: chain, purpose, window, limits, revocation
//! select     Authorised       → Selection         names only, after non-disclosure, restriction, objection
//! open       Selection        → Opened            exactly these fields are decrypted
//! record     Opened           → Recorded          entries are durable
//! respond    Opened, Recorded → the answer
//! ```

mod authorise;
mod open;
mod receive;
mod record;
mod respond;
mod verify;

use pod_protocol::path::{Channel, select};

use crate::fault::Failure;
use crate::node::Node;

pub use verify::Peer;

/// Answers one call: the same for every transport.
///
/// # Errors
/// [`Failure::Refused`] when the call as a whole is turned down: what the peer may know of it is
/// [`Refusal::outward`](pod_protocol::Refusal::outward). An item that is refused is part of the answer.
/// [`Failure::Fault`] when we failed: nothing was released.
pub async fn handle(node: &Node, peer: &Peer, message: &[u8]) -> Result<Vec<u8>, Failure> {
    let now_secs = (node.clock)();
    let received = receive::receive(message)?;
    let channel: Channel = peer.channel(node, received.nonce(), now_secs);
    let (request, carried) = verify::verify(node, received, &channel, now_secs)?;
    let (authorised, pods, holding) = authorise::authorise(node, request, carried, now_secs).await?;
    let selection = select(authorised, &node.rules);
    let opened = open::open(node, selection, pods)?;
    let recorded = record::record(node, &opened, now_secs).await?;
    let answer = respond::respond(node, opened, recorded, now_secs);
    drop(holding);
    Ok(answer)
}
