//! What a client keeps of the log, and how it goes on to the next head: never back, never to another history.

use super::LogFault;
use super::checkpoint::{Checkpoint, SignedCheckpoint};
use super::evidence::Evidence;
use super::head::CheckedHead;
use crate::codec::{Cbor, Claims, OBJECT_LIMITS, decode, encode, map};
use crate::merkle::{Frontier, Hash, leaf_hash, verify_consistency};
use crate::refusal::{ClaimFault, Refusal};

/// The last head that a client believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    checkpoint: Checkpoint,
    note: Vec<u8>,
    seen_secs: u64,
}

/// How a head relates to what is kept, before anything is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The first one: there is nothing to compare it with.
    First,
    /// The same tree.
    Same,
    /// A longer one: to be proven, with a proof from the kept size to the new one.
    Longer {
        /// The size that is kept.
        from: u64,
    },
}

const NOTE: i64 = 0;
const SEEN: i64 = 1;

impl View {
    /// The last checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// By when witnesses had seen it.
    #[must_use]
    pub fn seen_secs(&self) -> u64 {
        self.seen_secs
    }

    /// How `head` relates to the view that is kept.
    ///
    /// # Errors
    /// [`LogFault::Origin`], [`LogFault::Truncated`], [`LogFault::Fork`].
    pub fn step(kept: Option<&Self>, head: &CheckedHead) -> Result<Step, LogFault> {
        let Some(kept) = kept else { return Ok(Step::First) };
        let (old, new) = (&kept.checkpoint, &head.checkpoint);
        if old.origin != new.origin {
            return Err(LogFault::Origin);
        }
        if new.size < old.size {
            return Err(LogFault::Truncated { size: new.size, kept: old.size });
        }
        match new.size == old.size {
            true if new.root == old.root => Ok(Step::Same),
            true => Err(LogFault::Fork),
            false => Ok(Step::Longer { from: old.size }),
        }
    }

    /// Goes on to `head`, given the proof that [`View::step`] asked for; empty where it asked for none.
    ///
    /// # Errors
    /// Those of [`View::step`]; [`LogFault::Fork`] when the proof does not hold.
    pub fn advance(kept: Option<&Self>, head: &CheckedHead, proof: &[Hash]) -> Result<Self, LogFault> {
        if let (Step::Longer { .. }, Some(kept)) = (Self::step(kept, head)?, kept) {
            let (old, new) = (&kept.checkpoint, &head.checkpoint);
            verify_consistency(old.size, new.size, &old.root, &new.root, proof).map_err(|_| LogFault::Fork)?;
        }
        Ok(Self::of(head))
    }

    /// Goes on to `head` by its leaves: those from the size of `frontier` on. Gives the frontier at the head.
    ///
    /// # Errors
    /// Those of [`View::step`]; [`LogFault::Leaves`] when they do not lead to the head's root; [`LogFault::Fork`] when
    /// `frontier` is not the view that is kept.
    pub fn follow<'a>(
        kept: Option<&Self>,
        head: &CheckedHead,
        frontier: &Frontier,
        leaves: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(Self, Frontier), LogFault> {
        Self::step(kept, head)?;
        if kept.is_some_and(|kept| (kept.checkpoint.size, kept.checkpoint.root) != (frontier.size(), frontier.root())) {
            return Err(LogFault::Fork);
        }
        let mut frontier = frontier.clone();
        leaves.into_iter().for_each(|leaf| frontier.push(&leaf_hash(leaf), |_| {}));
        let leads_there = (frontier.size(), frontier.root()) == (head.checkpoint.size, head.checkpoint.root);
        if leads_there { Ok((Self::of(head), frontier)) } else { Err(LogFault::Leaves) }
    }

    fn of(head: &CheckedHead) -> Self {
        Self { checkpoint: head.checkpoint, note: head.note().to_vec(), seen_secs: head.seen_secs }
    }

    /// What to keep when `shown` contradicts this view.
    #[must_use]
    pub fn evidence(&self, shown: &SignedCheckpoint, fault: LogFault, noticed_secs: u64) -> Evidence {
        Evidence { code: fault.code().to_owned(), noticed_secs, kept: self.note.clone(), shown: shown.to_bytes() }
    }

    /// What to keep on disk.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&map([(NOTE, Some(Cbor::Bytes(self.note.clone()))), (SEEN, Some(self.seen_secs.into()))]))
    }

    /// Reads what [`View::to_bytes`] wrote: signatures were checked then.
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Claim`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut claims = Claims::open(decode(bytes, OBJECT_LIMITS)?)?;
        let note = claims.bytes(NOTE)?;
        let seen_secs = claims.time(SEEN)?;
        claims.finish()?;
        let signed = SignedCheckpoint::from_bytes(&note).map_err(|_| ClaimFault::OutOfRange { claim: NOTE })?;
        Ok(Self { checkpoint: *signed.unverified(), note, seen_secs })
    }
}
