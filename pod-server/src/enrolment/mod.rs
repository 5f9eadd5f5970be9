//! Enrolment: a citizen logs in at the organisation's login provider, once, and from then on the wallet's keys speak for
//! their pod and for those of their children.
//!
//! | Step | File |
//! |---|---|
//! | the wallet hands over its key-event log and gets an address to open | `flow` |
//! | what waits meanwhile, by secrets that are kept as hashes | `pending` |
//! | the provider, as it describes itself, and its keys | `discovery` |
//! | the browser comes back: code for token, token for identity code | `callback`, `exchange`, `token` |
//! | identity code → person; the page shows a code | `bind`, `code`, `page` |
//! | the wallet sends the code that the person typed | `confirmation` |
//! | person → pods, keys bound, entries written | `bind`, `record` |
//! | the wallet asks how it stands | `status` |
//!
//! A login says who somebody is, and not for whose wallet they logged in: the address of the login can have come from
//! anybody. So nothing is bound before the wallet has the code that only the person's browser was shown.
//!
//! OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636); the relying party is ours, on pod-http and
//! `pod_crypto::jws`. The identity code exists between `token` and `bind::identify` alone, and is overwritten there.

mod bind;
mod callback;
mod config;
mod confirmation;
mod discovery;
mod exchange;
mod flow;
mod page;
mod pending;
mod problems;
mod record;
mod refusal;
mod status;
mod token;

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use pod_http::Language;
use pod_protocol::registry::Organisation;

use crate::node::Node;
use config::RelyingParty;
use discovery::Provider;
use pending::Pendings;
use refusal::LoginFailure;

pub use bind::enrol_identified;
pub(crate) use bind::identify as person;
pub use config::{DEFAULT_IDENTITY_CODE_CLAIM, OidcConfig, OidcConfigError};
pub use confirmation::MAX_CONFIRMATION_BYTES;
pub use flow::MAX_ENROLMENT_BYTES;
pub use problems::ALL as PROBLEMS;

/// The paths below which this module answers.
pub const ENROLMENTS_PATH: &str = "/v1/enrolments";

/// Enrolment at one node.
pub struct Enrolment {
    node: Arc<Node>,
    party: RelyingParty,
    provider: Provider,
    pending: Pendings,
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enrolment").field("issuer", &self.party.issuer).finish_non_exhaustive()
    }
}

impl Enrolment {
    /// Reads what the configuration names. The provider itself is called when the first citizen enrols, so a node starts
    /// while it is away.
    ///
    /// # Errors
    /// [`OidcConfigError`]: which setting, and what to write instead.
    pub fn open(node: Arc<Node>, config: &OidcConfig) -> Result<Arc<Self>, OidcConfigError> {
        let party = config.open()?;
        let provider = Provider::new(&party.issuer, party.client.clone())?;
        Ok(Arc::new(Self { node, party, provider, pending: Pendings::default() }))
    }

    /// The login provider's name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.party.issuer
    }

    fn now_secs(&self) -> u64 {
        (self.node.clock)()
    }

    /// What people call the organisation, which its wallets show too.
    fn name(&self, language: Language) -> String {
        let registry = self.node.registry();
        let own = registry.organisation(&self.node.principal);
        let names = own.and_then(Organisation::names).map(|names| names.in_language(language.tag()).to_owned());
        names.or_else(|| own.map(|own| own.name().to_string())).unwrap_or_default()
    }

    /// Notes for the operator that an enrolment came to nothing; the code for the wallet.
    fn note(&self, failure: LoginFailure) -> &'static str {
        let code = failure.code();
        self.node.metrics.command(code);
        match failure {
            LoginFailure::Refused(_) => tracing::info!(code, "enrolment refused"),
            LoginFailure::Provider(fault) => tracing::warn!(fault = %crate::stop::chain(&fault), "login provider"),
            LoginFailure::Fault(fault) => {
                let _stops = self.node.note(fault, "enrolment");
            }
        }
        code
    }
}

/// The routes, for the node's router. Bodies are at most [`MAX_ENROLMENT_BYTES`] and [`MAX_CONFIRMATION_BYTES`].
pub fn router(enrolment: &Arc<Enrolment>) -> Router {
    Router::new()
        .route("/v1/enrolments", post(flow::begin))
        .route("/v1/enrolments/callback", get(callback::callback))
        .route("/v1/enrolments/{secret}", get(status::status))
        .route("/v1/enrolments/{secret}/confirmation", post(confirmation::confirm))
        .with_state(Arc::clone(enrolment))
}
