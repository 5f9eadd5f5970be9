//! Step 6: consumes the opened fields and the proof that they are recorded, and makes the answer.

use pod_crypto::random_array;
use pod_protocol::Verified;
use pod_protocol::answer::{Answer, ItemAnswer, Outcome, Receipt, ReceiptItem};
use pod_protocol::ids::GrantId;

use super::open::Opened;
use super::record::Recorded;
use crate::node::Node;

/// Makes the answer with its signed receipt.
pub(super) fn respond(node: &Node, opened: Opened, recorded: Recorded, now_secs: u64) -> Vec<u8> {
    let Opened { selection, fields, .. } = opened;
    let request = selection.request();
    let mut items = Vec::with_capacity(fields.len());
    let mut said = Vec::with_capacity(fields.len());
    for (number, (fields, asked)) in fields.into_iter().zip(&request.items).enumerate() {
        let leaf = asked.chain.last().copied().unwrap_or(GrantId::new([0; 32]));
        let audit_index = recorded.first_index + number as u64;
        match fields {
            Ok(fields) => {
                node.metrics.item("released");
                let salt: [u8; 16] = random_array(&*node.random);
                let digest = fields.digest(&salt);
                // Only names that have a value: a name that is kept back must look like one that has none.
                let released = fields.names().to_vec();
                items.push(ItemAnswer::Released { salt, data: fields.release(&recorded).to_vec() });
                let outcome = Outcome::Released;
                said.push(ReceiptItem { leaf, outcome, released, digest: Some(digest), audit_index });
            }
            Err(refusal) => {
                node.metrics.item(refusal.code());
                let outward = refusal.outward();
                items.push(ItemAnswer::Refused(outward));
                let outcome = Outcome::Refused(outward);
                said.push(ReceiptItem { leaf, outcome, released: Vec::new(), digest: None, audit_index });
            }
        }
    }
    let receipt = Receipt {
        issuer: node.principal,
        audience: request.issuer,
        issued: now_secs,
        request: request.id(),
        items: said,
        tree_size: recorded.head.size,
        tree_root: recorded.head.root,
    };
    Answer { receipt: Verified::sign(&node.key(), receipt).bytes().to_vec(), items }.to_bytes()
}
