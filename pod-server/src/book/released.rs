//! Which services had data, under which grants, and which names: so that those can be noticed whose grant is taken back.
//!
//! A row for each grant that was used, written before the first release under it leaves and when a name comes to it that was
//! not released before. So a service that fetches the same again costs a look into memory, and a revocation reads the rows of
//! one pod, never the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pod_protocol::chain::SharedGrant;
use pod_protocol::field::RecordType;
use pod_protocol::ids::{GrantId, Kid, PodId, Principal};
use pod_protocol::request::Wanted;
use pod_protocol::standing::Standing;
use pod_store::{Batch, Store};
use pod_vault::Vault;
use serde::{Deserialize, Serialize};

use super::cache::Cache;
use super::grants::MAX_POD_GRANTS;
use crate::fault::Fault;
use crate::tables::{RELEASED, RELEASED_BY_KEY};

/// Most rows in memory: a kilobyte each.
const MAX_CACHED: usize = 20_000;
/// Binds sealed rows to their use.
const CONTEXT: &str = "released";

/// One grant of a chain, as far as it says whether the chain still counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    id: GrantId,
    issuer: Principal,
    signer: Kid,
    issued: u64,
    /// When this holder took it in; 0 in rows of before this was noted.
    #[serde(default)]
    taken: u64,
    key_event: u64,
}

impl Link {
    /// From when it is certain that it had been signed.
    fn signed_by_secs(&self) -> u64 {
        self.issued.max(self.taken)
    }
}

/// What was released to whom under one grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// The service that fetched.
    pub(crate) service: Principal,
    /// Its organisation.
    pub(crate) organisation: Principal,
    /// The chain, the root first.
    links: Vec<Link>,
    /// What it was given, by record type.
    pub(crate) names: BTreeMap<RecordType, BTreeSet<String>>,
}

/// Why a chain counts no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ended {
    /// A grant in it was taken back.
    TakenBack,
    /// A key that signed a grant in it was revoked.
    KeyRevoked,
}

impl Row {
    /// Of a chain under which nothing was released yet, each grant with when this holder took it in.
    pub(crate) fn new<'a>(
        chain: impl IntoIterator<Item = (&'a SharedGrant, u64)>,
        service: Principal,
        organisation: Principal,
    ) -> Self {
        let link = |(grant, taken): (&SharedGrant, u64)| Link {
            id: grant.id(),
            issuer: grant.issuer,
            signer: grant.thumbprint().kid(),
            issued: grant.issued,
            taken,
            key_event: grant.key_event,
        };
        Self { service, organisation, links: chain.into_iter().map(link).collect(), names: BTreeMap::new() }
    }

    /// Adds what was released.
    pub(crate) fn add(&mut self, released: &[Wanted]) {
        for one in released {
            let names = self.names.entry(one.record_type.clone()).or_default();
            names.extend(one.names.iter().map(ToString::to_string));
        }
    }

    fn join(&mut self, other: Self) {
        for (record_type, names) in other.names {
            self.names.entry(record_type).or_default().extend(names);
        }
    }

    fn has(&self, service: &Principal, released: &[Wanted]) -> bool {
        self.service == *service
            && released.iter().all(|one| {
                let known = self.names.get(&one.record_type);
                known.is_some_and(|known| one.names.iter().all(|name| known.contains(name.as_str())))
            })
    }

    /// The keys of services that signed a link: all but the root's.
    fn delegators(&self) -> impl Iterator<Item = Kid> {
        self.links.iter().skip(1).map(|link| link.signer)
    }

    /// Why the chain counts no longer, as the pod stands; none when it does. That a guardian's time ended is no reason: what was
    /// fetched in it was theirs to give.
    pub(crate) fn ended(&self, standing: &Standing) -> Option<Ended> {
        let key_revoked = self.links.iter().any(|link| standing.is_key_revoked(link.signed_by_secs(), link.signer));
        let is_revoked = |link: &Link| standing.is_revoked(&link.id, link.issued, link.signed_by_secs(), link.signer);
        let taken_back = self.links.iter().any(is_revoked);
        if taken_back && !key_revoked {
            return Some(Ended::TakenBack);
        }
        let root_failed = self.links.first().is_some_and(|root| {
            let keys = key_logs(standing).find(|keys| keys.principal() == root.issuer);
            let signed_by_secs = root.signed_by_secs();
            keys.is_some_and(|keys| {
                keys.check_signer_at(root.signer, root.key_event, root.issued, signed_by_secs).is_err()
            })
        });
        (key_revoked || root_failed).then_some(Ended::KeyRevoked)
    }
}

fn key_logs(standing: &Standing) -> impl Iterator<Item = &pod_protocol::key_event::KeyState> {
    standing.subject.iter().chain(standing.representatives.iter().map(|one| &one.keys))
}

/// A row as it lies in the store.
#[derive(Debug)]
pub(crate) struct Stored {
    /// The last grant of the chain.
    pub(crate) leaf: GrantId,
    /// What it says.
    pub(crate) row: Row,
    sealed: Vec<u8>,
}

/// Reads and keeps rows.
#[derive(Debug)]
pub(crate) struct Released {
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    cache: Cache<GrantId, Arc<Row>>,
}

impl Released {
    pub(crate) fn new(store: Arc<dyn Store>, vault: Arc<Vault>) -> Self {
        Self { store, vault, cache: Cache::new(MAX_CACHED) }
    }

    /// Whether it is known to be on record, without a look at the disk, that this was released to this service.
    pub(crate) fn knows(&self, leaf: &GrantId, service: &Principal, released: &[Wanted]) -> bool {
        self.cache.get(leaf).is_some_and(|row| row.has(service, released))
    }

    /// Puts on record what is about to be released, durably. The pods are held, so that no revocation comes between.
    pub(crate) fn note(&self, fresh: &BTreeMap<(PodId, GrantId), Row>) -> Result<(), Fault> {
        loop {
            let (mut batch, mut rows) = (Batch::new(), Vec::with_capacity(fresh.len()));
            for ((pod, leaf), row) in fresh {
                let key = row_key(pod, leaf);
                let held = self.store.get(RELEASED, &key)?;
                let mut joined = row.clone();
                match &held {
                    None => batch.require_absent(RELEASED, key.as_slice()),
                    Some(sealed) => {
                        let known = self.open(pod, sealed)?;
                        let unchanged = known.clone();
                        joined.join(known);
                        if joined == unchanged {
                            rows.push((*leaf, joined));
                            continue;
                        }
                        batch.require_equal(RELEASED, key.as_slice(), sealed.as_slice())
                    }
                };
                let text = serde_json::to_vec(&joined).map_err(|_| Fault::Damaged { what: "a release" })?;
                for kid in joined.delegators() {
                    batch.put(RELEASED_BY_KEY, by_key(&kid, &key), [].as_slice());
                }
                batch.put(RELEASED, key, self.vault.seal_for_pod(pod, CONTEXT, &text)?);
                rows.push((*leaf, joined));
            }
            match if batch.is_empty() { Ok(()) } else { self.store.commit(batch).map_err(Fault::from) } {
                // Another fetch under the same grant was on its way.
                Err(fault) if fault.is_conflict() => {}
                Err(fault) => return Err(fault),
                Ok(()) => {
                    rows.into_iter().for_each(|(leaf, row)| self.cache.put(leaf, Arc::new(row)));
                    return Ok(());
                }
            }
        }
    }

    /// What was released of a pod: at most as many rows as it has grants.
    pub(crate) fn of_pod(&self, pod: &PodId) -> Result<Vec<Stored>, Fault> {
        let damaged = || Fault::Damaged { what: "a release" };
        let rows = self.store.prefix(RELEASED, pod.as_bytes(), MAX_POD_GRANTS)?;
        rows.into_iter()
            .map(|(key, sealed)| {
                let leaf = key.get(16..).and_then(|id| <[u8; 32]>::try_from(id).ok()).ok_or_else(damaged)?;
                Ok(Stored { leaf: GrantId::new(leaf), row: self.open(pod, &sealed)?, sealed })
            })
            .collect()
    }

    /// Some pods of which something was released in a chain where this key passed on, and behind which row the next are.
    pub(crate) fn pods_by_key(&self, kid: &Kid, after: Option<&[u8]>, limit: usize) -> Result<PodsByKey, Fault> {
        use std::ops::Bound;
        let end = pod_store::first_key_after(kid.as_bytes());
        let from = after.map_or(Bound::Included(kid.as_bytes().as_slice()), Bound::Excluded);
        let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.store.range(RELEASED_BY_KEY, from, to, limit)?;
        let damaged = || Fault::Damaged { what: "a release" };
        let pod = |key: &[u8]| key.get(16..32).and_then(|pod| <[u8; 16]>::try_from(pod).ok()).map(PodId::new);
        let pods = rows.iter().map(|(key, _)| pod(key).ok_or_else(damaged)).collect::<Result<_, _>>()?;
        Ok(PodsByKey { pods, next: rows.into_iter().last().map(|(key, _)| key) })
    }

    /// Takes a row off, when it still is what was read: the service is noticed in the same step.
    pub(crate) fn take(&self, batch: &mut Batch, pod: &PodId, stored: &Stored) {
        let key = row_key(pod, &stored.leaf);
        batch.require_equal(RELEASED, key.as_slice(), stored.sealed.as_slice());
        delete(batch, &key, &stored.row);
        self.cache.forget(&stored.leaf);
    }

    /// Takes the row of a grant off that has ended and goes off the record.
    pub(crate) fn forget(&self, batch: &mut Batch, pod: &PodId, leaf: &GrantId) -> Result<(), Fault> {
        let key = row_key(pod, leaf);
        if let Some(sealed) = self.store.get(RELEASED, &key)? {
            delete(batch, &key, &self.open(pod, &sealed)?);
            self.cache.forget(leaf);
        }
        Ok(())
    }

    fn open(&self, pod: &PodId, sealed: &[u8]) -> Result<Row, Fault> {
        let text = self.vault.open_for_pod(pod, CONTEXT, sealed)?;
        serde_json::from_slice(&text).map_err(|_| Fault::Damaged { what: "a release" })
    }
}

/// A page of pods, in the order of the store; one can stand on it more than once.
#[derive(Debug)]
pub(crate) struct PodsByKey {
    /// The pods.
    pub(crate) pods: BTreeSet<PodId>,
    /// The last row; none when there is no more.
    pub(crate) next: Option<Vec<u8>>,
}

fn delete(batch: &mut Batch, key: &[u8], row: &Row) {
    for kid in row.delegators() {
        batch.delete(RELEASED_BY_KEY, by_key(&kid, key));
    }
    batch.delete(RELEASED, key);
}

fn row_key(pod: &PodId, leaf: &GrantId) -> Vec<u8> {
    [pod.as_bytes().as_slice(), leaf.as_bytes()].concat()
}

fn by_key(kid: &Kid, row_key: &[u8]) -> Vec<u8> {
    [kid.as_bytes().as_slice(), row_key].concat()
}
