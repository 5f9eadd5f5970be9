//! What a process that holds secrets does at its start: it writes no keys and no memory to disk. And how one that serves ends.

use std::error::Error;

use pod_http::{KeyLogOff, refuse_key_log};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::edge::Edge;
use crate::failure::Failure;

/// Sees to it that neither session keys nor memory reach a disk: no key log, no core dump, no debugger of the same
/// account (invariant 7).
///
/// # Errors
/// When `SSLKEYLOGFILE` is set, or the system refuses.
pub(crate) fn keep_memory_private() -> Result<KeyLogOff, Failure> {
    let key_log = refuse_key_log(Edge::environment)?;
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable)).map_err(
        |source| Failure::internal("core dumps cannot be turned off, and one would hold personal data", source),
    )?;
    Ok(key_log)
}

/// The signals that a serving process listens to, from now on.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Starts to listen. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|source| Failure::internal("signals cannot be listened to", source));
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for any of them: SIGTERM, Ctrl-C, or that the terminal is gone.
    pub(crate) async fn any(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }

    /// Waits for SIGTERM or Ctrl-C. Each SIGHUP meanwhile calls `reload`.
    pub(crate) async fn until_told_to_stop(mut self, reload: impl Fn()) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hang_up.recv() => reload(),
            }
        }
    }
}

/// Says in the log how reading the certificate again went.
pub(crate) fn log_reload<E: Error>(result: Result<(), E>) {
    match result {
        Ok(()) => tracing::info!("SIGHUP: the certificate was read again, for new connections"),
        Err(error) => tracing::error!(%error, "SIGHUP: the certificate that was in use stays"),
    }
}
