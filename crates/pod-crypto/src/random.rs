//! Randomness is an argument: every function that needs some takes a [`Random`].
//!
//! The program makes one [`SystemRandom`] at its start and hands it down; tests and vectors use [`SeededRandom`].

use core::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use ring::rand::SecureRandom as _;

use crate::hash::hmac_sha256;
use crate::{Secret32, Zeroizing};

/// A source of random bytes that are fit for keys and nonces.
///
/// It cannot fail: a source that has no bytes to give must end the process, because there is nothing sensible that
/// a caller could do without them.
pub trait Random: Send + Sync {
    /// Fills the whole of `out`.
    fn fill(&self, out: &mut [u8]);
}

/// The operating system's generator.
///
/// Aborts the process when the system has no randomness to give: a node that continued would make guessable keys
/// and repeat nonces.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, out: &mut [u8]) {
        if ring::rand::SystemRandom::new().fill(out).is_err() {
            // Not a panic: a panic may be caught, and what caught it would go on.
            std::process::abort();
        }
    }
}

/// A generator that gives the same bytes for the same seed: for test vectors, simulations and tests **only**.
///
/// Block `i` is HMAC-SHA-256 of the counter `i` (64 bit, big endian) under the seed. Each call of
/// [`Random::fill`] starts at a fresh block, so that what one caller takes does not shift within a block what the
/// next one gets. Whoever knows the seed knows every key made with it.
pub struct SeededRandom {
    seed: Secret32,
    next_block: AtomicU64,
}

/// Bytes that one block of the generator gives: the length of a SHA-256 digest.
const BLOCK_BYTES: usize = 32;

impl SeededRandom {
    /// Starts the sequence that belongs to `seed`.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed: Zeroizing::new(seed), next_block: AtomicU64::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(BLOCK_BYTES) {
            let number = self.next_block.fetch_add(1, Ordering::Relaxed);
            let block = Zeroizing::new(hmac_sha256(&*self.seed, &[&number.to_be_bytes()]));
            for (to, from) in chunk.iter_mut().zip(block.iter()) {
                *to = *from;
            }
        }
    }
}

impl fmt::Debug for SeededRandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeededRandom").finish_non_exhaustive()
    }
}

/// `N` fresh random bytes.
#[must_use]
pub fn random_array<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut out = [0; N];
    random.fill(&mut out);
    out
}
