//! Writing: everything of one step of an import, in one atomic batch.
//!
//! Nothing is written before [`WriteBatch::commit`]; a batch that is dropped tells what it would have done (a dry run). What a
//! batch was made from is required when it commits: when somebody else changed the same rows meanwhile, it is a conflict and
//! nothing is written.

mod pods;
mod standing;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use pod_crypto::Zeroizing;
use pod_protocol::codec::scan;
use pod_protocol::field::RecordType;
use pod_protocol::ids::PodId;
use pod_protocol::value::Value;
use pod_store::{Batch, Table};

use crate::fault::{VaultFault, within};
use crate::guardianship::Guardianship;
use crate::limits::{MAX_RECORD_ID_BYTES, MAX_RECORDS_OF_TYPE, MAX_SOURCE_BYTES, RECORD_LIMITS};
use crate::pod_keys::PodKeys;
use crate::record::{self, Origin, Place, RecordHead};
use crate::tables::{IdentityTag, RECORDS, record_key, type_prefix};
use crate::vault::Vault;

/// What a record met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was none of this pod, type and id.
    Created,
    /// There was one with other fields.
    Updated,
    /// There was one just so; nothing is written.
    Unchanged,
}

/// A record to be written.
#[derive(Clone, Copy)]
pub struct RecordDraft<'a> {
    /// Its type.
    pub record_type: &'a RecordType,
    /// What tells it from the others of its type in the pod.
    pub record_id: &'a str,
    /// The register that it comes from. It is not part of what makes a record a changed one.
    pub source: &'a str,
    /// Its fields.
    pub fields: &'a Value,
}

/// Says which type, not whose and not what.
impl fmt::Debug for RecordDraft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordDraft").field("record_type", self.record_type).finish_non_exhaustive()
    }
}

/// What a commit did that others must know of: whoever holds a pod's standing in memory reads it again. Each pod once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// New pods.
    pub pods_created: Vec<PodId>,
    /// Pods that came under non-disclosure, or out of it.
    pub non_disclosure_changed: Vec<PodId>,
    /// Pods whose guardians, or the date until when they act, changed.
    pub guardians_changed: Vec<PodId>,
}

/// A batch of changes to the vault, and of the caller's own.
pub struct WriteBatch<'v> {
    vault: &'v Vault,
    now_secs: u64,
    batch: Batch,
    /// People whom this batch has looked up or made a pod for.
    found: HashMap<IdentityTag, PodId>,
    /// Keys of the pods that it writes to; they are required at commit.
    keys: HashMap<PodId, Arc<PodKeys>>,
    /// Records that it changed already; `None` for those removed.
    records: HashMap<Vec<u8>, Option<RecordHead>>,
    guardianships: HashMap<PodId, Option<Guardianship>>,
    non_disclosure: HashMap<PodId, bool>,
    /// How many rows begin with a prefix, as far as a limit asked.
    rows: HashMap<(Table, Vec<u8>), Rows>,
    did: Committed,
}

/// How many rows begin with a prefix.
#[derive(Clone, Copy, Default)]
struct Rows {
    /// In the store, counted up to the limit; `None` while nobody asked.
    stored: Option<usize>,
    /// What the batch adds, less what it takes away.
    change: isize,
}

impl Vault {
    /// Begins a batch. `now_secs` (since 1970) stands in new pods and records as the time of import.
    #[must_use]
    pub fn write(&self, now_secs: u64) -> WriteBatch<'_> {
        WriteBatch {
            vault: self,
            now_secs,
            batch: Batch::new(),
            found: HashMap::new(),
            keys: HashMap::new(),
            records: HashMap::new(),
            guardianships: HashMap::new(),
            non_disclosure: HashMap::new(),
            rows: HashMap::new(),
            did: Committed::default(),
        }
    }
}

impl WriteBatch<'_> {
    /// Writes a record, unless it is there just so. A record may stand in a batch twice: the later one meets the earlier one.
    ///
    /// # Errors
    /// [`VaultFault::NoSuchPod`], [`VaultFault::TooLarge`], [`VaultFault::NotStorable`]; the batch then holds nothing of it.
    pub fn put_record(&mut self, pod: &PodId, draft: RecordDraft<'_>) -> Result<Outcome, VaultFault> {
        within("a record id (bytes)", draft.record_id.len(), MAX_RECORD_ID_BYTES)?;
        within("a source's name (bytes)", draft.source.len(), MAX_SOURCE_BYTES)?;
        let fields = Zeroizing::new(draft.fields.to_cbor());
        within("a record's fields (bytes)", fields.len(), RECORD_LIMITS.bytes)?;
        scan(&fields, RECORD_LIMITS).map_err(VaultFault::NotStorable)?;

        let keys = self.keys_for_writing(pod)?;
        let slot = keys.slot(draft.record_type, draft.record_id);
        let key = record_key(pod, draft.record_type, &slot);
        let digest = keys.digest(&fields);
        let before = self.record_before(&key)?;
        if before.head.is_some_and(|head| head.digest == digest) {
            return Ok(Outcome::Unchanged);
        }
        let version = before.head.map_or(0, |head| head.version) + 1;
        let outcome = if before.head.is_some() { Outcome::Updated } else { Outcome::Created };
        if outcome == Outcome::Created {
            let prefix = type_prefix(pod, draft.record_type);
            self.need_room("records of one type", RECORDS, &prefix, MAX_RECORDS_OF_TYPE)?;
            self.count(RECORDS, prefix, 1);
        }
        self.require(RECORDS, &key, before.stored);

        let head = RecordHead { version, digest };
        let place = Place { pod, record_type: draft.record_type, slot: &slot };
        let origin = Origin { record_id: draft.record_id, source: draft.source, imported_at_secs: self.now_secs };
        let row = record::seal(&keys, &*self.vault.random, place, &head, origin, &fields);
        self.batch.put(RECORDS, &key[..], row);
        self.records.insert(key, Some(head));
        Ok(outcome)
    }

    /// Removes a record; says whether there was one.
    ///
    /// # Errors
    /// [`VaultFault`]; the batch then holds nothing of it.
    pub fn remove_record(
        &mut self,
        pod: &PodId,
        record_type: &RecordType,
        record_id: &str,
    ) -> Result<bool, VaultFault> {
        let keys = self.keys_for_writing(pod)?;
        let key = record_key(pod, record_type, &keys.slot(record_type, record_id));
        let before = self.record_before(&key)?;
        if before.head.is_none() {
            return Ok(false);
        }
        self.require(RECORDS, &key, before.stored);
        self.batch.delete(RECORDS, &key[..]);
        self.count(RECORDS, type_prefix(pod, record_type), -1);
        self.records.insert(key, None);
        Ok(true)
    }

    /// The batch as the store gets it: for what the caller wants to be written in the same step, such as a checkpoint.
    pub fn raw(&mut self) -> &mut Batch {
        &mut self.batch
    }

    /// How many changes and preconditions it holds; a store takes
    /// [`MAX_BATCH_OPERATIONS`](pod_store::MAX_BATCH_OPERATIONS), and a record needs up to six.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batch.len()
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// Writes everything, durably and in one step.
    ///
    /// # Errors
    /// [`VaultFault::Store`]: nothing was written ([`VaultFault::is_conflict`]), or the process must stop
    /// ([`VaultFault::must_stop`]).
    pub fn commit(mut self) -> Result<Committed, VaultFault> {
        self.vault.commit(self.batch)?;
        for pods in [&mut self.did.non_disclosure_changed, &mut self.did.guardians_changed] {
            pods.sort_unstable();
            pods.dedup();
        }
        Ok(self.did)
    }

    /// A record as this batch finds it.
    fn record_before(&self, key: &[u8]) -> Result<Before, VaultFault> {
        if let Some(head) = self.records.get(key) {
            return Ok(Before { head: *head, stored: Stored::Overlaid });
        }
        match self.vault.store.get(RECORDS, key)? {
            None => Ok(Before { head: None, stored: Stored::Absent }),
            Some(row) => {
                let (head, _) = record::read_head(&row)?;
                Ok(Before { head: Some(head), stored: Stored::Row(row) })
            }
        }
    }

    /// Refuses one row more than `limit` that begin with `prefix`: whoever reads them takes no more.
    fn need_room(&mut self, what: &'static str, table: Table, prefix: &[u8], limit: usize) -> Result<(), VaultFault> {
        let rows = self.rows.entry((table, prefix.to_vec())).or_default();
        let stored = match rows.stored {
            Some(stored) => stored,
            None => *rows.stored.insert(self.vault.store.prefix(table, prefix, limit)?.len()),
        };
        within(what, stored.saturating_add_signed(rows.change) + 1, limit)
    }

    /// Counts rows that the batch adds or takes away.
    fn count(&mut self, table: Table, prefix: Vec<u8>, change: isize) {
        self.rows.entry((table, prefix)).or_default().change += change;
    }

    /// Requires that a row is at commit as it was found.
    fn require(&mut self, table: Table, key: &[u8], found: Stored) {
        match found {
            Stored::Overlaid => {}
            Stored::Absent => {
                self.batch.require_absent(table, key);
            }
            Stored::Row(row) => {
                self.batch.require_equal(table, key, row);
            }
        }
    }
}

/// A record before a change.
struct Before {
    head: Option<RecordHead>,
    stored: Stored,
}

/// What the store has at a key.
enum Stored {
    /// This batch changes it already, and has required what it found.
    Overlaid,
    /// Nothing.
    Absent,
    /// This.
    Row(Vec<u8>),
}

impl From<Option<Vec<u8>>> for Stored {
    fn from(row: Option<Vec<u8>>) -> Self {
        row.map_or(Self::Absent, Self::Row)
    }
}

/// Counts alone.
impl fmt::Debug for WriteBatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteBatch").field("batch", &self.batch).finish_non_exhaustive()
    }
}
