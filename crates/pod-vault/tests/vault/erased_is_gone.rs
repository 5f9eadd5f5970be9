//! Erasing destroys the keys: rows that were copied before do not open any more, whoever puts them back.

use std::sync::Arc;

use pod_crypto::SeededRandom;
use pod_protocol::path::DisclosureRules;
use pod_store::Batch;
use pod_vault::{Erased, Vault, VaultFault};
use serde_json::json;

use super::world::{
    AINO, EETU, IDENTITIES, NOW_SECS, PODS, RECORDS, again, memory, node_keys, open, pod, put, random, released,
    selection, vault_in, wish,
};

#[test]
fn copied_rows_do_not_open_any_more() {
    let store = memory();
    let vault = vault_in(&store);
    let (aino, eetu) = (pod(&vault, AINO), pod(&vault, EETU));
    for number in 0..600 {
        put(&vault, &eetu, "loan", &format!("loan-{number}"), &json!({"title": "Muumipappa ja meri"}));
    }
    put(&vault, &aino, "address", "sole", &json!({"street": "Aleksanterinkatu 1"}));
    let mut batch = vault.write(NOW_SECS);
    batch.set_guardians(&eetu, "2016-05-01", &[AINO]).unwrap();
    batch.set_non_disclosure(&eetu, true).unwrap();
    batch.commit().unwrap();
    let sealed = vault.seal_for_pod(&eetu, "tag", b"small").unwrap();
    let records = store.prefix(RECORDS, eetu.as_bytes(), 1_000).unwrap();

    assert_eq!(vault.erase(&eetu).unwrap(), Erased { existed: true, records: 600 });
    assert_eq!(vault.erase(&eetu).unwrap(), Erased { existed: false, records: 0 });
    assert_eq!(vault.find(EETU).unwrap(), None);
    assert!(!vault.has(&eetu).unwrap());
    assert!(vault.wards_of(AINO).unwrap().is_empty());
    for table in pod_vault::tables() {
        let left = store.prefix(table, &[], 1_000).unwrap();
        let names = |bytes: &[u8]| bytes.windows(16).any(|window| window == eetu.as_bytes());
        assert!(!left.iter().any(|(key, value)| names(key) || names(value)), "left in {}", table.0);
    }

    // Somebody had copied the records, and the citizen has a new pod.
    let anew = pod(&vault, EETU);
    assert_ne!(anew, eetu);
    let mut batch = Batch::new();
    for (key, row) in &records {
        batch.put(RECORDS, &key[..], &row[..]);
        batch.put(RECORDS, [anew.as_bytes(), &key[16..]].concat(), &row[..]);
    }
    store.commit(batch).unwrap();
    assert!(matches!(vault.read_own(&eetu, None, 0, 1), Err(VaultFault::NoSuchPod { .. })));
    assert!(matches!(vault.read_own(&anew, None, 0, 1), Err(VaultFault::DoesNotOpen { .. })));
    assert!(matches!(vault.audit_key(&eetu), Err(VaultFault::NoSuchPod { .. })));
    assert!(matches!(vault.open_for_pod(&eetu, "tag", &sealed), Err(VaultFault::NoSuchPod { .. })));
    assert!(vault.open_for_pod(&anew, "tag", &sealed).is_err());
    assert_eq!(vault.erase(&eetu).unwrap(), Erased { existed: false, records: 600 }, "what was left is swept");

    let wanted = selection(aino, &[wish("address", &["street"])], false, &DisclosureRules::default());
    assert_eq!(released(&vault, &wanted), json!({"address": [{"street": "Aleksanterinkatu 1"}]}), "nobody else's");
}

#[test]
fn copied_keys_die_with_the_key_that_sealed_them() {
    let store = memory();
    let mut keys = node_keys();
    let vault = vault_in(&store);
    let eetu = pod(&vault, EETU);
    put(&vault, &eetu, "address", "sole", &json!({"street": "Aleksanterinkatu 1"}));
    let copied: Vec<_> = [PODS, IDENTITIES, RECORDS]
        .into_iter()
        .flat_map(|table| store.prefix(table, &[], 9).unwrap().into_iter().map(move |(key, row)| (table, key, row)))
        .collect();
    vault.erase(&eetu).unwrap();
    drop(vault);

    keys.rotate(&SeededRandom::new([41; 32])).unwrap();
    let vault = Vault::open(Arc::clone(&store), again(&keys), random(8)).unwrap();
    assert!(vault.rewrap(100).unwrap().is_finished);
    drop(vault);
    keys.retire_old();
    let vault = Vault::open(Arc::clone(&store), keys, random(9)).unwrap();
    let mut batch = Batch::new();
    for (table, key, row) in copied {
        batch.put(table, key, row);
    }
    store.commit(batch).unwrap();
    assert!(matches!(vault.find(EETU), Err(VaultFault::SealKeyMissing { .. })));
    let wanted = selection(eetu, &[wish("address", &["street"])], false, &DisclosureRules::default());
    assert!(matches!(open(&vault, &wanted), Err(VaultFault::SealKeyMissing { .. })));
    assert!(vault.erase(&eetu).unwrap().existed, "and what does not open can still be erased");
}
