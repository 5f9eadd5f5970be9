//! The replay window: which signed objects were already answered. State without a clock: time is an argument.

use std::collections::{BTreeMap, HashSet};

use crate::chain::CLOCK_SKEW_SECS;
use crate::ids::{Cti, Kid};
use crate::refusal::Refusal;

/// Most objects remembered. At 10,000 a second and the longest life (120 s and the skew) 1.8 million are alive; what comes
/// beyond is refused until the oldest have expired, rather than forgotten.
pub const MAX_REPLAY_ENTRIES: usize = 4_000_000;

/// Entries are dropped together with all others that expire in the same so many seconds.
const BUCKET_SECS: u64 = 30;

/// Says that an object was not seen before; only [`ReplayWindow::admit`] makes it.
#[derive(Debug)]
pub struct Unseen {
    pub(super) cti: Cti,
    pub(super) kid: Kid,
}

/// Which (key, cti) pairs were seen and could still be replayed.
#[derive(Debug, Default)]
pub struct ReplayWindow {
    buckets: BTreeMap<u64, HashSet<u128>>,
    entries: usize,
}

impl ReplayWindow {
    /// An empty window.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Admits an object once.
    ///
    /// # Errors
    /// [`Refusal::Replay`] when it was admitted before, [`Refusal::Unavailable`] when the window is full.
    pub fn admit(&mut self, kid: Kid, cti: Cti, expires: u64, now_secs: u64) -> Result<Unseen, Refusal> {
        self.forget(now_secs);
        let entry = fingerprint(kid, cti);
        if self.buckets.values().any(|bucket| bucket.contains(&entry)) {
            return Err(Refusal::Replay);
        }
        if self.entries >= MAX_REPLAY_ENTRIES {
            return Err(Refusal::Unavailable);
        }
        self.buckets.entry((expires + CLOCK_SKEW_SECS) / BUCKET_SECS).or_default().insert(entry);
        self.entries += 1;
        Ok(Unseen { cti, kid })
    }

    /// How many objects are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    fn forget(&mut self, now_secs: u64) {
        while let Some(oldest) = self.buckets.first_entry() {
            if (oldest.key() + 1) * BUCKET_SECS > now_secs {
                break;
            }
            self.entries -= oldest.remove().len();
        }
    }
}

/// 128 bits of the pair: a cti is random, so folding the key in by addition keeps two services' ctis apart.
fn fingerprint(kid: Kid, cti: Cti) -> u128 {
    u128::from_be_bytes(*kid.as_bytes()).wrapping_add(u128::from_be_bytes(*cti.as_bytes()).rotate_left(1))
}
