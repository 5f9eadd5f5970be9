//! Whatever is opened prints counts and names of types, never a value.

use pod_protocol::answer::data_digest;
use pod_protocol::path::DisclosureRules;
use serde_json::json;

use super::world::{AINO, Recorded, memory, open, pod, put, selection, vault_in, wish};

#[test]
fn counts_alone() {
    let store = memory();
    let vault = vault_in(&store);
    let aino = pod(&vault, AINO);
    put(&vault, &aino, "address", "sole", &json!({"street": "CANARY 1", "postcode": "00100", "city": "CANARY"}));
    let wanted = selection(aino, &[wish("address", &["street", "city"])], false, &DisclosureRules::default());
    let opened = open(&vault, &wanted).unwrap();
    assert_eq!(format!("{opened:?}"), "OpenedFields { records: 1, names: 2, .. }");
    let own = vault.read_own(&aino, None, 0, 9).unwrap();
    assert_eq!(format!("{own:?}"), "OpenedRecords { records: 1, more: false }");
    let records = own.release(&Recorded);
    assert_eq!(format!("{records:?}"), "[OwnRecord { record_type: address, .. }]");
    for shown in [format!("{vault:?}"), format!("{:?}", vault.write(1)), format!("{:?}", vault.audit_key(&aino))] {
        assert!(!shown.contains("CANARY"));
    }
}

#[test]
fn the_digest_is_that_of_what_leaves() {
    let store = memory();
    let vault = vault_in(&store);
    let aino = pod(&vault, AINO);
    put(&vault, &aino, "address", "sole", &json!({"street": "Aleksanterinkatu 1", "lines": []}));
    let wanted = selection(
        aino,
        &[wish("address", &["street", "lines.text", "door"]), wish("contact", &["phone"])],
        false,
        &DisclosureRules::default(),
    );
    let opened = open(&vault, &wanted).unwrap();
    let names: Vec<String> = opened.names().iter().flat_map(|one| one.names.iter().map(ToString::to_string)).collect();
    assert_eq!(names, ["street", "lines.text"], "an empty list says that there is none; what is absent says nothing");
    let (digest, size) = (opened.digest(&[1; 16]), opened.size_bytes());
    let data = opened.release(&Recorded);
    assert_eq!(digest, data_digest(&[1; 16], &data));
    assert_eq!(size, data.len());
}
