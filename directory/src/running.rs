//! A server that runs: its addresses, its background work, and its end.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use pod_http::{Drained, Limits, ListenAddress, Server, ServerConfig, ServerHandle, Service};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Listening;
use crate::fault::Fault;
use crate::startup::StartupError;
use crate::surroundings::Surroundings;

/// Why a server ended otherwise than by its shutdown signal.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It did not start.
    #[error(transparent)]
    Startup(#[from] StartupError),
    /// The store could not commit: what is on the disk is no longer known, and the process stops rather than guess.
    #[error("stopped: the store could not commit, as the log says; see what the disk says, then start again")]
    Store,
}

/// The order to stop at once, given by whoever met a fault that must stop the process.
#[derive(Debug, Clone)]
pub(crate) struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Logs a fault, and orders the stop when it must.
    pub(crate) fn on(&self, fault: &Fault, trace: &dyn std::fmt::Display) {
        let cause = std::error::Error::source(fault).map(ToString::to_string).unwrap_or_default();
        tracing::error!(%fault, %cause, %trace, "a call failed here");
        if fault.must_stop() {
            self.0.send_replace(true);
        }
    }

    async fn ordered(&self) {
        // The sender lives in `self`: waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|stop| *stop).await;
    }
}

/// A server that accepts calls. When it is dropped, it is cut off without draining.
#[derive(Debug)]
pub struct Running {
    server: ServerHandle,
    metrics: Option<ServerHandle>,
    /// Aborted when dropped.
    background: JoinSet<()>,
    stop: Stop,
}

/// Sockets that are open and not yet served: a wrong address is found before the store is touched.
#[derive(Debug)]
pub(crate) struct Bound {
    server: Server,
    metrics: Option<Server>,
}

impl Bound {
    pub(crate) async fn open(listening: &Listening, around: &Surroundings) -> Result<Self, StartupError> {
        let config =
            |listen| ServerConfig { listen, certificate: listening.certificate.clone(), limits: Limits::default() };
        let server = Server::bind_on(&around.machine, config(listening.listen.clone()), around.key_log).await?;
        let metrics = match &listening.metrics {
            Some(address) => {
                Some(Server::bind_on(&around.machine, config(vec![address.clone()]), around.key_log).await?)
            }
            None => None,
        };
        Ok(Self { server, metrics })
    }

    pub(crate) fn serve(
        self,
        service: Service,
        metrics: Router,
        background: JoinSet<()>,
        stop: Stop,
        around: &Surroundings,
    ) -> Running {
        Running {
            server: self.server.serve(service),
            metrics: self.metrics.map(|server| server.serve(Service::new(metrics, around.fresh_trace()))),
            background,
            stop,
        }
    }
}

impl Running {
    /// Where it listens, with the real port where it was 0.
    #[must_use]
    pub fn addresses(&self) -> &[ListenAddress] {
        self.server.addresses()
    }

    /// Where its metrics are, when the configuration asks for them.
    #[must_use]
    pub fn metrics_address(&self) -> Option<&ListenAddress> {
        self.metrics.as_ref()?.addresses().first()
    }

    /// Reads certificate and key again, for new connections. Meant for SIGHUP.
    ///
    /// # Errors
    /// [`StartupError::Http`] about the files; the old certificate then stays in use.
    pub fn reload_certificate(&self) -> Result<(), StartupError> {
        Ok(self.server.reload_certificate()?)
    }

    /// Serves until `shutdown` is done, then lets calls under way finish.
    ///
    /// # Errors
    /// [`ServeError::Store`], at once and without draining: nothing that was under way is known to be on the disk.
    pub async fn until(self, shutdown: impl Future<Output = ()>) -> Result<Drained, ServeError> {
        self.wait(shutdown).await?;
        Ok(self.drain().await)
    }

    /// Serves until `shutdown` is done, and goes on serving: for a `shutdown` that reloads the certificate meanwhile.
    ///
    /// # Errors
    /// As [`Running::until`]; drop the server then.
    pub async fn wait(&self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        tokio::select! {
            () = shutdown => Ok(()),
            () = self.stop.ordered() => Err(ServeError::Store),
        }
    }

    /// Accepts nothing more, and lets calls under way finish.
    pub async fn drain(mut self) -> Drained {
        // Calls under way wait for the work in the background: it ends after them.
        let drained = self.server.drain().await;
        if let Some(metrics) = self.metrics {
            metrics.drain().await;
        }
        self.background.shutdown().await;
        drained
    }
}

#[cfg(test)]
mod tests {
    use pod_crypto::SystemRandom;
    use pod_http::refuse_key_log;
    use pod_store::StoreError;

    use super::*;

    #[tokio::test]
    async fn a_store_that_cannot_commit_ends_the_server_and_another_fault_does_not() {
        let around = Surroundings {
            clock: Arc::new(|| 1),
            random: Arc::new(SystemRandom),
            key_log: refuse_key_log(|_| None).unwrap(),
            machine: pod_http::Machine::this(),
        };
        let listen = vec!["http://127.0.0.1:0".parse().unwrap()];
        let listening = Listening { listen, certificate: None, metrics: None };
        let start = async |stop: &Stop| {
            let bound = Bound::open(&listening, &around).await.unwrap();
            let service = Service::new(Router::new(), around.fresh_trace());
            bound.serve(service, Router::new(), JoinSet::new(), stop.clone(), &around)
        };
        let stop = Stop::new();
        let running = start(&stop).await;
        stop.on(&Fault::Store(StoreError::Poisoned), &"call");
        assert!(matches!(running.until(std::future::pending()).await, Err(ServeError::Store)));

        let stop = Stop::new();
        let running = start(&stop).await;
        stop.on(&Fault::Damaged { what: "a row" }, &"call");
        assert!(running.until(std::future::ready(())).await.is_ok());
    }
}
