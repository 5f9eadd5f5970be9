//! Rotation of the node's key-encryption key: seals the pods' keys anew under the first one, some at a time.
//!
//! `vault:meta` says which key-encryption keys may still seal pods: one row for each, made before the first pod is sealed under
//! it and removed after none is any more. So a key that is retired too early is noticed when the node starts.

use std::fmt::Write as _;
use std::ops::Bound;

use pod_protocol::ids::PodId;
use pod_store::{Batch, Store};

use crate::fault::{VaultError, VaultFault};
use crate::limits::{MAX_REWRAPPED_AT_ONCE, MAX_SEAL_KEYS};
use crate::node_keys::{NodeKeys, SealKeyId};
use crate::pod_keys;
use crate::tables::{FORMAT, META, PODS, read_pod};
use crate::vault::Vault;

/// What the names of rows of [`META`] begin with that stand for a key in use.
const SEAL_KEY: &[u8] = b"seal-key:";
/// The row of [`META`] that says how far the rewrapping under a key has come: the key's id, the last pod.
const PROGRESS: &[u8] = b"rewrapping";

/// How far a rewrapping is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrapped {
    /// Pods that were looked at now.
    pub pods: usize,
    /// Those of them whose keys were sealed anew.
    pub rewrapped: usize,
    /// Whether every pod's keys are under the first key now, so that the others can be retired.
    pub is_finished: bool,
}

/// Refuses to open a vault that needs a key which is not there, and notes that the first one is in use. A rewrapping under
/// another key is forgotten: while that one is not the first, pods come under this one that it passed already.
pub(crate) fn check_seal_keys(store: &dyn Store, keys: &NodeKeys) -> Result<(), VaultError> {
    let (first, _) = keys.sealing();
    let mut is_noted = false;
    for id in noted(store)? {
        is_noted |= id[..] == first[..];
        let known = <SealKeyId>::try_from(&id[..]).is_ok_and(|id| keys.opening(id).is_some());
        if !known {
            return Err(VaultError::SealKeyMissing { id: hexadecimal(&id) });
        }
    }
    let mut batch = Batch::new();
    if !is_noted {
        batch.put(META, seal_key_row(&first), [FORMAT]);
    }
    if store.get(META, PROGRESS)?.is_some_and(|row| !row.starts_with(&progress_under(&first))) {
        batch.delete(META, PROGRESS);
    }
    if batch.is_empty() { Ok(()) } else { Ok(store.commit(batch)?) }
}

/// The ids of the keys that may seal pods.
fn noted(store: &dyn Store) -> Result<Vec<Vec<u8>>, pod_store::StoreError> {
    // A node that is not given back its old keys does not start, so there are never more than these.
    let rows = store.prefix(META, SEAL_KEY, MAX_SEAL_KEYS + 1)?;
    Ok(rows.into_iter().map(|(key, _)| key.get(SEAL_KEY.len()..).unwrap_or_default().to_vec()).collect())
}

fn seal_key_row(id: &[u8]) -> Vec<u8> {
    [SEAL_KEY, id].concat()
}

/// What the row [`PROGRESS`] begins with when the rewrapping is under this key.
fn progress_under(id: &SealKeyId) -> Vec<u8> {
    [&[FORMAT][..], id].concat()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().take(4).fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Vault {
    /// Seals the keys of the next `limit` pods (at most [`MAX_REWRAPPED_AT_ONCE`]) under the node's first key-encryption key, and notes how far it came: whoever
    /// calls again, also after a restart, goes on from there. Call until [`Rewrapped::is_finished`]. Records are not touched.
    ///
    /// # Errors
    /// [`VaultFault`]; a conflict ([`VaultFault::is_conflict`]) when a pod was erased meanwhile: call again.
    pub fn rewrap(&self, limit: usize) -> Result<Rewrapped, VaultFault> {
        let (first, _) = self.keys.sealing();
        let after = self.progress(&first)?;
        let from = after.as_ref().map_or(Bound::Unbounded, |pod| Bound::Excluded(&pod.as_bytes()[..]));
        let limit = limit.clamp(1, MAX_REWRAPPED_AT_ONCE);
        let rows = self.store.range(PODS, from, Bound::Unbounded, limit)?;
        let mut batch = Batch::new();
        let (mut rewrapped, mut last) = (0, None);
        for (key, row) in &rows {
            let pod = read_pod(key, PODS)?;
            if let Some(anew) = pod_keys::rewrap(&self.keys, &*self.random, &pod, row)? {
                batch.require_equal(PODS, &key[..], &row[..]).put(PODS, &key[..], anew);
                rewrapped += 1;
            }
            last = Some(pod);
        }
        let is_finished = rows.len() < limit;
        if is_finished {
            for id in noted(&*self.store)?.iter().filter(|id| id[..] != first[..]) {
                batch.delete(META, seal_key_row(id));
            }
            batch.delete(META, PROGRESS);
        } else if let Some(last) = last {
            batch.put(META, PROGRESS, [&progress_under(&first)[..], last.as_bytes()].concat());
        }
        self.commit(batch)?;
        Ok(Rewrapped { pods: rows.len(), rewrapped, is_finished })
    }

    /// The last pod that was rewrapped under the first key.
    fn progress(&self, first: &SealKeyId) -> Result<Option<PodId>, VaultFault> {
        let Some(row) = self.store.get(META, PROGRESS)? else { return Ok(None) };
        let pod = row.strip_prefix(&progress_under(first)[..]).ok_or(VaultFault::Row { table: META.0 })?;
        Ok(Some(read_pod(pod, META)?))
    }

    /// Whether every pod's keys are under the node's first key-encryption key.
    ///
    /// # Errors
    /// [`VaultFault::Store`].
    pub fn is_rewrapped(&self) -> Result<bool, VaultFault> {
        let (first, _) = self.keys.sealing();
        Ok(noted(&*self.store)?.iter().all(|id| id[..] == first[..]))
    }
}
