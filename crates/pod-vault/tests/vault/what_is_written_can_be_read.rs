//! The limits of reading are those of writing: nothing is taken in that could not be opened again.

use pod_protocol::ids::PodId;
use pod_protocol::path::DisclosureRules;
use pod_protocol::value::Value;
use pod_vault::{MAX_RECORDS_OF_TYPE, MAX_WARDS, Outcome, RecordDraft, VaultFault, WriteBatch};
use serde_json::json;

use super::world::{AINO, EETU, NOW_SECS, fields, memory, pod, record_type, released, selection, vault_in, wish};

fn put(
    batch: &mut WriteBatch<'_>,
    pod: &PodId,
    of: &str,
    number: usize,
    fields: &Value,
) -> Result<Outcome, VaultFault> {
    let (of, id) = (record_type(of), number.to_string());
    batch.put_record(pod, RecordDraft { record_type: &of, record_id: &id, source: "library", fields })
}

#[test]
fn the_last_record_of_a_type_that_can_be_opened_is_the_last_that_is_taken() {
    let store = memory();
    let vault = vault_in(&store);
    let aino = pod(&vault, AINO);
    let (loan, anew) = (fields(&json!({"title": "Muumi"})), fields(&json!({"title": "Meri"})));
    let mut batch = vault.write(NOW_SECS);
    for number in 2..MAX_RECORDS_OF_TYPE {
        put(&mut batch, &aino, "loan", number, &loan).unwrap();
    }
    batch.commit().unwrap();

    let mut batch = vault.write(NOW_SECS);
    put(&mut batch, &aino, "loan", 0, &loan).unwrap();
    assert!(batch.remove_record(&aino, &record_type("loan"), "0").unwrap());
    put(&mut batch, &aino, "loan", 0, &loan).unwrap();
    put(&mut batch, &aino, "loan", 1, &loan).unwrap();
    let refused = put(&mut batch, &aino, "loan", MAX_RECORDS_OF_TYPE, &loan).unwrap_err();
    assert!(matches!(refused, VaultFault::TooLarge { what: "records of one type", .. }), "{refused}");
    // Neither what is there already nor another type needs room.
    assert_eq!(put(&mut batch, &aino, "loan", 5, &anew).unwrap(), Outcome::Updated);
    assert_eq!(put(&mut batch, &aino, "loans", 5, &loan).unwrap(), Outcome::Created);
    batch.commit().unwrap();

    let asked = selection(aino, &[wish("loan", &["title"])], false, &DisclosureRules::default());
    assert_eq!(released(&vault, &asked)["loan"].as_array().unwrap().len(), MAX_RECORDS_OF_TYPE);
}

#[test]
fn a_guardian_finds_every_child_that_was_taken() {
    let store = memory();
    let vault = vault_in(&store);
    let mut batch = vault.write(NOW_SECS);
    let children: Vec<PodId> = (0..=MAX_WARDS).map(|number| batch.pod(&format!("child {number}")).unwrap()).collect();
    let (last, others) = children.split_last().unwrap();
    for child in &others[1..] {
        batch.set_guardians(child, "2016-05-01", &[AINO]).unwrap();
    }
    batch.commit().unwrap();

    let mut batch = vault.write(NOW_SECS);
    assert!(batch.set_guardians(&others[0], "2016-05-01", &[AINO, EETU]).unwrap());
    let refused = batch.set_guardians(last, "2016-05-01", &[AINO]).unwrap_err();
    assert!(matches!(refused, VaultFault::TooLarge { what: "children of one guardian", .. }), "{refused}");
    assert!(batch.set_guardians(&others[1], "2016-05-02", &[AINO]).unwrap(), "a date is corrected");
    // One of them gets another guardian, and there is room for the last one.
    assert!(batch.set_guardians(&others[0], "2016-05-01", &[EETU]).unwrap());
    assert!(batch.set_guardians(last, "2016-05-01", &[AINO]).unwrap());
    batch.commit().unwrap();
    assert_eq!(vault.wards_of(AINO).unwrap().len(), MAX_WARDS);
    assert_eq!(vault.wards_of(EETU).unwrap().len(), 1);
}
