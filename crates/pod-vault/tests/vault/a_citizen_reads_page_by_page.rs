//! A citizen reads all of their own, each record once, in pages that end in time.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pod_store::{Batch, Row, Store, StoreError, Table};
use pod_vault::{MAX_PAGE_BYTES, MAX_PAGE_RECORDS, RecordDraft, Vault};
use serde_json::json;

use super::world::{AINO, EETU, NOW_SECS, Recorded, fields, memory, pod, put, record_type, vault_in};

fn all_pages(
    vault: &Vault,
    pod: &pod_protocol::ids::PodId,
    of: Option<&str>,
    limit: usize,
) -> (BTreeSet<String>, usize) {
    let of = of.map(record_type);
    let (mut seen, mut skip, mut pages) = (BTreeSet::new(), 0, 0);
    loop {
        let page = vault.read_own(pod, of.as_ref(), skip, limit).unwrap();
        let more = page.has_more();
        assert!(page.len() <= limit.clamp(1, MAX_PAGE_RECORDS));
        assert_eq!(page.counts().values().sum::<usize>(), page.len());
        assert!(!more || !page.is_empty());
        skip += page.len() as u64;
        pages += 1;
        for record in page.release(&Recorded) {
            assert!(seen.insert(format!("{}/{}", record.record_type, *record.record_id)), "read twice");
        }
        if !more {
            return (seen, pages);
        }
    }
}

#[test]
fn every_record_once() {
    let store = memory();
    let vault = vault_in(&store);
    let (aino, eetu) = (pod(&vault, AINO), pod(&vault, EETU));
    let mut batch = vault.write(NOW_SECS);
    let value = fields(&json!({"title": "Muumipappa ja meri"}));
    for number in 0..600 {
        for (person, of) in [(aino, "loan"), (aino, "loans"), (eetu, "loan")] {
            let (of, id) = (record_type(of), number.to_string());
            batch
                .put_record(
                    &person,
                    RecordDraft { record_type: &of, record_id: &id, source: "library", fields: &value },
                )
                .unwrap();
        }
    }
    batch.commit().unwrap();
    assert_eq!(all_pages(&vault, &aino, None, 7).0.len(), 1_200);
    assert_eq!(all_pages(&vault, &aino, None, usize::MAX).0.len(), 1_200);
    let (loans, pages) = all_pages(&vault, &aino, Some("loan"), 100);
    assert_eq!((loans.len(), pages), (600, 6), "a type whose name begins another's is not that other");
    assert!(loans.iter().all(|name| name.starts_with("loan/")));
    assert_eq!(all_pages(&vault, &aino, Some("address"), 100), (BTreeSet::new(), 1));
    assert!(vault.read_own(&aino, None, u64::MAX, 9).unwrap().is_empty());
}

#[test]
fn large_records_make_short_pages() {
    let store = memory();
    let vault = vault_in(&store);
    let aino = pod(&vault, AINO);
    for number in 0..8 {
        put(&vault, &aino, "letter", &number.to_string(), &json!({"text": "x".repeat(200_000)}));
    }
    let first = vault.read_own(&aino, None, 0, 100).unwrap();
    assert_eq!((first.len(), first.has_more()), (MAX_PAGE_BYTES.div_ceil(200_000), true));
    assert_eq!(all_pages(&vault, &aino, None, 100).0.len(), 8);
}

/// Counts the rows that are taken out of it.
#[derive(Debug)]
struct Counting {
    rows: Arc<dyn Store>,
    taken: AtomicUsize,
}

impl Store for Counting {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.rows.get(table, key)
    }

    fn range(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreError> {
        let rows = self.rows.range(table, from, to, limit)?;
        self.taken.fetch_add(rows.len(), Ordering::Relaxed);
        Ok(rows)
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        self.rows.count(table)
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.rows.commit(batch)
    }
}

#[test]
fn a_page_takes_no_rows_of_others_and_one_more_than_it_shows() {
    let counting = Arc::new(Counting { rows: memory(), taken: AtomicUsize::new(0) });
    let store: Arc<dyn Store> = counting.clone();
    let vault = vault_in(&store);
    let people: Vec<_> = (0..20).map(|number| pod(&vault, &format!("person {number}"))).collect();
    for one in &people {
        for (of, id) in [("address", "sole"), ("loan", "1"), ("loan", "2")] {
            put(&vault, one, of, id, &json!({"title": "Muumipappa ja meri"}));
        }
    }
    let taken = |read: &dyn Fn()| {
        counting.taken.store(0, Ordering::Relaxed);
        read();
        counting.taken.load(Ordering::Relaxed)
    };
    for one in &people {
        assert_eq!(taken(&|| assert_eq!(vault.read_own(one, None, 0, 100).unwrap().len(), 3)), 3);
        assert_eq!(taken(&|| assert!(vault.read_own(one, None, 0, 1).unwrap().has_more())), 2);
        assert_eq!(taken(&|| assert!(!vault.read_own(one, Some(&record_type("loan")), 1, 1).unwrap().has_more())), 2);
    }
}
