//! What everybody is shown: the published head, and the machine as it was at that head.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};

use pod_http::Bytes;
use pod_protocol::Refusal;
use pod_protocol::merkle::Hash;
use pod_protocol::tlog::checkpoint::SignedCheckpoint;
use pod_protocol::tlog::head::Head;
use pod_protocol::tlog::map::ProvenBucket;

use super::machine::{Machine, Settled};
use crate::fault::Refused;

/// The machine and the head that vouches for it: both change in one moment. Whoever changes them lets go of what was before only
/// when nobody waits for that any more.
#[derive(Debug)]
pub(super) struct Published(RwLock<Shown>);

#[derive(Debug)]
pub(super) struct Shown {
    pub(super) machine: Machine,
    /// None until there is a first one.
    pub(super) head: Option<Arc<ShownHead>>,
    /// Whether the machine has gone on, and no head vouches for it yet: a mirror that catches up.
    ahead: bool,
}

/// A head, ready to be sent.
#[derive(Debug)]
pub(super) struct ShownHead {
    head: Head,
    note: Bytes,
    bytes: Bytes,
}

impl ShownHead {
    /// A checkpoint whose last leaf is `leaf`, with the proof of that.
    pub(super) fn new(checkpoint: SignedCheckpoint, leaf: Vec<u8>, proof: Vec<Hash>) -> Self {
        Self::of(Head { checkpoint, leaf, proof })
    }

    pub(super) fn of(head: Head) -> Self {
        Self { note: head.checkpoint.to_bytes().into(), bytes: head.to_bytes().into(), head }
    }

    /// The same checkpoint with more signatures.
    pub(super) fn with(&self, checkpoint: SignedCheckpoint) -> Self {
        Self::of(Head { checkpoint, ..self.head.clone() })
    }

    /// The checkpoint, with the signatures that it has.
    pub(super) fn checkpoint(&self) -> &SignedCheckpoint {
        &self.head.checkpoint
    }

    /// How many leaves it is about.
    pub(super) fn size(&self) -> u64 {
        self.checkpoint().unverified().size
    }

    /// The note.
    pub(super) fn note(&self) -> Bytes {
        self.note.clone()
    }

    /// The head.
    pub(super) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }
}

impl Published {
    pub(super) fn new(machine: Machine, head: Option<ShownHead>) -> Self {
        Self(RwLock::new(Shown { machine, head: head.map(Arc::new), ahead: false }))
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Shown> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Shown> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The machine, while a head vouches for it.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] while a mirror catches up.
    pub(super) fn vouched(&self) -> Result<RwLockReadGuard<'_, Shown>, Refused> {
        let shown = self.read();
        if shown.ahead { Err(Refusal::Unavailable.into()) } else { Ok(shown) }
    }

    /// The head that is shown.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] before the first one.
    pub(super) fn head(&self) -> Result<Arc<ShownHead>, Refused> {
        self.read().head.clone().ok_or_else(|| Refusal::Unavailable.into())
    }

    /// How many leaves the head that is shown is about.
    pub(super) fn size(&self) -> u64 {
        self.read().head.as_ref().map_or(0, |head| head.size())
    }

    /// Shows a head, and what its batch changes.
    pub(super) fn show(&self, settled: Option<Settled>, head: ShownHead) {
        let mut shown = self.write();
        let before = settled.map(|settled| shown.machine.apply(settled));
        shown.head = Some(Arc::new(head));
        shown.ahead = false;
        drop(shown);
        drop(before);
    }

    /// Applies a batch that no head vouches for yet.
    pub(super) fn go_on(&self, settled: Settled) {
        let mut shown = self.write();
        let before = shown.machine.apply(settled);
        shown.ahead = true;
        drop(shown);
        drop(before);
    }

    /// Whether [`Published::go_on`] went beyond the head.
    pub(super) fn is_ahead(&self) -> bool {
        self.read().ahead
    }

    /// Puts the machine back to where it was at the head.
    pub(super) fn set_back(&self, machine: Machine) {
        let mut shown = self.write();
        let before = std::mem::replace(&mut shown.machine, machine);
        shown.ahead = false;
        drop(shown);
        drop(before);
    }

    /// The machine, while a head vouches for it and nobody changes it: for who waits for nobody.
    pub(super) fn at_hand(&self) -> Option<RwLockReadGuard<'_, Shown>> {
        let shown = match self.0.try_read() {
            Ok(shown) => shown,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        (!shown.ahead).then_some(shown)
    }
}

impl Shown {
    /// A bucket with what proves it: the same bytes whichever tag of it was meant, and whether or not it is there. None when
    /// the state has no such bucket.
    pub(super) fn bucket(&self, bits: u8, number: u32) -> Option<Bytes> {
        let map = self.machine.map();
        let bucket = (bits == map.tree().bits()).then(|| map.bucket(number)).flatten()?;
        let head = self.head.as_ref()?;
        Some(ProvenBucket::encode(&bucket, &map.tree().siblings(number), &head.bytes).into())
    }
}
