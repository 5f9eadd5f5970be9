//! What passes between a connection and a handler.

use std::future::Future;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use bytes::Bytes;

/// Where a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerAddress {
    /// An IP address and port; of the proxy, when there is one.
    Tcp(SocketAddr),
    /// A process on this machine, through a unix socket.
    Unix,
}

impl PeerAddress {
    /// What is counted as one peer: an IPv4 address, or the first half of an IPv6 address, for a customer owns at least a /64.
    /// `None` for unix sockets: whoever may open the file is trusted with all that there is to share.
    #[must_use]
    pub fn network(self) -> Option<IpAddr> {
        let Self::Tcp(address) = self else { return None };
        Some(match address.ip().to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        })
    }
}

/// The protocol agreed on during the TLS handshake (RFC 7301).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alpn {
    /// `http/1.1`
    Http1,
    /// `h2`
    Http2,
}

/// What is known about the connection a request came on. Router handlers take it as
/// `axum::Extension<PeerInfo>`.
#[derive(Debug, Clone, Copy)]
pub struct PeerInfo {
    /// The other end.
    pub address: PeerAddress,
    /// The channel binding `tls-exporter` (RFC 9266); `None` on plain connections.
    pub tls_exporter: Option<[u8; 32]>,
    /// The agreed protocol; `None` when the peer offered none, or without TLS.
    pub alpn: Option<Alpn>,
    /// The negotiated key exchange, for example `X25519MLKEM768`; `None` without TLS.
    pub key_exchange: Option<&'static str>,
}

/// A whole request: head and body within their limits and deadlines.
#[derive(Debug)]
pub struct Incoming {
    /// The method.
    pub method: Method,
    /// The request target.
    pub uri: Uri,
    /// The fields, at most [`crate::Limits::header_count`].
    pub headers: HeaderMap,
    /// The body, at most the limit of its route.
    pub body: Bytes,
    /// The connection.
    pub peer: PeerInfo,
}

impl Incoming {
    /// The path, undecoded.
    #[must_use]
    pub fn path(&self) -> &str {
        self.uri.path()
    }
}

/// A whole reply.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The status.
    pub status: StatusCode,
    /// The fields; `date` and `content-length` are added.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Outgoing {
    /// A reply with one content type.
    #[must_use]
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::with_capacity(1);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status, headers, body: body.into() }
    }
}

impl axum::response::IntoResponse for Outgoing {
    fn into_response(self) -> axum::response::Response {
        let mut response = axum::response::Response::new(axum::body::Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// The pending reply of a [`FastHandler`].
pub type Reply<'a> = Pin<Box<dyn Future<Output = Outgoing> + Send + 'a>>;

/// A route outside axum: bytes to bytes, on the connection's own task.
///
/// Closures of `Fn(Incoming) -> impl Future<Output = Outgoing>` are handlers too.
pub trait FastHandler: Send + Sync + 'static {
    /// Answers one request. Dropped when the peer goes away: work that must be completed is spawned.
    fn handle(&self, incoming: Incoming) -> Reply<'_>;
}

impl<F, Answer> FastHandler for F
where
    F: Fn(Incoming) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Outgoing> + Send + 'static,
{
    fn handle(&self, incoming: Incoming) -> Reply<'_> {
        Box::pin(self(incoming))
    }
}
