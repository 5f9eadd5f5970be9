//! Nothing of what a person is, has or is called lies readable in the store's files.

use std::fs;

use pod_protocol::ids::from_base64url;
use serde_json::json;

use super::world::{AINO, EETU, NOW_SECS, fields, node_keys, on_disk, record_type, vault_in};
use pod_vault::RecordDraft;

const CANARIES: [&str; 6] =
    ["CANARY-STREET-17", "CANARY-ALLERGEN", "CANARY-CARD-99", "CANARY-REGISTER", "2016-05-01", "CANARY-OTHER"];

#[test]
fn no_canary_in_the_store() {
    let folder = tempfile::tempdir().unwrap();
    {
        let store = on_disk(folder.path());
        let vault = vault_in(&store);
        let mut batch = vault.write(NOW_SECS);
        let child = batch.pod(EETU).unwrap();
        for round in 0..3 {
            let value = fields(&json!({
                "address": {"street": "CANARY-STREET-17", "round": round},
                "allergies": [{"substance": "CANARY-ALLERGEN"}]
            }));
            let draft = RecordDraft {
                record_type: &record_type("child-health"),
                record_id: "CANARY-CARD-99",
                source: "CANARY-REGISTER",
                fields: &value,
            };
            batch.put_record(&child, draft).unwrap();
        }
        batch.set_guardians(&child, "2016-05-01", &[AINO]).unwrap();
        batch.set_non_disclosure(&child, true).unwrap();
        batch.commit().unwrap();
        // Changed and removed rows stay in the file for a while: they must not be readable either.
        let mut batch = vault.write(NOW_SECS);
        let value = fields(&json!({"address": {"street": "CANARY-OTHER"}}));
        let (of, id) = (record_type("child-health"), "CANARY-CARD-99");
        let draft = RecordDraft { record_type: &of, record_id: id, source: "CANARY-REGISTER", fields: &value };
        batch.put_record(&child, draft).unwrap();
        batch.commit().unwrap();
        let mut batch = vault.write(NOW_SECS);
        assert!(batch.remove_record(&child, &of, id).unwrap());
        batch.commit().unwrap();
    }
    let files: Vec<Vec<u8>> =
        fs::read_dir(folder.path()).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    let holds =
        |text: &str| files.iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()));
    assert!(holds("child-health"), "the search finds what lies open");
    for canary in CANARIES.into_iter().chain([AINO, EETU]) {
        assert!(!holds(canary), "{canary} lies readable in the store");
    }
    let text = node_keys().to_file_text();
    let keys: Vec<&str> = text.lines().filter_map(|line| line.split_once(' ')).map(|(_, key)| key).collect();
    let keys: Vec<Vec<u8>> = keys.into_iter().filter_map(|key| from_base64url(key).ok()).collect();
    let keys: Vec<Vec<u8>> = keys.into_iter().filter(|key| key.len() == 32).collect();
    assert_eq!(keys.len(), 3);
    for key in keys {
        assert!(!files.iter().any(|bytes| bytes.windows(32).any(|window| window == key)), "a key lies in the store");
    }
}
