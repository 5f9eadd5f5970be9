//! Where a server listens: `https://IP:PORT`, `http://127.0.0.1:PORT` or `unix:/PATH`.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use tokio::net::{TcpListener, UnixListener, UnixStream};

use crate::machine::{Accept, Machine, not_simulated};
use crate::startup::StartupError;

/// Only the account of the server may connect; its group gets in through the directory's owner, not here.
const SOCKET_MODE: u32 = 0o600;

/// An address that a server may listen on; plain HTTP beyond this machine cannot be expressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenAddress(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Https(SocketAddr),
    LoopbackHttp(SocketAddr),
    Unix(PathBuf),
}

impl ListenAddress {
    /// The IP address and port; `None` for a unix socket.
    #[must_use]
    pub const fn socket_address(&self) -> Option<SocketAddr> {
        match &self.0 {
            Kind::Https(address) | Kind::LoopbackHttp(address) => Some(*address),
            Kind::Unix(_) => None,
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Https(address) => write!(f, "https://{address}"),
            Kind::LoopbackHttp(address) => write!(f, "http://{address}"),
            Kind::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl FromStr for ListenAddress {
    type Err = StartupError;

    fn from_str(text: &str) -> Result<Self, StartupError> {
        let wrong = |reason| StartupError::ListenSyntax { text: text.to_owned(), reason };
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if path.is_absolute() {
                Ok(Self(Kind::Unix(path)))
            } else {
                Err(wrong("the path of a unix socket must begin with `/`"))
            };
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("it has no scheme"))?;
        let address = SocketAddr::from_str(rest.strip_suffix('/').unwrap_or(rest))
            .map_err(|_| wrong("after the scheme comes an IP address (not a name) and a port"))?;
        match scheme {
            "https" => Ok(Self(Kind::Https(address))),
            "http" if address.ip().is_loopback() => Ok(Self(Kind::LoopbackHttp(address))),
            "http" => Err(StartupError::PlainHttpBeyondLoopback { text: text.to_owned(), address }),
            _ => Err(wrong("the scheme is not one of https, http and unix")),
        }
    }
}

/// An open socket.
#[derive(Debug)]
pub(crate) enum Listener {
    /// With TLS exactly when it is `https`.
    Tcp(TcpListener, Option<Arc<rustls::ServerConfig>>),
    Simulated(Box<dyn Accept>),
    Unix {
        listener: UnixListener,
        _file: SocketFile,
    },
}

impl Listener {
    /// Opens the socket; returns it with the address it really has.
    pub(crate) async fn bind(
        address: &ListenAddress,
        tls: Option<&Arc<rustls::ServerConfig>>,
        machine: &Machine,
    ) -> Result<(Self, ListenAddress), StartupError> {
        let failed = |source| StartupError::Bind { address: address.to_string(), source };
        match (&address.0, machine.simulation()) {
            (Kind::Https(_), Some(_)) => Err(failed(not_simulated())),
            (Kind::LoopbackHttp(wanted), Some(simulation)) => {
                Ok((Self::Simulated(simulation.listen(*wanted).await.map_err(failed)?), address.clone()))
            }
            (Kind::Https(wanted), None) => {
                let tls = tls.cloned().ok_or(StartupError::CertificateMissing)?;
                let listener = TcpListener::bind(wanted).await.map_err(failed)?;
                let bound = Kind::Https(listener.local_addr().map_err(failed)?);
                Ok((Self::Tcp(listener, Some(tls)), ListenAddress(bound)))
            }
            (Kind::LoopbackHttp(wanted), None) => {
                let listener = TcpListener::bind(wanted).await.map_err(failed)?;
                let bound = Kind::LoopbackHttp(listener.local_addr().map_err(failed)?);
                Ok((Self::Tcp(listener, None), ListenAddress(bound)))
            }
            (Kind::Unix(path), _) => {
                remove_stale(path).await?;
                let listener = UnixListener::bind(path).map_err(failed)?;
                let file = SocketFile(path.clone());
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(SOCKET_MODE)).map_err(failed)?;
                Ok((Self::Unix { listener, _file: file }, address.clone()))
            }
        }
    }
}

/// Removes the socket file of a process that is gone; of nothing else.
async fn remove_stale(path: &Path) -> Result<(), StartupError> {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if !is_socket {
        return Ok(());
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path)
            .map_err(|source| StartupError::Bind { address: format!("unix:{}", path.display()), source }),
        _ => Err(StartupError::SocketInUse { path: path.to_owned() }),
    }
}

/// Removes the socket file when the listener closes.
#[derive(Debug)]
pub(crate) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = std::fs::remove_file(&self.0);
    }
}
