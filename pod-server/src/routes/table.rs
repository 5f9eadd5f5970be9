//! Every route of the node, in one table: what it needs, how much it takes, who answers. Servers are built from it, the
//! OpenAPI document is held to it, and a test sends each of its rows a request without a credential and one with a stranger's.

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, RawPathParams};
use axum::routing::{MethodFilter, MethodRouter, on};
use pod_crypto::random_array;
use pod_http::{
    Bytes, HeaderMap, Incoming, Language, Method, Outgoing, PeerInfo, Problem, ProblemType, Service, TraceId, Uri,
};

use pod_protocol::codec::MAX_OBJECT_BYTES;
use pod_protocol::cose::Payload as _;
use pod_protocol::tlog::post::LogPost;
use pod_protocol::tlog::witness::{ADD_CHECKPOINT_PATH, MAX_ADD_CHECKPOINT_BYTES};

use super::edge::{Asked, Handler, answer, watch};
use super::problems::{METHOD_NOT_ALLOWED, NOT_FOUND};
use super::{
    App, call, command, health, key_logs, log, metrics, nonce, notices, openapi, public, requests, revocation,
};
use crate::book::requests::MAX_DECISION_BYTES;
use crate::desk::{self, MAX_DESK_BYTES};
use crate::enrolment::{self, MAX_CONFIRMATION_BYTES, MAX_ENROLMENT_BYTES};
use crate::import::{Importer, admin};

/// A call or a command in its CBOR form, and a third more as base64url in JSON.
const MESSAGE_BYTES: usize = MAX_OBJECT_BYTES * 3 / 2;
/// As many sealed revocations as one post has.
const LOG_POST_BYTES: usize = LogPost::LIMITS.bytes;
/// Paths of a few hundred files.
const IMPORT_ORDER_BYTES: usize = 64 * 1024;
/// What clients post where nothing is needed, such as `{}`.
const IGNORED_BYTES: usize = 1024;
/// A digest of 32 bytes, in JSON.
const KEY_LOOKUP_BYTES: usize = 1024;
/// Nothing is read from it.
const NO_BODY: usize = 0;

/// What a route needs to know of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Nothing: what it answers is public.
    None,
    /// A request signed by a registered service, and grants.
    Request,
    /// A command signed by a device of somebody who speaks for the pod, or by a service of this organisation.
    Command,
    /// A revocation signed by somebody with the authority.
    Revocation,
    /// A notice signed by a member that holds pods, or an answer to one by the service that it is for.
    Notice,
    /// A key event signed by a key that may.
    KeyEvent,
    /// An id that cannot be guessed: a link that somebody was given.
    Link,
    /// A login at the organisation's provider.
    Login,
    /// The account of the node itself: the socket opens for nobody else.
    Operator,
}

/// Where a route is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Where services and wallets come.
    Main,
    /// Where the operator's monitoring comes.
    Metrics,
    /// The unix socket in the node's data folder.
    Admin,
}

/// Who answers on a route.
pub(super) enum Served {
    /// A handler of this module.
    Here(Handler),
    /// The router of [`crate::enrolment`]; nothing is at the path when no login provider is configured.
    ByEnrolment,
    /// The router of [`crate::import::admin`].
    ByImport,
    /// The router of [`crate::desk`].
    ByDesk,
}

/// One route.
pub struct Route {
    /// In capitals.
    pub method: &'static str,
    /// The path; a part in braces stands for one segment.
    pub path: &'static str,
    /// What it needs to know of its caller.
    pub credential: Credential,
    /// The largest body that it reads.
    pub body_bytes: usize,
    /// Where it is served.
    pub listener: Listener,
    pub(super) served: Served,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// The path of calls: outside axum, which costs 5 microseconds a request.
const CALL: &str = "/v1/call";

macro_rules! served {
    (enrolment) => {
        Served::ByEnrolment
    };
    (import) => {
        Served::ByImport
    };
    (desk) => {
        Served::ByDesk
    };
    ($handler:path) => {
        Served::Here(|app, asked| Box::pin($handler(app, asked)))
    };
}

macro_rules! routes {
    ($($method:literal $path:expr, $credential:ident, $bytes:expr, $listener:ident => $($by:ident)::+;)*) => {
        &[$(Route {
            method: $method,
            path: $path,
            credential: Credential::$credential,
            body_bytes: $bytes,
            listener: Listener::$listener,
            served: served!($($by)::+),
        },)*]
    };
}

static TABLE: &[Route] = routes! {
    "POST" CALL, Request, MESSAGE_BYTES, Main => call::post;
    "POST" "/v1/command", Command, MESSAGE_BYTES, Main => command::post;
    "POST" "/v1/revocations", Revocation, MESSAGE_BYTES, Main => revocation::post;
    "POST" "/v1/notices", Notice, MAX_OBJECT_BYTES, Main => notices::take;
    "POST" "/v1/notices/receipts", Notice, MAX_OBJECT_BYTES, Main => notices::answer;
    "POST" "/v1/log/posts", None, LOG_POST_BYTES, Main => log::posts;
    "POST" ADD_CHECKPOINT_PATH, None, MAX_ADD_CHECKPOINT_BYTES, Main => log::witness;
    "POST" "/v1/key-logs", Link, KEY_LOOKUP_BYTES, Main => key_logs::find;
    "POST" "/v1/key-events", KeyEvent, MESSAGE_BYTES, Main => key_logs::send;
    "POST" "/v1/nonce", None, IGNORED_BYTES, Main => nonce::post;
    "GET" "/v1/access-requests/{id}", Link, NO_BODY, Main => requests::get;
    "POST" "/v1/access-requests/{id}/decisions", Link, MAX_DECISION_BYTES, Main => requests::decide;
    "POST" "/v1/enrolments", Login, MAX_ENROLMENT_BYTES, Main => enrolment;
    "GET" "/v1/enrolments/callback", Login, NO_BODY, Main => enrolment;
    "GET" "/v1/enrolments/{secret}", Link, NO_BODY, Main => enrolment;
    "POST" "/v1/enrolments/{secret}/confirmation", Link, MAX_CONFIRMATION_BYTES, Main => enrolment;
    "GET" "/v1/catalogue", None, NO_BODY, Main => public::catalogue;
    "GET" "/v1/tree-head", None, NO_BODY, Main => public::tree_head;
    "GET" "/v1/consistency", None, NO_BODY, Main => public::consistency;
    "GET" "/.well-known/aitta", None, NO_BODY, Main => public::well_known;
    "GET" "/openapi.json", None, NO_BODY, Main => openapi::get;
    "GET" "/healthz", None, NO_BODY, Main => health::healthz;
    "GET" "/readiness", None, NO_BODY, Main => health::readiness;
    "GET" "/metrics", None, NO_BODY, Metrics => metrics::get;
    "POST" "/admin/import", Operator, IMPORT_ORDER_BYTES, Admin => import;
    "POST" "/admin/desk", Operator, MAX_DESK_BYTES, Admin => desk;
};

/// Every route.
#[must_use]
pub fn table() -> &'static [Route] {
    TABLE
}

/// The service for callers: calls on the fast path, the rest through axum.
#[must_use]
pub fn main_service(app: &Arc<App>) -> Service {
    let mut service = service(app, Listener::Main, app.enrolment.as_ref().map(enrolment::router)).open_to_pages();
    for route in TABLE.iter().filter(|route| route.path == CALL) {
        let Served::Here(call) = route.served else { continue };
        let app = Arc::clone(app);
        service = service.fast(Method::POST, CALL, move |incoming: Incoming| {
            let trace_id = TraceId::of(&incoming.headers, || random_array(&*app.node.random));
            answer(Arc::clone(&app), route, call, Asked { incoming, parameter: None, trace_id })
        });
    }
    service
}

/// The service for the operator's monitoring.
#[must_use]
pub fn metrics_service(app: &Arc<App>) -> Service {
    service(app, Listener::Metrics, None)
}

/// The service for the operator's own orders.
#[must_use]
pub fn admin_service(app: &Arc<App>, importer: &Arc<Importer>) -> Service {
    service(app, Listener::Admin, Some(admin::router(Arc::clone(importer)).merge(desk::router(&app.node))))
}

fn service(app: &Arc<App>, listener: Listener, others: Option<Router>) -> Service {
    let mut router = Router::new();
    for route in TABLE.iter().filter(|route| route.listener == listener) {
        if let Served::Here(handler) = route.served {
            router = router.route(route.path, routed(app, route, handler));
        }
    }
    if let Some(others) = others {
        let app = Arc::clone(app);
        let watched = move |matched, request, next| watch(Arc::clone(&app), matched, request, next);
        router = router.merge(others.route_layer(axum::middleware::from_fn(watched)));
    }
    let router = router
        .method_not_allowed_fallback(|Extension(trace_id), headers: HeaderMap| {
            ready(nothing(&METHOD_NOT_ALLOWED, trace_id, &headers))
        })
        .fallback(|Extension(trace_id), headers: HeaderMap| ready(nothing(&NOT_FOUND, trace_id, &headers)));
    let random = Arc::clone(&app.node.random);
    let service = Service::new(router, move || random_array(&*random));
    limits(listener).into_iter().fold(service, |service, (prefix, bytes)| service.body_limit(prefix, bytes))
}

/// The body limit of each path up to its first parameter; of two routes that share one, the larger.
fn limits(listener: Listener) -> std::collections::BTreeMap<&'static str, usize> {
    let mut limits = std::collections::BTreeMap::new();
    for route in TABLE.iter().filter(|route| route.listener == listener) {
        let prefix = route.path.split('{').next().unwrap_or(route.path);
        let limit = limits.entry(prefix).or_insert(route.body_bytes);
        *limit = route.body_bytes.max(*limit);
    }
    limits
}

/// A route as axum serves it.
fn routed(app: &Arc<App>, route: &'static Route, handler: Handler) -> MethodRouter {
    let filter = if route.method == "GET" { MethodFilter::GET } else { MethodFilter::POST };
    let app = Arc::clone(app);
    let adapted = move |Extension(peer): Extension<PeerInfo>,
                        Extension(trace_id): Extension<TraceId>,
                        parameters: RawPathParams,
                        method: Method,
                        uri: Uri,
                        headers: HeaderMap,
                        body: Bytes| {
        let parameter = parameters.iter().next().map(|(_, value)| value.to_owned());
        let incoming = Incoming { method, uri, headers, body, peer };
        answer(Arc::clone(&app), route, handler, Asked { incoming, parameter, trace_id })
    };
    on(filter, adapted)
}

pub(super) fn nothing(kind: &'static ProblemType, trace_id: TraceId, headers: &HeaderMap) -> Outgoing {
    let problem = Problem::new(kind, trace_id).with_detail("/openapi.json lists what is here.");
    problem.to_outgoing(Language::preferred(headers))
}
