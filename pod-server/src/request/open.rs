//! Step 4: exactly the selected fields are decrypted, as far as an answer holds them.

use pod_protocol::Refusal;
use pod_protocol::codec::MAX_ANSWER_BYTES;
use pod_protocol::ids::PodId;
use pod_protocol::path::{ItemSelection, Selection, VerifiedRequest};
use pod_vault::{OpenedFields, VaultFault};

use super::keep::Unkept;
use crate::fault::Fault;
use crate::node::Node;

/// Bytes of an answer that are about no item: the receipt's envelope and claims, half of which they take.
const AROUND_ITEMS_BYTES: usize = 1024;
/// Bytes that answer and receipt have about one item beside its data and names: ids, salt, digest and heads take 106.
const ABOUT_ITEM_BYTES: usize = 128;

/// A selection with its fields in the clear; they are wiped when it is dropped.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) selection: Selection,
    pub(super) fields: Vec<Result<OpenedFields, Refusal>>,
    pub(super) pods: Vec<Option<PodId>>,
}

/// Opens what was selected. An item whose grants are not kept, for which the answer has no room, or whose rows do not open,
/// is refused by itself. If its grants have a limit, it counts as a use of them: they were counted when it was authorised,
/// which errs to refusing.
pub(super) fn open(
    node: &Node,
    selection: Selection,
    pods: Vec<Option<PodId>>,
    unkept: &Unkept,
) -> Result<Opened, Fault> {
    let mut room_bytes = room_bytes(selection.request());
    let fields = selection
        .items()
        .iter()
        .map(|item| match item {
            Ok(item) => match unkept.refusal(item.chain()) {
                None => open_item(node, item, &mut room_bytes),
                Some(refusal) => Ok(Err(refusal)),
            },
            Err(refusal) => Ok(Err(*refusal)),
        })
        .collect::<Result<_, Fault>>()?;
    Ok(Opened { selection, fields, pods })
}

/// How many bytes of data an answer has room for. Its receipt names nothing that the request did not.
fn room_bytes(request: &VerifiedRequest) -> usize {
    let others = AROUND_ITEMS_BYTES + request.bytes().len() + ABOUT_ITEM_BYTES * request.items.len();
    MAX_ANSWER_BYTES.saturating_sub(others)
}

fn open_item(
    node: &Node,
    item: &ItemSelection,
    room_bytes: &mut usize,
) -> Result<Result<OpenedFields, Refusal>, Fault> {
    match node.vault.open_selection(item) {
        Ok(fields) => Ok(match room_bytes.checked_sub(fields.size_bytes()) {
            Some(left) => {
                *room_bytes = left;
                Ok(fields)
            }
            None => Err(Refusal::TooLarge),
        }),
        Err(VaultFault::TooLarge { .. }) => Ok(Err(Refusal::TooLarge)),
        Err(fault) => node.refuse_for(fault.into(), "opening an item's records").map(Err),
    }
}
