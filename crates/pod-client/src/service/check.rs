//! Checking an answer: the holder signed its receipt, the receipt is about this request, the data are what it says.

use pod_protocol::answer::{Answer, Receipt, check_against_receipt};
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::ids::{Principal, RequestId};
use pod_protocol::registry::Registry;
use pod_protocol::request::{RequestItem, Wanted};

use crate::error::Disbelief;

/// What was asked.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) request: RequestId,
    pub(super) service: Principal,
    pub(super) holder: Principal,
    pub(super) items: &'a [RequestItem],
}

/// Checks an answer and gives its receipt, which is evidence from then on.
pub(super) fn check(answer: &Answer, asked: &Asked<'_>, registry: &Registry) -> Result<Verified<Receipt>, Disbelief> {
    let signed = Signed::<Receipt>::decode(&answer.receipt)?;
    let receipt = registry.verify_by_organisation(signed, &asked.holder)?;
    if receipt.issuer != asked.holder || receipt.audience != asked.service {
        return Err(Disbelief::Other("principal"));
    }
    if receipt.request != asked.request {
        return Err(Disbelief::Other("request"));
    }
    if receipt.items.len() != asked.items.len() {
        return Err(Disbelief::Other("number of items"));
    }
    check_against_receipt(&answer.items, &receipt).map_err(|_| Disbelief::Data)?;
    for (said, item) in receipt.items.iter().zip(asked.items) {
        if item.chain.last() != Some(&said.leaf) {
            return Err(Disbelief::Other("grant"));
        }
        if !said.released.iter().all(|released| was_wanted(released, &item.wanted)) {
            return Err(Disbelief::Unasked);
        }
    }
    Ok(receipt)
}

fn was_wanted(released: &Wanted, wanted: &[Wanted]) -> bool {
    let asked = wanted.iter().find(|wanted| wanted.record_type == released.record_type);
    asked.is_some_and(|asked| released.names.iter().all(|name| asked.names.contains(name)))
}
