//! Step 4: exactly the selected fields are decrypted.

use pod_protocol::Refusal;
use pod_protocol::ids::PodId;
use pod_protocol::path::Selection;
use pod_vault::OpenedFields;

use crate::fault::Fault;
use crate::node::Node;

/// A selection with its fields in the clear; they are wiped when it is dropped.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) selection: Selection,
    pub(super) fields: Vec<Result<OpenedFields, Refusal>>,
    pub(super) pods: Vec<Option<PodId>>,
}

/// Opens what was selected.
pub(super) fn open(node: &Node, selection: Selection, pods: Vec<Option<PodId>>) -> Result<Opened, Fault> {
    let fields = selection
        .items()
        .iter()
        .map(|item| match item {
            Ok(item) => Ok(Ok(node.vault.open_selection(item)?)),
            Err(refusal) => Ok(Err(*refusal)),
        })
        .collect::<Result<_, Fault>>()?;
    Ok(Opened { selection, fields, pods })
}
