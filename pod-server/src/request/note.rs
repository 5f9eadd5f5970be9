//! Between steps 4 and 5: it is put on record which service is about to have what under which grant, so that it can be noticed
//! when the grant is taken back.

use std::collections::BTreeMap;
use std::sync::Arc;

use pod_protocol::ids::{GrantId, PodId};

use super::open::Opened;
use crate::blocking::blocking;
use crate::book::released::Row;
use crate::fault::Failure;
use crate::node::Node;

/// Notes what was opened, durably before anything leaves. A service that fetches the same again costs no write.
pub(super) async fn note_released(node: &Arc<Node>, opened: &Opened) -> Result<(), Failure> {
    let caller = opened.selection.request().caller();
    let mut fresh: BTreeMap<(PodId, GrantId), Row> = BTreeMap::new();
    for ((item, fields), pod) in opened.selection.items().iter().zip(&opened.fields).zip(&opened.pods) {
        let (Ok(item), Ok(fields), Some(pod)) = (item, fields, pod) else { continue };
        let Some(leaf) = item.chain().last().map(|grant| grant.id()) else { continue };
        if fields.names().is_empty() || node.released.knows(&leaf, &caller.service, fields.names()) {
            continue;
        }
        let row = || Row::new(item.taken(), caller.service, caller.organisation);
        fresh.entry((*pod, leaf)).or_insert_with(row).add(fields.names());
    }
    if fresh.is_empty() {
        return Ok(());
    }
    blocking(node, move |node| Ok(node.released.note(&fresh)?)).await
}
