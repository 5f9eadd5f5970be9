//! Fetching: one call to each holder for up to 256 citizens, all holders at once, and what arrives is a result also when
//! a holder is down.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use pod_protocol::Outward;
use pod_protocol::answer::{ItemAnswer, Receipt};
use pod_protocol::codec::{MAX_ARRAY_ITEMS, MAX_OBJECT_BYTES, encode};
use pod_protocol::cose::Verified;
use pod_protocol::field::Purpose;
use pod_protocol::ids::{Principal, RequestId};
use pod_protocol::registry::Registry;
use pod_protocol::request::{Call, Request, RequestItem, Wanted, wanted_to_cbor};
use pod_protocol::value::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::ServiceIdentity;
use super::check::{Asked, check};
use super::grants::HeldGrant;
use crate::caller::Caller;
use crate::error::{CallError, Disbelief};
use crate::node::NodeClient;
use crate::target::Bound;
use crate::way::Carried;

/// Most holders that are called at the same time: more than a region has, few enough not to exhaust anybody's sockets.
pub const MAX_HOLDERS_AT_ONCE: usize = 32;

/// How long a request counts, in seconds; the protocol allows 120.
const REQUEST_LIFETIME_SECS: u64 = 60;
/// Bytes of a call beside its items: claims, envelopes, heads of lists.
const CALL_OVERHEAD_BYTES: usize = 1024;
/// Bytes of an id with its head.
const ID_BYTES: usize = 34;
/// Bytes of an item beside ids and names, and of a grant's own head.
const HEAD_BYTES: usize = 8;

/// What is wanted of one citizen.
#[derive(Clone, Debug)]
pub struct FetchItem {
    /// The grant that gives it.
    pub grant: HeldGrant,
    /// What is wanted of it; [`HeldGrant::everything`] for all.
    pub wanted: Vec<Wanted>,
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemOutcome {
    /// The data, `{type: [record, …]}`, predicates under their ids: what of the wanted exists and may be released.
    Released(Value),
    /// The holder turned this item down.
    Refused(Outward),
    /// No answer that counts came from the holder: see [`FetchOutcome::failures`].
    Unanswered,
}

/// A holder of which some or all items are missing.
#[derive(Debug)]
pub struct HolderFailure {
    /// The holder.
    pub holder: Principal,
    /// Its short name, when it is a member.
    pub name: Option<String>,
    /// How many items are missing.
    pub items: usize,
    /// Why.
    pub error: CallError,
}

/// What a fetch brought. Partial results are results.
#[derive(Debug)]
pub struct FetchOutcome {
    /// One for each item, in the order asked.
    pub items: Vec<ItemOutcome>,
    /// Receipts of the holders that answered: keep them, they are evidence.
    pub receipts: Vec<Verified<Receipt>>,
    /// Holders that did not, each with its reason.
    pub failures: Vec<HolderFailure>,
    /// What carried the calls that were answered, in the order of holders.
    pub carried: Vec<HolderCarried>,
}

/// What carried a holder's answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderCarried {
    /// The holder.
    pub holder: Principal,
    /// Its short name, when it is a member.
    pub name: Option<String>,
    /// What carried its calls.
    pub by: Carried,
    /// How many calls.
    pub calls: usize,
}

impl FetchOutcome {
    /// Whether every holder answered.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Everything that the calls of one fetch have in common.
struct Shared {
    caller: Caller,
    registry: Arc<Registry>,
    service: Arc<ServiceIdentity>,
    purpose: Purpose,
}

/// An item for which an answer had no room left.
const NO_ROOM: ItemOutcome = ItemOutcome::Refused(Outward::TooLarge);

/// An item with its place in what was asked.
type Placed = (usize, FetchItem);

/// What one holder's calls brought.
struct HolderResult {
    holder: Principal,
    items: Vec<(usize, ItemOutcome)>,
    receipts: Vec<Verified<Receipt>>,
    failures: Vec<(usize, CallError)>,
    carried: Vec<(Carried, usize)>,
}

/// Fetches what is wanted of many citizens for one purpose. Each holder gets as few calls as its items fit into, all
/// holders are called at once (at most [`MAX_HOLDERS_AT_ONCE`]), and each answer is checked: the receipt is the holder's,
/// about this request, and the data are what it says. Grants that a holder does not have yet are sent along in a second
/// call.
///
/// # Errors
/// None: what did not work stands in [`FetchOutcome::failures`].
pub async fn fetch(
    caller: &Caller,
    registry: &Arc<Registry>,
    service: &Arc<ServiceIdentity>,
    items: Vec<FetchItem>,
    purpose: &Purpose,
) -> FetchOutcome {
    let mut outcome = FetchOutcome {
        items: vec![ItemOutcome::Unanswered; items.len()],
        receipts: Vec::new(),
        failures: Vec::new(),
        carried: Vec::new(),
    };
    let mut holders: BTreeMap<Principal, Vec<Placed>> = BTreeMap::new();
    for (place, item) in items.into_iter().enumerate() {
        holders.entry(item.grant.holder()).or_default().push((place, item));
    }
    let shared = Arc::new(Shared {
        caller: caller.clone(),
        registry: Arc::clone(registry),
        service: Arc::clone(service),
        purpose: purpose.clone(),
    });
    let places = Arc::new(Semaphore::new(MAX_HOLDERS_AT_ONCE));
    let mut running = JoinSet::new();
    let mut tasks = HashMap::new();
    for (holder, items) in holders {
        let (shared, places) = (Arc::clone(&shared), Arc::clone(&places));
        let count = items.len();
        let task = running.spawn(async move {
            // The semaphore is never closed, so this waits and cannot fail.
            let _place = places.acquire().await;
            from_holder(&shared, holder, items).await
        });
        tasks.insert(task.id(), (holder, count));
    }
    while let Some(finished) = running.join_next().await {
        match finished {
            Ok(result) => outcome.take(result, registry),
            // A defect of ours must not look like a complete answer.
            Err(broken) => {
                if let Some((holder, count)) = tasks.get(&broken.id()) {
                    let error = CallError::Ours { what: "the task that called this holder broke off".to_owned() };
                    outcome.take(HolderResult::failed(*holder, *count, error), registry);
                }
            }
        }
    }
    outcome.failures.sort_by_key(|failure| failure.holder);
    outcome.carried.sort_by_key(|carried| carried.holder);
    outcome
}

impl HolderResult {
    fn new(holder: Principal) -> Self {
        Self { holder, items: Vec::new(), receipts: Vec::new(), failures: Vec::new(), carried: Vec::new() }
    }

    fn failed(holder: Principal, count: usize, error: CallError) -> Self {
        Self { failures: vec![(count, error)], ..Self::new(holder) }
    }

    fn was_carried(&mut self, by: Carried) {
        match self.carried.iter_mut().find(|(known, _)| *known == by) {
            Some((_, calls)) => *calls += 1,
            None => self.carried.push((by, 1)),
        }
    }
}

impl FetchOutcome {
    fn take(&mut self, result: HolderResult, registry: &Registry) {
        for (place, item) in result.items {
            if let Some(slot) = self.items.get_mut(place) {
                *slot = item;
            }
        }
        self.receipts.extend(result.receipts);
        let name = registry.organisation(&result.holder).map(|organisation| organisation.name().to_string());
        let carried = |(by, calls)| HolderCarried { holder: result.holder, name: name.clone(), by, calls };
        self.carried.extend(result.carried.into_iter().map(carried));
        let failed = |(items, error)| HolderFailure { holder: result.holder, name: name.clone(), items, error };
        self.failures.extend(result.failures.into_iter().map(failed));
    }
}

async fn from_holder(shared: &Shared, holder: Principal, items: Vec<Placed>) -> HolderResult {
    let node = match NodeClient::find(&shared.caller, &shared.registry, &holder) {
        Ok(node) => node,
        Err(error) => return HolderResult::failed(holder, items.len(), error),
    };
    let mut result = HolderResult::new(holder);
    // Links below the root were never deposited by a wallet, so they always go along; roots only when they are missing.
    let unknown = all_calls(shared, &node, items, false, &mut result).await;
    all_calls(shared, &node, unknown, true, &mut result).await;
    result
}

/// Makes all calls that the items need, one after another; the items whose grants the holder does not know come back.
async fn all_calls(
    shared: &Shared,
    node: &NodeClient,
    items: Vec<Placed>,
    with_roots: bool,
    result: &mut HolderResult,
) -> Vec<Placed> {
    let mut unknown = Vec::new();
    // Taken from the end.
    let mut waiting = into_calls(items, with_roots);
    waiting.reverse();
    while let Some(mut call) = waiting.pop() {
        let asked: Vec<&FetchItem> = call.iter().map(|(_, item)| item).collect();
        match ask_holder(shared, node, result.holder, &asked, with_roots).await {
            Ok((answers, receipt, by)) => {
                result.receipts.push(receipt);
                result.was_carried(by);
                // What an answer had no room for has some in the next, unless it had the whole of this one.
                let again = answers.iter().any(|answer| *answer != NO_ROOM);
                let mut left = Vec::new();
                for ((place, item), answer) in call.into_iter().zip(answers) {
                    match answer {
                        ItemOutcome::Refused(Outward::UnknownGrant) if !with_roots => unknown.push((place, item)),
                        NO_ROOM if again => left.push((place, item)),
                        answer => result.items.push((place, answer)),
                    }
                }
                if !left.is_empty() {
                    waiting.push(left);
                }
            }
            // Too many records for one answer: half of the citizens have half of them.
            Err(error) if is_too_large(&error) && call.len() > 1 => {
                let rest = call.split_off(call.len() / 2);
                waiting.extend([rest, call]);
            }
            Err(error) => result.failures.push((call.len(), error)),
        }
    }
    unknown
}

fn is_too_large(error: &CallError) -> bool {
    matches!(error, CallError::Refused { refusal, .. } if refusal.outward == Some(Outward::TooLarge))
}

async fn ask_holder(
    shared: &Shared,
    node: &NodeClient,
    holder: Principal,
    items: &[&FetchItem],
    with_roots: bool,
) -> Result<(Vec<ItemOutcome>, Verified<Receipt>, Carried), CallError> {
    let make = |bound: &Bound| {
        let (call, id) = sign_call(&shared.caller, &shared.service, items, &shared.purpose, with_roots, bound);
        (call, id)
    };
    let (answer, request, carried) = node.call(make).await?;
    let request_items: Vec<RequestItem> = items.iter().map(|item| request_item(item)).collect();
    let asked = Asked { request, service: shared.service.principal, holder, items: &request_items };
    let disbelief = |what| CallError::Unbelievable { whom: node.whom().to_owned(), what };
    let receipt = check(&answer, &asked, &shared.registry).map_err(disbelief)?;
    let outcomes = answer.items.iter().map(outcome_of).collect::<Result<_, _>>().map_err(disbelief)?;
    Ok((outcomes, receipt, carried))
}

fn outcome_of(answer: &ItemAnswer) -> Result<ItemOutcome, Disbelief> {
    match answer {
        ItemAnswer::Refused(outward) => Ok(ItemOutcome::Refused(*outward)),
        ItemAnswer::Released { .. } => {
            answer.data().map(ItemOutcome::Released).map_err(|_| Disbelief::Shape("data of a record"))
        }
    }
}

/// Signs a call about these items, which must all be of one holder: the call, and the request's id. With `with_roots` all
/// grants go along, otherwise only those that no wallet deposits.
#[must_use]
pub fn sign_call(
    caller: &Caller,
    service: &ServiceIdentity,
    items: &[&FetchItem],
    purpose: &Purpose,
    with_roots: bool,
    bound: &Bound,
) -> (Call, RequestId) {
    let now_secs = caller.now_secs();
    let holder = items.first().map_or(service.organisation, |item| item.grant.holder());
    let request = Request {
        issuer: service.principal,
        audience: holder,
        expires: now_secs + REQUEST_LIFETIME_SECS,
        issued: now_secs,
        cti: caller.fresh_cti(),
        nonce: bound.nonce,
        items: items.iter().map(|item| request_item(item)).collect(),
        purpose: purpose.clone(),
        binding: bound.binding.clone(),
    };
    let signed = Verified::sign(&service.key, request);
    let grants = items.iter().flat_map(|item| sent_along(item, with_roots)).cloned().collect();
    (Call { request: signed.bytes().to_vec(), grants }, signed.id())
}

fn request_item(item: &FetchItem) -> RequestItem {
    RequestItem { chain: item.grant.ids(), wanted: item.wanted.clone() }
}

fn sent_along(item: &FetchItem, with_roots: bool) -> &[(pod_protocol::ids::GrantId, Vec<u8>)] {
    match item.grant.links() {
        links if with_roots => links,
        [_, below @ ..] => below,
        [] => &[],
    }
}

/// Splits items into calls of at most 256 items that fit the largest object.
fn into_calls(items: Vec<Placed>, with_roots: bool) -> Vec<Vec<Placed>> {
    let mut calls: Vec<Vec<Placed>> = Vec::new();
    let (mut bytes, mut grants) = (usize::MAX, 0);
    for (place, item) in items {
        let cost = cost(&item, with_roots);
        let along = sent_along(&item, with_roots).len();
        let full = calls.last().is_none_or(Vec::is_empty)
            || calls.last().is_some_and(|call| call.len() >= MAX_ARRAY_ITEMS)
            || bytes.saturating_add(cost) > MAX_OBJECT_BYTES
            || grants + along > MAX_ARRAY_ITEMS;
        if full {
            calls.push(Vec::new());
            (bytes, grants) = (CALL_OVERHEAD_BYTES, 0);
        }
        (bytes, grants) = (bytes.saturating_add(cost), grants + along);
        if let Some(call) = calls.last_mut() {
            call.push((place, item));
        }
    }
    calls
}

fn cost(item: &FetchItem, with_roots: bool) -> usize {
    let wanted = encode(&wanted_to_cbor(&item.wanted)).len();
    let along: usize = sent_along(item, with_roots).iter().map(|(_, bytes)| ID_BYTES + HEAD_BYTES + bytes.len()).sum();
    HEAD_BYTES + ID_BYTES * item.grant.links().len() + wanted + along
}
