//! The vault itself: opening it, finding pods, and what other parts seal with a pod's keys.

use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use pod_crypto::{AeadKey, Random, Zeroizing, equal};
use pod_protocol::ids::PodId;
use pod_store::{Batch, Store, StoreError, Table};

use crate::fault::{VaultError, VaultFault};
use crate::key_cache::KeyCache;
use crate::node_keys::NodeKeys;
use crate::pod_keys::{self, PodKeys};
use crate::rewrap;
use crate::tables::{FORMAT, IDENTITIES, META, PODS, behind_format, read_pod};

/// Where [`META`] keeps the fingerprint of the keys that never change.
const FINGERPRINT: &[u8] = b"node-keys";

/// Everything that one node holds of people, sealed. All methods block; share it in an [`Arc`].
pub struct Vault {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) keys: NodeKeys,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) cache: KeyCache,
}

/// For whom a small thing is sealed: the contexts of callers never meet the vault's own.
#[derive(Clone, Copy)]
pub(crate) enum SmallContext<'a> {
    /// A table of the vault; its row for the pod.
    Own(Table),
    /// What a caller named.
    Callers(&'a str),
}

impl SmallContext<'_> {
    fn additional_data(self, pod: &PodId) -> Vec<u8> {
        let (whose, name): (&[u8], &str) = match self {
            Self::Own(table) => (b"vault\0", table.0),
            Self::Callers(name) => (b"caller\0", name),
        };
        [b"aitta small thing 1\0", &pod.as_bytes()[..], whose, name.as_bytes()].concat()
    }
}

impl Vault {
    /// Opens the vault in a store that was opened with [`tables`](crate::tables()), or makes it there.
    ///
    /// # Errors
    /// [`VaultError`]: keys that are not this store's are refused, because with them everybody would seem to be new.
    pub fn open(store: Arc<dyn Store>, keys: NodeKeys, random: Arc<dyn Random>) -> Result<Self, VaultError> {
        let fingerprint = [&[FORMAT][..], &keys.fingerprint()].concat();
        match store.get(META, FINGERPRINT)? {
            None => {
                let mut batch = Batch::new();
                batch.require_absent(META, FINGERPRINT).put(META, FINGERPRINT, fingerprint);
                store.commit(batch)?;
            }
            Some(found) if found.first() != Some(&FORMAT) => return Err(VaultError::UnknownFormat),
            Some(found) if !equal(&found, &fingerprint) => return Err(VaultError::OtherKeys),
            Some(_) => {}
        }
        rewrap::check_seal_keys(&*store, &keys)?;
        Ok(Self { store, keys, random, cache: KeyCache::default() })
    }

    /// The pod of the person with this identity code (valid, in capitals, without white space).
    ///
    /// # Errors
    /// [`VaultFault`].
    pub fn find(&self, identity_code: &str) -> Result<Option<PodId>, VaultFault> {
        let tag = self.keys.identity_tag(identity_code);
        let Some(row) = self.store.get(IDENTITIES, &tag)? else { return Ok(None) };
        let pod = read_pod(behind_format(&row, IDENTITIES)?, IDENTITIES)?;
        // The row itself is not sealed. What the pod's keys are bound to says whose it really is.
        match self.keys_of(&pod) {
            Ok(keys) if keys.identity == tag => Ok(Some(pod)),
            Ok(_) => Err(VaultFault::DoesNotOpen { table: IDENTITIES.0 }),
            // Erased between the two reads.
            Err(VaultFault::NoSuchPod { .. }) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Whether there is such a pod.
    ///
    /// # Errors
    /// [`VaultFault::Store`].
    pub fn has(&self, pod: &PodId) -> Result<bool, VaultFault> {
        Ok(self.store.get(PODS, pod.as_bytes())?.is_some())
    }

    /// At most `limit` pods in the order of their ids, from the one behind `after` on.
    ///
    /// # Errors
    /// [`VaultFault`].
    pub fn pods(&self, after: Option<&PodId>, limit: usize) -> Result<Vec<PodId>, VaultFault> {
        let from = after.map_or(Bound::Unbounded, |pod| Bound::Excluded(&pod.as_bytes()[..]));
        let rows = self.store.range(PODS, from, Bound::Unbounded, limit)?;
        rows.iter().map(|(key, _)| read_pod(key, PODS)).collect()
    }

    /// How many pods there are.
    ///
    /// # Errors
    /// [`VaultFault::Store`].
    pub fn pod_count(&self) -> Result<u64, VaultFault> {
        Ok(self.store.count(PODS)?)
    }

    /// How many pods' keys are at hand, for metrics: at most [`MAX_CACHED_POD_KEYS`](crate::MAX_CACHED_POD_KEYS).
    #[must_use]
    pub fn cached_pod_keys(&self) -> usize {
        self.cache.len()
    }

    /// The key under which the personal part of the log's entries about this pod is sealed.
    ///
    /// # Errors
    /// [`VaultFault::NoSuchPod`] also for erased pods: what the log says of them stays sealed.
    pub fn audit_key(&self, pod: &PodId) -> Result<AeadKey, VaultFault> {
        Ok(self.keys_of(pod)?.audit())
    }

    /// What stands for a pod in the open part of the log. Also for pods that do not exist (any more).
    #[must_use]
    pub fn audit_tag(&self, pod: &PodId) -> [u8; 16] {
        self.keys.pod_tag(pod)
    }

    /// Seals something small that belongs to a pod, for the caller to store. It opens for the same pod and context alone.
    ///
    /// # Errors
    /// [`VaultFault`].
    pub fn seal_for_pod(&self, pod: &PodId, context: &str, plain: &[u8]) -> Result<Vec<u8>, VaultFault> {
        Ok(self.seal_small(&*self.keys_of(pod)?, pod, SmallContext::Callers(context), plain))
    }

    /// Opens what [`Vault::seal_for_pod`] sealed.
    ///
    /// # Errors
    /// [`VaultFault::DoesNotOpen`] when it was changed, or sealed for another pod or context.
    pub fn open_for_pod(&self, pod: &PodId, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultFault> {
        let keys = self.keys_of(pod)?;
        let data = SmallContext::Callers(context).additional_data(pod);
        keys.small.open(&data, sealed).map_err(|_| VaultFault::DoesNotOpen { table: "the caller's" })
    }

    /// The keys of a pod.
    pub(crate) fn keys_of(&self, pod: &PodId) -> Result<Arc<PodKeys>, VaultFault> {
        let epoch = match self.cache.get(pod) {
            Ok(keys) => return Ok(keys),
            Err(epoch) => epoch,
        };
        let row = self.pod_row(pod)?;
        let keys = Arc::new(pod_keys::open(&self.keys, pod, &row)?);
        self.cache.keep(pod, &keys, epoch);
        Ok(keys)
    }

    /// The row with a pod's sealed keys.
    pub(crate) fn pod_row(&self, pod: &PodId) -> Result<Vec<u8>, VaultFault> {
        self.store.get(PODS, pod.as_bytes())?.ok_or(VaultFault::NoSuchPod { pod: *pod })
    }

    pub(crate) fn seal_small(&self, keys: &PodKeys, pod: &PodId, context: SmallContext<'_>, plain: &[u8]) -> Vec<u8> {
        keys.small.seal(&*self.random, &context.additional_data(pod), plain)
    }

    /// A row of one of the vault's own tables of small things.
    pub(crate) fn seal_own(&self, keys: &PodKeys, pod: &PodId, table: Table, plain: &[u8]) -> Vec<u8> {
        let sealed = self.seal_small(keys, pod, SmallContext::Own(table), plain);
        [&[FORMAT][..], &sealed].concat()
    }

    /// Opens what [`Vault::seal_own`] made.
    pub(crate) fn open_own(
        keys: &PodKeys,
        pod: &PodId,
        table: Table,
        row: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultFault> {
        let data = SmallContext::Own(table).additional_data(pod);
        let opened = keys.small.open(&data, behind_format(row, table)?);
        opened.map_err(|_| VaultFault::DoesNotOpen { table: table.0 })
    }

    /// Commits a batch of the vault's own.
    pub(crate) fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        if batch.is_empty() { Ok(()) } else { self.store.commit(batch) }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("store", &self.store).field("keys", &self.keys).finish_non_exhaustive()
    }
}
