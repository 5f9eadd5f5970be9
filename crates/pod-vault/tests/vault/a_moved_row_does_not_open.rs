//! A row opens where it was sealed and nowhere else: not in another pod, type, id or version, and not when changed.

use std::sync::Arc;

use pod_protocol::path::DisclosureRules;
use pod_store::{Batch, Store};
use pod_vault::{Vault, VaultFault};
use serde_json::json;

use super::world::{
    AINO, EETU, IDENTITIES, PODS, RECORDS, memory, node_keys, open, pod, put, random, record_type, selection, vault_in,
    wish,
};

fn only_record(store: &Arc<dyn Store>, pod: &pod_protocol::ids::PodId) -> (Vec<u8>, Vec<u8>) {
    let rows = store.prefix(RECORDS, pod.as_bytes(), 10).unwrap();
    assert_eq!(rows.len(), 1);
    rows.into_iter().next().unwrap()
}

fn write(store: &Arc<dyn Store>, table: pod_store::Table, key: &[u8], value: &[u8]) {
    let mut batch = Batch::new();
    batch.put(table, key, value);
    store.commit(batch).unwrap();
}

fn does_not_open(vault: &Vault, pod: pod_protocol::ids::PodId, of: &str) {
    let selection = selection(pod, &[wish(of, &["street"])], false, &DisclosureRules::default());
    assert!(matches!(open(vault, &selection), Err(VaultFault::DoesNotOpen { table: "vault:records" })));
    assert!(matches!(vault.read_own(&pod, Some(&record_type(of)), 0, 9), Err(VaultFault::DoesNotOpen { .. })));
}

#[test]
fn a_row_copied_to_another_pod() {
    let store = memory();
    let vault = vault_in(&store);
    let (aino, eetu) = (pod(&vault, AINO), pod(&vault, EETU));
    put(&vault, &aino, "address", "sole", &json!({"street": "Aleksanterinkatu 1"}));
    let (key, row) = only_record(&store, &aino);
    let moved = [eetu.as_bytes(), &key[16..]].concat();
    write(&store, RECORDS, &moved, &row);
    does_not_open(&vault, eetu, "address");
}

#[test]
fn a_row_copied_to_another_type() {
    let store = memory();
    let vault = vault_in(&store);
    let aino = pod(&vault, AINO);
    put(&vault, &aino, "address", "sole", &json!({"street": "Aleksanterinkatu 1"}));
    let (key, row) = only_record(&store, &aino);
    let moved = [aino.as_bytes(), &b"contact\0"[..], &key[key.len() - 16..]].concat();
    write(&store, RECORDS, &moved, &row);
    does_not_open(&vault, aino, "contact");
}

#[test]
fn a_row_copied_to_another_record_id() {
    let store = memory();
    let vault = vault_in(&store);
    let aino = pod(&vault, AINO);
    put(&vault, &aino, "address", "first", &json!({"street": "Aleksanterinkatu 1"}));
    let (key, row) = only_record(&store, &aino);
    put(&vault, &aino, "address", "second", &json!({"street": "Bulevardi 2"}));
    let rows = store.prefix(RECORDS, aino.as_bytes(), 10).unwrap();
    let other = rows.iter().map(|(other, _)| other).find(|other| **other != key).unwrap();
    write(&store, RECORDS, other, &row);
    does_not_open(&vault, aino, "address");
}

#[test]
fn a_row_given_another_version_or_digest() {
    let store = memory();
    let vault = vault_in(&store);
    let aino = pod(&vault, AINO);
    put(&vault, &aino, "address", "sole", &json!({"street": "Aleksanterinkatu 1"}));
    let (key, row) = only_record(&store, &aino);
    // Format, version (8), digest (32), then what is sealed: its nonce, text and tag.
    for at in [8, 1, 9, 40, 41, 60, row.len() - 1] {
        let mut changed = row.clone();
        changed[at] ^= 1;
        write(&store, RECORDS, &key, &changed);
        does_not_open(&vault, aino, "address");
    }
    let mut unknown = row.clone();
    unknown[0] = 2;
    write(&store, RECORDS, &key, &unknown);
    let wanted = selection(aino, &[wish("address", &["street"])], false, &DisclosureRules::default());
    assert!(matches!(open(&vault, &wanted), Err(VaultFault::Row { table: "vault:records" })));
    for length in 0..row.len() {
        write(&store, RECORDS, &key, &row[..length]);
        assert!(open(&vault, &wanted).is_err(), "cut to {length} bytes");
    }
    write(&store, RECORDS, &key, &row);
    assert!(open(&vault, &wanted).is_ok());
}

#[test]
fn keys_copied_to_another_pod_and_a_person_pointed_to_another_pod() {
    let store = memory();
    let vault = vault_in(&store);
    let (aino, eetu) = (pod(&vault, AINO), pod(&vault, EETU));
    let identities = store.prefix(IDENTITIES, &[], 10).unwrap();
    for (key, row) in &identities {
        let other = if row[1..] == aino.as_bytes()[..] { eetu } else { aino };
        write(&store, IDENTITIES, key, &[&[1], &other.as_bytes()[..]].concat());
    }
    for code in [AINO, EETU] {
        assert!(matches!(vault.find(code), Err(VaultFault::DoesNotOpen { table: "vault:identities" })));
    }
    let row = store.get(PODS, aino.as_bytes()).unwrap().unwrap();
    write(&store, PODS, eetu.as_bytes(), &row);
    let fresh = Vault::open(Arc::clone(&store), node_keys(), random(9)).unwrap();
    assert!(matches!(fresh.read_own(&eetu, None, 0, 1), Err(VaultFault::DoesNotOpen { table: "vault:pods" })));
}

#[test]
fn a_small_thing_opens_for_its_pod_and_context_alone() {
    let store = memory();
    let vault = vault_in(&store);
    let (aino, eetu) = (pod(&vault, AINO), pod(&vault, EETU));
    let sealed = vault.seal_for_pod(&aino, "holder-entry", b"blinded").unwrap();
    assert_eq!(&**vault.open_for_pod(&aino, "holder-entry", &sealed).unwrap(), b"blinded");
    assert!(vault.open_for_pod(&eetu, "holder-entry", &sealed).is_err());
    assert!(vault.open_for_pod(&aino, "holder-entries", &sealed).is_err());
    assert!(vault.open_for_pod(&aino, "holder-entry", &sealed[1..]).is_err());
    // Nor does a row of the vault's own open as a caller's.
    let mut batch = vault.write(1);
    batch.set_non_disclosure(&aino, true).unwrap();
    batch.commit().unwrap();
    let own = store.get(pod_store::Table("vault:non-disclosure"), aino.as_bytes()).unwrap().unwrap();
    assert!(vault.open_for_pod(&aino, "vault:non-disclosure", &own[1..]).is_err());
    assert!(vault.non_disclosure(&aino).unwrap());
}
