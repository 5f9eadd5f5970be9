//! What stands in the two configuration files.
//!
//! TOML; a key that nobody knows is refused by name, since a misspelt limit must not mean "no limit". Relative paths start
//! at the folder of the file.

mod blinder;
mod directory;
mod raw;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pod_http::{CertificateFiles, ListenAddress};
use serde::de::DeserializeOwned;

pub use blinder::{BlinderConfig, BlinderLimits, DirectoryAddress, ProviderConfig};
pub use directory::{DirectoryConfig, LogConfig, MirrorConfig, Serves};

/// Where a server listens.
#[derive(Debug, Clone)]
pub struct Listening {
    /// `listen`: at least one address.
    pub listen: Vec<ListenAddress>,
    /// `certificate` and `key`: needed when one of them is `https`.
    pub certificate: Option<CertificateFiles>,
    /// `metrics.listen`: where the operator reads numbers; nowhere when absent.
    pub metrics: Option<ListenAddress>,
}

/// A mistake in a configuration file, as one sentence for the person who wrote it.
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {why}", file.display(), line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct ConfigError {
    file: PathBuf,
    line: Option<usize>,
    why: String,
    #[source]
    source: Option<io::Error>,
}

impl ConfigError {
    /// What is wrong and what to write instead, without the file.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }

    /// The line, counted from 1, where the mistake belongs to one.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }
}

/// The text of a configuration file.
fn read(file: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(file).map_err(|source| ConfigError {
        file: file.to_owned(),
        line: None,
        why: "the configuration cannot be read: give the path of a TOML file that this account may read".to_owned(),
        source: Some(source),
    })
}

/// The tables as they are written, unknown keys refused.
fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        // serde says "field" for a key of a table; people who write TOML say "key".
        let why = error
            .message()
            .replace("unknown field", "unknown key")
            .replace("expected one of", "allowed here are")
            .replace(", expected `", ", allowed here is `")
            .replace("missing field", "missing key");
        ConfigError {
            file: file.to_owned(),
            line: before.map(|before| before.matches('\n').count() + 1),
            why,
            source: None,
        }
    })
}

/// A place in a file, to say which key has a value that cannot be used, and to find relative paths from.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a Path,
}

impl Place<'_> {
    fn wrong(self, key: &str, why: impl std::fmt::Display) -> ConfigError {
        ConfigError { file: self.file.to_owned(), line: None, why: format!("{key}: {why}"), source: None }
    }

    fn path(self, path: &Path) -> PathBuf {
        self.file.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path))
    }
}
