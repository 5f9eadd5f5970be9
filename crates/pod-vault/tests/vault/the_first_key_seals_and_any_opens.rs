//! Rotation of the key-encryption key: first seals, any opens; a key that is still needed cannot be left out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use pod_crypto::SeededRandom;
use pod_protocol::ids::PodId;
use pod_store::Store;
use pod_vault::{KeysError, MAX_SEAL_KEYS, NodeKeys, Rewrapped, Vault, VaultError};
use serde_json::json;

use super::world::{AINO, EETU, PODS, again, memory, node_keys, pod, put, random};

fn opens(vault: &Vault, pod: &PodId) {
    assert_eq!(vault.read_own(pod, None, 0, 1).unwrap().len(), 1);
}

fn put_address(vault: &Vault, pod: &PodId) {
    put(vault, pod, "address", "sole", &json!({"street": "Aleksanterinkatu 1"}));
}

fn seal_key_of(store: &Arc<dyn Store>, pod: &PodId) -> Vec<u8> {
    store.get(PODS, pod.as_bytes()).unwrap().unwrap()[1..9].to_vec()
}

fn reopen(store: &Arc<dyn Store>, keys: &NodeKeys) -> Result<Vault, VaultError> {
    // A restart does not repeat its randomness.
    static SEED: AtomicU8 = AtomicU8::new(100);
    Vault::open(Arc::clone(store), again(keys), random(SEED.fetch_add(1, Ordering::Relaxed)))
}

#[test]
fn from_one_key_to_the_next() {
    let store = memory();
    let mut keys = node_keys();
    let only_old = again(&keys);
    let vault = reopen(&store, &keys).unwrap();
    let people: Vec<PodId> = (0..7).map(|number| pod(&vault, &format!("person {number}"))).collect();
    for one in &people {
        put_address(&vault, one);
    }
    let old = seal_key_of(&store, &people[0]);
    assert!(vault.is_rewrapped().unwrap());
    drop(vault);

    keys.rotate(&SeededRandom::new([33; 32])).unwrap();
    let vault = reopen(&store, &keys).unwrap();
    people.iter().for_each(|one| opens(&vault, one));
    let newcomer = pod(&vault, EETU);
    put_address(&vault, &newcomer);
    assert_ne!(seal_key_of(&store, &newcomer), old, "the first key seals");
    assert_eq!(seal_key_of(&store, &people[0]), old, "nothing else was touched");
    assert!(!vault.is_rewrapped().unwrap());

    let mut early = again(&keys);
    early.retire_old();
    assert!(matches!(reopen(&store, &early), Err(VaultError::SealKeyMissing { .. })), "retired too early");
    assert!(matches!(reopen(&store, &only_old), Err(VaultError::SealKeyMissing { .. })), "an old file came back");

    // Three pods at a time, over a restart.
    let rows = store.prefix(PODS, &[], 3).unwrap();
    let rewrapped = rows.iter().filter(|(_, row)| row[1..9] == old).count();
    assert_eq!(vault.rewrap(3).unwrap(), Rewrapped { pods: 3, rewrapped, is_finished: false });
    drop(vault);
    let vault = reopen(&store, &keys).unwrap();
    assert_eq!(vault.rewrap(3).unwrap().pods, 3);
    assert!(!vault.is_rewrapped().unwrap());
    let last = vault.rewrap(3).unwrap();
    assert_eq!((last.pods, last.is_finished), (2, true));
    assert!(vault.is_rewrapped().unwrap());
    assert!(people.iter().all(|one| seal_key_of(&store, one) != old));

    keys.retire_old();
    assert_eq!(keys.seal_keys(), 1);
    let vault = reopen(&store, &keys).unwrap();
    people.iter().chain([&newcomer]).for_each(|one| opens(&vault, one));
    assert!(matches!(reopen(&store, &only_old), Err(VaultError::SealKeyMissing { .. })));
}

#[test]
fn a_rotation_within_a_rotation_begins_again() {
    let store = memory();
    let mut keys = node_keys();
    let vault = reopen(&store, &keys).unwrap();
    let people: Vec<PodId> = (0..5).map(|number| pod(&vault, &format!("person {number}"))).collect();
    drop(vault);
    keys.rotate(&SeededRandom::new([33; 32])).unwrap();
    assert!(!reopen(&store, &keys).unwrap().rewrap(4).unwrap().is_finished);
    keys.rotate(&SeededRandom::new([34; 32])).unwrap();
    let vault = reopen(&store, &keys).unwrap();
    assert_eq!(vault.rewrap(100).unwrap(), Rewrapped { pods: 5, rewrapped: 5, is_finished: true });
    assert_eq!(vault.rewrap(100).unwrap(), Rewrapped { pods: 5, rewrapped: 0, is_finished: true });
    let seal_key = seal_key_of(&store, &people[0]);
    assert!(people.iter().all(|one| seal_key_of(&store, one) == seal_key));
}

/// The same keys with the last `seal` line in front.
fn turned(keys: &NodeKeys) -> NodeKeys {
    let text = keys.to_file_text();
    let last = text.lines().rfind(|line| line.starts_with("seal ")).unwrap();
    let rest = text.replacen(&format!("{last}\n"), "", 1);
    NodeKeys::parse(&rest.replacen("seal ", &format!("{last}\nseal "), 1)).unwrap()
}

#[test]
fn turning_back_and_forth_strands_nobody() {
    let store = memory();
    let mut keys = node_keys();
    let vault = reopen(&store, &keys).unwrap();
    let mut people: Vec<PodId> = (0..20).map(|number| pod(&vault, &format!("person {number}"))).collect();
    drop(vault);
    keys.rotate(&SeededRandom::new([33; 32])).unwrap();
    assert!(!reopen(&store, &keys).unwrap().rewrap(15).unwrap().is_finished);
    let mark = store.prefix(PODS, &[], 15).unwrap().pop().unwrap().0;

    let vault = reopen(&store, &turned(&keys)).unwrap();
    people.extend((20..40).map(|number| pod(&vault, &format!("person {number}"))));
    assert!(people[20..].iter().any(|one| one.as_bytes()[..] < mark[..]), "one is behind the rewrapping");
    people.iter().for_each(|one| put_address(&vault, one));
    drop(vault);

    let vault = reopen(&store, &keys).unwrap();
    while !vault.rewrap(7).unwrap().is_finished {}
    keys.retire_old();
    let vault = reopen(&store, &keys).unwrap();
    people.iter().for_each(|one| opens(&vault, one));
}

#[test]
fn a_file_that_went_astray_opens_nothing() {
    let store = memory();
    let vault = reopen(&store, &node_keys()).unwrap();
    let aino = pod(&vault, AINO);
    put_address(&vault, &aino);
    drop(vault);
    let stranger = NodeKeys::generate(&SeededRandom::new([66; 32]));
    assert!(matches!(reopen(&store, &stranger), Err(VaultError::OtherKeys)));
}

#[test]
fn keys_do_not_pile_up() {
    let mut keys = node_keys();
    for seed in 1..MAX_SEAL_KEYS {
        keys.rotate(&SeededRandom::new([u8::try_from(seed).unwrap() + 100; 32])).unwrap();
    }
    assert_eq!(keys.seal_keys(), MAX_SEAL_KEYS);
    assert!(matches!(keys.rotate(&SeededRandom::new([99; 32])), Err(KeysError::TooManySealKeys)));
    assert_eq!(again(&keys).seal_keys(), MAX_SEAL_KEYS);
}
