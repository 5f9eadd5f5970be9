//! A request made here, and what became of it. What is fetched stays in memory alone, and is shown holder by holder as it comes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use pod_client::service::{FetchItem, FetchOutcome, HeldGrant, HolderFailure, ItemOutcome};
use pod_protocol::Outward;
use pod_protocol::access_request::AccessRequest;
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::field::Purpose;
use pod_protocol::ids::{ObjectId, Principal};
use pod_protocol::value::Value;
use tokio::sync::MutexGuard;
use tokio::task::JoinSet;

use super::super::collect::collect_and_keep;
use super::super::fetch::{by_purpose, fetch_and_keep};
use super::super::opened::{Kept, Opened};
use super::Known;
use crate::failure::Failure;
use crate::folder;

/// The signed requests, in the service's folder.
const FOLDER: &str = "desk";
/// Most requests that are remembered: a desk makes some dozens a day, and those go whose consents have ended.
const MAX_CASES: usize = 10_000;
/// How often at most the node is asked for a decision, in seconds, however many pages look.
const LOOK_AGAIN_SECS: u64 = 2;

/// A request made here.
pub(super) struct Case {
    pub(super) id: ObjectId,
    pub(super) request: AccessRequest,
    /// As it was signed.
    pub(super) bytes: Vec<u8>,
    found: Mutex<Found>,
    /// Held by whoever collects or fetches: nothing is done twice at once.
    at_work: tokio::sync::Mutex<()>,
}

/// What became of a request.
#[derive(Clone, Default)]
pub(super) struct Found {
    pub(super) decision: Decision,
    looked_secs: u64,
    /// The decision was learned here, and nobody has opened it yet.
    is_news: bool,
    /// What each grant brought, the last time it was fetched.
    pub(super) fetched: Vec<Fetched>,
    /// Why the decision, or anything at all, could not be had the last time.
    pub(super) trouble: Option<Trouble>,
}

/// The citizen's decision, as far as it is known here.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Decision {
    #[default]
    Waiting,
    Denied,
    Agreed,
}

/// What one grant brought.
#[derive(Clone)]
pub(super) struct Fetched {
    pub(super) holder: Principal,
    pub(super) brought: Brought,
    pub(super) receipt: Option<KeptReceipt>,
    /// What carried the call.
    pub(super) way: Option<&'static str>,
}

#[derive(Clone)]
pub(super) enum Brought {
    /// The holder is asked.
    Asked,
    Released(Value),
    Refused(Outward),
    Away(Trouble),
}

/// The holder's signed evidence, which was kept.
#[derive(Clone)]
pub(super) struct KeptReceipt {
    pub(super) id: ObjectId,
    pub(super) issued_secs: u64,
}

/// A failure, for whoever helps.
#[derive(Clone)]
pub(super) struct Trouble {
    pub(super) code: String,
    pub(super) message: String,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self { code: failure.code, message: failure.message }
    }
}

impl Found {
    /// Whether no grant counts any more, says the last fetch.
    pub(super) fn has_ended(&self) -> bool {
        let ended = |fetched: &Fetched| match fetched.brought {
            Brought::Refused(outward) => matches!(outward, Outward::Denied | Outward::Expired | Outward::UnknownGrant),
            Brought::Asked | Brought::Released(_) | Brought::Away(_) => false,
        };
        !self.fetched.is_empty() && self.fetched.iter().all(ended)
    }

    /// What one call brought, from its first place on.
    fn put(&mut self, first: usize, fetched: Vec<Fetched>) {
        self.fetched.iter_mut().skip(first).zip(fetched).for_each(|(place, came)| *place = came);
    }

    /// Whether some holder has not answered yet.
    pub(super) fn is_fetching(&self) -> bool {
        self.fetched.iter().any(|fetched| matches!(fetched.brought, Brought::Asked))
    }
}

impl Case {
    fn new(id: ObjectId, request: AccessRequest, bytes: Vec<u8>, decision: Decision) -> Self {
        let found = Mutex::new(Found { decision, ..Found::default() });
        Self { id, request, bytes, found, at_work: tokio::sync::Mutex::default() }
    }

    /// What became of it, as far as it is known.
    pub(super) fn found(&self) -> Found {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Found)) {
        change(&mut self.found.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Collects the decision, while there is none.
    pub(super) async fn look(&self, opened: &Opened, now_secs: u64) {
        let (_alone, is_first) = alone(&self.at_work).await;
        if is_first {
            self.look_alone(opened, now_secs).await;
        }
    }

    /// As [`Case::look`], for somebody who opens it: what was agreed to meanwhile is fetched at once.
    pub(super) async fn open(&self, known: &Arc<Known>, now_secs: u64) {
        // What came so far is shown, without a wait for the rest.
        if self.found().is_fetching() {
            return;
        }
        // Pages go on waiting after they were shown: whoever waits for another's look does not look once more after it.
        let (_alone, is_first) = alone(&self.at_work).await;
        if is_first {
            self.look_alone(&known.opened, now_secs).await;
        }
        if self.found().is_news {
            self.fetch_alone(known).await;
        }
    }

    async fn look_alone(&self, opened: &Opened, now_secs: u64) {
        let found = self.found();
        if found.decision != Decision::Waiting || now_secs < found.looked_secs.saturating_add(LOOK_AGAIN_SECS) {
            return;
        }
        let collected = collect_and_keep(opened, &self.id).await;
        let agreed = collected.as_ref().is_ok_and(|collected| !collected.grants.is_empty());
        self.change(|found| {
            found.looked_secs = now_secs;
            match collected {
                Ok(collected) if !agreed && collected.denied == 0 => found.trouble = None,
                Ok(_) => {
                    found.decision = if agreed { Decision::Agreed } else { Decision::Denied };
                    (found.is_news, found.trouble) = (agreed, None);
                }
                Err(failure) => found.trouble = Some(failure.into()),
            }
        });
    }

    /// Fetches what is granted.
    pub(super) async fn fetch(&self, known: &Arc<Known>) {
        let _alone = self.at_work.lock().await;
        self.fetch_alone(known).await;
    }

    /// All holders at once; what one brings is there at once, however long another takes.
    async fn fetch_alone(&self, known: &Arc<Known>) {
        let calls = calls_for(&known.opened.kept, &self.id);
        self.change(|found| {
            found.is_news = false;
            // What was there before may count no longer: it is not shown as if it had just come.
            (found.fetched, found.trouble) = match &calls {
                Ok(calls) => (calls.iter().flat_map(HolderCall::asked).collect(), None),
                Err(failure) => (Vec::new(), Some(failure.clone())),
            };
        });
        let mut running = JoinSet::new();
        let mut place = 0;
        for call in calls.unwrap_or_default() {
            let (first, known) = (place, Arc::clone(known));
            place += call.items.len();
            running.spawn(async move { (first, call.fetch(&known.opened).await) });
        }
        let mut trouble = None;
        while let Some(ended) = running.join_next().await {
            match ended {
                Ok((first, Ok(fetched))) => self.change(|found| found.put(first, fetched)),
                Ok((_, Err(failure))) => trouble = Some(failure),
                Err(broken) => trouble = Some(Failure::internal("a fetch broke off", broken)),
            }
        }
        // Without its evidence nothing is shown.
        if let Some(failure) = trouble {
            self.change(|found| (found.fetched, found.trouble) = (Vec::new(), Some(failure.into())));
        }
    }

    /// When its consents have ended, if it was answered at the last moment.
    fn ended_secs(&self) -> u64 {
        self.request.expires.saturating_add(self.request.validity_secs)
    }
}

/// Waits until nobody else is at work; whether nobody was.
async fn alone(at_work: &tokio::sync::Mutex<()>) -> (MutexGuard<'_, ()>, bool) {
    match at_work.try_lock() {
        Ok(alone) => (alone, true),
        Err(_) => (at_work.lock().await, false),
    }
}

/// What is fetched from one holder for one purpose.
struct HolderCall {
    purpose: Purpose,
    items: Vec<FetchItem>,
}

/// One call to each holder and for each purpose.
fn calls_for(kept: &Kept, request: &ObjectId) -> Result<Vec<HolderCall>, Trouble> {
    let grants = granted_on(kept, request)?;
    let items = grants.into_iter().map(|grant| FetchItem { wanted: grant.everything(), grant }).collect();
    let mut calls = Vec::new();
    for (purpose, items) in by_purpose(items, None)? {
        let mut holders: BTreeMap<Principal, Vec<FetchItem>> = BTreeMap::new();
        for item in items {
            holders.entry(item.grant.holder()).or_default().push(item);
        }
        calls.extend(holders.into_values().map(|items| HolderCall { purpose: purpose.clone(), items }));
    }
    Ok(calls)
}

impl HolderCall {
    fn asked(&self) -> impl Iterator<Item = Fetched> {
        let asked = |item: &FetchItem| Fetched {
            holder: item.grant.holder(),
            brought: Brought::Asked,
            receipt: None,
            way: None,
        };
        self.items.iter().map(asked)
    }

    async fn fetch(self, opened: &Opened) -> Result<Vec<Fetched>, Failure> {
        let grants: Vec<HeldGrant> = self.items.iter().map(|item| item.grant.clone()).collect();
        let outcome = fetch_and_keep(opened, self.items, &self.purpose).await?;
        Ok(grants.iter().zip(&outcome.items).map(|(grant, item)| Fetched::of(grant, item, &outcome)).collect())
    }
}

fn granted_on(kept: &Kept, request: &ObjectId) -> Result<Vec<HeldGrant>, Failure> {
    let chains = kept.chains()?.into_iter();
    Ok(chains.filter(|(chain, _)| chain.request.as_ref() == Some(request)).map(|(_, held)| held).collect())
}

impl Fetched {
    fn of(grant: &HeldGrant, item: &ItemOutcome, outcome: &FetchOutcome) -> Self {
        let (holder, leaf) = (grant.holder(), grant.ids().last().copied());
        let away = || {
            let failure = outcome.failures.iter().find(|failure| failure.holder == holder);
            let told = |failure: &HolderFailure| Trouble {
                code: failure.error.code().to_owned(),
                message: failure.error.to_string(),
            };
            failure.map_or(Trouble { code: "unanswered".to_owned(), message: String::new() }, told)
        };
        let brought = match item {
            ItemOutcome::Released(data) => Brought::Released(data.clone()),
            ItemOutcome::Refused(outward) => Brought::Refused(*outward),
            ItemOutcome::Unanswered => Brought::Away(away()),
        };
        // A grant that the holder did not have yet was in two calls; the second receipt is about what came.
        let mut receipts = outcome.receipts.iter().rev();
        let receipt = receipts
            .find(|receipt| receipt.issuer == holder && receipt.items.iter().any(|item| Some(item.leaf) == leaf));
        let carried = outcome.carried.iter().rev().find(|carried| carried.holder == holder);
        Self {
            holder,
            brought,
            receipt: receipt.map(|receipt| KeptReceipt { id: receipt.id(), issued_secs: receipt.issued }),
            way: carried.map(|carried| carried.by.way.name()),
        }
    }
}

/// All requests made here.
pub(super) struct Cases {
    folder: PathBuf,
    all: RwLock<BTreeMap<ObjectId, Arc<Case>>>,
}

impl Cases {
    /// Reads those that were made before. Those go whose consents have ended.
    pub(super) fn open(kept: &Kept, now_secs: u64) -> Result<Self, Failure> {
        let folder = kept.dir.join(FOLDER);
        folder::make_unless_there(&folder)?;
        let failed = |source| Failure::internal("the folder of requests cannot be read", source);
        let agreed: BTreeSet<ObjectId> = kept.chains()?.into_iter().filter_map(|(chain, _)| chain.request).collect();
        let mut all = BTreeMap::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let bytes = fs::read(&path).map_err(failed)?;
            // One that was not written to its end.
            let Ok(signed) = Signed::<AccessRequest>::decode(&bytes) else { continue };
            let id = signed.id();
            let decision = if agreed.contains(&id) { Decision::Agreed } else { Decision::Waiting };
            let case = Case::new(id, signed.unverified().clone(), bytes, decision);
            if case.ended_secs() <= now_secs {
                fs::remove_file(&path).map_err(failed)?;
                continue;
            }
            all.insert(id, Arc::new(case));
        }
        Ok(Self { folder, all: RwLock::new(all) })
    }

    /// Whether one more may be made.
    pub(super) fn have_room(&self) -> bool {
        self.all.read().unwrap_or_else(PoisonError::into_inner).len() < MAX_CASES
    }

    /// Remembers one that is being made.
    pub(super) fn add(&self, signed: &Verified<AccessRequest>) -> Result<(), Failure> {
        let (id, bytes) = (signed.id(), signed.bytes().to_vec());
        folder::write(&self.folder.join(format!("{id}.cose")), &bytes)?;
        let case = Case::new(id, AccessRequest::clone(signed), bytes, Decision::Waiting);
        self.all.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::new(case));
        Ok(())
    }

    /// The one with this id.
    pub(super) fn get(&self, id: &ObjectId) -> Option<Arc<Case>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// All, the newest first.
    pub(super) fn newest_first(&self) -> Vec<Arc<Case>> {
        let mut all: Vec<_> = self.all.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        all.sort_by_key(|case| std::cmp::Reverse(case.request.issued));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page that is loaded again and again while the node hangs must not leave a look behind for each time.
    #[tokio::test]
    async fn whoever_waited_for_another_need_not_do_it_again() {
        let at_work = tokio::sync::Mutex::default();
        let (first, is_first) = alone(&at_work).await;
        assert!(is_first);
        let waits = async { alone(&at_work).await.1 };
        let leaves = async { drop(first) };
        assert_eq!(tokio::join!(biased; waits, leaves), (false, ()));
        assert!(alone(&at_work).await.1);
    }
}
