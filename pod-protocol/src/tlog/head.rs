//! A head: a signed checkpoint with the state that is its last leaf, in one object.

use super::LogFault;
use super::checkpoint::{Checkpoint, Seen, SignedCheckpoint};
use super::leaf::{Body, Leaf, State};
use crate::bucket::most_bucket_bits;
use crate::chain::CLOCK_SKEW_SECS;
use crate::codec::{Cbor, Claims, OBJECT_LIMITS, decode, encode, fixed, map};
use crate::lists::any;
use crate::merkle::{Hash, leaf_hash, verify_inclusion};
use crate::refusal::{ClaimFault, Refusal};
use crate::registry::Registry;

/// What a client wants before it believes a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How many organisations other than the directory's must have cosigned it.
    pub witnesses: usize,
    /// How long ago, in seconds, that many of them may have seen it.
    pub max_age_secs: u64,
}

/// How many witnesses are wanted where nothing else is configured: one can be in league with the directory.
pub const USUAL_WITNESSES: usize = 2;

/// A checkpoint and the state at it, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
    /// The last leaf.
    pub leaf: Vec<u8>,
    /// That it is the last.
    pub proof: Vec<Hash>,
}

/// A head that enough witnesses vouch for, of this time. Whether it continues what was seen before is for
/// [`super::view::View`] to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedHead {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The state at it.
    pub state: State,
    /// Log time of the state.
    pub logged_secs: u64,
    /// By when as many witnesses as are wanted had seen it, or seen it again; log time when none is wanted.
    pub seen_secs: u64,
    /// Who saw it.
    pub witnesses: Vec<Seen>,
    note: Vec<u8>,
}

const NOTE: i64 = 0;
const LEAF: i64 = 1;
const PROOF: i64 = 2;

impl Head {
    /// The deterministic encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let proof = self.proof.iter().map(|hash| Cbor::Bytes(hash.to_vec())).collect();
        encode(&map([
            (NOTE, Some(Cbor::Bytes(self.checkpoint.to_bytes()))),
            (LEAF, Some(Cbor::Bytes(self.leaf.clone()))),
            (PROOF, Some(Cbor::Array(proof))),
        ]))
    }

    /// Reads the encoding.
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Claim`].
    pub fn from_bytes(message: &[u8]) -> Result<Self, Refusal> {
        let mut claims = Claims::open(decode(message, OBJECT_LIMITS)?)?;
        let note = claims.bytes(NOTE)?;
        let checkpoint = SignedCheckpoint::from_bytes(&note).map_err(|_| ClaimFault::OutOfRange { claim: NOTE })?;
        let leaf = claims.bytes(LEAF)?;
        let proof = any(PROOF, claims.need(PROOF)?, |item| fixed(PROOF, item))?;
        claims.finish()?;
        Ok(Self { checkpoint, leaf, proof })
    }

    /// Checks signature, witnesses, time, that the state is the last leaf, and that its buckets hide whom one looks for.
    ///
    /// # Errors
    /// [`LogFault::Signature`], [`LogFault::Witnesses`], [`LogFault::Future`], [`LogFault::Stale`], [`LogFault::State`],
    /// [`LogFault::MapThin`].
    pub fn verify(&self, registry: &Registry, policy: &Policy, now_secs: u64) -> Result<CheckedHead, LogFault> {
        let checkpoint = *self.checkpoint.verify(registry)?;
        let last = checkpoint.size.checked_sub(1).ok_or(LogFault::State)?;
        verify_inclusion(last, checkpoint.size, &leaf_hash(&self.leaf), &self.proof, &checkpoint.root)
            .map_err(|_| LogFault::State)?;
        let leaf = Leaf::from_bytes(&self.leaf).map_err(LogFault::Leaf)?;
        let Body::State(state) = leaf.body else { return Err(LogFault::State) };
        // Each entry is a leaf: who says more of them than there are leaves would have to show a log of that length.
        if state.bits > most_bucket_bits(state.entries.min(checkpoint.size)) {
            return Err(LogFault::MapThin);
        }
        let latest = now_secs.saturating_add(CLOCK_SKEW_SECS);
        if leaf.time_secs > latest {
            return Err(LogFault::Future);
        }
        let (witnesses, early): (Vec<Seen>, Vec<Seen>) =
            self.checkpoint.witnesses(registry).into_iter().partition(|seen| seen.time_secs <= latest);
        if witnesses.len() < policy.witnesses {
            let (have, need) = (witnesses.len(), policy.witnesses);
            return Err(if have + early.len() >= need { LogFault::Future } else { LogFault::Witnesses { have, need } });
        }
        let mut times: Vec<u64> = witnesses.iter().map(|seen| seen.time_secs).collect();
        times.sort_unstable_by(|one, other| other.cmp(one));
        let wanted = policy.witnesses.checked_sub(1).and_then(|last| times.get(last));
        let seen_secs = wanted.copied().unwrap_or(leaf.time_secs);
        let age_secs = now_secs.saturating_sub(seen_secs);
        if age_secs > policy.max_age_secs {
            return Err(LogFault::Stale { age_secs });
        }
        let note = self.checkpoint.to_bytes();
        Ok(CheckedHead { checkpoint, state, logged_secs: leaf.time_secs, seen_secs, witnesses, note })
    }
}

impl CheckedHead {
    /// The note, to be kept.
    #[must_use]
    pub fn note(&self) -> &[u8] {
        &self.note
    }
}
