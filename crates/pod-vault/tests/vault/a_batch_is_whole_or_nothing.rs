//! A batch is written in one step with what the caller adds, or not at all: also when two are made at the same time.

use pod_protocol::path::DisclosureRules;
use pod_protocol::value::Value;
use pod_store::{Engine, StoreConfig, Table};
use pod_vault::{MAX_RECORD_ID_BYTES, Outcome, RecordDraft, Vault, VaultFault};
use serde_json::json;

use super::world::{
    AINO, EETU, NOW_SECS, fields, memory, node_keys, open, pod, put, random, record_type, selection, vault_in, wish,
};

const CHECKPOINTS: Table = Table("import:checkpoints");

#[test]
fn a_checkpoint_goes_in_with_its_rows() {
    let tables = [&pod_vault::tables()[..], &[CHECKPOINTS]].concat();
    let store = pod_store::open(&StoreConfig::new(Engine::Memory, ""), &tables, 1).unwrap();
    let vault = Vault::open(store.clone(), node_keys(), random(2)).unwrap();
    let mut dry_run = vault.write(NOW_SECS);
    let value = fields(&json!({"street": "Aleksanterinkatu 1"}));
    let of = record_type("address");
    let draft = RecordDraft { record_type: &of, record_id: "sole", source: "residents", fields: &value };
    let would_be = dry_run.pod(AINO).unwrap();
    assert_eq!(dry_run.put_record(&would_be, draft).unwrap(), Outcome::Created);
    dry_run.raw().put(CHECKPOINTS, "residents", "1 row");
    assert!(dry_run.len() > 3);
    drop(dry_run);
    assert_eq!((vault.find(AINO).unwrap(), vault.pod_count().unwrap()), (None, 0));
    assert_eq!(store.get(CHECKPOINTS, b"residents").unwrap(), None);

    let mut batch = vault.write(NOW_SECS);
    let aino = batch.pod(AINO).unwrap();
    batch.put_record(&aino, draft).unwrap();
    batch.raw().put(CHECKPOINTS, "residents", "1 row");
    batch.commit().unwrap();
    assert_eq!(vault.find(AINO).unwrap(), Some(aino));
    assert_eq!(vault.pods(None, 9).unwrap(), [aino]);
    assert_eq!(vault.pods(Some(&aino), 9).unwrap(), []);
    assert_eq!(store.get(CHECKPOINTS, b"residents").unwrap().as_deref(), Some(&b"1 row"[..]));
}

#[test]
fn of_two_batches_over_the_same_rows_one_is_told_to_begin_again() {
    let store = memory();
    let vault = vault_in(&store);
    let (mut one, mut other) = (vault.write(NOW_SECS), vault.write(NOW_SECS));
    let first = one.pod(AINO).unwrap();
    other.pod(AINO).unwrap();
    one.commit().unwrap();
    assert!(other.commit().unwrap_err().is_conflict());
    assert_eq!(vault.find(AINO).unwrap(), Some(first));

    let of = record_type("address");
    let (here, there) = (fields(&json!({"street": "1"})), fields(&json!({"street": "2"})));
    let draft = |fields| RecordDraft { record_type: &of, record_id: "sole", source: "residents", fields };
    let (mut one, mut other) = (vault.write(NOW_SECS), vault.write(NOW_SECS));
    one.put_record(&first, draft(&here)).unwrap();
    other.put_record(&first, draft(&there)).unwrap();
    one.commit().unwrap();
    let refused = other.commit().unwrap_err();
    assert!(refused.is_conflict() && !refused.must_stop());

    let mut late = vault.write(NOW_SECS);
    late.put_record(&first, draft(&there)).unwrap();
    vault.erase(&first).unwrap();
    assert!(late.commit().unwrap_err().is_conflict(), "nothing is sealed for a pod that was erased");
}

#[test]
fn what_could_never_be_answered_is_not_stored() {
    let store = memory();
    let vault = vault_in(&store);
    let aino = pod(&vault, AINO);
    let of = record_type("address");
    let mut batch = vault.write(NOW_SECS);
    let mut refuse = |record_id: &str, fields: &Value| {
        let draft = RecordDraft { record_type: &of, record_id, source: "residents", fields };
        batch.put_record(&aino, draft).unwrap_err()
    };
    let deep = (0..22).fold(Value::Bool(true), |below, _| Value::Array(vec![below]));
    let deeper = Value::Array(vec![deep.clone()]);
    let long = Value::Array(vec![Value::Null; 5_000]);
    let large = Value::Text("x".repeat(300_000));
    assert!(matches!(refuse("sole", &deeper), VaultFault::NotStorable(_)));
    assert!(matches!(refuse("sole", &long), VaultFault::NotStorable(_)));
    assert!(matches!(refuse("sole", &large), VaultFault::TooLarge { what: "a record's fields (bytes)", .. }));
    let id = "x".repeat(MAX_RECORD_ID_BYTES + 1);
    assert!(matches!(refuse(&id, &Value::Null), VaultFault::TooLarge { what: "a record id (bytes)", .. }));
    drop(batch);

    // What is just not too deep can be answered.
    put(&vault, &aino, "address", "sole", &json!({"street": "1"}));
    let mut batch = vault.write(NOW_SECS);
    let inside = (0..21).fold(Value::Bool(true), |below, _| Value::Array(vec![below]));
    let deepest = Value::Map([("street".to_owned(), inside)].into());
    let draft = RecordDraft { record_type: &of, record_id: "sole", source: "residents", fields: &deepest };
    batch.put_record(&aino, draft).unwrap();
    batch.commit().unwrap();
    let wanted = selection(aino, &[wish("address", &["street"])], false, &DisclosureRules::default());
    let data = open(&vault, &wanted).unwrap().release(&super::world::Recorded);
    assert!(Value::from_cbor(&data).is_ok());
}

#[test]
fn writing_to_nobody_is_refused() {
    let store = memory();
    let vault = vault_in(&store);
    let nobody = pod_protocol::ids::PodId::new([9; 16]);
    assert!(matches!(vault.write(1).set_non_disclosure(&nobody, true), Err(VaultFault::NoSuchPod { .. })));
    assert!(matches!(vault.write(1).set_guardians(&nobody, "2016-05-01", &[EETU]), Err(VaultFault::NoSuchPod { .. })));
    assert!(matches!(vault.read_own(&nobody, None, 0, 1), Err(VaultFault::NoSuchPod { .. })));
    let wanted = selection(nobody, &[wish("address", &["street"])], false, &DisclosureRules::default());
    assert!(matches!(open(&vault, &wanted), Err(VaultFault::NoSuchPod { .. })));
}
