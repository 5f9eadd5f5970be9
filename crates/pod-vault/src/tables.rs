//! The vault's tables in the store, and how their keys are made. All of it is part of the format on disk.
//!
//! | table | key | value |
//! |---|---|---|
//! | `vault:meta` | a name | what belongs to the whole vault |
//! | `vault:identities` | HMAC of an identity code (32) | 1, pod (16) |
//! | `vault:pods` | pod (16) | 1, id of the key-encryption key (8), created (8), identity HMAC (32), sealed keys |
//! | `vault:records` | pod (16), type, 0, slot (16) | 1, version (8), digest (32), sealed record |
//! | `vault:guardianships` | child's pod (16) | 1, sealed birth date and guardians |
//! | `vault:wards` | another HMAC of the guardian's identity code (32), child's pod (16) | 1 |
//! | `vault:non-disclosure` | pod (16) | 1, sealed yes or no |
//!
//! The leading 1 is the row's format. Numbers are big-endian. A slot stands for a record id (a MAC under the pod's key).

use pod_protocol::field::RecordType;
use pod_protocol::ids::PodId;
use pod_store::Table;

use crate::fault::VaultFault;

pub(crate) const META: Table = Table("vault:meta");
pub(crate) const IDENTITIES: Table = Table("vault:identities");
pub(crate) const PODS: Table = Table("vault:pods");
pub(crate) const RECORDS: Table = Table("vault:records");
pub(crate) const GUARDIANSHIPS: Table = Table("vault:guardianships");
pub(crate) const WARDS: Table = Table("vault:wards");
pub(crate) const NON_DISCLOSURE: Table = Table("vault:non-disclosure");

/// The format of every row of this release.
pub(crate) const FORMAT: u8 = 1;

/// What stands for a record id in keys.
pub(crate) type Slot = [u8; 16];

/// What stands for an identity code: an HMAC under the node's key.
pub(crate) type IdentityTag = [u8; 32];

/// The vault's tables, to be given to [`pod_store::open`].
#[must_use]
pub fn tables() -> [Table; 7] {
    [META, IDENTITIES, PODS, RECORDS, GUARDIANSHIPS, WARDS, NON_DISCLOSURE]
}

/// What the keys of all records of one type in a pod begin with. A type's name holds no zero byte, so none begins another.
pub(crate) fn type_prefix(pod: &PodId, record_type: &RecordType) -> Vec<u8> {
    let name = record_type.as_str().as_bytes();
    let mut key = Vec::with_capacity(16 + name.len() + 1 + 16);
    key.extend_from_slice(pod.as_bytes());
    key.extend_from_slice(name);
    key.push(0);
    key
}

/// The key of one record.
pub(crate) fn record_key(pod: &PodId, record_type: &RecordType, slot: &Slot) -> Vec<u8> {
    let mut key = type_prefix(pod, record_type);
    key.extend_from_slice(slot);
    key
}

/// The type and the slot in the key of a record.
pub(crate) fn read_record_key(key: &[u8]) -> Result<(RecordType, Slot), VaultFault> {
    let wrong = || VaultFault::Row { table: RECORDS.0 };
    let (_, rest) = key.split_first_chunk::<16>().ok_or_else(wrong)?;
    let (name, slot) = rest.split_last_chunk::<16>().ok_or_else(wrong)?;
    let name = name.strip_suffix(&[0]).and_then(|name| std::str::from_utf8(name).ok()).ok_or_else(wrong)?;
    Ok((name.parse().map_err(|_| wrong())?, *slot))
}

/// The key by which a guardian's login finds a child.
pub(crate) fn ward_key(guardian: &IdentityTag, child: &PodId) -> Vec<u8> {
    [&guardian[..], child.as_bytes()].concat()
}

/// A pod's id as it stands in a row.
pub(crate) fn read_pod(bytes: &[u8], table: Table) -> Result<PodId, VaultFault> {
    bytes.try_into().map(PodId::new).map_err(|_| VaultFault::Row { table: table.0 })
}

/// The rest of a row behind its format.
pub(crate) fn behind_format(row: &[u8], table: Table) -> Result<&[u8], VaultFault> {
    match row.split_first() {
        Some((&FORMAT, rest)) => Ok(rest),
        _ => Err(VaultFault::Row { table: table.0 }),
    }
}
