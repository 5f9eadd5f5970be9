//! Between steps 3 and 4: grants that were sent along with a call and gave something are kept, as if they had been deposited.
//! So the citizen sees them among what stands, and whoever issued one can revoke it by its id.

use std::collections::BTreeMap;
use std::sync::Arc;

use pod_protocol::chain::SharedGrant;
use pod_protocol::grant::Grant;
use pod_protocol::ids::GrantId;
use pod_protocol::path::Authorised;
use pod_protocol::{Refusal, Signed};

use crate::blocking::blocking;
use crate::book::grants::ToKeep;
use crate::fault::Failure;
use crate::node::Node;

/// Keeps the grants of authorised items that came with the call and are not on record yet, and says which it could not.
/// Durable before anything is released: there is no fetch by a grant that nobody could take back.
pub(super) async fn keep_used(
    node: &Arc<Node>,
    authorised: &Authorised,
    carried: &BTreeMap<GrantId, Signed<Grant>>,
    now_secs: u64,
) -> Result<Unkept, Failure> {
    let mut fresh: BTreeMap<GrantId, ToKeep> = BTreeMap::new();
    if !carried.is_empty() {
        for item in authorised.items().iter().flatten() {
            for (link, grant) in item.chain().iter().enumerate() {
                if carried.contains_key(&grant.id()) && !node.grants.has(&grant.id())? {
                    let above = item.chain().get(..link).unwrap_or_default();
                    fresh.insert(grant.id(), ToKeep::new(Arc::clone(grant), above, item.standing(), now_secs));
                }
            }
        }
    }
    if fresh.is_empty() {
        return Ok(Unkept(BTreeMap::new()));
    }
    let fresh: Vec<ToKeep> = fresh.into_values().collect();
    blocking(node, move |node| Ok(Unkept(node.grants.keep_carried(fresh, now_secs)?))).await
}

/// Which grants are not kept, and why: nothing is opened by them.
#[derive(Debug)]
pub(super) struct Unkept(BTreeMap<GrantId, Refusal>);

impl Unkept {
    /// Why nothing is opened by this chain, if so.
    pub(super) fn refusal(&self, chain: &[SharedGrant]) -> Option<Refusal> {
        chain.iter().find_map(|grant| self.0.get(&grant.id())).copied()
    }
}
