//! Revocations and key events by way of the directory's log: sealed for a holder that cannot be reached, posted to the directory or
//! through whichever node answers, and looked for in the log afterwards.

use std::collections::BTreeSet;

use pod_crypto::hpke::SealPublicKey;
use pod_protocol::Verified;
use pod_protocol::ids::Principal;
use pod_protocol::merkle::{Hash, Nodes as _, leaf_hash, verify_inclusion};
use pod_protocol::registry::Registry;
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::checkpoint::Checkpoint;
use pod_protocol::tlog::leaf::{Body, Leaf, Sealed};
use pod_protocol::tlog::post::{LogPost, Posted, items_to_bytes};
use pod_protocol::tlog::tile::{TILE_WIDTH, TileNodes};
use pod_protocol::tlog::view::View;
use serde::Deserialize;

use super::{DirectoryClient, LogSource};
use crate::caller::Caller;
use crate::error::CallError;
use crate::node::NodeClient;
use crate::target::{CBOR, COSE};

/// Where revocations and key events are posted.
const POSTS: &str = "/v1/log/posts";

/// Most nodes that are asked to forward when the directory does not answer: each may cost a timeout.
const MAX_FORWARDERS: usize = 5;

/// Where what was told stands in the log, as the directory says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Logged {
    /// The leaf of each item, in the order in which they were told; none for one that changed nothing.
    pub places: Vec<Option<u64>>,
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
        let trouble = match self.tell(POSTS, CBOR, body.clone()).await {
            Ok(logged) => return Ok(Taken::Logged(logged)),
            Err(lie @ CallError::Unbelievable { .. }) => return Err(lie),
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

    /// Posts what came to a member, signed by it.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn forward(&self, post: &Verified<LogPost>) -> Result<Logged, CallError> {
        self.tell(POSTS, COSE, post.bytes().to_vec()).await
    }

    /// Where the directory's own log is now: by a head that enough organisations vouch for, and that continues `kept`.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn own_view(&self, registry: &Registry, kept: Option<&View>) -> Result<View, CallError> {
        Ok(self.own_log()?.believed(registry, &self.policy, kept).await?.1)
    }

    /// Looks in the directory's log for what it said that it took, where it said: under a head that enough organisations vouch for and
    /// that continues `kept`.
    ///
    /// # Errors
    /// [`CallError`], when the log is not believed; then nothing is known of what was told.
    pub async fn find_in_log(
        &self,
        registry: &Registry,
        kept: Option<&View>,
        told: &[Body],
        said: &Logged,
    ) -> Result<Found, CallError> {
        let source = self.own_log()?;
        let (head, view) = source.believed(registry, &self.policy, kept).await?;
        let (at, places) = (&head.checkpoint, said.places.iter().copied().chain(std::iter::repeat(None)));
        let mut placed: Vec<Placed<'_>> = (0..)
            .zip(places.zip(told))
            .filter_map(|(item, (place, body))| {
                Some(Placed { item, place: place.filter(|place| *place < at.size)?, body })
            })
            .collect();
        placed.sort_by_key(|one| one.place);
        let mut missing: BTreeSet<usize> = (0..told.len()).collect();
        for bundle in placed.chunk_by(|one, other| one.place / TILE_WIDTH == other.place / TILE_WIDTH) {
            for item in source.found(at, bundle).await? {
                missing.remove(&item);
            }
        }
        Ok(Found { view, missing })
    }
}

/// What came of looking for what was told.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where the log is now.
    pub view: View,
    /// Which of it, by number, does not stand where the directory said, or of which it did not say where.
    pub missing: BTreeSet<usize>,
}

/// An item, and where it is said to stand.
struct Placed<'a> {
    item: usize,
    place: u64,
    body: &'a Body,
}

impl LogSource {
    /// Which of these stand where they are said to. All are said to stand in one bundle, and are in order.
    async fn found(&self, at: &Checkpoint, placed: &[Placed<'_>]) -> Result<Vec<usize>, CallError> {
        let Some(first) = placed.first().map(|one| one.place) else { return Ok(Vec::new()) };
        let fetched = self.leaves(first, at.size).await?.leaves;
        let prove = |nodes: &TileNodes| placed.iter().map(|one| nodes.inclusion_proof(one.place, at.size)).collect();
        let proofs: Vec<Vec<Hash>> = self.with_tiles(at.size, prove).await?;
        let mut found = Vec::new();
        for (one, proof) in placed.iter().zip(proofs) {
            let leaf = usize::try_from(one.place - first).ok().and_then(|after| fetched.get(after));
            let leaf = leaf.ok_or_else(|| self.lied(LogFault::Leaves))?;
            verify_inclusion(one.place, at.size, &leaf_hash(leaf), &proof, &at.root)
                .map_err(|_| self.lied(LogFault::Proof))?;
            if Leaf::from_bytes(leaf).is_ok_and(|leaf| leaf.body == *one.body) {
                found.push(one.item);
            }
        }
        Ok(found)
    }
}
