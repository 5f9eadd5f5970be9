//! Calls to others: `https`, plain HTTP on this machine, unix sockets.
//!
//! A signed request names the connection it travels on (RFC 9266), so a connection is taken first
//! ([`Client::connection`]), its [`Connection::exporter`] is signed, and the request is sent on it.
//!
//! - [`origin`]: what may be called, and what is refused about it
//! - [`connect`]: resolve, connect, handshake, each with its deadline
//! - [`pool`]: connections that wait for their next request
//! - [`exchange`]: one request and its whole answer
//! - [`error`]: which step failed, and what to do

mod connect;
mod error;
mod exchange;
mod message;
mod origin;
mod pool;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::machine::Machine;
use crate::startup::StartupError;
use crate::tls;

use exchange::Line;
use pool::Pool;

pub use error::{ClientError, Step, TargetError};
pub use message::{ReceivedProblem, Request, Response};
pub use origin::Origin;

/// DNS and one TCP round trip, also over a mobile network.
const CONNECT: Duration = Duration::from_secs(5);
/// Two round trips and two signatures.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// A holder answers in milliseconds; a call of 256 items with one sync stays below a second.
const RESPONSE: Duration = Duration::from_secs(15);
/// Half of the server's own limit, so that we close first and no request meets a closing connection.
const IDLE: Duration = Duration::from_secs(30);
/// The largest call, 256 items, answers about 1 MiB.
const RESPONSE_BYTES: usize = 8 * 1024 * 1024;
/// As many as a service has calls under way to one holder.
const IDLE_PER_ORIGIN: usize = 128;

/// The protocol a client offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientProtocol {
    /// One request at a time on a connection, several connections: the cheapest on both ends.
    #[default]
    Http1,
    /// Many requests on one connection, when the other end has it; `https` only.
    Http2,
}

/// Deadlines and sizes of a client. [`ClientLimits::default`] holds the values meant for use.
#[derive(Debug, Clone)]
pub struct ClientLimits {
    /// To resolve the name and to open the TCP connection, each.
    pub connect: Duration,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// From the first byte of the request to the last of the answer.
    pub response: Duration,
    /// How long a connection is kept for a next request.
    pub idle: Duration,
    /// Bytes of one answer's body.
    pub response_bytes: usize,
    /// Waiting connections to one origin.
    pub idle_per_origin: usize,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            connect: CONNECT,
            handshake: HANDSHAKE,
            response: RESPONSE,
            idle: IDLE,
            response_bytes: RESPONSE_BYTES,
            idle_per_origin: IDLE_PER_ORIGIN,
        }
    }
}

/// The authorities whose certificates are believed; never those of the operating system.
#[derive(Debug, Clone)]
pub struct RootCertificates(RootCertStore);

impl RootCertificates {
    /// Nobody: such a client can only call plain HTTP on this machine.
    #[must_use]
    pub fn none() -> Self {
        Self(RootCertStore::empty())
    }

    /// Adds every certificate of a PEM text.
    ///
    /// # Errors
    /// [`StartupError::Pem`] when the text holds none, or one that cannot be an authority.
    pub fn with_pem(mut self, pem: &[u8]) -> Result<Self, StartupError> {
        self.add(pem, Path::new("(given text)"))?;
        Ok(self)
    }

    /// Adds every certificate of a PEM file.
    ///
    /// # Errors
    /// [`StartupError::File`] when it cannot be read, [`StartupError::Pem`] as for [`Self::with_pem`].
    pub fn with_file(mut self, path: &Path) -> Result<Self, StartupError> {
        self.add(&tls::read_pem("root certificates", path)?, path)?;
        Ok(self)
    }

    fn add(&mut self, pem: &[u8], path: &Path) -> Result<(), StartupError> {
        let unusable = |source: Box<dyn std::error::Error + Send + Sync>| StartupError::Pem {
            what: "root certificates",
            path: path.to_owned(),
            source,
        };
        let before = self.0.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| unusable(error.into()))?;
            self.0.add(certificate).map_err(|error| unusable(error.into()))?;
        }
        if self.0.len() == before {
            return Err(unusable("no certificate in it".into()));
        }
        Ok(())
    }
}

/// Calls others and keeps connections for the next call. Cheap to clone; needs a tokio runtime.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    tls: Arc<rustls::ClientConfig>,
    limits: ClientLimits,
    pool: Pool,
    machine: Machine,
}

impl Client {
    /// A client that believes `roots`, speaks TLS 1.3 only and follows no redirect.
    ///
    /// # Errors
    /// [`StartupError::Tls`] when this build's cryptography cannot do that.
    pub fn new(roots: RootCertificates, protocol: ClientProtocol, limits: ClientLimits) -> Result<Self, StartupError> {
        let mut tls = rustls::ClientConfig::builder_with_provider(tls::provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| StartupError::Tls(error.into()))?
            .with_root_certificates(roots.0)
            .with_no_client_auth();
        tls.alpn_protocols = match protocol {
            ClientProtocol::Http1 => vec![tls::ALPN_HTTP1.to_vec()],
            ClientProtocol::Http2 => vec![tls::ALPN_HTTP2.to_vec(), tls::ALPN_HTTP1.to_vec()],
        };
        tls.resumption = rustls::client::Resumption::disabled();
        let pool = Pool::new(limits.idle, limits.idle_per_origin);
        Ok(Self { inner: Arc::new(Inner { tls: Arc::new(tls), limits, pool, machine: Machine::this() }) })
    }

    /// The same client on another machine, with no connection yet: for simulations.
    #[must_use]
    pub fn on(self, machine: Machine) -> Self {
        let Inner { tls, limits, .. } = &*self.inner;
        let pool = Pool::new(limits.idle, limits.idle_per_origin);
        Self { inner: Arc::new(Inner { tls: Arc::clone(tls), limits: limits.clone(), pool, machine }) }
    }

    /// A connection to `origin`: a waiting one, or a new one.
    ///
    /// # Errors
    /// [`ClientError`] of the steps resolve, connect and handshake.
    pub async fn connection(&self, origin: &Origin) -> Result<Connection, ClientError> {
        match self.inner.pool.take(origin) {
            Some(line) => Ok(self.checked_out(origin, line, true)),
            None => self.new_connection(origin).await,
        }
    }

    /// A new connection to `origin`, even when others wait.
    ///
    /// # Errors
    /// As [`Self::connection`].
    pub async fn new_connection(&self, origin: &Origin) -> Result<Connection, ClientError> {
        let line = connect::open(origin, &self.inner).await?;
        Ok(self.checked_out(origin, line, false))
    }

    /// Sends a request that is not bound to a connection, on any to `origin`.
    ///
    /// When a waiting connection turns out to be closed before the request was sent, a new one is opened.
    ///
    /// # Errors
    /// [`ClientError`]; an answer of any status is not one, see [`Response::success`].
    pub async fn send(&self, origin: &Origin, request: Request) -> Result<Response, ClientError> {
        let mut connection = self.connection(origin).await?;
        if connection.reused {
            match connection.send(request.clone()).await {
                Err(ClientError::NotSent { .. }) => {}
                result => return result,
            }
            connection = self.new_connection(origin).await?;
        }
        connection.send(request).await
    }

    fn checked_out(&self, origin: &Origin, line: Line, reused: bool) -> Connection {
        Connection { inner: Arc::clone(&self.inner), origin: origin.clone(), line: Some(line), reused }
    }
}

/// A connection on which requests can be sent, one after another. It goes back to the pool on drop.
#[derive(Debug)]
pub struct Connection {
    inner: Arc<Inner>,
    origin: Origin,
    /// `None` after a failure: such a connection is not used again.
    line: Option<Line>,
    reused: bool,
}

impl Connection {
    /// The channel binding (RFC 9266 `tls-exporter`) of the connection that requests will travel on;
    /// `None` without TLS.
    #[must_use]
    pub fn exporter(&self) -> Option<[u8; 32]> {
        self.line.as_ref().and_then(|line| line.exporter)
    }

    /// The negotiated key exchange, for example `X25519MLKEM768`; `None` without TLS.
    #[must_use]
    pub fn key_exchange(&self) -> Option<&'static str> {
        self.line.as_ref().and_then(|line| line.key_exchange)
    }

    /// Whether an earlier request travelled on it: the other end may have closed it meanwhile.
    #[must_use]
    pub const fn is_reused(&self) -> bool {
        self.reused
    }

    /// Whether requests are sent as HTTP/2.
    #[must_use]
    pub fn is_http2(&self) -> bool {
        self.line.as_ref().is_some_and(Line::is_http2)
    }

    /// Sends a request and receives its whole answer.
    ///
    /// # Errors
    /// [`ClientError::NotSent`] when the other end had closed the connection: take a new one, sign for it and
    /// send again. Others of the steps send, response and deadline: whether the request took effect is not known.
    pub async fn send(&mut self, request: Request) -> Result<Response, ClientError> {
        // Taken, so that a dropped future (a caller's own timeout) leaves no half-used connection behind.
        let line = self.line.take();
        let mut line = line.ok_or_else(|| ClientError::NotSent { origin: self.origin.to_string() })?;
        match exchange::send(&mut line, &self.origin, request, &self.inner.limits).await {
            Ok(response) => {
                self.line = Some(line);
                Ok(response)
            }
            Err(error) => {
                self.inner.pool.forget(&self.origin, &line);
                Err(error)
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            self.inner.pool.give_back(&self.origin, line);
        }
    }
}
