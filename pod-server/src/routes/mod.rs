//! The node's routes: one table ([`table`]), one file for each group of handlers.
//!
//! | File | What |
//! |---|---|
//! | [`table`] | every route: method, path, credential, body limit, handler; and the services that are built from it |
//! | `edge` | from a connection to a handler and back: access log, metrics, problems, silence after a fatal fault |
//! | `problems` | the closed set of problem documents |
//! | `forms` | CBOR or JSON, by `Content-Type` and `Accept` |
//! | the others | the handlers |

mod call;
mod command;
mod edge;
mod forms;
mod health;
mod metrics;
mod nonce;
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

pub use problems::{ALL as PROBLEMS, NONCE_HEADER};
pub use table::{Credential, Listener, Route, main_service, metrics_service, table};

/// The server's handle while it serves: for its counts and its certificate; whoever drains the server takes it out.
pub(crate) type SharedHandle = Arc<Mutex<Option<ServerHandle>>>;

/// What handlers work on.
#[derive(Debug)]
pub struct App {
    pub(crate) node: Arc<Node>,
    pub(crate) oidc_issuer: Option<String>,
    pub(crate) enrolment: Option<Arc<Enrolment>>,
    pub(crate) server: SharedHandle,
}

impl App {
    /// Routes over `node`. Without `enrolment` no wallet can enrol here.
    #[must_use]
    pub fn new(node: Arc<Node>, enrolment: Option<Arc<Enrolment>>) -> Arc<Self> {
        let oidc_issuer = enrolment.as_ref().map(|enrolment| enrolment.issuer().to_owned());
        Arc::new(Self { node, oidc_issuer, enrolment, server: SharedHandle::default() })
    }

    /// What happened to connections so far; none when the server is not running.
    pub(crate) fn connections(&self) -> Option<pod_http::Counts> {
        let handle = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        handle.as_ref().map(ServerHandle::counts)
    }
}
