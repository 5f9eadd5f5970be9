//! The table of routes: the only place where a server's routes stand, so that a test can hit each of them.

use axum::Router;
use axum::routing::MethodRouter;
use pod_http::Method;

use super::asked::Asked;
use crate::fault::Refused;
use crate::problems;

/// A method and a path as axum writes it: `/v1/buckets/{bits}/{number}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
}

/// A route and what answers it.
pub(crate) struct Row<State> {
    route: Route,
    handler: MethodRouter<State>,
}

pub(crate) fn row<State>(method: Method, path: &'static str, handler: MethodRouter<State>) -> Row<State> {
    Row { route: Route { method, path }, handler }
}

pub(crate) fn routes<State>(table: Vec<Row<State>>) -> Vec<Route> {
    table.into_iter().map(|row| row.route).collect()
}

pub(crate) fn router<State: Clone + Send + Sync + 'static>(table: Vec<Row<State>>, state: State) -> Router {
    let empty = Router::new();
    let router = table.into_iter().fold(empty, |router, row| router.route(row.route.path, row.handler));
    router
        .fallback(|asked: Asked| async move { asked.refuse(&Refused::new(&problems::NOT_FOUND)) })
        .method_not_allowed_fallback(|asked: Asked| async move { asked.refuse(&Refused::new(&problems::METHOD)) })
        .with_state(state)
}
