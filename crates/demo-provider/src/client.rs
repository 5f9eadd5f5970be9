//! Who may send people here to log in.

use std::fmt;
use std::net::IpAddr;

use axum::http::Uri;
use pod_crypto::equal;

/// A relying party.
#[derive(Debug, Clone)]
pub struct DemoClient {
    /// Its `client_id`.
    pub client_id: String,
    /// What it is.
    pub kind: ClientKind,
    /// Where its answers may go, compared exactly.
    pub redirect_urls: Vec<String>,
}

/// What a relying party is, which decides how it authenticates and what it learns.
#[derive(Clone)]
pub enum ClientKind {
    /// An organisation's node: authenticates with its secret, learns the identity code.
    Node {
        /// The client secret.
        secret: String,
    },
    /// An application on people's own machines: has no secret, learns a `sub` that no other client sees. Its answers may
    /// also go to any port of the loopback addresses (RFC 8252 §7.3).
    Public,
}

/// Without the secret.
impl fmt::Debug for ClientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Node { .. } => "Node",
            Self::Public => "Public",
        })
    }
}

impl DemoClient {
    /// Whether answers may go to `url`.
    pub(crate) fn may_redirect_to(&self, url: &str) -> bool {
        let listed = self.redirect_urls.iter().any(|listed| listed == url);
        listed || (matches!(self.kind, ClientKind::Public) && is_loopback(url))
    }

    /// Whether these credentials are the client's; none for a public client.
    pub(crate) fn authenticates(&self, secret: Option<&str>) -> bool {
        match (&self.kind, secret) {
            (ClientKind::Node { secret: own }, Some(given)) => equal(own.as_bytes(), given.as_bytes()),
            (ClientKind::Public, None) => true,
            (ClientKind::Node { .. }, None) | (ClientKind::Public, Some(_)) => false,
        }
    }

    /// Whether it learns identity codes.
    pub(crate) fn is_node(&self) -> bool {
        matches!(self.kind, ClientKind::Node { .. })
    }
}

/// `http` on a loopback address, written as one: `localhost` could be resolved to something else.
fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let Some(authority) = uri.authority() else { return false };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    uri.scheme_str() == Some("http")
        && !authority.as_str().contains('@')
        && !url.contains('#')
        && host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
