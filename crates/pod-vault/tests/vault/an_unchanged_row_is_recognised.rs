//! Importing the same row again changes nothing; another one makes a new version.

use pod_store::Store;
use pod_vault::{Outcome, RecordDraft};
use serde_json::json;

use super::world::{AINO, NOW_SECS, RECORDS, Recorded, fields, memory, pod, put, record_type, vault_in};

#[test]
fn created_unchanged_updated() {
    let store = memory();
    let vault = vault_in(&store);
    let aino = pod(&vault, AINO);
    let (first, second) = (json!({"street": "Aleksanterinkatu 1"}), json!({"street": "Bulevardi 2"}));
    assert_eq!(put(&vault, &aino, "address", "sole", &first), Outcome::Created);
    let row = |store: &dyn Store| store.prefix(RECORDS, aino.as_bytes(), 9).unwrap();
    let before = row(&*store);
    assert_eq!(put(&vault, &aino, "address", "sole", &first), Outcome::Unchanged);
    assert_eq!(row(&*store), before, "not even sealed anew");
    assert_eq!(put(&vault, &aino, "address", "sole", &second), Outcome::Updated);
    assert_eq!(put(&vault, &aino, "address", "other", &second), Outcome::Created);
    assert_eq!(put(&vault, &aino, "contact", "sole", &second), Outcome::Created);

    let records = vault.read_own(&aino, None, 0, 9).unwrap().release(&Recorded);
    let versions: Vec<(String, String, u64)> =
        records.iter().map(|one| (one.record_type.to_string(), one.record_id.to_string(), one.version)).collect();
    assert_eq!(versions.len(), 3);
    assert!(versions.contains(&("address".to_owned(), "sole".to_owned(), 2)));
    assert!(versions.contains(&("address".to_owned(), "other".to_owned(), 1)));
}

#[test]
fn another_source_or_time_is_no_change() {
    let store = memory();
    let vault = vault_in(&store);
    let aino = pod(&vault, AINO);
    put(&vault, &aino, "address", "sole", &json!({"street": "Aleksanterinkatu 1"}));
    let mut batch = vault.write(NOW_SECS + 86_400);
    let value = fields(&json!({"street": "Aleksanterinkatu 1"}));
    let draft = RecordDraft {
        record_type: &record_type("address"),
        record_id: "sole",
        source: "residents-day-2",
        fields: &value,
    };
    assert_eq!(batch.put_record(&aino, draft).unwrap(), Outcome::Unchanged);
    batch.commit().unwrap();
    let records = vault.read_own(&aino, None, 0, 9).unwrap().release(&Recorded);
    assert_eq!((records[0].source.as_str(), records[0].imported_at_secs), ("residents", NOW_SECS));
}

#[test]
fn within_one_batch_the_later_row_meets_the_earlier_one() {
    let store = memory();
    let vault = vault_in(&store);
    let mut batch = vault.write(NOW_SECS);
    let aino = batch.pod(AINO).unwrap();
    assert_eq!(batch.pod(AINO).unwrap(), aino);
    let of = record_type("address");
    let (first, second) = (fields(&json!({"street": "1"})), fields(&json!({"street": "2"})));
    let draft = |fields| RecordDraft { record_type: &of, record_id: "sole", source: "residents", fields };
    assert_eq!(batch.put_record(&aino, draft(&first)).unwrap(), Outcome::Created);
    assert_eq!(batch.put_record(&aino, draft(&first)).unwrap(), Outcome::Unchanged);
    assert_eq!(batch.put_record(&aino, draft(&second)).unwrap(), Outcome::Updated);
    assert!(batch.remove_record(&aino, &of, "sole").unwrap());
    assert!(!batch.remove_record(&aino, &of, "sole").unwrap());
    assert_eq!(batch.put_record(&aino, draft(&first)).unwrap(), Outcome::Created);
    let committed = batch.commit().unwrap();
    assert_eq!(committed.pods_created, [aino]);
    let records = vault.read_own(&aino, None, 0, 9).unwrap().release(&Recorded);
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].fields.to_json(), json!({"street": "1"}));
}
