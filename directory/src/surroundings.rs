//! What a server takes from the world around it: made in `main`, by hand in tests.

use std::fmt;
use std::sync::Arc;

use pod_crypto::{Random, random_array};
use pod_http::{KeyLogOff, Machine};

/// Seconds since 1970, asked whenever a rule needs them.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Time, randomness, the machine, and the proof that nobody asked for the keys of connections.
#[derive(Clone)]
pub struct Surroundings {
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// That `SSLKEYLOGFILE` is not set.
    pub key_log: KeyLogOff,
    /// Its sockets and threads.
    pub machine: Machine,
}

impl Surroundings {
    /// Gives calls an id whose sender named none.
    pub(crate) fn fresh_trace(&self) -> impl Fn() -> [u8; 16] + Send + Sync + 'static {
        let random = Arc::clone(&self.random);
        move || random_array(&*random)
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").finish_non_exhaustive()
    }
}
