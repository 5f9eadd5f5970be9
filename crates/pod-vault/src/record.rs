//! One record: its row, and what is sealed in it.
//!
//! `row = 1, version (8), digest (32), sealed`, and sealed is the deterministic CBOR of
//! `[record id, source, imported at, fields]`. The additional data are a label, the pod, the type with its length, the slot, the
//! version and the digest.

use pod_crypto::{Random, Zeroizing};
use pod_protocol::codec::{ANSWER_LIMITS, Cbor, decode, encode};
use pod_protocol::field::RecordType;
use pod_protocol::ids::PodId;
use pod_protocol::value::Value;

use crate::fault::VaultFault;
use crate::pod_keys::PodKeys;
use crate::tables::{FORMAT, RECORDS, Slot, behind_format};

/// The head of a CBOR array of four items.
const ARRAY_OF_FOUR: u8 = 0x84;

/// Where a record lies.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) pod: &'a PodId,
    pub(crate) record_type: &'a RecordType,
    pub(crate) slot: &'a Slot,
}

/// What a row says without being opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordHead {
    /// Counts the changes, from 1.
    pub(crate) version: u64,
    /// [`PodKeys::digest`] of the fields.
    pub(crate) digest: [u8; 32],
}

/// What is sealed beside the fields.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) record_id: &'a str,
    pub(crate) source: &'a str,
    pub(crate) imported_at_secs: u64,
}

/// A record, opened.
pub(crate) struct OpenRecord {
    pub(crate) version: u64,
    pub(crate) record_id: Zeroizing<String>,
    pub(crate) source: String,
    pub(crate) imported_at_secs: u64,
    pub(crate) fields: Zeroizing<Value>,
    /// Bytes that were sealed.
    pub(crate) bytes: usize,
}

/// What a record's sealed bytes are bound to.
fn additional_data(place: Place<'_>, head: &RecordHead) -> Vec<u8> {
    let name = place.record_type.as_str().as_bytes();
    // A name has at most 96 bytes.
    let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
    let mut data = Vec::with_capacity(16 + 16 + 1 + name.len() + 16 + 8 + 32);
    data.extend_from_slice(b"aitta record 1\0");
    data.extend_from_slice(place.pod.as_bytes());
    data.push(length);
    data.extend_from_slice(name);
    data.extend_from_slice(place.slot);
    data.extend_from_slice(&head.version.to_be_bytes());
    data.extend_from_slice(&head.digest);
    data
}

/// Seals encoded fields into a row for this place.
pub(crate) fn seal(
    keys: &PodKeys,
    random: &dyn Random,
    place: Place<'_>,
    head: &RecordHead,
    origin: Origin<'_>,
    fields: &[u8],
) -> Vec<u8> {
    let id = Zeroizing::new(encode(&Cbor::Text(origin.record_id.to_owned())));
    let source = encode(&Cbor::Text(origin.source.to_owned()));
    let imported_at = encode(&Cbor::from(origin.imported_at_secs));
    let length = 1 + id.len() + source.len() + imported_at.len() + fields.len();
    let mut plain = Zeroizing::new(Vec::with_capacity(length));
    plain.push(ARRAY_OF_FOUR);
    for part in [&id[..], &source, &imported_at, fields] {
        plain.extend_from_slice(part);
    }
    let sealed = keys.records.seal(random, &additional_data(place, head), &plain);
    let parts: [&[u8]; 4] = [&[FORMAT], &head.version.to_be_bytes(), &head.digest, &sealed];
    parts.concat()
}

/// A row taken apart: what it says, and what is sealed.
pub(crate) fn read_head(row: &[u8]) -> Result<(RecordHead, &[u8]), VaultFault> {
    let wrong = || VaultFault::Row { table: RECORDS.0 };
    let rest = behind_format(row, RECORDS)?;
    let (version, rest) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
    let (digest, sealed) = rest.split_first_chunk::<32>().ok_or_else(wrong)?;
    Ok((RecordHead { version: u64::from_be_bytes(*version), digest: *digest }, sealed))
}

/// Opens a row that lies at this place.
pub(crate) fn open(keys: &PodKeys, place: Place<'_>, row: &[u8]) -> Result<OpenRecord, VaultFault> {
    let wrong = || VaultFault::Row { table: RECORDS.0 };
    let (head, sealed) = read_head(row)?;
    let plain = keys
        .records
        .open(&additional_data(place, &head), sealed)
        .map_err(|_| VaultFault::DoesNotOpen { table: RECORDS.0 })?;
    let Cbor::Array(parts) = decode(&plain, ANSWER_LIMITS).map_err(|_| wrong())? else { return Err(wrong()) };
    let Ok([Cbor::Text(record_id), Cbor::Text(source), Cbor::Integer(imported_at), fields]) =
        <[Cbor; 4]>::try_from(parts)
    else {
        return Err(wrong());
    };
    let record_id = Zeroizing::new(record_id);
    let (Ok(imported_at_secs), Ok(fields)) = (u64::try_from(imported_at), Value::from_item(fields)) else {
        return Err(wrong());
    };
    Ok(OpenRecord {
        version: head.version,
        record_id,
        source,
        imported_at_secs,
        fields: Zeroizing::new(fields),
        bytes: plain.len(),
    })
}
