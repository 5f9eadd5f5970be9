//! What a caller writes in the same step as an import: sealed for pods that the step itself makes.

use pod_vault::RecordDraft;
use serde_json::json;

use crate::world::{AINO, EETU, NOW_SECS, fields, memory, pod, put, record_type, vault_in};

#[test]
fn a_new_pod_has_its_keys_before_the_commit() {
    let store = memory();
    let vault = vault_in(&store);
    let mut batch = vault.write(NOW_SECS);
    let new = batch.pod(AINO).unwrap();
    let sealed = batch.seal_for_pod(&new, "callers", b"small").unwrap();
    let audit = batch.audit_key(&new).unwrap();
    let log = audit.seal(&*crate::world::random(9), b"open part", b"personal part");
    assert!(vault.audit_key(&new).is_err(), "nothing was written yet");
    batch.commit().unwrap();

    assert_eq!(vault.open_for_pod(&new, "callers", &sealed).unwrap().as_slice(), b"small");
    assert!(vault.open_for_pod(&new, "others", &sealed).is_err());
    assert_eq!(vault.audit_key(&new).unwrap().open(b"open part", &log).unwrap().as_slice(), b"personal part");
}

#[test]
fn the_types_in_a_pod_are_known_without_opening_it() {
    let store = memory();
    let vault = vault_in(&store);
    let (aino, eetu) = (pod(&vault, AINO), pod(&vault, EETU));
    for (of, id) in [("school", "a"), ("school", "b"), ("school-meals", "a"), ("library-card", "z")] {
        put(&vault, &aino, of, id, &json!({ "grade": 1 }));
    }
    put(&vault, &eetu, "residence", "sole", &json!({}));

    let names = |types: std::collections::BTreeSet<pod_protocol::field::RecordType>| -> Vec<String> {
        types.iter().map(ToString::to_string).collect()
    };
    assert_eq!(names(vault.record_types(&aino).unwrap()), ["library-card", "school", "school-meals"]);
    let mut batch = vault.write(NOW_SECS);
    batch.remove_record(&eetu, &record_type("residence"), "sole").unwrap();
    let draft = RecordDraft {
        record_type: &record_type("school"),
        record_id: "sole",
        source: "school",
        fields: &fields(&json!({})),
    };
    batch.put_record(&eetu, draft).unwrap();
    batch.commit().unwrap();
    assert_eq!(names(vault.record_types(&eetu).unwrap()), ["school"]);
}
