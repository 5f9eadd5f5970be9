//! What stops a server from starting, in words for its operator.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// The variable with which TLS libraries are told to write session keys to a file.
const KEY_LOG_VARIABLE: &str = "SSLKEYLOGFILE";

/// A reason not to start. The text names the setting and says what to write instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartupError {
    /// A listen address could not be read.
    #[error("cannot listen on `{text}`: {reason}; write `https://IP:PORT`, `http://127.0.0.1:PORT` or `unix:/PATH`")]
    ListenSyntax {
        /// The address as it was written.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Plain HTTP would be readable by others on the way.
    #[error(
        "`{text}` would carry personal data unencrypted: write `https://{address}` with a certificate and key, or keep plain http on 127.0.0.1 behind a proxy on this machine"
    )]
    PlainHttpBeyondLoopback {
        /// The address as it was written.
        text: String,
        /// Its IP address and port.
        address: std::net::SocketAddr,
    },
    /// No address to listen on.
    #[error("no listen address: write at least one, for example `https://0.0.0.0:8443`")]
    NothingToListenOn,
    /// An `https` address without certificate files.
    #[error("`https` needs a certificate and a key: set the paths of two PEM files")]
    CertificateMissing,
    /// A certificate, key or root file could not be read.
    #[error("cannot read the {what} in `{}`: give a PEM file that this process may read", path.display())]
    File {
        /// "certificate", "private key" or "root certificates".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file was read but does not hold what it should.
    #[error("`{}` holds no usable {what}: it must be PEM, as `-----BEGIN ...-----`", path.display())]
    Pem {
        /// "certificate", "private key" or "root certificates".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The private key lies open to every account of the machine.
    #[error("`{}` can be read by everybody on this machine: run `chmod 600` on it", path.display())]
    KeyReadableByAll {
        /// The key file.
        path: PathBuf,
    },
    /// Certificate and key belong to different key pairs.
    #[error("the certificate `{}` and the key `{}` do not belong together", certificate.display(), key.display())]
    KeyMismatch {
        /// The certificate file.
        certificate: PathBuf,
        /// The key file.
        key: PathBuf,
    },
    /// TLS could not be set up with the chosen algorithms.
    #[error("TLS cannot be set up with this build's cryptography")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The system refused the address.
    #[error("cannot listen on `{address}`: is another process there, or does this account lack the right?")]
    Bind {
        /// The address.
        address: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process answers on the unix socket.
    #[error("another process listens on `{}`: stop it or choose another path", path.display())]
    SocketInUse {
        /// The path.
        path: PathBuf,
    },
    /// A limit that cannot be kept.
    #[error("limit `{name}` must {must}")]
    Limit {
        /// The field of [`crate::Limits`].
        name: &'static str,
        /// The rule it breaks.
        must: String,
    },
    /// Session keys would be written to a file.
    #[error(
        "{KEY_LOG_VARIABLE} is set: libraries would write the keys of every connection to a file; unset it and start again"
    )]
    KeyLog,
}

/// The proof that [`refuse_key_log`] was asked; a server does not start without it.
#[derive(Debug, Clone, Copy)]
pub struct KeyLogOff(());

/// Looks whether this process was told to write TLS session keys to a file.
///
/// `environment` is the lookup, `|name| std::env::var_os(name)` in `main`.
///
/// # Errors
/// [`StartupError::KeyLog`] when `SSLKEYLOGFILE` is set, even to nothing.
pub fn refuse_key_log(environment: impl FnOnce(&str) -> Option<OsString>) -> Result<KeyLogOff, StartupError> {
    match environment(KEY_LOG_VARIABLE) {
        Some(_) => Err(StartupError::KeyLog),
        None => Ok(KeyLogOff(())),
    }
}
