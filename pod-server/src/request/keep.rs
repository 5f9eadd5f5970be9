//! Between steps 3 and 4: grants that were sent along with a call and gave something are kept, as if they had been deposited.
//! So the citizen sees them among what stands, and whoever issued one can revoke it by its id.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pod_protocol::chain::SharedGrant;
use pod_protocol::grant::Grant;
use pod_protocol::ids::GrantId;
use pod_protocol::path::Authorised;
use pod_protocol::{Refusal, Signed};

use crate::blocking::blocking;
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
    let mut fresh: BTreeMap<GrantId, SharedGrant> = BTreeMap::new();
    if !carried.is_empty() {
        for grant in authorised.items().iter().flatten().flat_map(|item| item.chain()) {
            if carried.contains_key(&grant.id()) && !node.grants.has(&grant.id())? {
                fresh.insert(grant.id(), Arc::clone(grant));
            }
        }
    }
    if fresh.is_empty() {
        return Ok(Unkept(BTreeSet::new()));
    }
    let fresh: Vec<SharedGrant> = fresh.into_values().collect();
    blocking(node, move |node| Ok(Unkept(node.grants.keep_carried(fresh, now_secs)?))).await
}

/// Which grants could not be kept: nothing is opened by them.
#[derive(Debug)]
pub(super) struct Unkept(BTreeSet<GrantId>);

impl Unkept {
    /// Why nothing is opened by this chain, if so.
    pub(super) fn refusal(&self, chain: &[SharedGrant]) -> Option<Refusal> {
        chain.iter().any(|grant| self.0.contains(&grant.id())).then_some(Refusal::Limit)
    }
}
