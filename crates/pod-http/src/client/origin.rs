//! Whom a client may call.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use axum::http::Uri;
use axum::http::uri::Authority;
use rustls_pki_types::ServerName;

use super::error::TargetError;

const HTTPS_PORT: u16 = 443;
const HTTP_PORT: u16 = 80;

/// Scheme, host and port of a server. Plain HTTP beyond this machine cannot be expressed. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(Arc<Kind>);

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Https { name: ServerName<'static>, host: String, port: u16, authority: String },
    LoopbackHttp { address: SocketAddr, authority: String },
    Unix { path: PathBuf },
}

impl Origin {
    /// A unix socket.
    #[must_use]
    pub fn unix(path: &Path) -> Self {
        Self(Arc::new(Kind::Unix { path: path.to_owned() }))
    }

    /// Splits a URL as it stands in a document (OIDC discovery, a catalogue) into whom to call and the
    /// path with query.
    ///
    /// # Errors
    /// [`TargetError`]: not a URL, another scheme, a password in it, or plain HTTP beyond this machine.
    pub fn of_url(url: &str) -> Result<(Self, String), TargetError> {
        let wrong = |reason| TargetError::Syntax { url: url.to_owned(), reason };
        let uri = Uri::from_str(url).map_err(|_| wrong("it is not a URL"))?;
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("a user name or password does not belong into it"));
        }
        let kind = match uri.scheme_str() {
            Some("https") => https(authority).ok_or_else(|| wrong("its host is no name or address"))?,
            Some("http") => loopback(authority).ok_or_else(|| TargetError::PlainHttp { url: url.to_owned() })?,
            _ => return Err(wrong("its scheme is not one of https and http")),
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok((Self(Arc::new(kind)), path.to_owned()))
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.0
    }

    /// The `host` field of HTTP/1.1 and the `:authority` of HTTP/2.
    pub(crate) fn authority(&self) -> &str {
        match &*self.0 {
            Kind::Https { authority, .. } | Kind::LoopbackHttp { authority, .. } => authority,
            Kind::Unix { .. } => "localhost",
        }
    }
}

fn https(authority: &Authority) -> Option<Kind> {
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    Some(Kind::Https {
        name: ServerName::try_from(host.clone()).ok()?,
        host,
        port: port(authority, HTTPS_PORT)?,
        authority: authority.as_str().to_ascii_lowercase(),
    })
}

fn loopback(authority: &Authority) -> Option<Kind> {
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let ip = match host {
        // Not resolved: a hosts file or resolver could say something else.
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        _ => host.parse().ok()?,
    };
    ip.is_loopback().then_some(())?;
    let address = SocketAddr::new(ip, port(authority, HTTP_PORT)?);
    Some(Kind::LoopbackHttp { address, authority: authority.as_str().to_owned() })
}

/// `None` when a port is written that is none.
fn port(authority: &Authority, usual: u16) -> Option<u16> {
    match authority.as_str().strip_prefix(authority.host())? {
        "" => Some(usual),
        written => {
            let digits = written.strip_prefix(':')?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Https { authority, .. } => write!(f, "https://{authority}"),
            Kind::LoopbackHttp { authority, .. } => write!(f, "http://{authority}"),
            Kind::Unix { path } => write!(f, "unix:{}", path.display()),
        }
    }
}

impl FromStr for Origin {
    type Err = TargetError;

    /// Reads `https://HOST[:PORT]`, `http://127.0.0.1:PORT` or `unix:/PATH`; a final `/` is allowed.
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let wrong = |reason| TargetError::Syntax { url: text.to_owned(), reason };
        if let Some(path) = text.strip_prefix("unix:") {
            let path = Path::new(path);
            return if path.is_absolute() {
                Ok(Self::unix(path))
            } else {
                Err(wrong("the path of a unix socket must begin with `/`"))
            };
        }
        match Self::of_url(text)? {
            (origin, path) if path == "/" => Ok(origin),
            _ => Err(wrong("nothing may follow host and port")),
        }
    }
}
