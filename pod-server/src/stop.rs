//! The fault after which the node answers nothing any more (invariant 9): whoever meets it leaves it here, and whoever runs
//! the node ends the process.

use std::error::Error;
use std::sync::Arc;

use tokio::sync::watch;

use crate::fault::Fault;

/// Holds the fault that stops the node, once there is one.
#[derive(Debug)]
pub(crate) struct Stop(watch::Sender<Option<Arc<Fault>>>);

impl Stop {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// Takes a fatal fault; the first one stays. Says whether the fault was fatal.
    pub(crate) fn take(&self, fault: Fault) -> bool {
        if !fault.is_fatal() {
            return false;
        }
        self.0.send_if_modified(|held| {
            let first = held.is_none();
            held.get_or_insert_with(|| Arc::new(fault));
            first
        });
        true
    }

    /// Whether the node stops.
    pub(crate) fn is_set(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits for the fault that stops the node.
    pub(crate) async fn wait(&self) -> Arc<Fault> {
        let mut held = self.0.subscribe();
        // The guard is let go of before the next wait: it must not travel between threads.
        let fault = held.wait_for(Option::is_some).await.ok().and_then(|fault| fault.clone());
        match fault {
            Some(fault) => fault,
            // The sender lives as long as `self`, and what was waited for is there.
            None => std::future::pending().await,
        }
    }
}

/// An error with all that led to it, in one line: printed once, at the edge.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
