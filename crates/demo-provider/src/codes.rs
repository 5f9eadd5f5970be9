//! Authorization codes: each counts once, for a minute (RFC 6749 §4.1.2, RFC 9700 §2.1.1).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use pod_crypto::{Zeroizing, sha256};

/// Clients redeem their code at once; a browser on a bad line needs some seconds.
const LIFETIME_SECS: u64 = 60;
/// Most codes that wait: a demonstration has a handful.
const MAX_WAITING: usize = 1_000;

/// A login that waits to be redeemed.
pub(crate) struct Login {
    pub(crate) client_id: String,
    pub(crate) redirect_url: String,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: String,
    pub(crate) identity_code: Zeroizing<String>,
    pub(crate) at_secs: u64,
}

/// The waiting logins, by the hash of their code, so that looking one up tells nothing by its time.
#[derive(Default)]
pub(crate) struct Codes(Mutex<HashMap<[u8; 32], Login>>);

impl Codes {
    /// Keeps a login; false when too many wait.
    pub(crate) fn keep(&self, code: &str, login: Login) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now_secs = login.at_secs;
        waiting.retain(|_, login| is_fresh(login, now_secs));
        if waiting.len() >= MAX_WAITING {
            return false;
        }
        waiting.insert(sha256(&[code.as_bytes()]), login);
        true
    }

    /// Takes a login out: a second try finds nothing, whether the first succeeded or not.
    pub(crate) fn redeem(&self, code: &str, now_secs: u64) -> Option<Login> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(&sha256(&[code.as_bytes()])).filter(|login| is_fresh(login, now_secs))
    }
}

fn is_fresh(login: &Login, now_secs: u64) -> bool {
    now_secs.saturating_sub(login.at_secs) <= LIFETIME_SECS
}
