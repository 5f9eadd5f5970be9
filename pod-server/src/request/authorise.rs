//! Step 3: gathers what the node has on record for each item, and lets the rules decide.

use std::collections::BTreeMap;
use std::sync::Arc;

use pod_protocol::chain::SharedGrant;
use pod_protocol::field::{FieldPath, RecordType};
use pod_protocol::grant::Grant;
use pod_protocol::ids::{GrantId, PodId, Thumbprint};
use pod_protocol::path::{Authorised, ItemFacts, Rules, VerifiedRequest, authorise as decide};
use pod_protocol::predicate::Predicate;
use pod_protocol::registry::Registry;
use pod_protocol::request::RequestItem;
use pod_protocol::standing::Standing;
use pod_protocol::{Refusal, Signed};

use crate::book::grants::{GrantSigner, Signers};
use crate::fault::{Failure, Fault};
use crate::node::Node;
use crate::releases::Holding;

/// The pod of each item, when it is known and exists: for the log, also when the item is refused.
pub(super) type Pods = Vec<Option<PodId>>;

/// Authorises each item. The pods are held against changes until the answer is made.
pub(super) async fn authorise(
    node: &Node,
    request: VerifiedRequest,
    carried: &BTreeMap<GrantId, Signed<Grant>>,
    now_secs: u64,
) -> Result<(Authorised, Pods, Holding), Failure> {
    let registry = node.registry.current();
    let chains: Vec<Chain> = request
        .items
        .iter()
        .map(|item| {
            let failed = |fault| node.refuse_for(fault, "reading an item's grants").map(Err);
            chain(node, &registry, item, carried).or_else(failed)
        })
        .collect::<Result<_, Fault>>()?;
    let named = chains.iter().flatten().filter_map(|(_, pod)| *pod);
    let holding = node.releases.hold(named).await;
    // Only now, with the pods held: a standing read before could be changed before the answer leaves.
    let mut gathered: Vec<Gathered> = Vec::with_capacity(chains.len());
    for chain in chains {
        let pod = chain.as_ref().ok().and_then(|(_, pod)| *pod);
        gathered.push(match pod.map(|pod| node.standing(&pod)).transpose() {
            Ok(standing) => (chain.map(|(chain, _)| chain), standing.flatten()),
            Err(fault) => (Err(node.refuse_for(fault, "reading a pod's standing")?), None),
        });
    }
    let pods: Pods = gathered.iter().map(|(_, standing)| standing.as_ref().map(|standing| standing.pod)).collect();
    Ok((decide_and_count(node, &registry, request, gathered, now_secs), pods, holding))
}

type Chain = Result<(Vec<SharedGrant>, Option<PodId>), Refusal>;
type Gathered = (Result<Vec<SharedGrant>, Refusal>, Option<Arc<Standing>>);

/// The grants that an item names, from the record or from the call.
fn chain(
    node: &Node,
    registry: &Registry,
    item: &RequestItem,
    carried: &BTreeMap<GrantId, Signed<Grant>>,
) -> Result<Chain, Fault> {
    let standing = |pod: &PodId| node.standing(pod);
    let signers = Signers { registry, standing: &standing };
    let mut chain = Vec::with_capacity(item.chain.len());
    for id in &item.chain {
        let found = match (node.grants.get(id, &signers)?, carried.get(id)) {
            (Some(grant), _) => grant,
            (None, Some(sent)) => match check_carried(node, &signers, sent)? {
                Ok(grant) => grant,
                Err(refusal) => return Ok(Err(refusal)),
            },
            (None, None) => return Ok(Err(Refusal::UnknownGrant)),
        };
        chain.push(found);
    }
    let pod = chain.first().map(|root| root.subject);
    Ok(Ok((chain, pod)))
}

/// A grant that the holder sees for the first time: a root must be signed by a key that is valid *now*, because a key that
/// was taken from a device could sign with an old date.
fn check_carried(
    node: &Node,
    signers: &Signers<'_>,
    sent: &Signed<Grant>,
) -> Result<Result<SharedGrant, Refusal>, Fault> {
    let acts_now = |grant: &SharedGrant| {
        let standing = node.standing(&grant.subject)?;
        let key = grant.thumbprint().kid();
        Ok::<_, Fault>(standing.is_some_and(|one| one.check_grantor(&grant.issuer, key, (node.clock)()).is_ok()))
    };
    match signers.check(sent.clone())? {
        Ok(root) if root.parent.is_none() && !acts_now(&root)? => Ok(Err(Refusal::NotAuthorised)),
        checked => Ok(checked),
    }
}

/// Reads the uses, decides and counts in one step, when any grant has a limit.
fn decide_and_count(
    node: &Node,
    registry: &Registry,
    request: VerifiedRequest,
    gathered: Vec<Gathered>,
    now_secs: u64,
) -> Authorised {
    let limited =
        gathered.iter().any(|(chain, _)| chain.as_ref().is_ok_and(|chain| crate::book::uses::is_limited(chain)));
    let mut counts = limited.then(|| node.uses.hold());
    let facts = gathered
        .into_iter()
        .map(|(chain, standing)| {
            let uses = match (&counts, &chain) {
                (Some(counts), Ok(chain)) => counts.of(chain, now_secs),
                (None, Ok(chain)) => vec![pod_protocol::path::LinkUse::default(); chain.len()],
                (_, Err(_)) => Vec::new(),
            };
            ItemFacts { chain, standing, uses }
        })
        .collect();
    let (service, purpose) = (request.issuer, request.purpose.clone());
    let registered = |record_type: &RecordType, fields: &[FieldPath], predicates: &[Predicate]| {
        registry.check_request(&service, &purpose, record_type, fields, predicates)
    };
    let organisation_of = |thumbprint: &Thumbprint| registry.organisation_of(thumbprint);
    let rules = Rules {
        holder: &node.principal,
        organisation_of: &organisation_of,
        registered: &registered,
        revocations_fresh: node.view.is_recent(),
        now_secs,
    };
    let authorised = decide(request, facts, &rules);
    if let Some(counts) = &mut counts {
        authorised.items().iter().flatten().for_each(|item| counts.count(item.chain(), now_secs));
    }
    authorised
}
