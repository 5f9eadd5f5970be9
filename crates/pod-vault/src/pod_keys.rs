//! A pod's own keys, and the row in which they lie sealed.

use pod_crypto::{AeadKey, Random, Secret32, Zeroizing, hkdf_sha256, hmac_sha256};
use pod_protocol::field::RecordType;
use pod_protocol::ids::PodId;

use crate::fault::VaultFault;
use crate::node_keys::{NodeKeys, SealKeyId, secret};
use crate::tables::{FORMAT, IdentityTag, PODS, Slot, behind_format};

/// The two secrets of a pod as they are sealed together: data, audit.
const SECRETS_BYTES: usize = 64;

/// A pod's keys, opened. Overwritten when dropped; there is no `Debug`.
pub(crate) struct PodKeys {
    /// Whose pod it is.
    pub(crate) identity: IdentityTag,
    /// Seals records.
    pub(crate) records: AeadKey,
    /// Seals small things, each under its context.
    pub(crate) small: AeadKey,
    /// Makes digests and slots.
    mac: Secret32,
    /// Seals the personal part of entries in the log. Random by itself, not derived: the log has a retention of its own.
    audit: Secret32,
}

impl PodKeys {
    /// The two secrets, taken apart into the keys that are used.
    fn from_secrets(data: &[u8], audit: Secret32, identity: IdentityTag) -> Self {
        let derive = |info: &[u8]| hkdf_sha256(data, &[], info);
        Self {
            identity,
            records: AeadKey::from_bytes(*derive(b"aitta pod records 1")),
            small: AeadKey::from_bytes(*derive(b"aitta pod small things 1")),
            mac: derive(b"aitta pod digests 1"),
            audit,
        }
    }

    /// The key for the personal part of the log's entries.
    pub(crate) fn audit(&self) -> AeadKey {
        AeadKey::from_bytes(*self.audit)
    }

    /// What stands for a record id in keys of rows.
    pub(crate) fn slot(&self, record_type: &RecordType, record_id: &str) -> Slot {
        let parts: [&[u8]; 4] = [b"slot\0", record_type.as_str().as_bytes(), b"\0", record_id.as_bytes()];
        let digest = hmac_sha256(&*self.mac, &parts);
        let mut slot = [0; 16];
        slot.copy_from_slice(digest.split_at(16).0);
        slot
    }

    /// The digest of a record's encoded fields, by which an unchanged row is recognised without opening it. It is keyed with
    /// what erasing destroys: no digest of what somebody had outlives them.
    pub(crate) fn digest(&self, fields: &[u8]) -> [u8; 32] {
        hmac_sha256(&*self.mac, &[b"fields\0", fields])
    }
}

/// Makes the keys of a new pod and its row.
pub(crate) fn create(
    node: &NodeKeys,
    random: &dyn Random,
    pod: &PodId,
    identity: IdentityTag,
    created_secs: u64,
) -> (PodKeys, Vec<u8>) {
    let (data, audit) = (secret(random), secret(random));
    let mut secrets = Zeroizing::new([0; SECRETS_BYTES]);
    let (first, second) = secrets.split_at_mut(32);
    first.copy_from_slice(&data[..]);
    second.copy_from_slice(&audit[..]);
    let row = PodRow { created_secs, identity }.seal(node, random, pod, &secrets);
    (PodKeys::from_secrets(&data[..], audit, identity), row)
}

/// What stands in a pod's row beside the sealed keys, and is bound to them.
struct PodRow {
    created_secs: u64,
    identity: IdentityTag,
}

impl PodRow {
    /// Binds the sealed keys to their pod and to the rest of the row.
    fn additional_data(&self, pod: &PodId) -> Vec<u8> {
        let parts: [&[u8]; 4] =
            [b"aitta pod keys 1\0", pod.as_bytes(), &self.created_secs.to_be_bytes(), &self.identity];
        parts.concat()
    }

    fn seal(&self, node: &NodeKeys, random: &dyn Random, pod: &PodId, secrets: &[u8; SECRETS_BYTES]) -> Vec<u8> {
        let (id, key) = node.sealing();
        let sealed = key.seal(random, &self.additional_data(pod), secrets);
        let parts: [&[u8]; 5] = [&[FORMAT], &id, &self.created_secs.to_be_bytes(), &self.identity, &sealed];
        parts.concat()
    }
}

/// A row taken apart.
fn read_row(row: &[u8]) -> Result<(SealKeyId, PodRow, &[u8]), VaultFault> {
    let wrong = || VaultFault::Row { table: PODS.0 };
    let rest = behind_format(row, PODS)?;
    let (id, rest) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
    let (created, rest) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
    let (identity, sealed) = rest.split_first_chunk::<32>().ok_or_else(wrong)?;
    Ok((*id, PodRow { created_secs: u64::from_be_bytes(*created), identity: *identity }, sealed))
}

/// Whose pod it is, from its row and without opening it: for erasing what no longer opens.
pub(crate) fn identity_in(row: &[u8]) -> Result<IdentityTag, VaultFault> {
    read_row(row).map(|(_, row, _)| row.identity)
}

fn open_secrets(
    node: &NodeKeys,
    pod: &PodId,
    row: &[u8],
) -> Result<(PodRow, Zeroizing<[u8; SECRETS_BYTES]>), VaultFault> {
    let (id, row, sealed) = read_row(row)?;
    let key = node.opening(id).ok_or(VaultFault::SealKeyMissing { pod: *pod })?;
    let plain = key.open(&row.additional_data(pod), sealed).map_err(|_| VaultFault::DoesNotOpen { table: PODS.0 })?;
    let secrets = plain.as_slice().try_into().map_err(|_| VaultFault::Row { table: PODS.0 })?;
    Ok((row, Zeroizing::new(secrets)))
}

/// Opens the keys in a pod's row.
pub(crate) fn open(node: &NodeKeys, pod: &PodId, row: &[u8]) -> Result<PodKeys, VaultFault> {
    let (row, secrets) = open_secrets(node, pod, row)?;
    let (data, audit_bytes) = secrets.split_at(32);
    let mut audit = Zeroizing::new([0; 32]);
    audit.copy_from_slice(audit_bytes);
    Ok(PodKeys::from_secrets(data, audit, row.identity))
}

/// The row sealed anew under the node's first key; `None` when it is already.
pub(crate) fn rewrap(
    node: &NodeKeys,
    random: &dyn Random,
    pod: &PodId,
    row: &[u8],
) -> Result<Option<Vec<u8>>, VaultFault> {
    if read_row(row)?.0 == node.sealing().0 {
        return Ok(None);
    }
    let (opened, secrets) = open_secrets(node, pod, row)?;
    Ok(Some(opened.seal(node, random, pod, &secrets)))
}
