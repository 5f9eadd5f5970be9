//! Between steps 3 and 4: grants that were sent along with a call and gave something are kept, as if they had been deposited.
//! So the citizen sees them among what stands, and whoever issued one can revoke it by its id.

use std::collections::BTreeMap;
use std::sync::Arc;

use pod_protocol::Signed;
use pod_protocol::chain::SharedGrant;
use pod_protocol::grant::Grant;
use pod_protocol::ids::GrantId;
use pod_protocol::path::Authorised;

use crate::blocking::blocking;
use crate::fault::Failure;
use crate::node::Node;

/// Keeps the grants of authorised items that came with the call and are not on record yet. Durable before anything is
/// released: there is no fetch by a grant that nobody could take back.
pub(super) async fn keep_used(
    node: &Arc<Node>,
    authorised: &Authorised,
    carried: &BTreeMap<GrantId, Signed<Grant>>,
) -> Result<(), Failure> {
    if carried.is_empty() {
        return Ok(());
    }
    let mut fresh: BTreeMap<GrantId, SharedGrant> = BTreeMap::new();
    for grant in authorised.items().iter().flatten().flat_map(|item| item.chain()) {
        if carried.contains_key(&grant.id()) && !node.grants.has(&grant.id())? {
            fresh.insert(grant.id(), Arc::clone(grant));
        }
    }
    if fresh.is_empty() {
        return Ok(());
    }
    let fresh: Vec<SharedGrant> = fresh.into_values().collect();
    blocking(node, move |node| Ok(node.grants.keep_all(&fresh)?)).await
}
