//! What is yet to be delivered, on disk: notices to the organisations of services, receipts to the holders. Each is tried again
//! with growing waits, for as long as it counts.

use std::ops::Bound;

use pod_protocol::ids::{ObjectId, Principal};
use pod_store::Batch;

use super::{received, sent};
use crate::fault::Fault;
use crate::node::Node;
use crate::tables::UNDELIVERED;

const NOTICE: u8 = 0;
const RECEIPT: u8 = 1;
/// The wait after the first failure, in seconds; it doubles with each further one.
const FIRST_WAIT_SECS: u64 = 30;
/// The longest wait, in seconds: an organisation that was away for weeks is told within these hours of its return.
const LONGEST_WAIT_SECS: u64 = 6 * 3600;

/// One thing to deliver.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    key: Vec<u8>,
    value: Vec<u8>,
    attempts: u32,
    /// What it is.
    pub(crate) what: What,
    /// The organisation to which it goes.
    pub(crate) to: Principal,
    /// The signed object.
    pub(crate) bytes: Vec<u8>,
}

/// A notice of this holder, or a receipt of a service of this organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The notice with this id.
    Notice(ObjectId),
    /// The receipt for the notice with this id.
    Receipt(ObjectId),
}

impl What {
    /// Its name, for logs and metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Notice(_) => "notice",
            Self::Receipt(_) => "notice-receipt",
        }
    }
}

/// Has a notice delivered.
pub(super) fn put_notice(batch: &mut Batch, id: &ObjectId, due_secs: u64) {
    batch.put(UNDELIVERED, row_key(due_secs, NOTICE, id), value(0, None));
}

/// Has the receipt for a notice delivered.
pub(super) fn put_receipt(batch: &mut Batch, id: &ObjectId, service: &Principal, due_secs: u64) {
    batch.put(UNDELIVERED, row_key(due_secs, RECEIPT, id), value(0, Some(service)));
}

/// What is due, at most `limit`. What counts no longer is taken off on the way.
pub(crate) fn due(node: &Node, limit: usize) -> Result<Vec<Due>, Fault> {
    let now_secs = (node.clock)();
    let end = (now_secs + 1).to_be_bytes();
    let (mut found, mut over) = (Vec::new(), Batch::new());
    for (key, value) in node.store.range(UNDELIVERED, Bound::Unbounded, Bound::Excluded(&end), limit)? {
        let (kind, id, attempts, service) = read(&key, &value)?;
        let (what, object) = match service {
            None if kind == NOTICE => (What::Notice(id), sent::to_deliver(node, &id, now_secs)?),
            Some(service) if kind == RECEIPT => {
                (What::Receipt(id), received::to_deliver(node, &service, &id, now_secs)?)
            }
            _ => return Err(damaged()),
        };
        match object {
            Some((to, bytes)) => found.push(Due { key, value, attempts, what, to, bytes }),
            None => {
                over.delete(UNDELIVERED, key);
            }
        }
    }
    if !over.is_empty() {
        node.store.commit(over)?;
    }
    Ok(found)
}

/// Takes off what was delivered.
pub(crate) fn delivered(node: &Node, due: &Due) -> Result<(), Fault> {
    let mut batch = Batch::new();
    batch.delete(UNDELIVERED, due.key.as_slice());
    Ok(node.store.commit(batch)?)
}

/// Has it tried again later.
pub(crate) fn put_off(node: &Node, due: &Due) -> Result<(), Fault> {
    let doubled = FIRST_WAIT_SECS.saturating_mul(1_u64.checked_shl(due.attempts).unwrap_or(u64::MAX));
    let due_secs = (node.clock)() + doubled.min(LONGEST_WAIT_SECS);
    let (What::Notice(id) | What::Receipt(id)) = due.what;
    let kind = if matches!(due.what, What::Notice(_)) { NOTICE } else { RECEIPT };
    let attempts = due.attempts.saturating_add(1).to_be_bytes();
    let rest = due.value.get(attempts.len()..).unwrap_or_default();
    let mut batch = Batch::new();
    batch.delete(UNDELIVERED, due.key.as_slice());
    batch.put(UNDELIVERED, row_key(due_secs, kind, &id), [attempts.as_slice(), rest].concat());
    Ok(node.store.commit(batch)?)
}

/// How much waits, for metrics.
pub(crate) fn waiting(node: &Node) -> Result<u64, Fault> {
    Ok(node.store.count(UNDELIVERED)?)
}

fn damaged() -> Fault {
    Fault::Damaged { what: "the queue of notices" }
}

fn read(key: &[u8], value: &[u8]) -> Result<(u8, ObjectId, u32, Option<Principal>), Fault> {
    let row = || {
        let (kind, id) = key.get(8..)?.split_first()?;
        let (attempts, service) = value.split_first_chunk::<4>()?;
        let service = match service {
            [] => None,
            service => Some(Principal::new(service.try_into().ok()?)),
        };
        Some((*kind, ObjectId::new(id.try_into().ok()?), u32::from_be_bytes(*attempts), service))
    };
    row().ok_or_else(damaged)
}

fn row_key(due_secs: u64, kind: u8, id: &ObjectId) -> Vec<u8> {
    [&due_secs.to_be_bytes()[..], &[kind], id.as_bytes()].concat()
}

fn value(attempts: u32, service: Option<&Principal>) -> Vec<u8> {
    let service = service.map(|service| service.as_bytes().as_slice()).unwrap_or_default();
    [attempts.to_be_bytes().as_slice(), service].concat()
}
