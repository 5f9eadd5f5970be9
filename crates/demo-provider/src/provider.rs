//! The provider: what it is made of, its routes, and what it publishes about itself.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use pod_crypto::jws::{Es256Key, Es256KeyError};
use pod_crypto::{Random, random_array};
use pod_http::Service;
use serde_json::json;

use crate::client::DemoClient;
use crate::codes::Codes;
use crate::{authorize, token};

/// The claim in which nodes get the identity code: the object identifier of the Finnish personal identity code.
pub const IDENTITY_CODE_CLAIM: &str = "urn:oid:1.2.246.21";
/// The level of assurance that every login here claims (eIDAS names it so), as `acr` and as `loa`.
pub const LOA: &str = "substantial";
/// The key's name in the set and in tokens.
const KEY_ID: &str = "demo-1";
/// Largest form that is posted here: an identity code, or a code with its verifier and client.
const MAX_FORM_BYTES: usize = 8 * 1024;

/// Seconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What a provider is made of.
pub struct ProviderConfig {
    /// Its address, which is its name: `https://127.0.0.1:9400` or, on loopback, `http://127.0.0.1:9400`; without a final `/`.
    pub issuer: String,
    /// Who may send people here; more can be added ([`DemoProvider::add_client`]).
    pub clients: Vec<DemoClient>,
    /// People whom the login page suggests.
    pub people: Vec<DemoPerson>,
    /// Under which `sub` is made for each client: a person keeps theirs as long as this stays the same.
    pub sub_key: [u8; 32],
    /// The time.
    pub clock: Clock,
    /// Random bytes.
    pub random: Arc<dyn Random>,
}

/// Without the keys.
impl fmt::Debug for ProviderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderConfig").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Somebody to log in as.
#[derive(Debug, Clone)]
pub struct DemoPerson {
    /// Their name.
    pub name: String,
    /// Their identity code.
    pub identity_code: String,
}

/// Why a provider could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoProviderError {
    /// No key.
    #[error("the demonstration provider has no key to sign with")]
    Key(#[from] Es256KeyError),
    /// The issuer ends with a slash, has a query, or is no address.
    #[error("the issuer `{issuer}` is not an address such as `http://127.0.0.1:9400`, without a final `/`")]
    Issuer {
        /// As it was given.
        issuer: String,
    },
}

/// The provider.
pub struct DemoProvider {
    pub(crate) issuer: String,
    pub(crate) people: Vec<DemoPerson>,
    pub(crate) sub_key: [u8; 32],
    pub(crate) clock: Clock,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) key: Es256Key,
    pub(crate) codes: Codes,
    clients: RwLock<Vec<DemoClient>>,
}

impl fmt::Debug for DemoProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoProvider").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl DemoProvider {
    /// Makes a provider with a new key.
    ///
    /// # Errors
    /// [`DemoProviderError`].
    pub fn new(config: ProviderConfig) -> Result<Arc<Self>, DemoProviderError> {
        let parsed = pod_http::Origin::of_url(&config.issuer);
        if parsed.is_err() || config.issuer.ends_with('/') || config.issuer.contains(['?', '#']) {
            return Err(DemoProviderError::Issuer { issuer: config.issuer });
        }
        Ok(Arc::new(Self {
            issuer: config.issuer,
            people: config.people,
            sub_key: config.sub_key,
            clock: config.clock,
            random: config.random,
            key: Es256Key::generate(KEY_ID)?,
            codes: Codes::default(),
            clients: RwLock::new(config.clients),
        }))
    }

    /// Adds a client, in place of an earlier one with the same id.
    pub fn add_client(&self, client: DemoClient) {
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|known| known.client_id != client.client_id);
        clients.push(client);
    }

    /// The routes.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/authorize", get(authorize::form).post(authorize::log_in))
            .route("/token", post(token::redeem))
            .with_state(Arc::clone(self))
    }

    /// The provider as a server answers with it.
    #[must_use]
    pub fn service(self: &Arc<Self>) -> Service {
        let random = Arc::clone(&self.random);
        // A wallet in a browser reads the discovery document and redeems its code itself.
        Service::new(self.router(), move || random_array(&*random)).body_limit("/", MAX_FORM_BYTES).open_to_pages()
    }

    pub(crate) fn client(&self, client_id: &str) -> Option<DemoClient> {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        clients.iter().find(|client| client.client_id == client_id).cloned()
    }

    pub(crate) fn now_secs(&self) -> u64 {
        (self.clock)()
    }
}

/// OpenID Connect Discovery 1.0 §3.
async fn discovery(State(provider): State<Arc<DemoProvider>>) -> Response {
    let issuer = &provider.issuer;
    axum::Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid"],
        "acr_values_supported": [LOA],
        "claims_supported":
            ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "jti", "acr", "loa", "amr", IDENTITY_CODE_CLAIM],
        "authorization_response_iss_parameter_supported": true,
    }))
    .into_response()
}

/// RFC 7517.
async fn jwks(State(provider): State<Arc<DemoProvider>>) -> Response {
    ([(header::CONTENT_TYPE, "application/jwk-set+json")], provider.key.jwks_json()).into_response()
}
