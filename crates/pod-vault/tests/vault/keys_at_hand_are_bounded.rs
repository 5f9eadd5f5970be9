//! Opened keys are kept for a bounded number of pods, and every pod still opens.

use pod_vault::MAX_CACHED_POD_KEYS;

use super::world::{NOW_SECS, again, memory, node_keys, random, vault_in};

#[test]
fn however_many_pods_are_read() {
    let store = memory();
    let vault = vault_in(&store);
    let mut batch = vault.write(NOW_SECS);
    let people = MAX_CACHED_POD_KEYS + 1_000;
    let pods: Vec<_> = (0..people).map(|number| batch.pod(&format!("person {number}")).unwrap()).collect();
    batch.commit().unwrap();
    let keys = again(&node_keys());
    let vault = pod_vault::Vault::open(store, keys, random(3)).unwrap();
    assert_eq!(vault.cached_pod_keys(), 0);
    let first: Vec<_> = pods.iter().take(10).map(|pod| vault.audit_key(pod).unwrap().to_bytes()).collect();
    for (number, pod) in pods.iter().enumerate() {
        assert!(vault.has(pod).unwrap());
        vault.audit_key(pod).unwrap();
        // One pod stays hot throughout.
        vault.audit_key(&pods[0]).unwrap();
        assert!(vault.cached_pod_keys() <= MAX_CACHED_POD_KEYS, "after {number}");
    }
    for (pod, before) in pods.iter().zip(&first) {
        assert_eq!(vault.audit_key(pod).unwrap().to_bytes(), *before);
    }
}
