//! What stops the directory or the blinder from starting, in words for its operator.

use pod_store::StoreError;

use crate::blinder::SeedFileError;
use crate::config::ConfigError;

/// A reason not to start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartupError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A listen address, a certificate or a limit cannot be used.
    #[error(transparent)]
    Http(#[from] pod_http::StartupError),
    /// The store does not open.
    #[error(transparent)]
    Store(#[from] pod_store::OpenError),
    /// The store opens, and cannot be read.
    #[error("the store could not be read: see what the disk says, or restore the store from a backup")]
    Read(#[from] StoreError),
    /// What lies in the store is not what this program wrote.
    #[error(
        "{what} in the store does not decode: restore the store from a backup, or point storage.path to a new place"
    )]
    Damaged {
        /// Which part.
        what: &'static str,
    },
    /// The log does not hold together.
    #[error("the log in the store does not hold: {why}; restore the store from a backup")]
    Log {
        /// What is wrong.
        why: String,
    },
    /// A file that the configuration names cannot be read.
    #[error("{} cannot be read: check `{key}` in the configuration", path.display())]
    File {
        /// The setting.
        key: &'static str,
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// What is mirrored cannot be read, or is not believed.
    #[error(transparent)]
    Mirror(Box<crate::directory::MirrorFault>),
    /// The key that was given is not one of the log's member.
    #[error("log.key_file is not the key in log.membership_file: use the files that one `aitta directory init` made")]
    Key,
    /// The blinder's seed cannot be used.
    #[error(transparent)]
    Seed(#[from] SeedFileError),
}
