//! The path of a request, one file a step. Each step takes what only the step before can make, so none can be skipped:
//!
//! ```text
//! receive    bytes            → Received          strict CBOR, envelopes
//! verify     Received         → VerifiedRequest   signature, audience, freshness, channel, replay
//! authorise  VerifiedRequest  → Authorised        each item: chain, purpose, window, limits, revocation;
//!                                               grants that were sent along and hold are kept
//! select     Authorised       → Selection         names only, after non-disclosure, restriction, objection
//! open       Selection        → Opened            exactly these fields are decrypted;
//!                                               which service gets them is put on record
//! record     Opened           → Recorded          entries are durable
//! respond    Opened, Recorded → the answer
//! ```

mod authorise;
mod keep;
mod note;
mod open;
mod receive;
mod record;
mod respond;
mod verify;

use std::sync::Arc;

use pod_protocol::path::{Channel, select};

use crate::fault::Failure;
use crate::metrics::{Step, Stopwatch};
use crate::node::Node;

pub use verify::Peer;

/// Answers one call: the same for every transport.
///
/// # Errors
/// [`Failure::Refused`] when the call as a whole is turned down: what the peer may know of it is
/// [`Refusal::outward`](pod_protocol::Refusal::outward). An item that is refused is part of the answer.
/// [`Failure::Fault`] when we failed: nothing was released.
///
/// # What is recorded
/// Every item, released or refused, of a call that its signer made on this connection. A call that is turned down as a whole
/// is not: until audience, time, channel and replay have been checked, anybody who got hold of its bytes could have sent it,
/// and an entry would lay another's act to the signer's charge. It counts in the metrics.
pub async fn handle(node: &Arc<Node>, peer: &Peer, message: &[u8]) -> Result<Vec<u8>, Failure> {
    let outcome = steps(node, peer, message).await;
    node.metrics.call(match &outcome {
        Ok(_) => "answered",
        Err(Failure::Refused(refusal)) => refusal.code(),
        Err(Failure::Fault(_)) => "fault",
    });
    outcome
}

async fn steps(node: &Arc<Node>, peer: &Peer, message: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut stopwatch = Stopwatch::start(node);
    let now_secs = (node.clock)();
    let received = receive::receive(message)?;
    stopwatch.step(Step::Receive);
    let channel: Channel = peer.channel(node, received.nonce(), now_secs);
    let (request, carried) = verify::verify(node, received, &channel, now_secs)?;
    stopwatch.step(Step::Verify);
    let (authorised, pods, holding) =
        stopwatch.waiting(authorise::authorise(node, request, &carried, now_secs)).await?;
    let unkept = stopwatch.waiting(keep::keep_used(node, &authorised, &carried, now_secs)).await?;
    stopwatch.step(Step::Authorise);
    let selection = select(authorised, &node.rules);
    stopwatch.step(Step::Select);
    let opened = open::open(node, selection, pods, &unkept)?;
    stopwatch.waiting(note::note_released(node, &opened)).await?;
    stopwatch.step(Step::Open);
    let recorded = stopwatch.waiting(record::record(node, &opened, now_secs)).await?;
    stopwatch.step(Step::Record);
    let answer = respond::respond(node, opened, recorded, now_secs);
    stopwatch.step(Step::Respond);
    drop(holding);
    Ok(answer)
}
