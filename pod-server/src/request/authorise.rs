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

use crate::book::grants::{GrantSigner as _, Signers, Taken};
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
    let chains: Vec<Result<Chain, Refusal>> = request
        .items
        .iter()
        .map(|item| {
            let failed = |fault| node.refuse_for(fault, "reading an item's grants").map(Err);
            chain(node, &registry, item, carried, now_secs).or_else(failed)
        })
        .collect::<Result<_, Fault>>()?;
    let named = chains.iter().flatten().filter_map(Chain::pod);
    let holding = node.releases.hold(named).await;
    // Only now, with the pods held: a standing read before could be changed before the answer leaves.
    let mut gathered: Vec<Gathered> = Vec::with_capacity(chains.len());
    for chain in chains {
        let pod = chain.as_ref().ok().and_then(Chain::pod);
        gathered.push(match pod.map(|pod| node.standing(&pod)).transpose() {
            Ok(standing) => {
                let standing = standing.flatten();
                (chain.and_then(|chain| chain.may_come_in(standing.as_deref(), now_secs)), standing)
            }
            Err(fault) => (Err(node.refuse_for(fault, "reading a pod's standing")?), None),
        });
    }
    let pods: Pods = gathered.iter().map(|(_, standing)| standing.as_ref().map(|standing| standing.pod)).collect();
    Ok((decide_and_count(node, &registry, request, gathered, now_secs), pods, holding))
}

/// The grants that an item names.
struct Chain {
    links: Vec<Taken>,
    /// Whether the root came with this call and is not on record.
    is_root_new: bool,
}

impl Chain {
    fn pod(&self) -> Option<PodId> {
        self.links.first().map(|root| root.grant.subject)
    }

    /// A root that the holder sees for the first time must be signed by a key that is valid *now*: a key that was taken from a device
    /// could sign with an old date.
    fn may_come_in(self, standing: Option<&Standing>, now_secs: u64) -> Result<Self, Refusal> {
        let first = self.links.first().map(|link| &link.grant).filter(|_| self.is_root_new);
        let root = first.filter(|grant| grant.parent.is_none());
        let acts_now = |grant: &SharedGrant| {
            let key = grant.thumbprint().kid();
            standing.is_some_and(|one| one.check_grantor(&grant.issuer, key, now_secs).is_ok())
        };
        if root.is_none_or(acts_now) { Ok(self) } else { Err(Refusal::NotAuthorised) }
    }

    fn into_parts(self) -> (Vec<SharedGrant>, Vec<u64>) {
        self.links.into_iter().map(|link| (link.grant, link.secs)).unzip()
    }
}

type Gathered = (Result<Chain, Refusal>, Option<Arc<Standing>>);

/// The grants that an item names, from the record or from the call.
fn chain(
    node: &Node,
    registry: &Registry,
    item: &RequestItem,
    carried: &BTreeMap<GrantId, Signed<Grant>>,
    now_secs: u64,
) -> Result<Result<Chain, Refusal>, Fault> {
    let standing = |pod: &PodId| node.standing(pod);
    let signers = Signers { registry, standing: &standing };
    let mut chain = Chain { links: Vec::with_capacity(item.chain.len()), is_root_new: false };
    for id in &item.chain {
        let found = match (node.grants.get(id, &signers)?, carried.get(id)) {
            (Some(taken), _) => taken,
            (None, Some(sent)) => match signers.check(sent.clone())? {
                Ok(grant) => {
                    chain.is_root_new |= chain.links.is_empty();
                    Taken { grant, secs: now_secs }
                }
                Err(refusal) => return Ok(Err(refusal)),
            },
            (None, None) => return Ok(Err(Refusal::UnknownGrant)),
        };
        chain.links.push(found);
    }
    Ok(Ok(chain))
}

/// Reads the uses, decides and counts in one step, when any grant has a limit.
fn decide_and_count(
    node: &Node,
    registry: &Registry,
    request: VerifiedRequest,
    gathered: Vec<Gathered>,
    now_secs: u64,
) -> Authorised {
    let parts: Vec<_> =
        gathered.into_iter().map(|(chain, standing)| (chain.map(Chain::into_parts), standing)).collect();
    let is_limited = |chain: &(Vec<SharedGrant>, Vec<u64>)| crate::book::uses::is_limited(&chain.0);
    let limited = parts.iter().any(|(chain, _)| chain.as_ref().is_ok_and(is_limited));
    let mut counts = limited.then(|| node.uses.hold());
    let facts = parts
        .into_iter()
        .map(|(parts, standing)| {
            let (chain, taken_secs) = match parts {
                Ok((chain, taken_secs)) => (Ok(chain), taken_secs),
                Err(refusal) => (Err(refusal), Vec::new()),
            };
            let uses = match (&counts, &chain) {
                (Some(counts), Ok(chain)) => counts.of(chain, now_secs),
                (None, Ok(chain)) => vec![pod_protocol::path::LinkUse::default(); chain.len()],
                (_, Err(_)) => Vec::new(),
            };
            ItemFacts { chain, taken_secs, standing, uses }
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
