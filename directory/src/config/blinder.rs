//! The blinder's configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pod_http::Origin;
use pod_protocol::ids::Principal;
use pod_protocol::registry::Anchor;
use pod_store::StoreConfig;
use serde::Deserialize;

use super::raw::{RawAnchor, RawMetrics, RawStorage, listening};
use super::{ConfigError, Listening, Place, parse, read};

/// How many inputs one organisation may have evaluated in a day: more than any holder of the country has people, so that
/// a first import passes, and far fewer than there are identity codes.
const INPUTS_PER_ORGANISATION: u64 = 1_000_000;
/// How often one citizen may ask in a day: a wallet asks when it is new and when its citizen wants to look again.
const ASKS_PER_SUBJECT: u32 = 20;
/// How often the registry is fetched, in seconds: as often as nodes look for revocations.
const REFRESH_SECS: u64 = 30;
/// Less often than once a day, and a copy would run out between two fetches.
const MAX_REFRESH_SECS: u64 = 3600;

/// What a blinder needs to know.
///
/// ```
/// use pod_directory::config::BlinderConfig;
/// let text = r#"
/// listen = ["https://0.0.0.0:8444"]
/// certificate = "blinder.pem"
/// key = "blinder.key"
/// principal = "ai:CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk"
/// epoch = 1                         # part of every tag: change it, and every holder publishes anew
/// seed_file = "blinder.seed"        # mode 0600
///
/// [anchor]
/// principal = "ai:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
/// key = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w"
///
/// [directory]
/// url = "https://directory.example:8443"
/// roots = "roots.pem"               # whose certificates are believed
///
/// [provider]                        # where citizens log in
/// issuer = "https://login.example"
/// client_id = "aitta-blinder"
/// roots = "roots.pem"
///
/// [storage]
/// path = "blinder.redb"
///
/// [limits]                          # optional, each for a day
/// inputs_per_organisation = 1000000
/// asks_per_subject = 20
/// "#;
/// let config = BlinderConfig::from_toml(std::path::Path::new("blinder.toml"), text)?;
/// assert_eq!(config.limits.asks_per_subject, 20);
/// # Ok::<(), pod_directory::config::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct BlinderConfig {
    /// Where it listens.
    pub listening: Listening,
    /// Whose memberships count without anybody else's word.
    pub anchor: Anchor,
    /// Where its copy of the registry and the spent logins are kept.
    pub storage: StoreConfig,
    /// Who the blinder is: the audience of blind requests.
    pub principal: Principal,
    /// The epoch of the tags that it makes.
    pub epoch: u16,
    /// The file with its seed, made by [`BlinderSeed::create_file`](crate::blinder::BlinderSeed::create_file).
    pub seed_file: PathBuf,
    /// Where the registry comes from.
    pub directory: DirectoryAddress,
    /// Where citizens log in.
    pub provider: ProviderConfig,
    /// How much is evaluated for whom.
    pub limits: BlinderLimits,
}

/// Where the registry comes from.
#[derive(Debug, Clone)]
pub struct DirectoryAddress {
    /// `directory.url`
    pub origin: Origin,
    /// `directory.roots`: a PEM file; needed for `https`.
    pub roots: Option<PathBuf>,
    /// `directory.refresh_secs`
    pub refresh: Duration,
}

/// Where citizens log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderConfig {
    /// `provider.issuer`: exactly as it stands in the provider's tokens.
    pub issuer: String,
    /// `provider.client_id`: the audience of the tokens that count here.
    pub client_id: String,
    /// `provider.roots`: a PEM file; needed for `https`.
    pub roots: Option<PathBuf>,
}

/// How much is evaluated for whom, in any 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlinderLimits {
    /// `limits.inputs_per_organisation`
    pub inputs_per_organisation: u64,
    /// `limits.asks_per_subject`: of one citizen, by the pairwise subject of their login.
    pub asks_per_subject: u32,
}

impl Default for BlinderLimits {
    fn default() -> Self {
        Self { inputs_per_organisation: INPUTS_PER_ORGANISATION, asks_per_subject: ASKS_PER_SUBJECT }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    listen: Vec<String>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    principal: String,
    epoch: u16,
    seed_file: PathBuf,
    anchor: RawAnchor,
    directory: RawDirectory,
    provider: RawProvider,
    storage: RawStorage,
    limits: Option<RawLimits>,
    metrics: Option<RawMetrics>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDirectory {
    url: String,
    roots: Option<PathBuf>,
    refresh_secs: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProvider {
    issuer: String,
    client_id: String,
    roots: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimits {
    inputs_per_organisation: Option<u64>,
    asks_per_subject: Option<u32>,
}

impl BlinderConfig {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ConfigError`]: which key, and what to write instead.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        Self::from_toml(file, &read(file)?)
    }

    /// Reads `text` as if it stood in `file`.
    ///
    /// # Errors
    /// As [`BlinderConfig::read`].
    pub fn from_toml(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let raw: Raw = parse(file, text)?;
        let place = Place { file };
        Ok(Self {
            listening: listening(place, raw.listen, raw.certificate, raw.key, raw.metrics)?,
            anchor: raw.anchor.mean(place)?,
            storage: raw.storage.mean(place)?,
            principal: raw.principal.parse().map_err(|fault| place.wrong("principal", fault))?,
            epoch: raw.epoch,
            seed_file: place.path(&raw.seed_file),
            directory: raw.directory.mean(place)?,
            provider: raw.provider.mean(place)?,
            limits: raw.limits.map(RawLimits::mean).unwrap_or_default(),
        })
    }
}

impl RawDirectory {
    fn mean(self, place: Place<'_>) -> Result<DirectoryAddress, ConfigError> {
        let secs = self.refresh_secs.unwrap_or(REFRESH_SECS);
        if !(1..=MAX_REFRESH_SECS).contains(&secs) {
            let why =
                format!("write 1 to {MAX_REFRESH_SECS}: a suspended organisation keeps its tags until the next fetch");
            return Err(place.wrong("directory.refresh_secs", why));
        }
        Ok(DirectoryAddress {
            origin: self.url.parse().map_err(|fault| place.wrong("directory.url", fault))?,
            roots: self.roots.map(|roots| place.path(&roots)),
            refresh: Duration::from_secs(secs),
        })
    }
}

impl RawProvider {
    fn mean(self, place: Place<'_>) -> Result<ProviderConfig, ConfigError> {
        Origin::of_url(&self.issuer).map_err(|fault| place.wrong("provider.issuer", fault))?;
        if self.client_id.is_empty() {
            return Err(place.wrong("provider.client_id", "write the id under which the provider knows this blinder"));
        }
        let roots = self.roots.map(|roots| place.path(&roots));
        Ok(ProviderConfig { issuer: self.issuer, client_id: self.client_id, roots })
    }
}

impl RawLimits {
    fn mean(self) -> BlinderLimits {
        let usual = BlinderLimits::default();
        BlinderLimits {
            inputs_per_organisation: self.inputs_per_organisation.unwrap_or(usual.inputs_per_organisation),
            asks_per_subject: self.asks_per_subject.unwrap_or(usual.asks_per_subject),
        }
    }
}
