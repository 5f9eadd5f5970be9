//! From a connection to a handler and back.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use pod_http::{Incoming, Language, Outgoing, StatusCode, TraceId};

use super::App;
use super::problems::{self, NOT_FOUND, Turned};
use super::table::{Route, nothing, table};
use crate::node::Node;
use crate::request::Peer;

/// What a handler gives back.
pub(super) type Response = Result<Outgoing, Turned>;
/// A handler at work.
pub(super) type Working = Pin<Box<dyn Future<Output = Response> + Send>>;
/// A handler.
pub(super) type Handler = fn(Arc<App>, Asked) -> Working;

/// One request on one route.
#[derive(Debug)]
pub(super) struct Asked {
    /// Head and whole body.
    pub(super) incoming: Incoming,
    /// The part of the path in braces, percent-decoded.
    pub(super) parameter: Option<String>,
    /// Under which the operator finds it.
    pub(super) trace_id: TraceId,
}

/// The other end, as the path of a request sees it.
pub(super) fn peer(incoming: &Incoming) -> Peer {
    Peer::Http { exporter: incoming.peer.tls_exporter }
}

/// Answers one request: hands it to the route's handler, makes a problem of what was turned down, writes the access log (which
/// route, how it ended, how long it took; nothing of who or about whom). After a fatal fault nothing is answered any more: the
/// reply never comes, and the connection ends with the process (invariant 9).
pub(super) async fn answer(app: Arc<App>, route: &'static Route, handler: Handler, asked: Asked) -> Outgoing {
    let node = Arc::clone(&app.node);
    let began = (node.monotonic)();
    let (trace_id, language) = (asked.trace_id, Language::preferred(&asked.incoming.headers));
    let response = match node.stop.is_set() {
        true => pending().await,
        false => handler(Arc::clone(&app), asked).await,
    };
    let outgoing = match response {
        Ok(outgoing) => Some(outgoing),
        Err(turned) => problems::reply(&app, turned, route.path, trace_id, language),
    };
    let outgoing = match outgoing {
        Some(outgoing) if !node.stop.is_set() => outgoing,
        _ => pending().await,
    };
    log(&node, route, outgoing.status, trace_id, began);
    outgoing
}

fn log(node: &Node, route: &Route, status: StatusCode, trace_id: TraceId, began: u64) {
    let status = status.as_u16();
    node.metrics.request(route.method, route.path, status);
    let micros = (node.monotonic)().saturating_sub(began) / 1_000;
    tracing::info!(target: "aitta::access", method = route.method, route = route.path, status, %trace_id, micros);
}

/// Does for routes of other routers what [`answer`] does: the access log, and silence after a fatal fault. What the table does
/// not name is not there, such as a `HEAD` of a page that is shown once.
pub(super) async fn watch(
    app: Arc<App>,
    matched: MatchedPath,
    request: Request,
    next: Next,
) -> axum::response::Response {
    let began = (app.node.monotonic)();
    let trace_id = request.extensions().get::<TraceId>().copied().unwrap_or(TraceId::from_bytes([0; 16]));
    let here = |route: &&Route| route.path == matched.as_str() && route.method == request.method().as_str();
    let Some(route) = table().iter().find(here) else {
        return nothing(&NOT_FOUND, trace_id, request.headers()).into_response();
    };
    if app.node.stop.is_set() {
        return pending().await;
    }
    let response = next.run(request).await;
    if app.node.stop.is_set() {
        return pending().await;
    }
    log(&app.node, route, response.status(), trace_id, began);
    response
}
