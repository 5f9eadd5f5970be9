//! Revocations and key events by way of the directory's log: sealed for a holder that cannot be reached, posted to the directory or
//! through whichever node answers, and looked for in the log afterwards.

use pod_crypto::hpke::SealPublicKey;
use pod_protocol::ids::Principal;
use pod_protocol::merkle::{Nodes as _, leaf_hash, verify_inclusion};
use pod_protocol::registry::Registry;
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::leaf::{Body, Leaf, Sealed};
use pod_protocol::tlog::post::{Posted, items_to_bytes};
use serde::Deserialize;

use super::{DirectoryClient, RegistryCopy};
use crate::caller::Caller;
use crate::error::CallError;
use crate::node::NodeClient;
use crate::target::{CBOR, JSON};

/// Most nodes that are asked to forward when the directory does not answer: each may cost a timeout.
const MAX_FORWARDERS: usize = 5;

/// Where something that was posted stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Logged {
    /// The place of the first leaf.
    pub index: u64,
    /// How long the log was then.
    pub size: u64,
}

/// Who took what was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The directory: it stands in the log.
    Logged(Logged),
    /// This organisation's node, which forwards it.
    Forwarded(String),
}

/// Seals something for a holder.
///
/// # Errors
/// [`CallError::Ours`], when the holder has published no key for it, or it is too long.
pub fn seal_for(
    caller: &Caller,
    registry: &Registry,
    holder: &Principal,
    posted: &Posted,
) -> Result<Sealed, CallError> {
    let profile = registry.organisation(holder).and_then(|organisation| organisation.profile());
    let key: Option<SealPublicKey> = profile.and_then(|profile| profile.seal_key);
    let key = key.ok_or_else(|| CallError::Ours { what: format!("{holder} has published no key to seal for") })?;
    posted.seal(&key, &*caller.random).map_err(|fault| CallError::Ours { what: fault.to_string() })
}

impl DirectoryClient {
    /// Posts what is sealed to the directory; when that does not answer, through another member's node than the holder's.
    ///
    /// # Errors
    /// [`CallError`] of the directory, when nobody takes it.
    pub async fn post(
        &self,
        caller: &Caller,
        registry: &Registry,
        holder: &Principal,
        items: &[Sealed],
    ) -> Result<Taken, CallError> {
        let body = items_to_bytes(items);
        let directory = self.directory()?;
        let trouble = match directory.post("/v1/log/posts", CBOR, JSON, body.clone()).await {
            Ok(answer) => return directory.json(&answer, "a place in the log").map(Taken::Logged),
            Err(trouble) => trouble,
        };
        let others = registry.organisations().filter(|one| one.principal() != holder && !one.is_suspended());
        let nodes = others.filter_map(|one| NodeClient::of(caller, one).ok());
        for node in nodes.take(MAX_FORWARDERS) {
            if node.forward_to_log(body.clone()).await.is_ok() {
                return Ok(Taken::Forwarded(node.whom().to_owned()));
            }
        }
        Err(trouble)
    }

    /// Checks that exactly these stand in the log, one after the other from `index` on, under a head that enough organisations vouch
    /// for. `copy` goes on with the log.
    ///
    /// # Errors
    /// [`CallError`]; [`LogFault::Leaves`] when something else stands there.
    pub async fn stand_in_log(&self, copy: &mut RegistryCopy, items: &[Sealed], index: u64) -> Result<(), CallError> {
        let source =
            self.sources().first().ok_or_else(|| CallError::Ours { what: "no directory is named".to_owned() })?;
        let head = source.head().await?;
        let checked = source.checked(&head, &copy.registry, self.policy())?;
        let view = source.advance(copy.view(), &head, &checked).await?;
        copy.advance(view);
        let (at, missing) = (checked.checkpoint, || source.lied(LogFault::Leaves));
        let (mut next, mut items) = (index, items.iter().peekable());
        while items.peek().is_some() {
            if next >= at.size {
                return Err(missing());
            }
            let fetched = source.leaves(next, at.size).await?;
            for (bytes, item) in fetched.leaves.iter().zip(items.by_ref()) {
                match Leaf::from_bytes(bytes) {
                    Ok(Leaf { body: Body::Sealed(sealed), .. }) if sealed == *item => {}
                    _ => return Err(missing()),
                }
                let proof = source.with_tiles(at.size, |nodes| nodes.inclusion_proof(next, at.size)).await?;
                verify_inclusion(next, at.size, &leaf_hash(bytes), &proof, &at.root)
                    .map_err(|_| source.lied(LogFault::Proof))?;
                next += 1;
            }
        }
        Ok(())
    }
}
