//! Erasing a pod: its keys go, and with them what they sealed.
//!
//! Deleting a row leaves its bytes in the store's file until the engine writes over them. The records that stay behind that way
//! open for nobody, for their key was destroyed. The pod's *wrapped* keys can stay behind in the same way, and the node's
//! key-encryption key would still open those: they are gone for good when that key is retired
//! ([`NodeKeys::rotate`](crate::NodeKeys::rotate), rewrap, [`NodeKeys::retire_old`](crate::NodeKeys::retire_old)).

use pod_protocol::ids::PodId;
use pod_store::{Batch, StoreError};

use crate::fault::VaultFault;
use crate::limits::ROWS_AT_A_TIME;
use crate::pod_keys;
use crate::tables::{GUARDIANSHIPS, IDENTITIES, NON_DISCLOSURE, PODS, RECORDS, WARDS, ward_key};
use crate::vault::Vault;

/// What erasing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Whether the pod had keys until now.
    pub existed: bool,
    /// Rows of records that were removed.
    pub records: usize,
}

impl Vault {
    /// Destroys a pod's keys, then removes its rows. The first step is atomic; after a crash between the two the rest lies
    /// about unopenable, and erasing again removes it. What callers keep of the pod in their own tables is theirs to remove.
    ///
    /// # Errors
    /// [`VaultFault`]; a conflict ([`VaultFault::is_conflict`]) when the pod was written to meanwhile: call again.
    pub fn erase(&self, pod: &PodId) -> Result<Erased, VaultFault> {
        let existed = match self.pod_row(pod) {
            Ok(row) => self.destroy_keys(pod, row).map(|()| true)?,
            Err(VaultFault::NoSuchPod { .. }) => false,
            Err(fault) => return Err(fault),
        };
        self.cache.forget(pod);
        Ok(Erased { existed, records: self.remove_records(pod)? })
    }

    fn destroy_keys(&self, pod: &PodId, row: Vec<u8>) -> Result<(), VaultFault> {
        let mut batch = Batch::new();
        batch.delete(PODS, pod.as_bytes());
        batch.delete(IDENTITIES, pod_keys::identity_in(&row)?);
        batch.delete(NON_DISCLOSURE, pod.as_bytes()).delete(GUARDIANSHIPS, pod.as_bytes());
        // A pod that does not open can be erased too. Its guardians' index then stays, and leads nowhere.
        let guardianship = self.keys_of(pod).and_then(|keys| self.guardianship(&keys, pod));
        match guardianship {
            Ok((Some(guardianship), _)) => {
                for guardian in &guardianship.guardians {
                    batch.delete(WARDS, ward_key(guardian, pod));
                }
            }
            Err(VaultFault::Store(error)) => return Err(error.into()),
            Ok((None, _)) | Err(_) => {}
        }
        batch.require_equal(PODS, pod.as_bytes(), row);
        Ok(self.commit(batch)?)
    }

    /// Nobody adds records any more: writers require the pod's keys.
    fn remove_records(&self, pod: &PodId) -> Result<usize, StoreError> {
        let mut removed = 0;
        loop {
            let rows = self.store.prefix(RECORDS, pod.as_bytes(), ROWS_AT_A_TIME)?;
            if rows.is_empty() {
                return Ok(removed);
            }
            removed += rows.len();
            let mut batch = Batch::new();
            for (key, _) in rows {
                batch.delete(RECORDS, key);
            }
            self.commit(batch)?;
        }
    }
}
