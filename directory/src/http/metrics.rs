//! Numbers for the operator, on a port of their own.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use pod_http::{Outgoing, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::fault::Failure;
use crate::problems;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /metrics`. `refresh` sets what is measured rather than counted, right before it is read.
pub(crate) fn metrics_router(registry: Registry, refresh: impl Fn() + Send + Sync + 'static) -> Router {
    let registry = Arc::new(registry);
    let refresh = Arc::new(refresh);
    Router::new().route(
        "/metrics",
        get(move || {
            let (registry, refresh) = (Arc::clone(&registry), Arc::clone(&refresh));
            async move {
                refresh();
                let mut text = String::new();
                // Writing into a String does not fail.
                let _ = encode(&mut text, &registry);
                Outgoing::new(StatusCode::OK, OPEN_METRICS, text)
            }
        }),
    )
}

/// How calls ended, as a label.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Outcome {
    /// `ok`, or the code of the problem: a closed set.
    outcome: &'static str,
}

impl Outcome {
    pub(crate) fn of<T>(result: &Result<T, Failure>) -> Self {
        let outcome = match result {
            Ok(_) => "ok",
            Err(Failure::Refused(refused)) => refused.kind.code,
            Err(Failure::Fault(_)) => problems::FAULT.code,
        };
        Self { outcome }
    }
}
