//! Servers: listen, accept within the limits, serve each connection, drain.
//!
//! - [`listen`]: the addresses, and what is refused about them
//! - [`accept`]: the loop of one listener
//! - [`places`]: how many connections may be open, together and per peer
//! - [`connection`]: handshake, HTTP, and the deadlines that hyper does not keep
//! - [`watch`]: what a connection is doing right now, seen from below TLS
//! - [`pages`]: browsers, which ask before they let a page of another origin read
//! - [`service`]: fast routes and the router; bodies are whole before either
//! - [`refusals`]: the problems that this crate itself answers with

mod accept;
mod body;
mod connection;
mod counts;
mod listen;
mod pages;
mod places;
pub mod refusals;
mod service;
mod stage;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use crate::limits::Limits;
use crate::machine::Machine;
use crate::startup::{KeyLogOff, StartupError};
use crate::tls::{Certificate, CertificateFiles};

use accept::Shared;
use listen::Listener;
use places::Places;
use stage::{Stage, StageSender};

pub use counts::Counts;
pub use listen::ListenAddress;
pub use service::Service;

/// After connections were told to close, how long they may take to notice.
const CUT_DEADLINE: Duration = Duration::from_secs(1);

/// Where and how a server listens.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// At least one.
    pub listen: Vec<ListenAddress>,
    /// Needed when one of them is `https`.
    pub certificate: Option<CertificateFiles>,
    /// [`Limits::default`] unless a test says otherwise.
    pub limits: Limits,
}

/// A server whose sockets are open and which does not serve yet.
#[derive(Debug)]
pub struct Server {
    listeners: Vec<Listener>,
    addresses: Vec<ListenAddress>,
    certificate: Option<Arc<Certificate>>,
    limits: Limits,
}

impl Server {
    /// Checks the configuration, reads the certificate and opens the sockets. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`StartupError`]: which setting, and what to write instead.
    pub async fn bind(config: ServerConfig, key_log: KeyLogOff) -> Result<Self, StartupError> {
        Self::bind_on(&Machine::this(), config, key_log).await
    }

    /// As [`Server::bind`], on a machine that may be a simulation's.
    ///
    /// # Errors
    /// As [`Server::bind`].
    pub async fn bind_on(machine: &Machine, config: ServerConfig, _key_log: KeyLogOff) -> Result<Self, StartupError> {
        config.limits.check()?;
        if config.listen.is_empty() {
            return Err(StartupError::NothingToListenOn);
        }
        let certificate = config.certificate.map(Certificate::load).transpose()?;
        let tls = certificate.as_ref().map(Certificate::server_config).transpose()?;
        let mut listeners = Vec::with_capacity(config.listen.len());
        let mut addresses = Vec::with_capacity(config.listen.len());
        for address in &config.listen {
            let (listener, bound) = Listener::bind(address, tls.as_ref(), machine).await?;
            listeners.push(listener);
            addresses.push(bound);
        }
        Ok(Self { listeners, addresses, certificate, limits: config.limits })
    }

    /// The addresses in the order of the configuration, with the real port where it was 0.
    #[must_use]
    pub fn addresses(&self) -> &[ListenAddress] {
        &self.addresses
    }

    /// Starts to accept connections, on tasks of the current tokio runtime.
    #[must_use]
    pub fn serve(self, service: Service) -> ServerHandle {
        let (stages, stage) = StageSender::new();
        let places = Arc::new(Places::new(self.limits.connections, self.limits.connections_per_peer));
        let shared = Arc::new(Shared::new(self.limits, service, Arc::clone(&places)));
        for listener in self.listeners {
            tokio::spawn(accept::run(listener, Arc::clone(&shared), stage.clone()));
        }
        ServerHandle { addresses: self.addresses, certificate: self.certificate, shared, places, stages }
    }
}

/// A serving server. When it is dropped, the server is cut off without draining.
#[derive(Debug)]
pub struct ServerHandle {
    addresses: Vec<ListenAddress>,
    certificate: Option<Arc<Certificate>>,
    shared: Arc<Shared>,
    places: Arc<Places>,
    stages: StageSender,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut because the drain deadline passed; 0 when all work was finished.
    pub cut: usize,
}

impl ServerHandle {
    /// The addresses in the order of the configuration, with the real port where it was 0.
    #[must_use]
    pub fn addresses(&self) -> &[ListenAddress] {
        &self.addresses
    }

    /// What happened to connections so far, and how many are open.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.counters.snapshot(self.places.open())
    }

    /// Reads certificate and key again, for new connections. Meant for SIGHUP.
    ///
    /// # Errors
    /// [`StartupError`] about the files; the old certificate then stays in use.
    pub fn reload_certificate(&self) -> Result<(), StartupError> {
        self.certificate.as_ref().map_or(Ok(()), |certificate| certificate.reload())
    }

    /// Stops accepting, lets requests under way finish within [`Limits::drain`], then cuts the rest.
    pub async fn drain(self) -> Drained {
        self.stages.enter(Stage::Draining);
        let finished = tokio::time::timeout(self.shared.limits.drain, self.places.empty()).await;
        if finished.is_ok() {
            return Drained { cut: 0 };
        }
        let cut = self.places.open();
        self.stages.enter(Stage::Cut);
        // A task stuck in a handler that never yields cannot be waited for.
        let _ = tokio::time::timeout(CUT_DEADLINE, self.places.empty()).await;
        Drained { cut }
    }
}
