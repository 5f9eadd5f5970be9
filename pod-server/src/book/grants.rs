//! Grants: deposited by wallets, or sent along with a call; checked once, then shared between requests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pod_protocol::chain::SharedGrant;
use pod_protocol::grant::Grant;
use pod_protocol::ids::{GrantId, Kid, PodId};
use pod_protocol::registry::Registry;
use pod_protocol::standing::Standing;
use pod_protocol::{Refusal, Signed};
use pod_store::{Batch, Store};
use pod_vault::Vault;

use super::cache::Cache;
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

/// Reads and keeps grants.
#[derive(Debug)]
pub(crate) struct Grants {
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    cache: Cache<GrantId, SharedGrant>,
    /// Who keeps grants of a pod holds it here against others who do, so that what was counted is so when it is written.
    keeping: Releases,
}

impl Grants {
    pub(crate) fn new(store: Arc<dyn Store>, vault: Arc<Vault>) -> Self {
        Self { store, vault, cache: Cache::new(MAX_CACHED), keeping: Releases::new() }
    }

    /// The grant with this id, if it is on record. `signer` finds the key that its header names.
    pub(crate) fn get(&self, id: &GrantId, signer: &dyn GrantSigner) -> Result<Option<SharedGrant>, Fault> {
        if let Some(grant) = self.cache.get(id) {
            return Ok(Some(grant));
        }
        let Some(stored) = self.store.get(GRANTS, id.as_bytes())? else { return Ok(None) };
        let damaged = Fault::Damaged { what: "a grant" };
        let Some((pod, sealed)) = stored.split_first_chunk::<16>() else { return Err(damaged) };
        let bytes = self.vault.open_for_pod(&PodId::new(*pod), CONTEXT, sealed)?;
        let Ok(signed) = Signed::<Grant>::decode(&bytes) else { return Err(damaged) };
        // The key may have left the registry since: then the grant is as good as unknown.
        match signer.check(signed)? {
            Ok(grant) => {
                self.cache.put(*id, Arc::clone(&grant));
                Ok(Some(grant))
            }
            Err(_) => Ok(None),
        }
    }

    /// Whether a grant is on record.
    pub(crate) fn has(&self, id: &GrantId) -> Result<bool, Fault> {
        Ok(self.cache.get(id).is_some() || self.store.get(GRANTS, id.as_bytes())?.is_some())
    }

    /// Keeps a grant that a citizen deposits. Keeping it again changes nothing.
    pub(crate) fn keep(&self, grant: &SharedGrant, now_secs: u64) -> Result<(), Failure> {
        let left_out = self.keep_within(MAX_POD_GRANTS, vec![Arc::clone(grant)], now_secs)?;
        if left_out.is_empty() { Ok(()) } else { Err(Refusal::TooLarge.into()) }
    }

    /// Keeps grants that services sent along, in one step, and says for which of them their pods had no room.
    pub(crate) fn keep_carried(&self, grants: Vec<SharedGrant>, now_secs: u64) -> Result<BTreeSet<GrantId>, Fault> {
        self.keep_within(MAX_POD_GRANTS - KEPT_FOR_DEPOSITS, grants, now_secs)
    }

    fn keep_within(&self, limit: usize, grants: Vec<SharedGrant>, now_secs: u64) -> Result<BTreeSet<GrantId>, Fault> {
        let _keeping = self.keeping.change_blocking(grants.iter().map(|grant| &grant.subject));
        let mut fresh: BTreeMap<PodId, Vec<SharedGrant>> = BTreeMap::new();
        for grant in grants {
            if !self.has(&grant.id())? {
                fresh.entry(grant.subject).or_default().push(grant);
            }
        }
        let (mut left_out, mut batch) = (BTreeSet::new(), Batch::new());
        for (pod, grants) in &mut fresh {
            let room = self.make_room(pod, grants.len(), limit, now_secs)?;
            left_out.extend(grants.drain(room.min(grants.len())..).map(|grant| grant.id()));
            for grant in grants {
                let sealed = self.vault.seal_for_pod(pod, CONTEXT, grant.bytes())?;
                batch.put(GRANTS, grant.id().as_bytes(), [pod.as_bytes().as_slice(), &sealed].concat());
                batch.put(POD_GRANTS, pod_grant_key(pod, &grant.id()), [].as_slice());
            }
        }
        if !batch.is_empty() {
            self.store.commit(batch)?;
        }
        for grant in fresh.into_values().flatten() {
            self.cache.put(grant.id(), grant);
        }
        Ok(left_out)
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
                ended.push(id);
            }
        }
        if !batch.is_empty() {
            self.store.commit(batch)?;
        }
        ended.iter().for_each(|id| self.cache.forget(id));
        Ok(())
    }

    /// The signed grants over a pod.
    pub(crate) fn of_pod(&self, pod: &PodId) -> Result<Vec<(GrantId, Vec<u8>)>, Fault> {
        let damaged = || Fault::Damaged { what: "a grant" };
        let mut grants = Vec::new();
        for (key, _) in self.store.prefix(POD_GRANTS, pod.as_bytes(), MAX_POD_GRANTS)? {
            let id = key.get(16..).and_then(|id| <[u8; 32]>::try_from(id).ok()).ok_or_else(damaged)?;
            let stored = self.store.get(GRANTS, &id)?.ok_or_else(damaged)?;
            let sealed = stored.get(16..).ok_or_else(damaged)?;
            grants.push((GrantId::new(id), self.vault.open_for_pod(pod, CONTEXT, sealed)?.to_vec()));
        }
        Ok(grants)
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
fn root_key(standing: &Standing, kid: Kid) -> Option<pod_crypto::PublicKey> {
    let logs = standing.subject.iter().chain(standing.representatives.iter().map(|one| &one.keys));
    logs.flat_map(|keys| keys.devices())
        .map(|device| device.device.key)
        .find(|key| pod_protocol::ids::Thumbprint::of(key).kid() == kid)
}
