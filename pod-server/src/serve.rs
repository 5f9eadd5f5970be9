//! Serving: a node opened from its configuration, its sockets, its upkeep; until it is told to stop, or must.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use pod_audit::LogConfig;
use pod_crypto::{Random, SigningKey};
use pod_http::{
    Drained, Limits, ListenAddress, Machine, Server, ServerConfig, ServerHandle, StartupError, refuse_key_log,
};
use pod_import::Catalogue;

use crate::clock::{Clock, Monotonic, ThreadCpu};
use crate::config::{CheckError, NodeConfig};
use crate::enrolment::Enrolment;
use crate::fault::Fault;
use crate::import::{Importer, admin};
use crate::node::{Node, NodeParts, OpenError};
use crate::p2p::P2p;
use crate::reload::{self, Reload, Started};
use crate::routes::{App, admin_service, main_service, metrics_service};
use crate::tables::{SCHEMA_VERSION, tables};
use crate::upkeep::{Blinder, Upkeep};
use crate::view::RevocationBound;

/// Only the node's own user gets at its store and its log.
const DATA_MODE: u32 = 0o700;
/// The folder, in the node's own, for what proves that a directory lied.
const EVIDENCE: &str = "evidence";

/// Looks into the environment: `|name| std::env::var_os(name)` in `main`.
pub type Environment = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// What `main` gives a node of the world outside.
#[derive(Clone)]
pub struct Edge {
    /// Seconds since 1970.
    pub clock: Clock,
    /// Nanoseconds, for durations and for the age of the view of revocations.
    pub monotonic: Monotonic,
    /// The CPU time of a thread, when the steps of calls shall be measured by it.
    pub thread_cpu: Option<ThreadCpu>,
    /// Random bytes.
    pub random: Arc<dyn Random>,
    /// Looks into the environment.
    pub environment: Environment,
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Edge")
    }
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something that the configuration names.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// Sockets and certificates.
    #[error(transparent)]
    Http(#[from] StartupError),
    /// The network between organisations.
    #[error(transparent)]
    Net(#[from] pod_net::NetStartError),
    /// The store.
    #[error(transparent)]
    Store(#[from] pod_store::OpenError),
    /// The node.
    #[error("the node does not open")]
    Node(#[from] OpenError),
    /// The runtime ended meanwhile.
    #[error("the process was told to stop before the node was open")]
    Interrupted,
}

/// Why a node stopped by itself. The process ends with a failure: it reads its log and store again when it starts.
#[derive(Debug, thiserror::Error)]
#[error("the node stopped: what is on disk is no longer known; see why, then start it again")]
pub struct Stopped(#[source] pub Arc<Fault>);

/// The admin socket is named by a whole path, however the configuration names the folder.
fn absolute(data: &Path) -> Result<PathBuf, CheckError> {
    std::path::absolute(data).map_err(|source| CheckError::Data { path: data.to_owned(), source })
}

impl NodeConfig {
    /// The blinder, for imports; none when the configuration names none.
    ///
    /// # Errors
    /// [`CheckError`] about `roots`.
    pub fn blinder(&self) -> Result<Option<Blinder>, CheckError> {
        let Some(config) = &self.upkeep.blinder else { return Ok(None) };
        Ok(Some(Blinder::new(config.clone(), self.client()?)))
    }
}

/// Opens a node from its configuration: for serving, and for imports beside no server. Blocks.
///
/// # Errors
/// [`StartError`]: which setting, and what to do.
pub fn open(config: &NodeConfig, edge: &Edge) -> Result<Node, StartError> {
    let secrets = config.secrets(&*edge.environment)?;
    let catalogue = Catalogue::load(&config.catalogue).map_err(CheckError::from)?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(DATA_MODE)
        .create(&config.data)
        .map_err(|source| CheckError::Data { path: config.data.clone(), source })?;
    let key = Arc::new(secrets.key);
    let former_keys = secrets.previous_keys.iter().map(SigningKey::public_key).collect();
    Ok(Node::open(NodeParts {
        principal: config.principal,
        key: Arc::clone(&key),
        previous_keys: secrets.previous_keys,
        store: pod_store::open(&config.store(), &tables(), SCHEMA_VERSION)?,
        keys: secrets.node_keys,
        log: LogConfig { former_keys, ..LogConfig::new(config.log_directory(), config.principal, key) },
        anchor: config.anchor.clone(),
        catalogue: Arc::new(catalogue),
        origins: config.origins.clone().into(),
        revocation_bound: config
            .upkeep
            .directory
            .as_ref()
            .map_or_else(RevocationBound::default, |directory| directory.revocation_bound),
        clock: Arc::clone(&edge.clock),
        monotonic: Arc::clone(&edge.monotonic),
        thread_cpu: edge.thread_cpu.clone(),
        random: Arc::clone(&edge.random),
        machine: Machine::this(),
    })?)
}

/// A serving node.
#[derive(Debug)]
pub struct NodeServer {
    app: Arc<App>,
    addresses: Vec<ListenAddress>,
    metrics: Option<ServerHandle>,
    admin: ServerHandle,
    importer: Arc<Importer>,
    started: Started,
}

impl NodeServer {
    /// Opens the node and its sockets, and begins to answer. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`StartError`]; nothing listens then.
    pub async fn start(config: &NodeConfig, edge: &Edge) -> Result<Self, StartError> {
        let key_log = refuse_key_log(|name| (edge.environment)(name))?;
        let (opened_config, opened_edge) = (config.clone(), edge.clone());
        let opening = tokio::task::spawn_blocking(move || open(&opened_config, &opened_edge));
        let node = Arc::new(opening.await.map_err(|_| StartError::Interrupted)??);
        let client = config.client()?;
        let enrolment = config.oidc.as_ref().map(|oidc| Enrolment::open(Arc::clone(&node), oidc));
        let app = App::new(Arc::clone(&node), enrolment.transpose().map_err(CheckError::from)?);
        let importer = Arc::new(Importer::new(Arc::clone(&node), config.blinder()?));
        let server = |listen: Vec<ListenAddress>| {
            Server::bind(
                ServerConfig { listen, certificate: config.certificate.clone(), limits: Limits::default() },
                key_log,
            )
        };
        let main = server(config.listen.clone()).await?;
        let metrics = match &config.metrics_listen {
            Some(address) => Some(server(vec![address.clone()]).await?),
            None => None,
        };
        let admin = server(vec![admin::address(&absolute(&config.data)?)?]).await?;
        if let Some(p2p) = &config.p2p {
            let key_log = pod_net::refuse_key_log(|name| (edge.environment)(name))?;
            put(&app.p2p, P2p::start(&app.node, p2p, key_log).await?);
        }
        // Every socket is open: from here on nothing fails.
        let admin = admin.serve(admin_service(&app, &importer));
        let metrics = metrics.map(|server| server.serve(metrics_service(&app)));
        let mut upkeep = config.upkeep.clone();
        if let Some(directory) = &mut upkeep.directory {
            directory.evidence = Some(config.data.join(EVIDENCE));
        }
        put(&app.upkeep, Upkeep::start(&node, &upkeep, &client));
        let addresses = main.addresses().to_vec();
        put(&app.server, main.serve(main_service(&app)));
        for address in &addresses {
            tracing::info!(%address, "listening");
        }
        let started = Started { p2p: config.p2p.clone(), environment: Arc::clone(&edge.environment) };
        Ok(Self { app, addresses, metrics, admin, importer, started })
    }

    /// The node.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        &self.app.node
    }

    /// Where it listens, with the real port where it was 0.
    #[must_use]
    pub fn addresses(&self) -> &[ListenAddress] {
        &self.addresses
    }

    /// Where other organisations come over libp2p, with the real port where it was 0; empty when it is off.
    #[must_use]
    pub fn p2p_addresses(&self) -> Vec<pod_net::Address> {
        self.app.p2p(|p2p| p2p.addresses().to_vec()).unwrap_or_default()
    }

    /// Where its metrics are.
    #[must_use]
    pub fn metrics_address(&self) -> Option<&ListenAddress> {
        self.metrics.as_ref()?.addresses().first()
    }

    /// Serves until `shutdown` is done, then drains: requests under way finish, for 10 seconds at most. A word from `reload`
    /// (SIGHUP) has the certificates and the organisation's keys read again; what is wrong with them is logged, and those of before
    /// stay.
    ///
    /// # Errors
    /// [`Stopped`] when the node met a fault after which going on would be guessing. Nothing is answered after it, and
    /// connections are cut, not drained.
    pub async fn run(self, mut reload: Reload, shutdown: impl Future<Output = ()>) -> Result<Drained, Stopped> {
        tokio::pin!(shutdown);
        let node = Arc::clone(&self.app.node);
        let reloading = async {
            while let Some(()) = reload.told.recv().await {
                self.reload_certificates();
                reload::keys(&self.app, &reload, &self.started).await;
            }
            // Nobody says a word any more.
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            fault = node.stopped() => Some(fault),
            () = &mut shutdown => None,
            () = reloading => None,
        };
        match ended {
            Some(fault) => {
                // Dropped, not drained: connections are cut.
                take(&self.app.server);
                take(&self.app.p2p);
                Err(Stopped(fault))
            }
            None => Ok(self.drain().await),
        }
    }

    fn reload_certificates(&self) {
        let server = self.app.server.lock().unwrap_or_else(PoisonError::into_inner);
        for handle in server.iter().chain(&self.metrics) {
            match handle.reload_certificate() {
                Ok(()) => tracing::info!("certificate read again"),
                Err(error) => tracing::error!(why = %crate::stop::chain(&error), "the old certificate stays"),
            }
        }
    }

    /// Imports end after the batch that they are at; then the callers, then what runs beside.
    async fn drain(self) -> Drained {
        tracing::info!("draining");
        self.importer.stop();
        let callers = async {
            match take(&self.app.server) {
                Some(server) => server.drain().await,
                None => Drained { cut: 0 },
            }
        };
        let peers = async {
            if let Some(p2p) = take(&self.app.p2p) {
                p2p.stop().await;
            }
        };
        let (drained, ()) = tokio::join!(callers, peers);
        self.admin.drain().await;
        if let Some(upkeep) = take(&self.app.upkeep) {
            upkeep.finish().await;
        }
        drained
    }
}

fn put<T>(place: &Mutex<Option<T>>, value: T) {
    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
}

fn take<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Why [`serve`] ended with a failure.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The node did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The node stopped by itself.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Starts a node and serves until `shutdown` is done: [`NodeServer::start`], then [`NodeServer::run`].
///
/// # Errors
/// [`ServeError`]: the caller exits with a failure.
pub async fn serve(
    config: &NodeConfig,
    edge: &Edge,
    reload: Reload,
    shutdown: impl Future<Output = ()>,
) -> Result<Drained, ServeError> {
    Ok(NodeServer::start(config, edge).await?.run(reload, shutdown).await?)
}
