//! The directory's configuration.

use std::path::{Path, PathBuf};

use pod_protocol::registry::Anchor;
use pod_store::StoreConfig;
use serde::Deserialize;

use super::raw::{RawAnchor, RawMetrics, RawStorage, listening};
use super::{ConfigError, Listening, Place, parse, read};

/// What a directory needs to know.
///
/// ```
/// use pod_directory::config::DirectoryConfig;
/// let text = r#"
/// listen = ["https://0.0.0.0:8443"]
/// certificate = "directory.pem"
/// key = "directory.key"
///
/// [anchor]                          # where trust begins: the same in every configuration
/// principal = "ai:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
/// key = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w"
///
/// [storage]
/// path = "directory.redb"
///
/// [metrics]                         # optional
/// listen = "http://127.0.0.1:9101"
/// "#;
/// let config = DirectoryConfig::from_toml(std::path::Path::new("/etc/aitta/directory.toml"), text)?;
/// assert_eq!(config.storage.path, std::path::Path::new("/etc/aitta/directory.redb"));
/// # Ok::<(), pod_directory::config::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct DirectoryConfig {
    /// Where it listens.
    pub listening: Listening,
    /// Whose memberships count without anybody else's word.
    pub anchor: Anchor,
    /// Where statements and entries are kept.
    pub storage: StoreConfig,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    listen: Vec<String>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    anchor: RawAnchor,
    storage: RawStorage,
    metrics: Option<RawMetrics>,
}

impl DirectoryConfig {
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
    /// As [`DirectoryConfig::read`].
    pub fn from_toml(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let raw: Raw = parse(file, text)?;
        let place = Place { file };
        Ok(Self {
            listening: listening(place, raw.listen, raw.certificate, raw.key, raw.metrics)?,
            anchor: raw.anchor.mean(place)?,
            storage: raw.storage.mean(place)?,
        })
    }
}
