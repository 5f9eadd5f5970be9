//! What was opened: wiped when dropped, and let go only against the proof that it was recorded.

use std::collections::BTreeMap;
use std::fmt;

use pod_crypto::Zeroizing;
use pod_protocol::answer::data_digest;
use pod_protocol::field::RecordType;
use pod_protocol::path::ItemSelection;
use pod_protocol::request::Wanted;
use pod_protocol::value::Value;

/// Says that the audit entries of a disclosure are durable (invariant 1).
///
/// pod-server implements it once, for the type that only its step "record" can make; nobody else does. With it an answer
/// that leaves before it was recorded does not compile:
/// ```compile_fail,E0277
/// fn too_early(opened: pod_vault::OpenedFields) -> pod_crypto::Zeroizing<Vec<u8>> {
///     opened.release(&())
/// }
/// ```
pub trait ProofOfRecord {}

/// One item's fields, opened: exactly those that were selected.
///
/// There is no way to copy, print or serialise them:
/// ```compile_fail,E0308
/// fn copy(opened: &pod_vault::OpenedFields) -> pod_vault::OpenedFields {
///     opened.clone()
/// }
/// ```
/// ```
/// fn after_recording(opened: pod_vault::OpenedFields, proof: &impl pod_vault::ProofOfRecord) -> usize {
///     opened.release(proof).len()
/// }
/// ```
#[must_use = "opened for nothing: do not open what is not needed"]
pub struct OpenedFields {
    /// The deterministic encoding of `{type: [record, …], type?predicate: answer, …}`.
    data: Zeroizing<Vec<u8>>,
    names: Vec<Wanted>,
    records: usize,
}

impl OpenedFields {
    pub(crate) fn new(data: &Zeroizing<Value>, item: &ItemSelection, records: usize) -> Self {
        let names = match &**data {
            Value::Map(entries) => item.released(entries),
            _ => Vec::new(),
        };
        Self { data: Zeroizing::new(data.to_cbor()), names, records }
    }

    /// The selected names that have a value: what the receipt and the log say. A predicate that answers `unknown` has none.
    #[must_use]
    pub fn names(&self) -> &[Wanted] {
        &self.names
    }

    /// How many bytes [`OpenedFields::release`] gives.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.data.len()
    }

    /// The digest for the receipt ([`data_digest`]): says what was released to whoever has the salt and the data.
    #[must_use]
    pub fn digest(&self, salt: &[u8; 16]) -> [u8; 32] {
        data_digest(salt, &self.data)
    }

    /// Lets the fields go, encoded as they stand in an answer.
    #[must_use]
    pub fn release<P: ProofOfRecord>(self, _recorded: &P) -> Zeroizing<Vec<u8>> {
        self.data
    }
}

/// Counts alone.
impl fmt::Debug for OpenedFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedFields")
            .field("records", &self.records)
            .field("names", &self.names.iter().map(|wanted| wanted.names.len()).sum::<usize>())
            .finish_non_exhaustive()
    }
}

/// One record as its own subject reads it.
pub struct OwnRecord {
    /// Its type.
    pub record_type: RecordType,
    /// What tells it from the others of its type.
    pub record_id: Zeroizing<String>,
    /// The register that it came from.
    pub source: String,
    /// When this content came in, in seconds since 1970.
    pub imported_at_secs: u64,
    /// Counts its changes, from 1.
    pub version: u64,
    /// All of its fields.
    pub fields: Zeroizing<Value>,
}

/// Says which type, not whose and not what.
impl fmt::Debug for OwnRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnRecord").field("record_type", &self.record_type).finish_non_exhaustive()
    }
}

/// A page of a citizen's own records, opened for them. Same discipline as [`OpenedFields`].
#[must_use = "opened for nothing: do not open what is not needed"]
pub struct OpenedRecords {
    records: Vec<OwnRecord>,
    more: bool,
}

impl OpenedRecords {
    pub(crate) fn new(records: Vec<OwnRecord>, more: bool) -> Self {
        Self { records, more }
    }

    /// How many records of each type there are on this page: what the log says.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<RecordType, usize> {
        let mut counts = BTreeMap::new();
        for record in &self.records {
            *counts.entry(record.record_type.clone()).or_default() += 1;
        }
        counts
    }

    /// How many records there are on this page: what the next page leaves out beside what this one did.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether there are more behind this page.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// Lets the records go.
    #[must_use]
    pub fn release<P: ProofOfRecord>(self, _recorded: &P) -> Vec<OwnRecord> {
        self.records
    }
}

/// Counts alone.
impl fmt::Debug for OpenedRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedRecords").field("records", &self.records.len()).field("more", &self.more).finish()
    }
}
