//! The directory's configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pod_http::Origin;
use pod_protocol::ids::Principal;
use pod_protocol::registry::Anchor;
use pod_protocol::tlog::head::USUAL_WITNESSES;
use pod_store::StoreConfig;
use serde::Deserialize;

use super::raw::{RawAnchor, RawMetrics, RawStorage, listening};
use super::{ConfigError, Listening, Place, parse, read};
use crate::directory::MAX_WITNESSES;

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
/// [log]
/// principal = "ai:CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
/// key_file = "keys/organisation.key"   # mode 0600
/// membership_file = "membership.cose"  # optional: the anchor's word for this member, said at the start
/// roots = "roots.pem"                  # optional: whose certificates are believed when witnesses are asked
/// witnesses = 2                        # optional: how many cosignatures make a head published
/// grace_secs = 5                       # optional: how long they are waited for
/// refresh_secs = 15                    # optional: after how long the same head is cosigned anew
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
    /// Where the log and its index are kept.
    pub storage: StoreConfig,
    /// The log that it keeps.
    pub log: LogConfig,
}

/// A log that this directory keeps.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// `log.principal`: the member that runs the directory.
    pub principal: Principal,
    /// `log.key_file`: the file of the key that signs checkpoints. Whoever starts the directory reads it.
    pub key_file: PathBuf,
    /// `log.membership_file`: the membership of that member, logged at the start unless it is.
    pub membership_file: Option<PathBuf>,
    /// `log.roots`: a PEM file; needed for witnesses at `https`.
    pub roots: Option<PathBuf>,
    /// `log.witnesses`: how many cosignatures of other organisations make a head published.
    pub witnesses: usize,
    /// `log.grace_secs`: how long they are waited for before a head is published without them.
    pub grace: Duration,
    /// `log.refresh_secs`: after how long the same head is cosigned anew.
    pub refresh: Duration,
}

/// What a mirror needs to know.
///
/// ```
/// use pod_directory::config::Serves;
/// let text = r#"
/// listen = ["https://0.0.0.0:8443"]
/// certificate = "mirror.pem"
/// key = "mirror.key"
///
/// [anchor]                          # the same as in the directory's configuration
/// principal = "ai:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
/// key = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w"
///
/// [mirror]
/// of = "https://directory.example"  # or another mirror of it
/// roots = "roots.pem"               # optional: whose certificates are believed
/// refresh_secs = 15                 # optional: how often it is looked whether there is something new
///
/// [storage]
/// path = "mirror.redb"
/// "#;
/// let Serves::Mirror(config) = Serves::from_toml(std::path::Path::new("/srv/mirror/directory.toml"), text)? else {
///     panic!("it is a mirror's");
/// };
/// assert_eq!(config.folder, std::path::Path::new("/srv/mirror"));
/// # Ok::<(), pod_directory::config::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct MirrorConfig {
    /// Where it listens.
    pub listening: Listening,
    /// Whose memberships count without anybody else's word.
    pub anchor: Anchor,
    /// Where the copy is kept.
    pub storage: StoreConfig,
    /// `mirror.of`: where the log is read.
    pub origin: Origin,
    /// The path below which it is read; empty, or with a slash at its beginning.
    pub base: String,
    /// `mirror.roots`: a PEM file; needed for `https`.
    pub roots: Option<PathBuf>,
    /// `mirror.refresh_secs`: how often it is looked whether there is something new.
    pub refresh: Duration,
    /// Where evidence is written: the file's folder.
    pub folder: PathBuf,
}

/// What a configuration file is about.
#[derive(Debug, Clone)]
pub enum Serves {
    /// A directory that keeps a log: there is `[log]`.
    Directory(DirectoryConfig),
    /// A mirror of one: there is `[mirror]`.
    Mirror(MirrorConfig),
}

/// How long cosignatures are waited for, in seconds: every post waits as long when witnesses do not answer.
const GRACE_SECS: u64 = 5;
/// Longest grace, in seconds: whoever posts waits for 15 s.
const MAX_GRACE_SECS: u64 = 10;
/// After how long the same head is cosigned anew, in seconds: half of the 30 s after which nodes look.
const REFRESH_SECS: u64 = 15;
/// Nodes refuse chains of more than one link when their view is older than 300 s.
const MAX_REFRESH_SECS: u64 = 120;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    listen: Vec<String>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    anchor: RawAnchor,
    log: Option<RawLog>,
    mirror: Option<RawMirror>,
    storage: RawStorage,
    metrics: Option<RawMetrics>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMirror {
    of: String,
    roots: Option<PathBuf>,
    refresh_secs: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLog {
    principal: String,
    key_file: PathBuf,
    membership_file: Option<PathBuf>,
    roots: Option<PathBuf>,
    witnesses: Option<usize>,
    grace_secs: Option<u64>,
    refresh_secs: Option<u64>,
}

impl RawLog {
    fn mean(self, place: Place<'_>) -> Result<LogConfig, ConfigError> {
        let witnesses = self.witnesses.unwrap_or(USUAL_WITNESSES);
        if witnesses > MAX_WITNESSES {
            let why =
                format!("a checkpoint has room for {MAX_WITNESSES} at most: write 2, or 0 on a machine for trials");
            return Err(place.wrong("log.witnesses", why));
        }
        Ok(LogConfig {
            principal: self.principal.parse().map_err(|fault| place.wrong("log.principal", fault))?,
            key_file: place.path(&self.key_file),
            membership_file: self.membership_file.map(|file| place.path(&file)),
            roots: self.roots.map(|file| place.path(&file)),
            witnesses,
            grace: secs(place, "log.grace_secs", self.grace_secs, GRACE_SECS, MAX_GRACE_SECS)?,
            refresh: secs(place, "log.refresh_secs", self.refresh_secs, REFRESH_SECS, MAX_REFRESH_SECS)?,
        })
    }
}

fn secs(place: Place<'_>, key: &str, secs: Option<u64>, usual: u64, most: u64) -> Result<Duration, ConfigError> {
    match secs.unwrap_or(usual) {
        secs if (1..=most).contains(&secs) => Ok(Duration::from_secs(secs)),
        _ => Err(place.wrong(key, format!("write a number of seconds from 1 to {most}"))),
    }
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
        match Serves::from_toml(file, text)? {
            Serves::Directory(config) => Ok(config),
            Serves::Mirror(_) => Err(Place { file }.wrong("mirror", "a directory keeps a log: write [log] instead")),
        }
    }
}

impl Serves {
    /// Reads `text` as if it stood in `file`.
    ///
    /// # Errors
    /// [`ConfigError`]: which key, and what to write instead.
    pub fn from_toml(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let raw: Raw = parse(file, text)?;
        let place = Place { file };
        let listening = listening(place, raw.listen, raw.certificate, raw.key, raw.metrics)?;
        let (anchor, storage) = (raw.anchor.mean(place)?, raw.storage.mean(place)?);
        match (raw.log, raw.mirror) {
            (Some(log), None) => {
                Ok(Self::Directory(DirectoryConfig { listening, anchor, storage, log: log.mean(place)? }))
            }
            (None, Some(mirror)) => {
                let wrong = |fault| place.wrong("mirror.of", fault);
                let (origin, path) = Origin::of_url(&mirror.of).map_err(wrong)?;
                Ok(Self::Mirror(MirrorConfig {
                    listening,
                    anchor,
                    storage,
                    origin,
                    base: path.trim_end_matches('/').to_owned(),
                    roots: mirror.roots.map(|file| place.path(&file)),
                    refresh: secs(place, "mirror.refresh_secs", mirror.refresh_secs, REFRESH_SECS, MAX_REFRESH_SECS)?,
                    folder: place.path(Path::new("")),
                }))
            }
            (None, None) => {
                Err(place.wrong("log", "missing: a directory keeps a log, and a mirror has [mirror] instead"))
            }
            (Some(_), Some(_)) => Err(place.wrong("mirror", "a directory keeps its own log: write [log] or [mirror]")),
        }
    }
}
