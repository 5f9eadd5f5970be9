//! The login provider's keys: found by discovery (OpenID Connect Discovery §4), kept, fetched again when they change.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pod_crypto::jws::{self, Jwks, JwsError, MAX_JWKS_BYTES};
use pod_http::{Client, ClientLimits, Origin, Request};
use serde::Deserialize;

use super::fetching::{Fetching, UnderWay};
use crate::fault::Refused;
use crate::problems;

/// How long keys are used without a look at the provider, in seconds.
const FRESH_SECS: u64 = 3600;
/// How long they are used while the provider cannot be reached, in seconds: it publishes a new key days before it signs
/// with it, and withdraws a stolen one at once.
const USABLE_SECS: u64 = 24 * 3600;
/// Least time between two fetches, in seconds: tokens with invented key ids must not become calls to the provider.
const RETRY_SECS: u64 = 10;

/// Where keys come from.
#[derive(Debug)]
pub(super) struct Provider {
    issuer: String,
    client: Client,
    fetching: Fetching,
    fetched: Mutex<Fetched>,
}

#[derive(Debug, Default)]
struct Fetched {
    keys: Option<Keys>,
    /// What went wrong in the last fetch.
    failure: Option<String>,
}

#[derive(Debug, Clone)]
struct Keys {
    jwks: Arc<Jwks>,
    fetched_at: u64,
}

/// The members of the discovery document that are looked at.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// Both documents are small, and a key set of more than this is not read.
pub(super) fn client_limits() -> ClientLimits {
    ClientLimits { response_bytes: MAX_JWKS_BYTES, ..ClientLimits::default() }
}

impl Provider {
    pub(super) fn new(issuer: String, client: Client) -> Self {
        Self { issuer, client, fetching: Fetching::default(), fetched: Mutex::default() }
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The claims of a token that the provider signed.
    pub(super) async fn verify(self: &Arc<Self>, token: &str, now_secs: u64) -> Result<Vec<u8>, Refused> {
        self.keep_fresh(now_secs);
        let keys = match self.kept(now_secs, USABLE_SECS) {
            Some(keys) => keys,
            None => self.fetched(now_secs).await?,
        };
        match jws::verify(token, &keys) {
            // A key that was published since the last fetch.
            Err(JwsError::UnknownKey) => jws::verify(token, &*self.fetched(now_secs).await?),
            verified => verified,
        }
        .map_err(|error| {
            let kind = match error {
                JwsError::TooLong | JwsError::Malformed => &problems::TOKEN_MALFORMED,
                _ => &problems::TOKEN_SIGNATURE,
            };
            Refused::saying(kind, error.to_string())
        })
    }

    /// Has keys fetched that are no longer fresh. Nobody waits: those that are usable answer meanwhile.
    pub(super) fn keep_fresh(self: &Arc<Self>, now_secs: u64) {
        if self.kept(now_secs, FRESH_SECS).is_none() {
            let _under_way = self.fetch(now_secs);
        }
    }

    /// What went wrong in the last fetch.
    pub(super) fn failure(&self) -> Option<String> {
        self.now().failure.clone()
    }

    /// Keys that were fetched less than so long ago.
    fn kept(&self, now_secs: u64, for_secs: u64) -> Option<Arc<Jwks>> {
        let fetched = self.now();
        let keys = fetched.keys.as_ref()?;
        (now_secs < keys.fetched_at.saturating_add(for_secs)).then(|| Arc::clone(&keys.jwks))
    }

    /// The newest keys; older ones when the provider cannot be asked now.
    async fn fetched(self: &Arc<Self>, now_secs: u64) -> Result<Arc<Jwks>, Refused> {
        self.fetch(now_secs).ended().await;
        self.kept(now_secs, USABLE_SECS).ok_or_else(|| Refused::new(&problems::PROVIDER_AWAY))
    }

    fn fetch(self: &Arc<Self>, now_secs: u64) -> UnderWay {
        let (issuer, client, provider) = (self.issuer.clone(), self.client.clone(), Arc::downgrade(self));
        self.fetching.begin(now_secs, RETRY_SECS, async move {
            let outcome = fetch(&issuer, &client).await;
            let Some(provider) = provider.upgrade() else { return };
            let mut fetched = provider.now();
            match outcome {
                Ok(jwks) => {
                    let keys = Keys { jwks: Arc::new(jwks), fetched_at: now_secs };
                    *fetched = Fetched { keys: Some(keys), failure: None };
                }
                Err(why) => {
                    tracing::warn!(why, "the login provider's keys cannot be fetched");
                    fetched.failure = Some(why);
                }
            }
        })
    }

    fn now(&self) -> MutexGuard<'_, Fetched> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn fetch(issuer: &str, client: &Client) -> Result<Jwks, String> {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let discovery: Discovery = serde_json::from_slice(&get(client, &address).await?)
        .map_err(|_| format!("{address} has no issuer and jwks_uri"))?;
    // Discovery §4.3: else one provider could speak for another.
    if discovery.issuer != issuer {
        return Err(format!("{address} names the issuer {}: write that as provider.issuer", discovery.issuer));
    }
    let keys = get(client, &discovery.jwks_uri).await?;
    Jwks::from_json(&keys).map_err(|error| format!("{}: {error}", discovery.jwks_uri))
}

async fn get(client: &Client, url: &str) -> Result<pod_http::Bytes, String> {
    let (origin, path) = Origin::of_url(url).map_err(|error| error.to_string())?;
    let response = client.send(&origin, Request::get(path)).await.and_then(pod_http::Response::success);
    Ok(response.map_err(|error| format!("{url}: {error}"))?.body)
}
