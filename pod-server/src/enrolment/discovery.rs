//! The login provider: what it says about itself (OpenID Connect Discovery 1.0), and its keys.

use std::future::Future;
use std::sync::Arc;

use pod_crypto::jws::{self, Jwks, JwksError, JwsError};
use pod_crypto::{Zeroize as _, Zeroizing};
use pod_http::{Client, ClientError, HeaderValue, Origin, Request, TargetError, header};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::config::OidcConfigError;
use super::refusal::{LoginFailure, LoginRefusal};

/// How long the provider's documents are used: keys that it withdrew are gone after that.
const KEEP_SECS: u64 = 3_600;
/// How old they may become while it cannot be asked: logins wait then, for a key that it withdrew could still make them.
const LONGEST_SECS: u64 = 24 * 3_600;
/// How old the key set must be to be fetched anew for an unknown key: made-up key ids cause a call a minute, not one each.
const REFRESH_KEYS_SECS: u64 = 60;
/// How long a provider that failed is left alone, so that citizens do not wait for the same deadline one after another.
const RETRY_SECS: u64 = 5;
/// Where a provider describes itself (Discovery §4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// Why the provider could not be used: not the citizen's fault.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProviderFault {
    /// It does not answer, or not with success.
    #[error("the login provider could not be called")]
    Call(#[from] ClientError),
    /// It failed just now.
    #[error("the login provider failed a moment ago and is not asked again yet")]
    FailedBefore,
    /// A document is not one.
    #[error("the login provider's {what} is not as the standard says")]
    Document {
        /// Which document.
        what: &'static str,
    },
    /// It is not who was configured.
    #[error("the login provider calls itself `{found}`: write that as `oidc.issuer` if it is the right one")]
    OtherIssuer {
        /// Its name for itself.
        found: String,
    },
    /// One of its addresses is not called.
    #[error("the login provider's `{endpoint}` cannot be called")]
    Endpoint {
        /// Which.
        endpoint: &'static str,
        /// Why not.
        #[source]
        source: TargetError,
    },
    /// It cannot do what protects codes on their way.
    #[error("the login provider does not offer PKCE with S256")]
    NoPkce,
    /// Its keys.
    #[error("the login provider's keys cannot be used")]
    Keys(#[from] JwksError),
    /// It does not know the node.
    #[error("the login provider refuses this node (`{error}`): check `oidc.client_id` and the secret")]
    RefusesNode {
        /// RFC 6749 §5.2.
        error: String,
    },
}

/// An address of the provider that the node calls.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) origin: Origin,
    pub(super) path: String,
}

/// What the provider says about itself, as far as it matters here.
#[derive(Debug)]
pub(super) struct Metadata {
    /// Where browsers go.
    pub(super) authorization_endpoint: String,
    /// Where codes are redeemed.
    pub(super) token: Endpoint,
    /// Whether the node authenticates by `client_secret_basic`; by `client_secret_post` otherwise.
    pub(super) basic: bool,
    /// Whether answers name the issuer (RFC 9207), so that one without is not this provider's.
    pub(super) names_itself: bool,
    jwks: Endpoint,
}

/// The members of the document that are looked at.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// The provider, with what was fetched from it lately.
#[derive(Debug)]
pub(super) struct Provider {
    issuer: String,
    discovery: Endpoint,
    client: Client,
    metadata: Mutex<Cached<Metadata>>,
    keys: Mutex<Cached<Jwks>>,
}

impl Provider {
    pub(super) fn new(issuer: &str, client: Client) -> Result<Self, OidcConfigError> {
        let url = format!("{}{WELL_KNOWN}", issuer.strip_suffix('/').unwrap_or(issuer));
        let (origin, path) =
            Origin::of_url(&url).map_err(|source| OidcConfigError::Address { setting: "issuer", source })?;
        Ok(Self {
            issuer: issuer.to_owned(),
            discovery: Endpoint { origin, path },
            client,
            metadata: Mutex::default(),
            keys: Mutex::default(),
        })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// What the provider says about itself.
    pub(super) async fn metadata(&self, now_secs: u64) -> Result<Arc<Metadata>, ProviderFault> {
        let fetch = async { self.read(&self.fetch(&self.discovery).await?) };
        self.metadata.lock().await.get(KEEP_SECS, now_secs, fetch).await
    }

    /// Verifies a token's signature, and gives its claims. A key that is not known is looked for in a fresh set, at most once
    /// a minute.
    pub(super) async fn verify(&self, token: &str, now_secs: u64) -> Result<Zeroizing<Vec<u8>>, LoginFailure> {
        let keys = self.keys(KEEP_SECS, now_secs).await?;
        let verified = match jws::verify(token, &keys) {
            Err(JwsError::UnknownKey) => {
                let fresh = self.keys(REFRESH_KEYS_SECS, now_secs).await?;
                jws::verify(token, &fresh)
            }
            verified => verified,
        };
        Ok(Zeroizing::new(verified.map_err(LoginRefusal::from)?))
    }

    async fn keys(&self, max_age_secs: u64, now_secs: u64) -> Result<Arc<Jwks>, ProviderFault> {
        let metadata = self.metadata(now_secs).await?;
        let fetch = async { Ok(Jwks::from_json(&self.fetch(&metadata.jwks).await?)?) };
        self.keys.lock().await.get(max_age_secs, now_secs, fetch).await
    }

    async fn fetch(&self, endpoint: &Endpoint) -> Result<Vec<u8>, ProviderFault> {
        let request = Request::get(endpoint.path.clone())
            .with_header(header::ACCEPT, HeaderValue::from_static("application/json, application/jwk-set+json"));
        let response = self.client.send(&endpoint.origin, request).await?.success()?;
        Ok(response.body.into())
    }

    /// Reads the document. The issuer must be the configured one to the letter (Discovery §4.3), or tokens of another
    /// provider would count.
    fn read(&self, document: &[u8]) -> Result<Metadata, ProviderFault> {
        let wrong = |_| ProviderFault::Document { what: "description of itself" };
        let document: Document = serde_json::from_slice(document).map_err(wrong)?;
        if document.issuer != self.issuer {
            return Err(ProviderFault::OtherIssuer { found: document.issuer });
        }
        // RFC 8414: a provider that says nothing of methods may still know S256; one that lists others does not.
        let lists_others = |listed: &Vec<String>| !listed.iter().any(|method| method == "S256");
        if document.code_challenge_methods_supported.as_ref().is_some_and(lists_others) {
            return Err(ProviderFault::NoPkce);
        }
        endpoint("authorization_endpoint", &document.authorization_endpoint)?;
        // Discovery §3: basic, when it says nothing.
        let basic = document
            .token_endpoint_auth_methods_supported
            .is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"));
        Ok(Metadata {
            token: endpoint("token_endpoint", &document.token_endpoint)?,
            jwks: endpoint("jwks_uri", &document.jwks_uri)?,
            authorization_endpoint: document.authorization_endpoint,
            basic,
            names_itself: document.authorization_response_iss_parameter_supported,
        })
    }
}

/// `https`, or plain HTTP on this machine.
fn endpoint(name: &'static str, url: &str) -> Result<Endpoint, ProviderFault> {
    let (origin, path) = Origin::of_url(url).map_err(|source| ProviderFault::Endpoint { endpoint: name, source })?;
    Ok(Endpoint { origin, path })
}

/// A document, as it was fetched last.
#[derive(Debug)]
struct Cached<T> {
    value: Option<Arc<T>>,
    fetched_secs: u64,
    failed_secs: Option<u64>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self { value: None, fetched_secs: 0, failed_secs: None }
    }
}

impl<T> Cached<T> {
    /// The document, fetched when it is older than `max_age_secs`. When that fails the last good one serves on, for
    /// [`LONGEST_SECS`].
    async fn get(
        &mut self,
        max_age_secs: u64,
        now_secs: u64,
        fetch: impl Future<Output = Result<T, ProviderFault>>,
    ) -> Result<Arc<T>, ProviderFault> {
        let age_secs = now_secs.saturating_sub(self.fetched_secs);
        if let Some(value) = &self.value
            && age_secs < max_age_secs
        {
            return Ok(Arc::clone(value));
        }
        let failed_now = self.failed_secs.is_some_and(|failed| now_secs.saturating_sub(failed) < RETRY_SECS);
        let fetched = if failed_now { Err(ProviderFault::FailedBefore) } else { fetch.await };
        match (fetched, self.value.as_ref().filter(|_| age_secs < LONGEST_SECS)) {
            (Ok(value), _) => {
                let value = Arc::new(value);
                *self = Self { value: Some(Arc::clone(&value)), fetched_secs: now_secs, failed_secs: None };
                Ok(value)
            }
            (Err(fault), old) => {
                if !failed_now {
                    self.failed_secs = Some(now_secs);
                }
                let Some(old) = old else { return Err(fault) };
                tracing::warn!(fault = %crate::stop::chain(&fault), "login provider: its last good answer serves on");
                Ok(Arc::clone(old))
            }
        }
    }
}

/// The bytes of an answer, wiped when dropped.
pub(super) fn wiped(body: pod_http::Bytes) -> Zeroizing<Vec<u8>> {
    match body.try_into_mut() {
        Ok(mut own) => {
            let copy = Zeroizing::new(own.to_vec());
            own.zeroize();
            copy
        }
        // Somebody else holds it too, so it is not ours to wipe.
        Err(shared) => Zeroizing::new(shared.to_vec()),
    }
}
