//! The registry: fetched again and again, whole; the last good copy stays in use.

use std::sync::Arc;
use std::time::Duration;

use pod_http::{Client, HeaderValue, Request, StatusCode, header};
use tokio::time::{MissedTickBehavior, timeout};

use super::Undone;
use super::config::DirectoryConfig;
use crate::blocking::blocking;
use crate::node::Node;

/// An attempt lasts until the next is due, and no shorter than this: connecting takes about 2 s on a bad line.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(3);

/// Refreshes the registry, for ever or until the node stops: at a steady pace, whatever came of the last time, so that
/// delegated grants count again that long after a directory that was away, and no longer.
pub(super) async fn keep(node: Arc<Node>, config: DirectoryConfig, client: Client) {
    let mut etag = None;
    let mut due = tokio::time::interval(config.refresh);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        match refresh(&node, &config, &client, &mut etag).await {
            Ok(()) => node.reach.directory.reached((node.clock)()),
            Err(undone) => {
                if undone.note(&node, "refreshing the registry") {
                    return;
                }
                node.registry.age((node.clock)());
            }
        }
    }
}

async fn refresh(
    node: &Arc<Node>,
    config: &DirectoryConfig,
    client: &Client,
    etag: &mut Option<HeaderValue>,
) -> Result<(), Undone> {
    let mut request = Request::get("/v1/registry");
    if let Some(etag) = etag.clone() {
        request = request.with_header(header::IF_NONE_MATCH, etag);
    }
    let asked = node.view.ask();
    let attempt = timeout(config.refresh.max(SHORTEST_ATTEMPT), client.send(&config.url, request));
    let answer = attempt.await.map_err(|_| Undone::Unanswered)??;
    if answer.status == StatusCode::NOT_MODIFIED && etag.is_some() {
        return Ok(blocking(node, move |node| Ok(node.confirm_registry(asked)?)).await?);
    }
    let answer = answer.success()?;
    let snapshot = answer.body;
    let left_out = blocking(node, move |node| node.take_registry_of(asked, &snapshot)).await?;
    for (statement, refusal) in left_out {
        tracing::warn!(statement, code = refusal.code(), "a statement of the registry does not count");
    }
    *etag = answer.headers.get(header::ETAG).cloned();
    Ok(())
}
