//! A citizen reads all of their own, each record once, in pages that end in time.

use std::collections::BTreeSet;

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
