//! The section of a node's configuration about its login provider.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pod_crypto::Zeroizing;
use pod_crypto::jws::MAX_JWKS_BYTES;
use pod_http::{Client, ClientLimits, ClientProtocol, Origin, RootCertificates, StartupError, TargetError};
use serde::Deserialize;

/// The claim with the identity code, unless the configuration names another: the object identifier of the Finnish personal
/// identity code, as the Finnish Trust Network uses it.
pub const DEFAULT_IDENTITY_CODE_CLAIM: &str = "urn:oid:1.2.246.21";
/// What the redirect address must end with: the route that takes the browser back.
const CALLBACK_PATH: &str = "/v1/enrolments/callback";
/// Longest secret: those of the providers we know have 32 to 128 characters.
const MAX_SECRET_BYTES: u64 = 4 * 1024;
/// Read bits of "others" in a file's mode.
const MODE_OTHERS: u32 = 0o006;
/// A provider answers in a second; a person waits before the browser meanwhile.
const PROVIDER_DEADLINE: Duration = Duration::from_secs(10);

/// The login provider, and how it knows this node.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// The provider's issuer, exactly as it calls itself.
    pub issuer: String,
    /// The `client_id` that it gave the node.
    pub client_id: String,
    /// The file with the client secret, readable by the node's account alone.
    pub client_secret_file: PathBuf,
    /// The address of this node's `/v1/enrolments/callback`, as it is registered there.
    pub redirect_url: String,
    /// The claim of the ID token that holds the identity code.
    #[serde(default = "default_claim")]
    pub identity_code_claim: String,
    /// The levels of assurance (`acr`, or `loa` where there is no `acr`) that are good enough; at least one.
    pub accepted_loa: Vec<String>,
    /// The scopes that are asked for; `openid` is among them.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// PEM files with the authorities of the provider's certificate. The operating system's are never used.
    #[serde(default)]
    pub root_certificates: Vec<PathBuf>,
}

fn default_claim() -> String {
    DEFAULT_IDENTITY_CODE_CLAIM.to_owned()
}

fn default_scopes() -> Vec<String> {
    vec!["openid".to_owned()]
}

/// What is wrong with the section, in words for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OidcConfigError {
    /// An address.
    #[error("`oidc.{setting}` is not an address that can be used: write `https://...`, or `http://127.0.0.1:PORT/...`")]
    Address {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it.
        #[source]
        source: TargetError,
    },
    /// A part of an address that must not be there.
    #[error("`oidc.{setting}` {rule}: it is now `{found}`")]
    Rule {
        /// The setting.
        setting: &'static str,
        /// The rule.
        rule: &'static str,
        /// What stands there.
        found: String,
    },
    /// A setting without which anybody or nobody could enrol.
    #[error("`oidc.{setting}` is empty: {advice}")]
    Empty {
        /// The setting.
        setting: &'static str,
        /// What to write.
        advice: &'static str,
    },
    /// The file with the secret.
    #[error("`oidc.client_secret_file`: `{}` cannot be read; it holds the secret that the login provider gave for this client", path.display())]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Others can read the secret.
    #[error("`oidc.client_secret_file`: `{}` can be read by everybody on this machine: run `chmod 600` on it", path.display())]
    SecretReadableByAll {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no secret.
    #[error("`oidc.client_secret_file`: `{}` must hold one line with the secret, in ASCII, of at most 4 KiB", path.display())]
    NoSecret {
        /// The file.
        path: PathBuf,
    },
    /// The certificates.
    #[error("`oidc.root_certificates`")]
    Roots(#[source] StartupError),
}

/// The node as the provider knows it.
pub(super) struct RelyingParty {
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) secret: Zeroizing<String>,
    pub(super) redirect_url: String,
    pub(super) identity_code_claim: String,
    pub(super) accepted_loa: Vec<String>,
    pub(super) scope: String,
    pub(super) client: Client,
}

impl OidcConfig {
    /// Checks the section and reads the files that it names; calls nobody.
    ///
    /// # Errors
    /// [`OidcConfigError`].
    pub fn check(&self) -> Result<(), OidcConfigError> {
        self.open().map(|_| ())
    }

    pub(super) fn open(&self) -> Result<RelyingParty, OidcConfigError> {
        let rule = |setting, rule, found: &str| OidcConfigError::Rule { setting, rule, found: found.to_owned() };
        let address = |setting| move |source| OidcConfigError::Address { setting, source };
        Origin::of_url(&self.issuer).map_err(address("issuer"))?;
        if self.issuer.contains(['?', '#']) {
            return Err(rule("issuer", "must have no `?` and no `#`", &self.issuer));
        }
        let (_, path) = Origin::of_url(&self.redirect_url).map_err(address("redirect_url"))?;
        if !path.ends_with(CALLBACK_PATH) || self.redirect_url.contains('#') {
            return Err(rule("redirect_url", "must end with `/v1/enrolments/callback`", &self.redirect_url));
        }
        let empty = |setting, advice| OidcConfigError::Empty { setting, advice };
        if self.client_id.is_empty() {
            return Err(empty("client_id", "write the id that the login provider gave for this node"));
        }
        if self.identity_code_claim.is_empty() {
            return Err(empty("identity_code_claim", "write the claim in which the provider gives the identity code"));
        }
        if self.accepted_loa.iter().all(String::is_empty) {
            return Err(empty(
                "accepted_loa",
                "write the levels of assurance that are good enough, for example [\"substantial\", \"high\"]",
            ));
        }
        if !self.scopes.iter().any(|scope| scope == "openid") {
            return Err(rule("scopes", "must contain \"openid\"", &self.scopes.join(" ")));
        }
        Ok(RelyingParty {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            secret: read_secret(&self.client_secret_file)?,
            redirect_url: self.redirect_url.clone(),
            identity_code_claim: self.identity_code_claim.clone(),
            accepted_loa: self.accepted_loa.iter().filter(|loa| !loa.is_empty()).cloned().collect(),
            scope: self.scopes.join(" "),
            client: self.client()?,
        })
    }

    fn client(&self) -> Result<Client, OidcConfigError> {
        let mut roots = RootCertificates::none();
        for path in &self.root_certificates {
            roots = roots.with_file(path).map_err(OidcConfigError::Roots)?;
        }
        let limits = ClientLimits {
            response: PROVIDER_DEADLINE,
            // The largest document of a provider is its key set; a token is a quarter of it.
            response_bytes: MAX_JWKS_BYTES,
            ..ClientLimits::default()
        };
        Client::new(roots, ClientProtocol::Http1, limits).map_err(OidcConfigError::Roots)
    }
}

fn read_secret(path: &Path) -> Result<Zeroizing<String>, OidcConfigError> {
    let unreadable = |source| OidcConfigError::SecretFile { path: path.to_owned(), source };
    let no_secret = || OidcConfigError::NoSecret { path: path.to_owned() };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if metadata.permissions().mode() & MODE_OTHERS != 0 {
        return Err(OidcConfigError::SecretReadableByAll { path: path.to_owned() });
    }
    if metadata.len() > MAX_SECRET_BYTES {
        return Err(no_secret());
    }
    let text = Zeroizing::new(fs::read(path).map_err(unreadable)?);
    let text = std::str::from_utf8(&text).map_err(|_| no_secret())?;
    let secret = Zeroizing::new(text.trim().to_owned());
    match !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        true => Ok(secret),
        false => Err(no_secret()),
    }
}
