//! The blinder: evaluates blinded identity codes, for holders under their own info, for citizens under the infos of all
//! holders, once for each login.
//!
//! - `evaluate`: `POST /v1/evaluate`, a holder asks for its own tags
//! - `citizen`: `POST /v1/evaluate-citizen`, a wallet asks with a fresh login
//! - `token`, `provider`: whether a login counts, and the provider's keys
//! - `ledger`: which logins were used, and how often a citizen asked; durable
//! - `state`: what all calls share, and how much was evaluated for each organisation
//! - `registry_copy`: the last good copy of the registry
//! - `fetching`: one fetch for all who wait for it
//! - `seed_file`: the key
//!
//! Architecture invariant: it keeps nothing about inputs. No blinded point is logged, stored or counted, and what the
//! ledger has of a login is a keyed digest.

mod citizen;
mod evaluate;
mod fetching;
mod ledger;
mod metrics;
mod provider;
mod registry_copy;
mod routes;
mod seed_file;
mod state;
mod tables;
mod token;

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pod_http::{Client, ClientLimits, ClientProtocol, Drained, Machine, RootCertificates, Service};
use pod_protocol::codec::MAX_OBJECT_BYTES;
use tokio::task::JoinSet;

use crate::config::BlinderConfig;
use crate::http::{self, Route, metrics_router};
use crate::running::{Bound, Running, ServeError, Stop};
use crate::startup::StartupError;
use crate::surroundings::Surroundings;

use citizen::MAX_CITIZEN_BODY_BYTES;
use ledger::Ledger;
use metrics::Metrics;
use provider::Provider;
use registry_copy::RegistryCopy;
use state::State;

pub use citizen::MAX_HOLDERS_PER_ASK;
pub use ledger::MAX_ASKS_REMEMBERED;
pub use seed_file::{BlinderSeed, SeedFileError};
pub use token::MAX_LOGIN_AGE_SECS;

/// The blinder's routes.
#[must_use]
pub fn routes() -> Vec<Route> {
    http::routes(routes::table())
}

/// Opens sockets and store, reads the key, fetches the registry if the directory is there, and accepts calls.
///
/// # Errors
/// [`StartupError`]. A directory or login provider that is away is none: see `/readiness`.
pub async fn start(config: BlinderConfig, around: Surroundings) -> Result<Running, StartupError> {
    let bound = Bound::open(&config.listening, &around).await?;
    let seed = BlinderSeed::read_file(&config.seed_file)?;
    let stop = Stop::new();
    let now_secs = (around.clock)();
    let store = pod_store::open(&config.storage, &tables::ALL, tables::SCHEMA_VERSION)?;
    let registry = RegistryCopy::load(
        config.anchor,
        client(config.directory.roots.as_deref(), ClientLimits::default(), &around.machine)?,
        config.directory.origin,
        Arc::clone(&store),
        stop.clone(),
        now_secs,
    )?;
    let provider_client = client(config.provider.roots.as_deref(), provider::client_limits(), &around.machine)?;
    let (metrics, numbers) = Metrics::new();
    let state = Arc::new(State::new(
        state::Parts {
            principal: config.principal,
            epoch: config.epoch,
            client_id: config.provider.client_id,
            limits: config.limits,
            registry: Arc::new(registry),
            ledger: Ledger::load(store, seed.ledger_key(), now_secs)?,
            provider: Arc::new(Provider::new(config.provider.issuer, provider_client)),
            metrics,
            stop: stop.clone(),
        },
        seed,
        around.clone(),
    )?);
    // A directory that is away is told by /readiness, and asked again.
    state.refresh().await;
    let mut background = JoinSet::new();
    background.spawn(keep_fresh(Arc::clone(&state), config.directory.refresh));
    let service = Service::new(http::router(routes::table(), Arc::clone(&state)), around.fresh_trace())
        .open_to_pages()
        .body_limit("/v1/evaluate", MAX_OBJECT_BYTES)
        .body_limit("/v1/evaluate-citizen", MAX_CITIZEN_BODY_BYTES);
    let measured = metrics_router(numbers, move || state.measure());
    Ok(bound.serve(service, measured, background, stop, &around))
}

/// [`start`], then [`Running::until`].
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    config: BlinderConfig,
    around: Surroundings,
    shutdown: impl Future<Output = ()>,
) -> Result<Drained, ServeError> {
    start(config, around).await?.until(shutdown).await
}

fn client(roots: Option<&Path>, limits: ClientLimits, machine: &Machine) -> Result<Client, StartupError> {
    let believed = match roots {
        Some(file) => RootCertificates::none().with_file(file)?,
        None => RootCertificates::none(),
    };
    Ok(Client::new(believed, ClientProtocol::Http1, limits)?.on(machine.clone()))
}

/// Fetches registry and login provider's keys again and again, until the server ends.
async fn keep_fresh(state: Arc<State>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        state.parts.provider.keep_fresh(state.now_secs());
        state.refresh().await;
    }
}
