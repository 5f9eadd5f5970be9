//! The login provider's keys: found by discovery (OpenID Connect Discovery §4), kept, fetched again when they change.

use std::sync::Arc;

use pod_crypto::jws::{self, Jwks, JwsError, MAX_JWKS_BYTES};
use pod_http::{Client, ClientLimits, Origin, Request};
use serde::Deserialize;
use tokio::sync::Mutex;

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
    /// Held during a fetch, so that all who wait for keys share one.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: Option<Keys>,
    tried_at: Option<u64>,
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
        Self { issuer, client, state: Mutex::default() }
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The claims of a token that the provider signed.
    pub(super) async fn verify(&self, token: &str, now_secs: u64) -> Result<Vec<u8>, Refused> {
        let verified = jws::verify(token, &*self.keys(now_secs, FRESH_SECS).await?);
        match verified {
            // A key that was published since the last fetch.
            Err(JwsError::UnknownKey) => jws::verify(token, &*self.keys(now_secs, 0).await?),
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

    /// Keys that were fetched at most `fresh_secs` ago; older ones when the provider cannot be asked now.
    async fn keys(&self, now_secs: u64, fresh_secs: u64) -> Result<Arc<Jwks>, Refused> {
        let mut state = self.state.lock().await;
        let within = |keys: &Keys, secs: u64| now_secs < keys.fetched_at.saturating_add(secs);
        if let Some(keys) = state.keys.as_ref().filter(|keys| within(keys, fresh_secs)) {
            return Ok(Arc::clone(&keys.jwks));
        }
        let due = state.tried_at.is_none_or(|tried| now_secs < tried || now_secs >= tried.saturating_add(RETRY_SECS));
        if due {
            state.tried_at = Some(now_secs);
            match self.fetch().await {
                Ok(jwks) => {
                    state.keys = Some(Keys { jwks: Arc::new(jwks), fetched_at: now_secs });
                    state.failure = None;
                }
                Err(why) => {
                    tracing::warn!(why, "the login provider's keys cannot be fetched");
                    state.failure = Some(why);
                }
            }
        }
        match state.keys.as_ref().filter(|keys| within(keys, USABLE_SECS)) {
            Some(keys) => Ok(Arc::clone(&keys.jwks)),
            None => Err(Refused::new(&problems::PROVIDER_AWAY)),
        }
    }

    /// What went wrong in the last fetch.
    pub(super) async fn failure(&self) -> Option<String> {
        self.state.lock().await.failure.clone()
    }

    async fn fetch(&self) -> Result<Jwks, String> {
        let address = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let discovery: Discovery = serde_json::from_slice(&self.get(&address).await?)
            .map_err(|_| format!("{address} has no issuer and jwks_uri"))?;
        // Discovery §4.3: else one provider could speak for another.
        if discovery.issuer != self.issuer {
            return Err(format!("{address} names the issuer {}: write that as provider.issuer", discovery.issuer));
        }
        let keys = self.get(&discovery.jwks_uri).await?;
        Jwks::from_json(&keys).map_err(|error| format!("{}: {error}", discovery.jwks_uri))
    }

    async fn get(&self, url: &str) -> Result<pod_http::Bytes, String> {
        let (origin, path) = Origin::of_url(url).map_err(|error| error.to_string())?;
        let response = self.client.send(&origin, Request::get(path)).await.and_then(pod_http::Response::success);
        Ok(response.map_err(|error| format!("{url}: {error}"))?.body)
    }
}
