//! The directory: the registry of organisations, and the holder entries in whole buckets.
//!
//! - `members`: statements in, registry out
//! - `map`: which entry stands under which tag, and the buckets; no IO
//! - `entries`: holder entries in, buckets out; every change goes through one function
//! - `routes`: the table

mod entries;
mod map;
mod members;
mod metrics;
mod routes;
mod tables;

use std::future::Future;
use std::sync::Arc;

use pod_http::{Drained, Machine, Service};
use pod_protocol::statement::MAX_PROFILE_BYTES;
use tokio::task::JoinSet;

use crate::config::DirectoryConfig;
use crate::fault::{Failure, Fault};
use crate::http::{self, Route, metrics_router};
use crate::running::{Bound, Running, ServeError, Stop};
use crate::startup::StartupError;
use crate::surroundings::{Clock, Surroundings};

use entries::{Entries, MAX_ENTRIES_BODY_BYTES};
use members::Members;
use metrics::Metrics;

pub use entries::{MAX_ENTRIES, MAX_ENTRIES_PER_HOLDER, MAX_ENTRIES_PER_POST};

/// What all calls share.
#[derive(Debug)]
struct State {
    members: Members,
    entries: Entries,
    metrics: Metrics,
    clock: ClockOf,
    machine: Machine,
    stop: Stop,
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

    /// Verifies and commits where that holds up no connection: signatures and syncs take milliseconds.
    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let state = Arc::clone(self);
        self.machine.blocking(move || work(&state)).await.map_err(Fault::Thread)?
    }
}

/// The directory's routes.
#[must_use]
pub fn routes() -> Vec<Route> {
    http::routes(routes::table())
}

/// Opens sockets and store, rebuilds registry and index from the store, and accepts calls.
///
/// # Errors
/// [`StartupError`].
pub async fn start(config: DirectoryConfig, around: Surroundings) -> Result<Running, StartupError> {
    let bound = Bound::open(&config.listening, &around).await?;
    let stop = Stop::new();
    let now_secs = (around.clock)();
    let store = pod_store::open(&config.storage, &tables::ALL, tables::SCHEMA_VERSION)?;
    let (metrics, numbers) = Metrics::new();
    let state = Arc::new(State {
        members: Members::load(config.anchor, Arc::clone(&store), now_secs)?,
        entries: Entries::load(store, now_secs)?,
        metrics,
        clock: ClockOf(Arc::clone(&around.clock)),
        machine: around.machine.clone(),
        stop: stop.clone(),
    });
    let service = Service::new(http::router(routes::table(), Arc::clone(&state)), around.fresh_trace())
        .body_limit("/v1/statements", MAX_PROFILE_BYTES)
        .body_limit("/v1/entries", MAX_ENTRIES_BODY_BYTES);
    let measured = metrics_router(numbers, move || state.metrics.measure(&state.members, &state.entries));
    Ok(bound.serve(service, measured, JoinSet::new(), stop, &around))
}

/// [`start`], then [`Running::until`].
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    config: DirectoryConfig,
    around: Surroundings,
    shutdown: impl Future<Output = ()>,
) -> Result<Drained, ServeError> {
    start(config, around).await?.until(shutdown).await
}
