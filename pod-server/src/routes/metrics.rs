//! `GET /metrics`, on a listener of its own: numbers for the operator's monitoring, never a person.

use std::sync::Arc;

use pod_http::{Outgoing, StatusCode};

use super::App;
use super::edge::{Asked, Response};
use crate::blocking::blocking;
use crate::metrics::Levels;
use crate::node::Node;
use crate::p2p::P2p;

/// OpenMetrics 1.0.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The metrics.
pub(super) async fn get(app: Arc<App>, _asked: Asked) -> Response {
    let connections = app.connections().unwrap_or_default();
    let peers = app.p2p(P2p::counts).unwrap_or_default();
    let text = blocking(&app.node, move |node| {
        Ok(node.metrics.text(Levels {
            log_entries: node.log.size(),
            log_syncs: node.log.stats().syncs,
            pods: node.vault.pod_count()?,
            enrolled: crate::book::standings::enrolled(&*node.store)?,
            registry_age_secs: registry_age_secs(node),
            notices_waiting: crate::notices::queue::waiting(node)?,
            entries_without_room: crate::upkeep::entries_without_room(node)?,
            directory_lies: node.reach.log.lies(),
            connections,
            peers,
        }))
    })
    .await?;
    Ok(Outgoing::new(StatusCode::OK, OPEN_METRICS, text))
}

fn registry_age_secs(node: &Node) -> u64 {
    (node.clock)().saturating_sub(node.registry.fetched_secs())
}
