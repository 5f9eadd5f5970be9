//! Grants: deposited by wallets, or sent along with a call; checked once, then shared between requests.

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
}

impl Grants {
    pub(crate) fn new(store: Arc<dyn Store>, vault: Arc<Vault>) -> Self {
        Self { store, vault, cache: Cache::new(MAX_CACHED) }
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

    /// Whether a pod takes no more grants that services send along. Those that have ended make room first.
    pub(crate) fn is_full_for_carried(&self, pod: &PodId, now_secs: u64) -> Result<bool, Fault> {
        self.is_full(pod, MAX_POD_GRANTS - KEPT_FOR_DEPOSITS, now_secs)
    }

    fn is_full(&self, pod: &PodId, limit: usize, now_secs: u64) -> Result<bool, Fault> {
        let held = || Ok::<_, Fault>(self.store.prefix(POD_GRANTS, pod.as_bytes(), limit)?.len());
        if held()? < limit {
            return Ok(false);
        }
        self.forget_ended(pod, now_secs)?;
        Ok(held()? >= limit)
    }

    /// Takes a pod's grants that have ended off the record. A grant sent along again is refused as expired.
    fn forget_ended(&self, pod: &PodId, now_secs: u64) -> Result<(), Fault> {
        let mut batch = Batch::new();
        for (id, bytes) in self.of_pod(pod)? {
            let ended = Signed::<Grant>::decode(&bytes).is_ok_and(|grant| grant.unverified().expires <= now_secs);
            if ended {
                batch.delete(GRANTS, id.as_bytes());
                batch.delete(POD_GRANTS, [pod.as_bytes().as_slice(), id.as_bytes()].concat());
                self.cache.forget(&id);
            }
        }
        Ok(self.store.commit(batch)?)
    }

    /// Keeps a grant. Keeping it again changes nothing.
    pub(crate) fn keep(&self, grant: &SharedGrant, now_secs: u64) -> Result<(), Failure> {
        if self.is_full(&grant.subject, MAX_POD_GRANTS, now_secs)? {
            return Err(Refusal::TooLarge.into());
        }
        Ok(self.keep_all(std::slice::from_ref(grant))?)
    }

    /// Keeps grants in one step. The caller has seen that their pods are not full.
    pub(crate) fn keep_all(&self, grants: &[SharedGrant]) -> Result<(), Fault> {
        let mut batch = Batch::new();
        for grant in grants {
            let (pod, id) = (grant.subject, grant.id());
            let sealed = self.vault.seal_for_pod(&pod, CONTEXT, grant.bytes())?;
            batch.put(GRANTS, id.as_bytes(), [pod.as_bytes().as_slice(), &sealed].concat());
            batch.put(POD_GRANTS, [pod.as_bytes().as_slice(), id.as_bytes()].concat(), [].as_slice());
        }
        self.store.commit(batch)?;
        for grant in grants {
            self.cache.put(grant.id(), Arc::clone(grant));
        }
        Ok(())
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
