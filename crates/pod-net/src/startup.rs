//! What stops the network from starting, in words for its operator.

use std::ffi::OsString;
use std::io;

/// The variable with which TLS libraries are told to write session keys to a file: libp2p's QUIC would.
const KEY_LOG_VARIABLE: &str = "SSLKEYLOGFILE";

/// A reason not to start. The text names what to change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetStartError {
    /// Session keys would be written to a file.
    #[error(
        "{KEY_LOG_VARIABLE} is set: libp2p would write the keys of every connection to a file; unset it and start again"
    )]
    KeyLog,
    /// An address cannot be listened on.
    #[error("cannot listen on `{address}`: is another process there, or does this account lack the right?")]
    Listen {
        /// The address.
        address: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The network of this process has stopped.
    #[error("this process no longer talks to peers")]
    Stopped,
    /// The key cannot be used.
    #[error("the key cannot be used for peer to peer")]
    Key,
    /// The transports could not be set up.
    #[error("peer to peer cannot be set up with this build's cryptography")]
    Transport(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The proof that [`refuse_key_log`] was asked; nothing starts without it.
#[derive(Debug, Clone, Copy)]
pub struct KeyLogOff(());

/// Looks whether this process was told to write session keys to a file.
///
/// `environment` is the lookup, `|name| std::env::var_os(name)` in `main`.
///
/// # Errors
/// [`NetStartError::KeyLog`] when `SSLKEYLOGFILE` is set, even to nothing.
pub fn refuse_key_log(environment: impl FnOnce(&str) -> Option<OsString>) -> Result<KeyLogOff, NetStartError> {
    match environment(KEY_LOG_VARIABLE) {
        Some(_) => Err(NetStartError::KeyLog),
        None => Ok(KeyLogOff(())),
    }
}
