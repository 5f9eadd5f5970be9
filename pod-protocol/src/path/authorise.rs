//! Step 2: does a chain of grants give this service these names for this purpose, item by item?

use std::collections::HashMap;
use std::sync::Arc;

use super::verify::VerifiedRequest;
use crate::chain::{ChainFacts, SharedGrant, check};
use crate::field::{FieldPath, RecordType};
use crate::ids::{GrantId, Principal, Thumbprint};
use crate::predicate::Predicate;
use crate::refusal::{ChainFault, Refusal};
use crate::request::{Name, RequestItem};
use crate::standing::Standing;

/// How often a grant was used before this request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkUse {
    /// Ever.
    pub total: u64,
    /// In the last seconds of its rate.
    pub recent: u64,
}

/// What the holder has on record for one item.
#[derive(Clone, Debug)]
pub struct ItemFacts {
    /// The grants that the item names, their signatures checked; or why they are not at hand.
    pub chain: Result<Vec<SharedGrant>, Refusal>,
    /// When the holder took each of them in, in the order of the chain.
    pub taken_secs: Vec<u64>,
    /// The pod's standing; none when there is no such pod.
    pub standing: Option<Arc<Standing>>,
    /// How often each grant was used, in the order of the chain.
    pub uses: Vec<LinkUse>,
}

/// One item that a chain covers.
#[derive(Debug)]
pub struct AuthorisedItem {
    /// The pod's standing as it was when this was decided.
    pub(super) standing: Arc<Standing>,
    /// The chain, the root first.
    pub(super) chain: Vec<SharedGrant>,
    /// When the holder took each of them in.
    pub(super) taken_secs: Vec<u64>,
    /// For whom the service acts: the organisations that the grants were given and passed on to. An objection to any of them
    /// counts, or an objected organisation would let its processor ask.
    pub(super) acting_for: Vec<Principal>,
    /// What was asked and is granted.
    pub(super) granted: Granted,
}

impl AuthorisedItem {
    /// The pod's standing as it was when this was decided.
    #[must_use]
    pub fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }

    /// The chain, the root first.
    #[must_use]
    pub fn chain(&self) -> &[SharedGrant] {
        &self.chain
    }
}

/// A request with, for each item, what its chain gives, or why it does not.
#[derive(Debug)]
pub struct Authorised {
    request: VerifiedRequest,
    items: Vec<Result<AuthorisedItem, Refusal>>,
}

impl Authorised {
    /// The request.
    #[must_use]
    pub fn request(&self) -> &VerifiedRequest {
        &self.request
    }

    /// The items, in the request's order.
    pub fn items(&self) -> &[Result<AuthorisedItem, Refusal>] {
        &self.items
    }

    pub(super) fn into_parts(self) -> (VerifiedRequest, Vec<Result<AuthorisedItem, Refusal>>) {
        (self.request, self.items)
    }
}

/// Whether a service is registered for fields of a type and for answers about the fields of predicates.
pub type Registered<'a> = dyn Fn(&RecordType, &[FieldPath], &[Predicate]) -> Result<(), Refusal> + 'a;

/// Of each record type that was asked for, the fields and the predicates that are granted.
pub(super) type Granted = Vec<(RecordType, Vec<FieldPath>, Vec<Predicate>)>;

/// What the rules need to know beside request and facts.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The holder that judges.
    pub holder: &'a Principal,
    /// The member organisation that a key works for.
    pub organisation_of: &'a dyn Fn(&Thumbprint) -> Option<Principal>,
    /// Whether the service is registered, for the request's purpose, for these fields of a type as they are, and for answers
    /// about the fields of these predicates.
    pub registered: &'a Registered<'a>,
    /// Whether the view of revocations is recent enough for delegated chains.
    pub revocations_fresh: bool,
    /// Seconds since 1970.
    pub now_secs: u64,
}

impl std::fmt::Debug for Rules<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rules").field("holder", &self.holder).field("now_secs", &self.now_secs).finish()
    }
}

/// Authorises each item by itself. `facts` are those of the request's items in order; an item without facts is refused.
#[must_use]
pub fn authorise(request: VerifiedRequest, facts: Vec<ItemFacts>, rules: &Rules<'_>) -> Authorised {
    let mut facts = facts.into_iter();
    let mut here: HashMap<GrantId, u64> = HashMap::new();
    let items = request
        .items
        .iter()
        .map(|item| match facts.next() {
            Some(facts) => authorise_item(&request, item, facts, rules, &mut here),
            None => Err(Refusal::UnknownGrant),
        })
        .collect();
    Authorised { request, items }
}

fn authorise_item(
    request: &VerifiedRequest,
    item: &RequestItem,
    facts: ItemFacts,
    rules: &Rules<'_>,
    here: &mut HashMap<GrantId, u64>,
) -> Result<AuthorisedItem, Refusal> {
    if request.caller().suspended {
        return Err(Refusal::Suspended);
    }
    let chain = facts.chain?;
    let named = chain.len() == item.chain.len() && chain.iter().zip(&item.chain).all(|(grant, id)| grant.id() == *id);
    if !named {
        return Err(Refusal::UnknownGrant);
    }
    let standing = facts.standing.ok_or(Refusal::UnknownPod)?;
    let leaf = check(
        &chain,
        &ChainFacts {
            standing: &standing,
            holder: rules.holder,
            taken_secs: &facts.taken_secs,
            organisation_of: rules.organisation_of,
            revocations_fresh: rules.revocations_fresh,
            now_secs: rules.now_secs,
        },
    )?;
    if leaf.confirmation != request.thumbprint() {
        let link = u8::try_from(chain.len() - 1).unwrap_or(u8::MAX);
        return Err(Refusal::Chain { link, fault: ChainFault::Holder });
    }
    if !leaf.purposes.contains(&request.purpose) {
        return Err(Refusal::Purpose);
    }
    let granted = granted(item, leaf, rules)?;
    count_uses(&chain, &facts.uses, here)?;
    let acting_for = chain.iter().filter_map(|grant| (rules.organisation_of)(&grant.confirmation)).collect();
    Ok(AuthorisedItem { standing, chain, taken_secs: facts.taken_secs, acting_for, granted })
}

/// What was asked, when all of it is granted. An item that asks for one name too many gets nothing: a service that does not
/// know what it may have is not a service to be lenient with.
fn granted(item: &RequestItem, leaf: &SharedGrant, rules: &Rules<'_>) -> Result<Granted, Refusal> {
    item.wanted
        .iter()
        .map(|wanted| {
            let (mut fields, mut predicates) = (Vec::new(), Vec::new());
            for name in &wanted.names {
                match name {
                    Name::Field(field) if leaf.gives(&wanted.record_type, field) => fields.push(field.clone()),
                    Name::Predicate(id) => {
                        predicates.push(leaf.predicate(&wanted.record_type, id).ok_or(Refusal::NotGranted)?.clone());
                    }
                    Name::Field(_) => return Err(Refusal::NotGranted),
                }
            }
            (rules.registered)(&wanted.record_type, &fields, &predicates)?;
            Ok((wanted.record_type.clone(), fields, predicates))
        })
        .collect()
}

/// Counts this use against every link that has a limit; `here` holds their uses by earlier items of the same request.
fn count_uses(chain: &[SharedGrant], uses: &[LinkUse], here: &mut HashMap<GrantId, u64>) -> Result<(), Refusal> {
    let is_limited = |grant: &SharedGrant| grant.limits.uses.is_some() || grant.limits.rate.is_some();
    for (link, grant) in chain.iter().enumerate().filter(|(_, grant)| is_limited(grant)) {
        let before = uses.get(link).copied().unwrap_or(LinkUse { total: u64::MAX, recent: u64::MAX });
        let in_request = here.get(&grant.id()).copied().unwrap_or(0);
        let over = |limit: u64, used: u64| used.saturating_add(in_request) >= limit;
        let spent = grant.limits.uses.is_some_and(|limit| over(limit, before.total));
        let fast = grant.limits.rate.is_some_and(|(limit, _)| over(limit, before.recent));
        if spent || fast {
            return Err(Refusal::Limit);
        }
    }
    for grant in chain.iter().filter(|grant| is_limited(grant)) {
        *here.entry(grant.id()).or_default() += 1;
    }
    Ok(())
}
