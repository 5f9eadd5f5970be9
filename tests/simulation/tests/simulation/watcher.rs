//! Somebody who reads the directory's log all the time: so it is known when a revocation stood in it that another node passed on.

use pod_client::CallError;
use pod_protocol::tlog::leaf::{Body, Leaf};

use crate::actor::Actor;

/// Looks every second until its time is over. It must reach the directory: nobody cuts it off.
pub async fn watch(actor: Actor) -> turmoil::Result {
    let mut next = 0;
    while actor.waits(900, 1_100).await {
        // A directory that is down is asked again.
        let _away = look(&actor, &mut next).await;
    }
    Ok(())
}

async fn look(actor: &Actor, next: &mut u64) -> Result<(), CallError> {
    let directory = actor.directory();
    let source = &directory.sources()[0];
    let head = source.head().await?;
    let size = source.checked(&head, &actor.registry(), directory.policy())?.checkpoint.size;
    while *next < size {
        let leaves = source.leaves(*next, size).await?.leaves;
        for leaf in &leaves {
            if let Body::Sealed(sealed) = Leaf::from_bytes(leaf).unwrap().body
                && actor.checker.model.facts().logged(&sealed.id, actor.checker.history.ms())
            {
                actor.note(format!("sees {} in the log", sealed.id));
            }
        }
        *next += leaves.len() as u64;
    }
    Ok(())
}
