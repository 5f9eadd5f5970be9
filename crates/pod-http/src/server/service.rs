//! From a request head to a reply: limits first, then a fast route or the router.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use hyper::{Request, Response};
use tower::ServiceExt as _;

use crate::message::{Alpn, FastHandler, Incoming, Outgoing};
use crate::problem::{Language, Problem, ProblemType};
use crate::trace::TraceId;

use super::body::{self, NoBody, ReplyBody};
use super::connection::Wire;
use super::counts::bump;
use super::pages;
use super::refusals;

/// What a server answers with: fast routes outside axum, a router for the rest.
///
/// The router's handlers find [`crate::PeerInfo`] and [`TraceId`] as request extensions; their bodies are
/// whole and within their limit.
pub struct Service {
    router: Router,
    /// By path, since it can be looked up without an allocation; few methods share one.
    fast: HashMap<String, Vec<FastRoute>>,
    body_limits: Vec<BodyLimit>,
    to_pages: bool,
    fresh_trace: Box<dyn Fn() -> [u8; 16] + Send + Sync>,
}

struct FastRoute {
    method: Method,
    body_bytes: Option<usize>,
    handler: Arc<dyn FastHandler>,
}

struct BodyLimit {
    path_prefix: String,
    bytes: usize,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("fast", &self.fast.keys()).finish_non_exhaustive()
    }
}

impl Service {
    /// A service that answers with `router`. `fresh_trace` gives 16 random bytes for a call whose sender
    /// named no trace.
    pub fn new(router: Router, fresh_trace: impl Fn() -> [u8; 16] + Send + Sync + 'static) -> Self {
        Self {
            // The limits below were kept before a router sees the body; axum's own would be a second truth.
            router: router.layer(DefaultBodyLimit::disable()),
            fast: HashMap::new(),
            body_limits: Vec::new(),
            to_pages: false,
            fresh_trace: Box::new(fresh_trace),
        }
    }

    /// Answers `method` on exactly `path` outside the router. [`Self::body_limit`] holds for it too.
    #[must_use]
    pub fn fast(mut self, method: Method, path: &str, handler: impl FastHandler) -> Self {
        let route = FastRoute { method, body_bytes: self.own_body_limit(path), handler: Arc::new(handler) };
        self.fast.entry(path.to_owned()).or_default().push(route);
        self
    }

    /// Answers pages of every origin too (CORS): for a service that takes no cookie and nothing else that a browser adds by itself.
    #[must_use]
    pub fn open_to_pages(mut self) -> Self {
        self.to_pages = true;
        self
    }

    /// Sets the largest body, in bytes, of all paths that begin with `path_prefix`; the longest prefix decides.
    #[must_use]
    pub fn body_limit(mut self, path_prefix: &str, bytes: usize) -> Self {
        self.body_limits.push(BodyLimit { path_prefix: path_prefix.to_owned(), bytes });
        // The longest first, so that the first that fits decides.
        self.body_limits.sort_by_key(|limit| std::cmp::Reverse(limit.path_prefix.len()));
        for (path, routes) in &mut self.fast {
            let bytes = longest(&self.body_limits, path);
            routes.iter_mut().for_each(|route| route.body_bytes = bytes);
        }
        self
    }

    fn own_body_limit(&self, path: &str) -> Option<usize> {
        longest(&self.body_limits, path)
    }

    fn fast_route(&self, method: &Method, path: &str) -> Option<&FastRoute> {
        self.fast.get(path)?.iter().find(|route| route.method == *method)
    }
}

fn longest(limits: &[BodyLimit], path: &str) -> Option<usize> {
    limits.iter().find(|limit| path.starts_with(&limit.path_prefix)).map(|limit| limit.bytes)
}

/// Answers one request of a connection.
pub(crate) async fn answer(wire: &Wire, request: Request<hyper::body::Incoming>) -> Response<ReplyBody> {
    let _under_way = wire.pulse.begin();
    if !wire.shared.service.to_pages {
        return read_and_answer(wire, request).await;
    }
    let mut response = match pages::is_preflight(request.method(), request.headers()) {
        true => pages::preflight(),
        false => read_and_answer(wire, request).await,
    };
    pages::open(&mut response);
    response
}

async fn read_and_answer(wire: &Wire, request: Request<hyper::body::Incoming>) -> Response<ReplyBody> {
    let service = &wire.shared.service;
    let limits = &wire.shared.limits;
    let (head, mut body) = request.into_parts();
    let fast = service.fast_route(&head.method, head.uri.path());
    let body_bytes = fast
        .map_or_else(|| service.own_body_limit(head.uri.path()), |route| route.body_bytes)
        .unwrap_or(limits.body_bytes);
    if let Err(kind) = check_head(&head.headers, limits.header_count) {
        body::discard(&mut body).await;
        return refuse(wire, &head, kind, None);
    }
    let share = wire.shared.budget.share(wire.peer.address);
    let received = body::receive(&mut body, body_bytes, limits.body, share).await;
    // The share of the memory budget is held until the answer is made.
    let (bytes, _share) = match received {
        Ok(received) => received,
        Err(no_body) => {
            let (kind, detail) = explain(wire, no_body, body_bytes);
            if no_body == NoBody::Large {
                body::discard(&mut body).await;
            }
            return refuse(wire, &head, kind, detail);
        }
    };
    match fast {
        Some(route) => {
            let Parts { method, uri, headers, .. } = head;
            let incoming = Incoming { method, uri, headers, body: bytes, peer: wire.peer };
            whole(route.handler.handle(incoming).await)
        }
        None => route(wire, Request::from_parts(head, axum::body::Body::from(bytes))).await,
    }
}

fn check_head(headers: &HeaderMap, header_count: usize) -> Result<(), &'static ProblemType> {
    if headers.len() > header_count {
        return Err(&refusals::TOO_MANY_HEADERS);
    }
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") => Err(&refusals::ENCODING_NOT_TAKEN),
        _ => Ok(()),
    }
}

fn explain(wire: &Wire, no_body: NoBody, limit: usize) -> (&'static ProblemType, Option<String>) {
    match no_body {
        NoBody::Large => {
            bump(&wire.shared.counters.body_large);
            (&refusals::BODY_TOO_LARGE, Some(format!("this route takes at most {limit} bytes")))
        }
        NoBody::Slow => {
            bump(&wire.shared.counters.body_slow);
            (&refusals::BODY_TOO_SLOW, None)
        }
        NoBody::Broken => (&refusals::BODY_BROKEN, None),
        NoBody::Busy => (&refusals::BUSY, None),
    }
}

/// A problem; on HTTP/1.1 the connection closes after it, since the body was not read to its end.
fn refuse(wire: &Wire, head: &Parts, kind: &'static ProblemType, detail: Option<String>) -> Response<ReplyBody> {
    let trace_id = TraceId::of(&head.headers, &wire.shared.service.fresh_trace);
    let problem = Problem { detail, ..Problem::new(kind, trace_id) };
    let mut outgoing = problem.to_outgoing(Language::preferred(&head.headers));
    if wire.peer.alpn != Some(Alpn::Http2) {
        outgoing.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    whole(outgoing)
}

fn whole(outgoing: Outgoing) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::Whole(Some(outgoing.body)));
    *response.status_mut() = outgoing.status;
    *response.headers_mut() = outgoing.headers;
    response
}

async fn route(wire: &Wire, mut request: Request<axum::body::Body>) -> Response<ReplyBody> {
    let service = &wire.shared.service;
    let trace_id = TraceId::of(request.headers(), &service.fresh_trace);
    request.extensions_mut().insert(wire.peer);
    request.extensions_mut().insert(trace_id);
    let response = service.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
    let (mut head, body) = response.into_parts();
    // A browser or proxy must neither keep an answer nor guess what it is, unless a route says so.
    head.headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    head.headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    Response::from_parts(head, ReplyBody::Streamed(body, Arc::clone(&wire.pulse)))
}
