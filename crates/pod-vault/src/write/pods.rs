//! Finding and making pods within a batch.

use std::sync::Arc;

use pod_crypto::{AeadKey, random_array};
use pod_protocol::ids::PodId;

use super::WriteBatch;
use crate::fault::VaultFault;
use crate::pod_keys::{self, PodKeys};
use crate::tables::{FORMAT, IDENTITIES, PODS};
use crate::vault::SmallContext;

impl WriteBatch<'_> {
    /// The pod of the person with this identity code (valid, in capitals, without white space); made, if there is none.
    ///
    /// # Errors
    /// [`VaultFault`].
    pub fn pod(&mut self, identity_code: &str) -> Result<PodId, VaultFault> {
        let tag = self.vault.keys.identity_tag(identity_code);
        if let Some(pod) = self.found.get(&tag) {
            return Ok(*pod);
        }
        let pod = match self.vault.find(identity_code)? {
            Some(pod) => pod,
            None => {
                let random = &*self.vault.random;
                let pod = PodId::new(random_array(random));
                let (keys, row) = pod_keys::create(&self.vault.keys, random, &pod, tag, self.now_secs);
                self.batch.require_absent(IDENTITIES, tag).require_absent(PODS, pod.as_bytes());
                self.batch.put(IDENTITIES, tag, [&[FORMAT][..], pod.as_bytes()].concat());
                self.batch.put(PODS, pod.as_bytes(), row);
                self.keys.insert(pod, Arc::new(keys));
                self.did.pods_created.push(pod);
                pod
            }
        };
        self.found.insert(tag, pod);
        Ok(pod)
    }

    /// As [`Vault::audit_key`](crate::Vault::audit_key), also for a pod that this batch makes: what is logged about a change
    /// can be durable before the change is.
    ///
    /// # Errors
    /// [`VaultFault::NoSuchPod`].
    pub fn audit_key(&mut self, pod: &PodId) -> Result<AeadKey, VaultFault> {
        Ok(self.keys_for_writing(pod)?.audit())
    }

    /// As [`Vault::seal_for_pod`](crate::Vault::seal_for_pod), also for a pod that this batch makes. Put the bytes into
    /// [`raw`](Self::raw).
    ///
    /// # Errors
    /// [`VaultFault::NoSuchPod`].
    pub fn seal_for_pod(&mut self, pod: &PodId, context: &str, plain: &[u8]) -> Result<Vec<u8>, VaultFault> {
        let keys = self.keys_for_writing(pod)?;
        Ok(self.vault.seal_small(&keys, pod, SmallContext::Callers(context), plain))
    }

    /// The keys of a pod to which this batch writes. The commit requires that the pod's row is still as it is now: nothing may
    /// be sealed for a pod that was erased meanwhile.
    pub(super) fn keys_for_writing(&mut self, pod: &PodId) -> Result<Arc<PodKeys>, VaultFault> {
        if let Some(keys) = self.keys.get(pod) {
            return Ok(Arc::clone(keys));
        }
        let row = self.vault.pod_row(pod)?;
        let keys = self.vault.keys_of(pod)?;
        self.batch.require_equal(PODS, pod.as_bytes(), row);
        self.keys.insert(*pod, Arc::clone(&keys));
        Ok(keys)
    }
}
