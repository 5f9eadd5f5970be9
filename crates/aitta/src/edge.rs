//! What this process takes from the system. Made once in `main` and handed down: nothing below reads a clock, a random
//! source or the environment by itself.

use std::collections::HashSet;
use std::ffi::OsString;
use std::future::Future;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use pod_client::Caller;
use pod_crypto::{Random, SigningKey, SystemRandom};
use pod_directory::Surroundings;
use pod_http::{Client, ClientLimits, ClientProtocol, KeyLogOff, RootCertificates};
use pod_net::{Net, NetConfig, NetLimits, Relaying};
use pod_protocol::registry::{Organisation, Registry};
use pod_protocol::statement::Endpoint;
use rustix::time::{ClockId, clock_gettime};
use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;
use crate::failure::Failure;

/// Seconds since 1970, asked whenever it is needed.
pub(crate) type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Which log lines are written, in the syntax of `tracing_subscriber::EnvFilter`.
const LOG_VARIABLE: &str = "AITTA_LOG";
/// Whose log lines are ours.
const OWN_CRATES: &[&str] = &[
    "aitta",
    "pod_http",
    "pod_net",
    "pod_server",
    "pod_directory",
    "pod_client",
    "pod_store",
    "pod_audit",
    "pod_vault",
    "pod_import",
];

/// Clock, randomness and environment.
#[derive(Clone)]
pub(crate) struct Edge {
    /// Seconds since 1970.
    pub(crate) clock: Clock,
    /// Nanoseconds since some moment, never going back, and going on while the machine sleeps.
    pub(crate) monotonic: Clock,
    /// Random bytes.
    pub(crate) random: Arc<dyn Random>,
    logs: Logs,
    /// What a command opened to others over libp2p.
    nets: Arc<Mutex<Vec<Arc<Net>>>>,
}

/// What the command line says about log lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Logs {
    /// How they are written, when it says so.
    pub(crate) format: Option<LogFormat>,
    /// Whether more is wanted.
    pub(crate) verbose: bool,
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edge").finish_non_exhaustive()
    }
}

impl Edge {
    /// The real ones.
    pub(crate) fn of_this_process(logs: Logs) -> Self {
        Self {
            clock: Arc::new(seconds_since_1970),
            monotonic: monotonic(),
            random: Arc::new(SystemRandom),
            logs,
            nets: Arc::default(),
        }
    }

    /// The time now, in seconds since 1970.
    pub(crate) fn now_secs(&self) -> u64 {
        (self.clock)()
    }

    /// A variable of the environment.
    pub(crate) fn environment(name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    /// As the node takes it.
    pub(crate) fn of_a_node(&self) -> pod_server::serve::Edge {
        pod_server::serve::Edge {
            clock: Arc::clone(&self.clock),
            monotonic: Arc::clone(&self.monotonic),
            thread_cpu: None,
            random: Arc::clone(&self.random),
            environment: Arc::new(Self::environment),
        }
    }

    /// As the directory and the blinder take it.
    pub(crate) fn surroundings(&self, key_log: KeyLogOff) -> Surroundings {
        Surroundings {
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            key_log,
            machine: pod_http::Machine::this(),
        }
    }

    /// Calls to others. `roots` is a PEM file with the authorities whose certificates are believed; without one only
    /// plain HTTP on this machine can be called.
    ///
    /// # Errors
    /// When the file cannot be read or holds no authority.
    pub(crate) fn caller(&self, roots: Option<&Path>) -> Result<Caller, Failure> {
        let believed = match roots {
            Some(path) => RootCertificates::none().with_file(path)?,
            None => RootCertificates::none(),
        };
        let http = Client::new(believed, ClientProtocol::default(), ClientLimits::default())?;
        Ok(Caller { http, net: None, random: Arc::clone(&self.random), clock: Arc::clone(&self.clock) })
    }

    /// Calls to other organisations over libp2p, under a key that the registry has; none when no member is reached that way.
    /// Needs a tokio runtime.
    ///
    /// # Errors
    /// When `SSLKEYLOGFILE` is set, or the system gives no sockets.
    pub(crate) async fn net(&self, key: &SigningKey, registry: &Registry) -> Result<Option<Arc<Net>>, Failure> {
        let over_libp2p = |one: &Organisation| one.endpoints().iter().any(Endpoint::is_multiaddr);
        if !registry.organisations().any(over_libp2p) {
            return Ok(None);
        }
        let members: HashSet<[u8; 32]> = registry.peer_keys().collect();
        let config = NetConfig {
            key,
            listen: &[],
            allow: Arc::new(move |key| members.contains(key)),
            handler: None,
            relaying: Relaying::default(),
            limits: NetLimits::default(),
        };
        let net = Arc::new(Net::start(config, pod_net::refuse_key_log(Self::environment)?).await?);
        self.nets.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&net));
        Ok(Some(net))
    }

    /// Gives back a command's places at other organisations' nodes: its process ends, and the next one has the same key.
    pub(crate) async fn leave(&self) {
        let nets = std::mem::take(&mut *self.nets.lock().unwrap_or_else(PoisonError::into_inner));
        for net in nets {
            net.leave().await;
        }
    }

    /// Runs a command's asynchronous part: on all cores for a daemon and for a client alike, since a client too checks
    /// signatures while it waits.
    pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|source| Failure::internal("the system gave no threads", source))?;
        runtime.block_on(future)
    }

    /// Whether a person watches standard error: then progress is a bar, else lines.
    pub(crate) fn somebody_watches() -> bool {
        std::io::stderr().is_terminal()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the edge: the one place that reads the clock")]
fn seconds_since_1970() -> u64 {
    // A clock before 1970 is not set: every object then looks as if it came from the future and is refused.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A clock for durations that goes on while the machine sleeps: `Instant` does not.
fn monotonic() -> Clock {
    Arc::new(|| {
        let since = clock_gettime(ClockId::Boottime);
        let part = |number| u64::try_from(number).unwrap_or(0);
        part(since.tv_sec).saturating_mul(1_000_000_000).saturating_add(part(since.tv_nsec))
    })
}

impl Edge {
    /// Starts log lines on standard error, once. `--verbose` counts before `AITTA_LOG`, that before `level` (from a
    /// configuration), that before what is usual: ours from `info` on, others' from `warn` on.
    ///
    /// # Errors
    /// When a filter cannot be read.
    pub(crate) fn start_logs(&self, level: Option<&str>, json: bool) -> Result<(), Failure> {
        let variable = std::env::var(LOG_VARIABLE).ok();
        let asked = match (&variable, level) {
            _ if self.logs.verbose => None,
            (Some(filter), _) => Some((LOG_VARIABLE, filter.as_str())),
            (None, level) => level.map(|level| ("log.level", level)),
        };
        let filter = match asked {
            Some((name, filter)) => EnvFilter::try_new(filter).map_err(|source| {
                Failure::configuration_says(format!("{name} is no filter of log lines"))
                    .because(source)
                    .advise("Write error, warn, info, debug or trace; or a filter such as `warn,pod_server=debug`.")
            })?,
            None => self.usual_filter(),
        };
        let lines = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal());
        let usual = if json { LogFormat::Json } else { LogFormat::Human };
        match self.logs.format.unwrap_or(usual) {
            LogFormat::Human => lines.with_target(false).init(),
            LogFormat::Json => lines.json().flatten_event(true).init(),
        }
        Ok(())
    }

    fn usual_filter(&self) -> EnvFilter {
        let own = if self.logs.verbose { "debug" } else { "info" };
        EnvFilter::new(OWN_CRATES.iter().fold("warn".to_owned(), |filter, name| format!("{filter},{name}={own}")))
    }
}
