//! Work on disks, away from the threads that serve connections.

use std::sync::Arc;

use crate::fault::{Failure, Fault};
use crate::node::Node;

/// Runs what reads or writes disks where that holds up no connection.
pub(crate) async fn blocking<T: Send + 'static>(
    node: &Arc<Node>,
    work: impl FnOnce(&Node) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let node = Arc::clone(node);
    let machine = node.machine.clone();
    match machine.blocking(move || work(&node)).await {
        Ok(result) => result,
        // The work panicked, or the process is ending: what it did is unknown, so nothing is acknowledged.
        Err(_) => Err(Fault::Damaged { what: "a task's work" }.into()),
    }
}
