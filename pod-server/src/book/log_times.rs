//! When the directory's log took a key event: rules that wait, wait by that time, which neither a wallet nor this node chooses.

use pod_protocol::ids::ObjectId;
use pod_store::{Batch, Store};

use crate::fault::Fault;
use crate::tables::LOG_TIMES;

/// Notes when the log took an event. The first time stays: a copy that is posted later changes nothing.
pub(crate) fn note(store: &dyn Store, event: &ObjectId, logged_secs: u64) -> Result<(), Fault> {
    if store.get(LOG_TIMES, event.as_bytes())?.is_some() {
        return Ok(());
    }
    let mut batch = Batch::new();
    batch.put(LOG_TIMES, event.as_bytes(), logged_secs.to_be_bytes());
    Ok(store.commit(batch)?)
}
