//! Nonces: handed out to those whose connection cannot be bound to, used up once. Kept in memory: after a restart a caller
//! is told to fetch another.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use pod_crypto::{Random, random_array};
use pod_protocol::ids::Cti;

/// How long a nonce can be used.
pub(crate) const NONCE_LIFETIME_SECS: u64 = 120;
/// Most nonces that wait to be used; the oldest give way, and whoever had them is told to fetch another. 16 bytes each.
const MAX_NONCES: usize = 100_000;

/// The nonces that wait to be used.
#[derive(Debug, Default)]
pub(crate) struct Nonces(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    expires: HashMap<Cti, u64>,
    oldest: VecDeque<Cti>,
}

impl Nonces {
    /// Hands out a nonce.
    pub(crate) fn hand_out(&self, random: &dyn Random, now_secs: u64) -> Cti {
        let nonce = Cti::new(random_array(random));
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.oldest.len() >= MAX_NONCES {
            if let Some(oldest) = waiting.oldest.pop_front() {
                waiting.expires.remove(&oldest);
            }
        }
        waiting.expires.insert(nonce, now_secs + NONCE_LIFETIME_SECS);
        waiting.oldest.push_back(nonce);
        nonce
    }

    /// Uses a nonce up; none when it was not handed out, was used, or is too old.
    pub(crate) fn use_up(&self, nonce: Cti, now_secs: u64) -> Option<Cti> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let expires = waiting.expires.remove(&nonce)?;
        (expires > now_secs).then_some(nonce)
    }
}
