//! The directory: the registry of organisations, the holder entries in whole buckets, and the log of both that everybody can
//! check.
//!
//! - `machine`, of `members` and `map`: what the leaves of the log make together; no IO
//! - `bucket`: what the map holds of one bucket, side by side in memory; `buckets`: all of them; `record`: an entry as it came
//! - `replay`: the leaves into the machine, by whoever does not believe the log's states
//! - `log`: the leaves and the tiles over them, in the store
//! - `index`: what the machine keeps, in the store; made anew from the leaves when it is gone
//! - `posts`: what comes in, checked, and how much of it
//! - `batch`, `sequencer`: who writes the log, one batch at a time
//! - `witnesses`: asking others to cosign
//! - `published`: what everybody is shown
//! - `opening`: from the store to all of these
//! - `mirror`, `source`: reading the log of another directory, and believing nothing of it
//! - `offline`: a store looked into without serving
//! - `routes`: the table

mod batch;
mod bucket;
mod buckets;
mod index;
mod log;
mod machine;
mod map;
mod members;
mod merge;
mod metrics;
mod mirror;
mod offline;
mod opening;
mod posts;
mod published;
mod record;
mod replay;
mod routes;
mod sequencer;
mod source;
mod tables;
mod witnesses;

use std::future::Future;
use std::ops::Bound as KeyBound;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pod_crypto::SigningKey;
use pod_http::{Bytes, Client, ClientProtocol, Drained, Machine as Host, RootCertificates, Service};
use pod_protocol::ids::Principal;
use pod_protocol::statement::MAX_PROFILE_BYTES;
use pod_store::Store;
use serde_json::{Value as Json, json as object};
use tokio::task::JoinSet;

use crate::config::{DirectoryConfig, LogConfig, MirrorConfig};
use crate::fault::{Failure, Fault, Refused};
use crate::http::{self, Route, metrics_router};
use crate::problems;
use crate::running::{Bound, Running, ServeError, Stop};
use crate::startup::StartupError;
use crate::surroundings::{Clock, Surroundings};

use log::Log;
use members::Members;
use metrics::Metrics;
use mirror::Follower;
use posts::{MAX_ENTRIES_BODY_BYTES, MAX_POST_BODY_BYTES, Posted, Shares};
use published::Published;
use sequencer::{Keeper, Posts};
use witnesses::Witnesses;

pub use machine::{MAX_ENTRIES, MAX_ENTRIES_PER_BUCKET, MAX_ENTRIES_PER_BUCKET_OF_HOLDER, MAX_ENTRIES_PER_HOLDER};
pub use mirror::{Mirror, MirrorFault, Mirrored, Progress};
pub use offline::Offline;
pub use opening::{Indexed, reindex};
pub use posts::{MAX_ENTRIES_PER_POST, MEMBERS_ITEMS, STRANGERS_ITEMS, STRANGERS_ITEMS_PER_NETWORK};
pub use replay::ReplayFault;
pub use witnesses::MAX_WITNESSES;

/// What all calls share.
#[derive(Debug)]
struct State {
    store: Arc<dyn Store>,
    log: Log,
    published: Arc<Published>,
    door: Door,
    shares: Shares,
    metrics: Metrics,
    clock: ClockOf,
    host: Host,
    stop: Stop,
}

/// Whether anything is taken in.
#[derive(Debug)]
enum Door {
    /// By this directory.
    Open {
        /// Whose log it is.
        principal: Principal,
        /// Where posts wait.
        posts: Posts,
    },
    /// A mirror takes nothing.
    Elsewhere {
        /// Where posts belong.
        url: String,
        /// Why it has not gone on, if it has not: a code and words.
        trouble: Mutex<Option<(&'static str, String)>>,
    },
}

/// The clock, which cannot be shown.
struct ClockOf(Clock);

impl std::fmt::Debug for ClockOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl State {
    fn now_secs(&self) -> u64 {
        (self.clock.0)()
    }

    /// Verifies and reads on another thread: signatures and disks take milliseconds.
    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let state = Arc::clone(self);
        self.host.blocking(move || work(&state)).await.map_err(Fault::Thread)?
    }

    /// Whose log it is, and where posts wait.
    fn door(&self) -> Result<(&Principal, &Posts), Refused> {
        match &self.door {
            Door::Open { principal, posts } => Ok((principal, posts)),
            Door::Elsewhere { url, .. } => {
                Err(Refused::saying(&problems::MIRROR, format!("this is a mirror, which takes nothing: post to {url}")))
            }
        }
    }

    /// The members, as a head vouches for them.
    fn members(&self) -> Result<Members, Failure> {
        Ok(self.published.vouched()?.machine.members().clone())
    }

    fn bucket(&self, bits: u8, number: u32) -> Result<Bytes, Failure> {
        let shown = self.published.vouched()?;
        shown.bucket(bits, number).ok_or_else(|| {
            let now = shown.machine.map().tree().bits();
            Refused::saying(&problems::BUCKET, format!("buckets have {now} bits now: ask GET /v1/buckets again")).into()
        })
    }

    /// Whether the store can be read.
    fn probe(&self) -> Result<(), Failure> {
        self.store.range(tables::LEAVES, KeyBound::Unbounded, KeyBound::Unbounded, 1)?;
        Ok(())
    }

    /// What is not as it should be, and does not stop the directory.
    fn notices(&self) -> Vec<Json> {
        let shown = self.published.read();
        let registry = shown.machine.members().registry();
        let signs = shown.head.as_ref().is_some_and(|head| head.checkpoint().verify(registry).is_ok());
        let mut notices = Vec::new();
        if let Door::Elsewhere { trouble, .. } = &self.door
            && let Some((code, detail)) = &*trouble.lock().unwrap_or_else(PoisonError::into_inner)
        {
            let age_secs = self.now_secs().saturating_sub(shown.machine.time_secs());
            notices.push(object!({ "code": code, "detail": detail, "copy_age_secs": age_secs }));
        }
        if registry.organisations().count() == 0 {
            let detail = "no organisation is a member yet: post the anchor's memberships";
            notices.push(object!({ "code": "no-members", "detail": detail }));
        } else if !signs {
            let detail = "the registry has no member that runs this directory under its key: nobody believes its heads";
            notices.push(object!({ "code": "log-membership", "detail": detail }));
        }
        notices
    }
}

/// The directory's routes.
#[must_use]
pub fn routes() -> Vec<Route> {
    http::routes(routes::table())
}

/// Checks what can be checked without opening anything: that the key is the one of the membership. `key` is what
/// `log.key_file` holds.
///
/// # Errors
/// [`StartupError::File`], [`StartupError::Key`].
pub fn check(config: &DirectoryConfig, key: &SigningKey) -> Result<(), StartupError> {
    opening::membership(&config.log, key).map(drop)
}

/// Opens sockets and store, reads the log's end and its index, and accepts calls. `key` is what `log.key_file` holds.
///
/// # Errors
/// [`StartupError`].
pub async fn start(config: DirectoryConfig, key: SigningKey, around: Surroundings) -> Result<Running, StartupError> {
    let bound = Bound::open(&config.listening, &around).await?;
    let stop = Stop::new();
    let membership = opening::membership(&config.log, &key)?;
    let keeper = Arc::new(keeper(&config.log, key, &around.machine)?);
    let store = pod_store::open(&config.storage, &tables::ALL, tables::SCHEMA_VERSION)?;
    let (posts, waiting) = Posts::new();
    let (metrics, numbers) = Metrics::new();
    let opened = opening::open(&store, config.anchor)?;
    let state = Arc::new(State {
        log: Log::new(Arc::clone(&store)),
        store,
        published: Arc::new(Published::new(opened.machine, opened.head)),
        door: Door::Open { principal: config.log.principal, posts },
        shares: Shares::default(),
        metrics,
        clock: ClockOf(Arc::clone(&around.clock)),
        host: around.machine.clone(),
        stop: stop.clone(),
    });
    let mut end = opened.end;
    let first = membership.map(Posted::Statement).into_iter().collect();
    opening::first_batch(&state, &keeper, &mut end, first)?;
    let mut background = JoinSet::new();
    background.spawn(sequencer::run(Arc::clone(&state), keeper, end, waiting));
    Ok(serving(bound, state, numbers, background, &around))
}

/// Opens sockets and store, reads the log that is mirrored unless there is a copy already, accepts calls, and reads on.
///
/// # Errors
/// [`StartupError`]; [`StartupError::Mirror`] when there is no copy yet and none can be had.
pub async fn start_mirror(config: MirrorConfig, around: Surroundings) -> Result<Running, StartupError> {
    let bound = Bound::open(&config.listening, &around).await?;
    let mut mirror = Mirror::open(&config, &around)?;
    if mirror.published.head().is_err() {
        mirror.advance(&mut |done| tracing::info!(done.done, done.size, "reading the log")).await?;
    }
    let Mirror { follower, published } = mirror;
    let (metrics, numbers) = Metrics::new();
    let state = Arc::new(State {
        store: Arc::clone(&follower.store),
        log: follower.log.clone(),
        published,
        door: Door::Elsewhere { url: follower.source.url(), trouble: Mutex::default() },
        shares: Shares::default(),
        metrics,
        clock: ClockOf(Arc::clone(&around.clock)),
        host: around.machine.clone(),
        stop: Stop::new(),
    });
    let mut background = JoinSet::new();
    background.spawn(follow(Arc::clone(&state), follower, config.refresh));
    Ok(serving(bound, state, numbers, background, &around))
}

/// Reads on until the server ends. What is not believed is told by `/readiness`, and the last good copy is shown on.
async fn follow(state: Arc<State>, mut follower: Follower, every: Duration) {
    loop {
        let trouble = match follower.advance(&state.published, &mut |_| {}).await {
            Ok(mirrored) => {
                state.metrics.published(mirrored.cosignatures);
                None
            }
            Err(MirrorFault::Ours(fault)) => return state.stop.on(&fault, &"mirror"),
            Err(fault) => {
                let detail = std::error::Error::source(&fault).map(ToString::to_string).unwrap_or_default();
                tracing::warn!(code = fault.code(), %fault, detail, "the mirror does not go on");
                Some((fault.code(), fault.to_string()))
            }
        };
        if let Door::Elsewhere { trouble: told, .. } = &state.door {
            *told.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
        }
        tokio::time::sleep(every).await;
    }
}

fn serving(
    bound: Bound,
    state: Arc<State>,
    numbers: prometheus_client::registry::Registry,
    background: JoinSet<()>,
    around: &Surroundings,
) -> Running {
    let stop = state.stop.clone();
    let service = Service::new(http::router(routes::table(), Arc::clone(&state)), around.fresh_trace())
        .open_to_pages()
        .body_limit("/v1/statements", MAX_PROFILE_BYTES)
        .body_limit("/v1/entries", MAX_ENTRIES_BODY_BYTES)
        .body_limit("/v1/log/posts", MAX_POST_BODY_BYTES);
    let measured = metrics_router(numbers, move || state.metrics.measure(&state.published));
    bound.serve(service, measured, background, stop, around)
}

fn keeper(config: &LogConfig, key: SigningKey, host: &Host) -> Result<Keeper, StartupError> {
    let roots = match config.roots.as_deref() {
        Some(file) => RootCertificates::none().with_file(file)?,
        None => RootCertificates::none(),
    };
    let client = Client::new(roots, ClientProtocol::Http1, witnesses::client_limits())?.on(host.clone());
    Ok(Keeper {
        principal: config.principal,
        key,
        witnesses: Witnesses::new(client, host.clone()),
        wanted: config.witnesses,
        grace: config.grace,
        refresh: config.refresh,
    })
}

/// [`start`], then [`Running::until`].
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    config: DirectoryConfig,
    key: SigningKey,
    around: Surroundings,
    shutdown: impl Future<Output = ()>,
) -> Result<Drained, ServeError> {
    start(config, key, around).await?.until(shutdown).await
}
