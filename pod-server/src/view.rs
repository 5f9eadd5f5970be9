//! How old this node's view of revocations and suspensions is, by a clock that nobody sets.
//!
//! A chain of more than one link counts only while the view is recent: those who passed it on have no direct way to every
//! holder (grant.md, "Checking a chain", step 6). The age is measured on a clock that goes on while the machine sleeps and that
//! setting the time does not move, and from before the question: what an answer says was so no earlier than that. It is in
//! memory alone, so a node that starts has no view until it has looked.

use std::fmt;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::Monotonic;

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// How old the view may be when a delegated chain counts, in seconds. Published in `/.well-known/aitta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationBound(NonZeroU64);

impl RevocationBound {
    /// The longest, and what counts when nothing is set: every holder of the federation keeps it, so that a wallet can say
    /// when a revocation has reached them all.
    pub const LONGEST_SECS: u64 = 300;

    /// A bound of 1 to [`Self::LONGEST_SECS`] seconds; none otherwise.
    #[must_use]
    pub fn of_secs(secs: u64) -> Option<Self> {
        NonZeroU64::new(secs).filter(|secs| secs.get() <= Self::LONGEST_SECS).map(Self)
    }

    /// In seconds.
    #[must_use]
    pub const fn secs(self) -> u64 {
        self.0.get()
    }
}

impl Default for RevocationBound {
    fn default() -> Self {
        Self(NonZeroU64::MIN.saturating_add(Self::LONGEST_SECS - 1))
    }
}

/// Moments are counted from an hour before the clock's own zero, so that one before a machine's start can be told too.
const BEFORE_ZERO_NANOS: u64 = 3600 * NANOS_PER_SEC;

/// The moment before a question: as old as its answer may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked(u64);

impl Asked {
    /// The answer says what was so that many seconds before.
    pub(crate) fn earlier_by(self, secs: u64) -> Self {
        Self(self.0.saturating_sub(secs.saturating_mul(NANOS_PER_SEC)))
    }
}

/// When revocations were last looked at.
pub(crate) struct View {
    bound: RevocationBound,
    monotonic: Monotonic,
    /// One more than the nanoseconds of the last look; 0 when there was none since the start.
    looked: AtomicU64,
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("bound", &self.bound).finish_non_exhaustive()
    }
}

impl View {
    pub(crate) fn new(bound: RevocationBound, monotonic: Monotonic) -> Self {
        Self { bound, monotonic, looked: AtomicU64::new(0) }
    }

    /// How old the view may be.
    pub(crate) const fn bound(&self) -> RevocationBound {
        self.bound
    }

    /// To be called before the question goes out.
    pub(crate) fn ask(&self) -> Asked {
        Asked(self.nanos())
    }

    /// The question was answered, and what the answer says is in use.
    pub(crate) fn answered(&self, asked: Asked) {
        self.looked.fetch_max(asked.0.saturating_add(1), Ordering::AcqRel);
    }

    /// How old the view is; none when nobody was asked since the node started.
    pub(crate) fn age_secs(&self) -> Option<u64> {
        self.age_nanos().map(|nanos| nanos / NANOS_PER_SEC)
    }

    /// Whether it is recent enough for delegated chains.
    pub(crate) fn is_recent(&self) -> bool {
        self.age_nanos().is_some_and(|nanos| nanos <= self.bound.secs().saturating_mul(NANOS_PER_SEC))
    }

    fn age_nanos(&self) -> Option<u64> {
        let looked = self.looked.load(Ordering::Acquire).checked_sub(1)?;
        Some(self.nanos().saturating_sub(looked))
    }

    fn nanos(&self) -> u64 {
        (self.monotonic)().saturating_add(BEFORE_ZERO_NANOS)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::*;

    fn view(bound_secs: u64) -> (View, Arc<AtomicU64>) {
        let nanos = Arc::new(AtomicU64::new(0));
        let told = Arc::clone(&nanos);
        let bound = RevocationBound::of_secs(bound_secs).unwrap();
        (View::new(bound, Arc::new(move || told.load(Ordering::SeqCst))), nanos)
    }

    #[test]
    fn no_bound_is_longer_than_what_the_federation_promises() {
        assert_eq!(RevocationBound::default().secs(), 300);
        assert_eq!(RevocationBound::of_secs(300), Some(RevocationBound::default()));
        assert_eq!((RevocationBound::of_secs(0), RevocationBound::of_secs(301)), (None, None));
    }

    #[test]
    fn it_is_recent_for_exactly_the_bound() {
        let (view, nanos) = view(300);
        assert_eq!((view.is_recent(), view.age_secs()), (false, None), "a node that starts has not looked");
        view.answered(view.ask());
        assert_eq!((view.is_recent(), view.age_secs()), (true, Some(0)));
        nanos.store(300 * NANOS_PER_SEC, Ordering::SeqCst);
        assert_eq!((view.is_recent(), view.age_secs()), (true, Some(300)));
        nanos.fetch_add(1, Ordering::SeqCst);
        assert!(!view.is_recent());
    }

    #[test]
    fn what_witnesses_saw_is_as_old_as_they_say() {
        let (view, nanos) = view(300);
        view.answered(view.ask().earlier_by(290));
        assert_eq!((view.is_recent(), view.age_secs()), (true, Some(290)), "also right after the machine's start");
        nanos.store(11 * NANOS_PER_SEC, Ordering::SeqCst);
        assert!(!view.is_recent());
    }

    #[test]
    fn an_answer_is_as_old_as_its_question() {
        let (view, nanos) = view(6);
        let asked = view.ask();
        nanos.store(5 * NANOS_PER_SEC, Ordering::SeqCst);
        view.answered(asked);
        assert_eq!((view.is_recent(), view.age_secs()), (true, Some(5)));
        // The answer to an earlier question, which comes later, takes nothing back.
        view.answered(view.ask());
        view.answered(asked);
        assert_eq!(view.age_secs(), Some(0));
    }
}
