//! `GET /openapi.json`: the routes in OpenAPI 3.1, written by hand; a test holds it to the table.

use std::sync::Arc;

use pod_http::{Outgoing, StatusCode};

use super::App;
use super::edge::{Asked, Response};
use super::forms::JSON;

/// The document.
const DOCUMENT: &str = include_str!("openapi.json");

/// The document.
pub(super) async fn get(_app: Arc<App>, _asked: Asked) -> Response {
    Ok(Outgoing::new(StatusCode::OK, JSON, DOCUMENT))
}
