//! Work that is finished although nobody waits for it any more.

use std::future::pending;
use std::sync::Arc;

use crate::fault::{Failure, Fault};
use crate::node::Node;

/// Works to the end, also when the caller goes away meanwhile: what has begun to change something must be finished and
/// recorded. A fatal fault stops the node even when nobody waits for the answer any more.
pub(crate) async fn to_the_end<T: Send + 'static>(
    node: &Arc<Node>,
    during: &'static str,
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    let node = Arc::clone(node);
    let task = tokio::spawn(async move {
        match work.await {
            Err(Failure::Fault(fault)) if fault.is_fatal() => {
                node.note(fault, during);
                pending().await
            }
            result => result,
        }
    });
    // A panic: what was done is unknown, so nothing is acknowledged.
    task.await.unwrap_or_else(|_| Err(Fault::Damaged { what: "a task's work" }.into()))
}
