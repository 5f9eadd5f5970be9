//! Opening: for a service exactly what was selected, for a citizen their own.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::ops::Bound;

use pod_crypto::Zeroizing;
use pod_protocol::codec::MAX_ANSWER_BYTES;
use pod_protocol::field::RecordType;
use pod_protocol::ids::PodId;
use pod_protocol::path::ItemSelection;
use pod_protocol::value::Value;
use pod_store::first_key_after;

use crate::fault::{VaultFault, within};
use crate::limits::{MAX_PAGE_BYTES, MAX_PAGE_RECORDS, MAX_RECORDS_OF_TYPE, ROWS_AT_A_TIME};
use crate::opened::{OpenedFields, OpenedRecords, OwnRecord};
use crate::pod_keys::PodKeys;
use crate::record::{self, OpenRecord, Place};
use crate::tables::{RECORDS, read_record_key, type_prefix};
use crate::vault::Vault;

impl Vault {
    /// Opens the records of the selected types, and takes out of them exactly what may leave.
    ///
    /// # Errors
    /// [`VaultFault::NoSuchPod`] when the pod was erased since; [`VaultFault::TooLarge`] when no answer could hold it.
    pub fn open_selection(&self, item: &ItemSelection) -> Result<OpenedFields, VaultFault> {
        let pod = &item.standing().pod;
        let keys = self.keys_of(pod)?;
        let selected = item.names();
        let mut data = Zeroizing::new(Value::Map(BTreeMap::new()));
        let mut opened = 0;
        for one in item.types() {
            // A type of which everything is kept back stays closed.
            if !selected.iter().any(|wanted| wanted.record_type == *one.record_type()) {
                continue;
            }
            let records = self.open_type(&keys, pod, one.record_type())?;
            opened += records.len();
            if let Value::Map(entries) = &mut *data {
                entries.extend(one.apply(records));
            }
        }
        let fields = OpenedFields::new(&data, item, opened);
        within("an item's fields (bytes)", fields.size_bytes(), MAX_ANSWER_BYTES)?;
        Ok(fields)
    }

    /// All records of one type. Whoever takes them wipes them, as [`TypeSelection::apply`] does.
    ///
    /// [`TypeSelection::apply`]: pod_protocol::path::TypeSelection::apply
    fn open_type(&self, keys: &PodKeys, pod: &PodId, record_type: &RecordType) -> Result<Vec<Value>, VaultFault> {
        let prefix = type_prefix(pod, record_type);
        let rows = self.store.prefix(RECORDS, &prefix, MAX_RECORDS_OF_TYPE + 1)?;
        within("records of one type", rows.len(), MAX_RECORDS_OF_TYPE)?;
        // Each wipes itself until all are open: one that does not open must not leave the others behind.
        let mut records = Vec::with_capacity(rows.len());
        for (key, row) in &rows {
            let slot = key.get(prefix.len()..).and_then(|slot| slot.try_into().ok());
            let slot = slot.ok_or(VaultFault::Row { table: RECORDS.0 })?;
            records.push(record::open(keys, Place { pod, record_type, slot }, row)?.fields);
        }
        Ok(records.iter_mut().map(|record| mem::replace(&mut **record, Value::Null)).collect())
    }

    /// Which types of records there are in a pod. Opens none of them.
    ///
    /// # Errors
    /// [`VaultFault`].
    pub fn record_types(&self, pod: &PodId) -> Result<BTreeSet<RecordType>, VaultFault> {
        let mut found = BTreeSet::new();
        let mut from = pod.as_bytes().to_vec();
        loop {
            let rows = self.store.range(RECORDS, Bound::Included(&from), Bound::Unbounded, 1)?;
            let Some((key, _)) = rows.first().filter(|(key, _)| key.starts_with(pod.as_bytes())) else {
                return Ok(found);
            };
            let (record_type, _) = read_record_key(key)?;
            // Behind every record of this type: a type's name ends with a zero byte.
            from = type_prefix(pod, &record_type);
            if let Some(end) = from.last_mut() {
                *end = 1;
            }
            found.insert(record_type);
        }
    }

    /// Opens a page of a citizen's own records, in an order that stays: those of one type or all, from the one behind the
    /// first `skip` on. A page has at most `limit` and at most [`MAX_PAGE_RECORDS`] records, and ends after
    /// [`MAX_PAGE_BYTES`]; it has at least one if there is one.
    ///
    /// # Errors
    /// [`VaultFault`].
    pub fn read_own(
        &self,
        pod: &PodId,
        record_type: Option<&RecordType>,
        skip: u64,
        limit: usize,
    ) -> Result<OpenedRecords, VaultFault> {
        let keys = self.keys_of(pod)?;
        let prefix = record_type.map_or_else(|| pod.as_bytes().to_vec(), |of| type_prefix(pod, of));
        let end = first_key_after(&prefix);
        let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let limit = limit.clamp(1, MAX_PAGE_RECORDS);
        let (mut records, mut bytes, mut to_skip) = (Vec::new(), 0, skip);
        let mut after: Option<Vec<u8>> = None;
        loop {
            let from = after.as_deref().map_or(Bound::Included(&prefix[..]), Bound::Excluded);
            // One more than the page shows says whether there is another page.
            let of_page = limit + 1 - records.len();
            let at_once = usize::try_from(to_skip)
                .map_or(ROWS_AT_A_TIME, |skip| ROWS_AT_A_TIME.min(skip.saturating_add(of_page)));
            let rows = self.store.range(RECORDS, from, to, at_once)?;
            for (key, row) in &rows {
                if to_skip > 0 {
                    to_skip -= 1;
                    continue;
                }
                if records.len() >= limit || bytes >= MAX_PAGE_BYTES {
                    return Ok(OpenedRecords::new(records, true));
                }
                let (record_type, slot) = read_record_key(key)?;
                let opened = record::open(&keys, Place { pod, record_type: &record_type, slot: &slot }, row)?;
                bytes += opened.bytes;
                records.push(own(record_type, opened));
            }
            match rows.into_iter().next_back() {
                Some((key, _)) => after = Some(key),
                None => return Ok(OpenedRecords::new(records, false)),
            }
        }
    }
}

fn own(record_type: RecordType, opened: OpenRecord) -> OwnRecord {
    OwnRecord {
        record_type,
        record_id: opened.record_id,
        source: opened.source,
        imported_at_secs: opened.imported_at_secs,
        version: opened.version,
        fields: opened.fields,
    }
}
