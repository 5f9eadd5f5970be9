//! The configuration of a node: one commented TOML file; command line > environment (`AITTA_NODE_…`) > file > default. Secrets
//! come from files or the environment, never from a setting.
//!
//! - [`setting`]: what a setting is, and the default file that the table of settings writes
//! - [`layers`]: reading any table of settings from all layers
//! - [`error`]: what is wrong, where, and what to write instead
//! - `node_settings`: the settings of a node
//! - [`check`]: everything that can be found wrong before the node starts

pub mod check;
pub mod error;
pub mod layers;
mod node_settings;
pub mod setting;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use pod_crypto::PublicKey;
use pod_http::{CertificateFiles, ListenAddress};
use pod_net::NetLimits;
use pod_protocol::ids::{Principal, from_base64url};
use pod_protocol::registry::Anchor;
use pod_store::{DEFAULT_CACHE_BYTES, Engine, StoreConfig};
use serde::de::DeserializeOwned;

pub use check::{CheckError, Finding};
pub use error::{ConfigError, Source};

use crate::enrolment::OidcConfig;
use crate::p2p::P2pConfig;
use crate::upkeep::UpkeepConfig;
use layers::{Layers, Settings};

/// What the names of the node's variables begin with.
pub const PREFIX: &str = "AITTA_NODE_";
/// The variable that may hold the text of the organisation's key file.
pub const ORGANISATION_KEY_VARIABLE: &str = "AITTA_NODE_SECRET_ORGANISATION_KEY";
/// The variable that may hold the node's keys, as base64url of their file.
pub const NODE_KEYS_VARIABLE: &str = "AITTA_NODE_SECRET_NODE_KEYS";

const HEADING: &str = "An Aitta node: it holds the pods of one organisation.\n\
    Paths are relative to this file. `aitta node check-config` says what is wrong with it.";

/// How a node writes about itself to its operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// A level, or a filter.
    pub level: String,
    /// JSON lines instead of text.
    pub json: bool,
}

/// The configuration of a node, checked as far as it can be without looking at files.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Where services and wallets come.
    pub listen: Vec<ListenAddress>,
    /// How they call the node, as bindings name it.
    pub origins: Vec<String>,
    /// For `https`.
    pub certificate: Option<CertificateFiles>,
    /// Where the operator's monitoring comes.
    pub metrics_listen: Option<ListenAddress>,
    /// Where other organisations come over libp2p; none when it is off.
    pub p2p: Option<P2pConfig>,
    /// The folder of the store and the log.
    pub data: PathBuf,
    /// The organisation's catalogue.
    pub catalogue: PathBuf,
    /// PEM files of the authorities that are believed when the node calls others.
    pub roots: Vec<PathBuf>,
    /// The organisation.
    pub principal: Principal,
    /// Its online key; none when the environment holds it.
    pub key_file: Option<PathBuf>,
    /// The files of its online keys before that one.
    pub previous_key_files: Vec<PathBuf>,
    /// The node's keys; none when the environment holds them.
    pub node_keys_file: Option<PathBuf>,
    /// The engine of the store.
    pub engine: Engine,
    /// Bytes of its cache.
    pub cache_bytes: usize,
    /// Whom the registry begins with.
    pub anchor: Anchor,
    /// The directory and the blinder.
    pub upkeep: UpkeepConfig,
    /// Where citizens log in; without it no wallet can enrol here.
    pub oidc: Option<OidcConfig>,
    /// How the node writes about itself.
    pub log: LogSettings,
}

impl NodeConfig {
    /// Reads the configuration from all layers.
    ///
    /// # Errors
    /// [`ConfigError`]: which setting, where, and what to write instead.
    pub fn load(
        file: Option<&Path>,
        command_line: &[(String, String)],
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let layers = Layers { file, command_line, environment, prefix: PREFIX };
        Self::from_settings(&Settings::read(node_settings::SETTINGS, &layers)?)
    }

    /// A commented file with every setting, for a new node.
    #[must_use]
    pub fn commented_default() -> String {
        setting::commented_default(HEADING, PREFIX, node_settings::SETTINGS)
    }

    /// Where the store lies.
    #[must_use]
    pub fn store(&self) -> StoreConfig {
        let name = if self.engine == Engine::Sled { "store.sled" } else { "store.redb" };
        StoreConfig { engine: self.engine, path: self.data.join(name), cache_bytes: self.cache_bytes }
    }

    /// Where the log lies.
    #[must_use]
    pub fn log_directory(&self) -> PathBuf {
        self.data.join("audit")
    }

    fn from_settings(settings: &Settings) -> Result<Self, ConfigError> {
        let certificate = match (settings.path("certificate"), settings.path("certificate_key")) {
            (Some(certificate), Some(key)) => Some(CertificateFiles { certificate, key }),
            (None, None) => None,
            (Some(_), None) => return Err(ConfigError::Incomplete { name: "certificate", needs: "certificate_key" }),
            (None, Some(_)) => return Err(ConfigError::Incomplete { name: "certificate_key", needs: "certificate" }),
        };
        Ok(Self {
            listen: settings.list("listen").iter().filter_map(|text| text.parse().ok()).collect(),
            origins: settings.list("origins"),
            certificate,
            metrics_listen: settings.text("metrics_listen").and_then(|text| text.parse().ok()),
            p2p: p2p(settings)?,
            data: needed_path(settings, "data")?,
            catalogue: needed_path(settings, "catalogue")?,
            roots: settings.paths("roots"),
            principal: needed(settings, "organisation.principal", |text| text.parse().ok())?,
            key_file: settings.path("organisation.key_file"),
            previous_key_files: settings.paths("organisation.previous_key_files"),
            node_keys_file: settings.path("organisation.node_keys_file"),
            engine: settings.text("storage.engine").and_then(|text| text.parse().ok()).unwrap_or_default(),
            cache_bytes: cache_bytes(settings),
            anchor: Anchor {
                principal: needed(settings, "anchor.principal", |text| text.parse().ok())?,
                key: needed(settings, "anchor.key", public_key)?,
            },
            upkeep: UpkeepConfig {
                directory: section(settings, "directory", &["directory.url"])?,
                blinder: section(settings, "blinder", &["blinder.url", "blinder.principal", "blinder.public"])?,
            },
            oidc: oidc(settings)?,
            log: LogSettings {
                level: settings.text("log.level").unwrap_or("info").to_owned(),
                json: settings.text("log.format") == Some("json"),
            },
        })
    }
}

/// A table that its own room reads; none when nothing of it is set. What it `needs` must then be there.
fn section<T: DeserializeOwned>(
    settings: &Settings,
    table: &'static str,
    needs: &[&'static str],
) -> Result<Option<T>, ConfigError> {
    let Some(found) = settings.table(table) else { return Ok(None) };
    if let Some(needs) = needs.iter().find(|name| !settings.is_set(name)) {
        return Err(ConfigError::Incomplete { name: table, needs });
    }
    found
        .try_into()
        .map(Some)
        .map_err(|error: toml::de::Error| ConfigError::Table { table, why: error.message().to_owned() })
}

/// The network between organisations, when it listens somewhere.
fn p2p(settings: &Settings) -> Result<Option<P2pConfig>, ConfigError> {
    let listen: Vec<_> = settings.list("p2p.listen").iter().filter_map(|text| text.parse().ok()).collect();
    if listen.is_empty() {
        let alone = ["p2p.connections", "p2p.relay", "p2p.relays"].iter().any(|name| settings.is_set(name));
        return if alone { Err(ConfigError::Incomplete { name: "p2p", needs: "p2p.listen" }) } else { Ok(None) };
    }
    let connections = settings.number("p2p.connections").and_then(|number| u32::try_from(number).ok());
    Ok(Some(P2pConfig {
        listen,
        connections: connections.unwrap_or(NetLimits::default().connections),
        relay: settings.list("p2p.relay"),
        relays: settings.flag("p2p.relays"),
    }))
}

/// The login provider; its paths are relative to the file like all others.
fn oidc(settings: &Settings) -> Result<Option<OidcConfig>, ConfigError> {
    const NEEDS: &[&str] =
        &["oidc.issuer", "oidc.client_id", "oidc.client_secret_file", "oidc.redirect_url", "oidc.accepted_loa"];
    let Some(read) = section::<OidcConfig>(settings, "oidc", NEEDS)? else { return Ok(None) };
    let client_secret_file = needed_path(settings, "oidc.client_secret_file")?;
    Ok(Some(OidcConfig { client_secret_file, root_certificates: settings.paths("roots"), ..read }))
}

fn cache_bytes(settings: &Settings) -> usize {
    let asked = settings.number("storage.cache_bytes").and_then(|bytes| usize::try_from(bytes).ok());
    asked.unwrap_or(DEFAULT_CACHE_BYTES)
}

fn setting_named(name: &'static str) -> &'static str {
    node_settings::SETTINGS.iter().find(|setting| setting.name == name).map_or("…", |setting| setting.example)
}

/// A required text, read. It was checked when its layer was read; what only reading finds out is said here.
fn needed<T>(settings: &Settings, name: &'static str, read: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
    settings.text(name).and_then(read).ok_or_else(|| ConfigError::Value {
        at: settings.source(name),
        name,
        why: "cannot be used".to_owned(),
        example: setting_named(name),
    })
}

fn needed_path(settings: &Settings, name: &'static str) -> Result<PathBuf, ConfigError> {
    settings.path(name).ok_or_else(|| ConfigError::Value {
        at: settings.source(name),
        name,
        why: "is no path".to_owned(),
        example: setting_named(name),
    })
}

/// A public key that can be registered: weak points are refused.
fn public_key(text: &str) -> Option<PublicKey> {
    PublicKey::register(&from_base64url(text).ok()?.try_into().ok()?).ok()
}
