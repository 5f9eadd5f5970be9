//! The node's routes: one table (`table`), one file for each group of handlers.
//!
//! | File | What |
//! |---|---|
//! | `table` | every route: method, path, credential, body limit, handler; and the services that are built from it |
//! | `edge` | from a connection to a handler and back: access log, metrics, problems, silence after a fatal fault |
//! | `problems` | the closed set of problem documents |
//! | `forms` | CBOR or JSON, by `Content-Type` and `Accept` |
//! | the others | the handlers |

mod call;
mod command;
mod edge;
mod forms;
mod health;
mod key_logs;
mod log;
mod metrics;
mod nonce;
mod notices;
mod openapi;
mod problems;
mod public;
mod requests;
mod revocation;
mod table;

use std::sync::{Arc, Mutex, PoisonError};

use pod_http::ServerHandle;

use crate::enrolment::Enrolment;
use crate::node::Node;
use crate::p2p::P2p;
use crate::upkeep::{Reason, Upkeep};

pub(crate) use problems::FAULT;
pub use problems::{ALL as PROBLEMS, NONCE_HEADER};
pub use table::{Credential, Listener, Route, admin_service, main_service, metrics_service, table};

/// What handlers work on.
#[derive(Debug)]
pub struct App {
    pub(crate) node: Arc<Node>,
    pub(crate) oidc_issuer: Option<String>,
    pub(crate) enrolment: Option<Arc<Enrolment>>,
    /// While it runs, for what it has to say to the operator; whoever ends it takes it out.
    pub(crate) upkeep: Mutex<Option<Upkeep>>,
    /// While it serves, for its counts and its certificate; whoever drains it takes it out.
    pub(crate) server: Mutex<Option<ServerHandle>>,
    /// While it talks to other organisations; whoever ends it takes it out.
    pub(crate) p2p: Mutex<Option<P2p>>,
}

impl App {
    /// Routes over `node`. Without `enrolment` no wallet can enrol here.
    #[must_use]
    pub fn new(node: Arc<Node>, enrolment: Option<Arc<Enrolment>>) -> Arc<Self> {
        let oidc_issuer = enrolment.as_ref().map(|enrolment| enrolment.issuer().to_owned());
        Arc::new(Self {
            node,
            oidc_issuer,
            enrolment,
            upkeep: Mutex::default(),
            server: Mutex::default(),
            p2p: Mutex::default(),
        })
    }

    /// What upkeep has to say to the operator; nothing when it is not running.
    pub(crate) fn reasons(&self) -> Vec<Reason> {
        let upkeep = self.upkeep.lock().unwrap_or_else(PoisonError::into_inner);
        upkeep.as_ref().map(Upkeep::reasons).unwrap_or_default()
    }

    /// The network between organisations, while it runs.
    pub(crate) fn p2p<T>(&self, look: impl FnOnce(&P2p) -> T) -> Option<T> {
        self.p2p.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(look)
    }

    /// What carries calls to this node.
    pub(crate) fn transports(&self) -> Vec<&'static str> {
        let mut transports = vec!["https"];
        transports.extend(self.p2p(P2p::transports).unwrap_or_default());
        transports
    }

    /// What happened to connections so far; none when the server is not running.
    pub(crate) fn connections(&self) -> Option<pod_http::Counts> {
        let handle = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        handle.as_ref().map(ServerHandle::counts)
    }
}
