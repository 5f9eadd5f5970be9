//! What every call needs: connections, a clock, randomness.

use std::fmt;
use std::sync::Arc;

use pod_crypto::{Random, random_array};
use pod_http::Client;
use pod_net::Net;
use pod_protocol::ids::Cti;

/// Connections, a clock and randomness, made once in `main`. Cheap to clone.
#[derive(Clone)]
pub struct Caller {
    /// The connections.
    pub http: Client,
    /// The network between organisations, under the key that signs the calls: a service's or an organisation's. None for who has
    /// no key in the registry, such as a wallet: every call then goes over HTTPS.
    pub net: Option<Arc<Net>>,
    /// Randomness, for what makes requests unique.
    pub random: Arc<dyn Random>,
    /// The clock: seconds since 1970.
    pub clock: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl Caller {
    /// The time now, in seconds since 1970.
    #[must_use]
    pub fn now_secs(&self) -> u64 {
        (self.clock)()
    }

    /// A fresh id for a signed object.
    #[must_use]
    pub fn fresh_cti(&self) -> Cti {
        Cti::new(random_array(&*self.random))
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("http", &self.http).finish_non_exhaustive()
    }
}
