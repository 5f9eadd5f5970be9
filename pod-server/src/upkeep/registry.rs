//! The registry: fetched again and again, whole; the last good copy stays in use.

use std::sync::Arc;

use pod_http::{Client, HeaderValue, Request, StatusCode, header};

use super::config::DirectoryConfig;
use super::{Undone, wait_after};
use crate::blocking::blocking;
use crate::node::Node;

/// Refreshes the registry, for ever or until the node stops.
pub(super) async fn keep(node: Arc<Node>, config: DirectoryConfig, client: Client) {
    let mut etag = None;
    let mut failures = 0_u32;
    loop {
        match refresh(&node, &config, &client, &mut etag).await {
            Ok(()) => {
                node.reach.directory.reached((node.clock)());
                failures = 0;
            }
            Err(undone) => {
                if undone.note(&node, "refreshing the registry") {
                    return;
                }
                node.registry.age((node.clock)());
                failures = failures.saturating_add(1);
            }
        }
        tokio::time::sleep(wait_after(failures, config.refresh)).await;
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
    let answer = client.send(&config.url, request).await?;
    let now_secs = (node.clock)();
    if answer.status == StatusCode::NOT_MODIFIED && etag.is_some() {
        return Ok(blocking(node, move |node| Ok(node.registry.confirm(now_secs)?)).await?);
    }
    let answer = answer.success()?;
    let snapshot = answer.body;
    let left_out = blocking(node, move |node| node.registry.take(&snapshot, now_secs)).await?;
    for (statement, refusal) in left_out {
        tracing::warn!(statement, code = refusal.code(), "a statement of the registry does not count");
    }
    *etag = answer.headers.get(header::ETAG).cloned();
    Ok(())
}
