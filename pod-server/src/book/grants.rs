//! Grants: deposited by wallets, or sent along with a call; checked once, then shared between requests.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::Arc;

use pod_crypto::PublicKey;
use pod_protocol::chain::SharedGrant;
use pod_protocol::grant::Grant;
use pod_protocol::ids::{GrantId, Kid, PodId, Thumbprint};
use pod_protocol::key_event::KeyState;
use pod_protocol::registry::Registry;
use pod_protocol::standing::Standing;
use pod_protocol::{Refusal, Signed};
use pod_store::{Batch, Store};
use pod_vault::Vault;

use super::cache::Cache;
use super::early::EarlyRevocations;
use super::released::Released;
use crate::fault::{Failure, Fault};
use crate::releases::Releases;
use crate::tables::{GRANTS, POD_GRANTS};

/// Most grants in memory: about 1.5 kB each.
const MAX_CACHED: usize = 20_000;
/// Most grants of one pod; a citizen with more is no citizen.
pub(crate) const MAX_POD_GRANTS: usize = 2_000;
/// How many of them only the citizen can use up: whoever may pass a grant on must not be able to keep the citizen from granting.
const KEPT_FOR_DEPOSITS: usize = 500;
/// Binds sealed grants to their use.
const CONTEXT: &str = "grant";

/// A grant, and when this holder took it in: what it says of its own date, whoever has a stolen key can write.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) grant: SharedGrant,
    pub(crate) secs: u64,
}

/// Reads and keeps grants.
#[derive(Debug)]
pub(crate) struct Grants {
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    cache: Cache<GrantId, Taken>,
    early: Arc<EarlyRevocations>,
    released: Arc<Released>,
    /// Who keeps grants of a pod holds it here against others who do, so that what was counted is so when it is written.
    keeping: Releases,
}

impl Grants {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        vault: Arc<Vault>,
        early: Arc<EarlyRevocations>,
        released: Arc<Released>,
    ) -> Self {
        Self { store, vault, cache: Cache::new(MAX_CACHED), early, released, keeping: Releases::new() }
    }

    /// The grant with this id, if it is on record. `signer` finds the key that its header names.
    pub(crate) fn get(&self, id: &GrantId, signer: &dyn GrantSigner) -> Result<Option<Taken>, Fault> {
        if let Some(grant) = self.cache.get(id) {
            return Ok(Some(grant));
        }
        let Some(stored) = self.store.get(GRANTS, id.as_bytes())? else { return Ok(None) };
        let damaged = Fault::Damaged { what: "a grant" };
        let Some((pod, sealed)) = stored.split_first_chunk::<16>() else { return Err(damaged) };
        let pod = PodId::new(*pod);
        let bytes = self.vault.open_for_pod(&pod, CONTEXT, sealed)?;
        let Ok(signed) = Signed::<Grant>::decode(&bytes) else { return Err(damaged) };
        // The key may have left the registry since: then the grant is as good as unknown.
        match signer.check(signed)? {
            Ok(grant) => {
                let taken = Taken { grant, secs: self.taken_secs(&pod, id)? };
                self.cache.put(*id, taken.clone());
                Ok(Some(taken))
            }
            Err(_) => Ok(None),
        }
    }

    /// When a grant was taken in that is on record.
    fn taken_secs(&self, pod: &PodId, id: &GrantId) -> Result<u64, Fault> {
        let row = self.store.get(POD_GRANTS, &pod_grant_key(pod, id))?;
        // Taken off the record in this moment: it ended, and counts no more whenever it came.
        let Some(row) = row else { return Ok(u64::MAX) };
        match row.as_slice().try_into() {
            Ok(secs) => Ok(u64::from_be_bytes(secs)),
            // Of before this was noted.
            Err(_) if row.is_empty() => Ok(0),
            Err(_) => Err(Fault::Damaged { what: "a grant" }),
        }
    }

    /// The pod of a grant that is on record, whether or not its signer is still known.
    pub(crate) fn pod_of(&self, id: &GrantId) -> Result<Option<PodId>, Fault> {
        let Some(stored) = self.store.get(GRANTS, id.as_bytes())? else { return Ok(None) };
        let (pod, _) = stored.split_first_chunk::<16>().ok_or(Fault::Damaged { what: "a grant" })?;
        Ok(Some(PodId::new(*pod)))
    }

    /// Whether a grant is on record.
    pub(crate) fn has(&self, id: &GrantId) -> Result<bool, Fault> {
        Ok(self.cache.get(id).is_some() || self.store.get(GRANTS, id.as_bytes())?.is_some())
    }

    /// Keeps a grant that a citizen deposits. Keeping it again changes nothing.
    pub(crate) fn keep(&self, grant: ToKeep, now_secs: u64) -> Result<(), Failure> {
        let left_out = self.keep_within(MAX_POD_GRANTS, Refusal::TooLarge, vec![grant], now_secs)?;
        left_out.into_values().next().map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    /// Keeps grants that services sent along, in one step, and says which of them are left out, and why: their pods had no
    /// room ([`Refusal::Limit`]), or they were taken back before ([`Refusal::Revoked`]).
    pub(crate) fn keep_carried(&self, grants: Vec<ToKeep>, now_secs: u64) -> Result<BTreeMap<GrantId, Refusal>, Fault> {
        self.keep_within(MAX_POD_GRANTS - KEPT_FOR_DEPOSITS, Refusal::Limit, grants, now_secs)
    }

    fn keep_within(
        &self,
        limit: usize,
        full: Refusal,
        grants: Vec<ToKeep>,
        now_secs: u64,
    ) -> Result<BTreeMap<GrantId, Refusal>, Fault> {
        let _keeping = self.keeping.change_blocking(grants.iter().map(|one| &one.taken.grant.subject));
        let mut fresh: BTreeMap<PodId, Vec<ToKeep>> = BTreeMap::new();
        for one in grants {
            if !self.has(&one.id())? {
                fresh.entry(one.taken.grant.subject).or_default().push(one);
            }
        }
        let mut left_out = BTreeMap::new();
        loop {
            let mut batch = Batch::new();
            for (pod, grants) in &mut fresh {
                self.leave_out_revoked(grants, &mut left_out)?;
                let room = self.make_room(pod, grants.len(), limit, now_secs)?;
                left_out.extend(grants.drain(room.min(grants.len())..).map(|one| (one.id(), full)));
                self.put(&mut batch, pod, grants)?;
            }
            match self.commit(batch) {
                // One of them was taken back in between: it is found on the next round.
                Err(fault) if fault.is_conflict() => {}
                done => break done?,
            }
        }
        for one in fresh.into_values().flatten() {
            self.cache.put(one.taken.grant.id(), one.taken);
        }
        Ok(left_out)
    }

    /// Leaves those out that somebody took back who could.
    fn leave_out_revoked(
        &self,
        grants: &mut Vec<ToKeep>,
        left_out: &mut BTreeMap<GrantId, Refusal>,
    ) -> Result<(), Fault> {
        for one in mem::take(grants) {
            if self.early.takes_back(&one.revokers, &one.id())? {
                left_out.insert(one.id(), Refusal::Revoked);
            } else {
                grants.push(one);
            }
        }
        Ok(())
    }

    fn put(&self, batch: &mut Batch, pod: &PodId, grants: &[ToKeep]) -> Result<(), Fault> {
        for ToKeep { taken: Taken { grant, secs }, revokers } in grants {
            let sealed = self.vault.seal_for_pod(pod, CONTEXT, grant.bytes())?;
            EarlyRevocations::require_none(batch, revokers, &grant.id());
            batch.put(GRANTS, grant.id().as_bytes(), [pod.as_bytes().as_slice(), &sealed].concat());
            batch.put(POD_GRANTS, pod_grant_key(pod, &grant.id()), secs.to_be_bytes());
        }
        Ok(())
    }

    fn commit(&self, batch: Batch) -> Result<(), Fault> {
        if batch.is_empty() { Ok(()) } else { Ok(self.store.commit(batch)?) }
    }

    /// For how many more grants a pod has room, of so many wanted. Those that have ended make room first.
    fn make_room(&self, pod: &PodId, wanted: usize, limit: usize, now_secs: u64) -> Result<usize, Fault> {
        let room = || {
            let held = self.store.prefix(POD_GRANTS, pod.as_bytes(), limit)?.len();
            Ok::<_, Fault>(limit.saturating_sub(held))
        };
        match room()? {
            enough if enough >= wanted => Ok(enough),
            _ => {
                self.forget_ended(pod, now_secs)?;
                room()
            }
        }
    }

    /// Takes a pod's grants that have ended off the record. A grant sent along again is refused as expired.
    fn forget_ended(&self, pod: &PodId, now_secs: u64) -> Result<(), Fault> {
        let (mut ended, mut batch) = (Vec::new(), Batch::new());
        for (id, bytes) in self.of_pod(pod)? {
            if Signed::<Grant>::decode(&bytes).is_ok_and(|grant| grant.unverified().expires <= now_secs) {
                batch.delete(GRANTS, id.as_bytes());
                batch.delete(POD_GRANTS, pod_grant_key(pod, &id));
                self.released.forget(&mut batch, pod, &id)?;
                ended.push(id);
            }
        }
        self.commit(batch)?;
        ended.iter().for_each(|id| self.cache.forget(id));
        Ok(())
    }

    /// Which of these grants over a pod, all once on record, have not ended: those that are still on it.
    pub(crate) fn not_ended(
        &self,
        pod: &PodId,
        ids: &BTreeSet<GrantId>,
        now_secs: u64,
    ) -> Result<BTreeSet<GrantId>, Fault> {
        self.forget_ended(pod, now_secs)?;
        let mut left = BTreeSet::new();
        for id in ids {
            if self.pod_of(id)?.is_some() {
                left.insert(*id);
            }
        }
        Ok(left)
    }

    /// The signed grants over a pod.
    fn of_pod(&self, pod: &PodId) -> Result<Vec<(GrantId, Vec<u8>)>, Fault> {
        let signed = |id: GrantId| Ok(self.signed(pod, &id)?.map(|bytes| (id, bytes)));
        self.ids_of_pod(pod)?.into_iter().filter_map(|id| signed(id).transpose()).collect()
    }

    /// Which grants over a pod are on record.
    pub(crate) fn ids_of_pod(&self, pod: &PodId) -> Result<Vec<GrantId>, Fault> {
        let rows = self.store.prefix(POD_GRANTS, pod.as_bytes(), MAX_POD_GRANTS)?;
        let id = |key: &[u8]| key.get(16..).and_then(|id| <[u8; 32]>::try_from(id).ok()).map(GrantId::new);
        rows.iter().map(|(key, _)| id(key).ok_or(Fault::Damaged { what: "a grant" })).collect()
    }

    /// A grant over a pod as it was signed; none when it is not on record any more.
    pub(crate) fn signed(&self, pod: &PodId, id: &GrantId) -> Result<Option<Vec<u8>>, Fault> {
        let Some(stored) = self.store.get(GRANTS, id.as_bytes())? else { return Ok(None) };
        let sealed = stored.get(16..).ok_or(Fault::Damaged { what: "a grant" })?;
        Ok(Some(self.vault.open_for_pod(pod, CONTEXT, sealed)?.to_vec()))
    }
}

/// A grant that is to be kept.
#[derive(Debug)]
pub(crate) struct ToKeep {
    taken: Taken,
    /// The keys that may take it back.
    revokers: Vec<Kid>,
}

impl ToKeep {
    /// A grant that came now, with those above it, over a pod of this standing: whoever speaks for the pod now may take it back, and
    /// who signed it or one above it.
    pub(crate) fn new(grant: SharedGrant, above: &[SharedGrant], standing: &Standing, now_secs: u64) -> Self {
        let signers = above.iter().chain([&grant]).map(|link| link.thumbprint().kid());
        let speakers = key_logs(standing).filter(|keys| standing.speaker(&keys.principal(), now_secs).is_some());
        let revokers = signers.chain(speakers.flat_map(device_keys).map(|key| Thumbprint::of(&key).kid())).collect();
        Self { taken: Taken { grant, secs: now_secs }, revokers }
    }

    fn id(&self) -> GrantId {
        self.taken.grant.id()
    }
}

fn pod_grant_key(pod: &PodId, id: &GrantId) -> Vec<u8> {
    [pod.as_bytes().as_slice(), id.as_bytes()].concat()
}

/// Finds the key of a grant's header and checks the signature: the outer error is ours, the inner one the grant's.
pub(crate) trait GrantSigner {
    /// Checks one grant.
    fn check(&self, signed: Signed<Grant>) -> Result<Result<SharedGrant, Refusal>, Fault>;
}

/// Reads the standing of a pod.
pub(crate) type StandingOf<'a> = dyn Fn(&PodId) -> Result<Option<Arc<Standing>>, Fault> + 'a;

/// Looks for a root's key among those who speak for the pod, and for a delegated grant's key among registered services.
pub(crate) struct Signers<'a> {
    /// The registry.
    pub(crate) registry: &'a Registry,
    /// Reads the standing of a pod.
    pub(crate) standing: &'a StandingOf<'a>,
}

impl GrantSigner for Signers<'_> {
    fn check(&self, signed: Signed<Grant>) -> Result<Result<SharedGrant, Refusal>, Fault> {
        let claims = signed.unverified();
        let key = if claims.parent.is_some() {
            self.registry.service_by_kid(&signed.kid()).map(|service| *service.key)
        } else {
            let standing = (self.standing)(&claims.subject)?;
            standing.and_then(|standing| root_key(&standing, signed.kid()))
        };
        Ok(match key {
            Some(key) => signed.verify(&key).map(Arc::new),
            None => Err(Refusal::UnknownKey),
        })
    }
}

/// Any key that ever spoke for the pod: whether it counted for this grant is for the chain's rules.
fn root_key(standing: &Standing, kid: Kid) -> Option<PublicKey> {
    key_logs(standing).flat_map(device_keys).find(|key| Thumbprint::of(key).kid() == kid)
}

fn key_logs(standing: &Standing) -> impl Iterator<Item = &KeyState> {
    standing.subject.iter().chain(standing.representatives.iter().map(|one| &one.keys))
}

fn device_keys(keys: &KeyState) -> impl Iterator<Item = PublicKey> {
    keys.devices().iter().map(|device| device.device.key)
}
