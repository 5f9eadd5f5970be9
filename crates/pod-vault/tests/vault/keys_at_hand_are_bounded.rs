//! Opened keys are kept for a bounded number of pods, and every pod still opens.

use pod_vault::MAX_CACHED_POD_KEYS;

use super::world::{NOW_SECS, again, memory, node_keys, random, vault_in};

#[test]
fn however_many_pods_are_read() {
    let store = memory();
    let vault = vault_in(&store);
    let codes: Vec<String> = (0..MAX_CACHED_POD_KEYS + 1_000).map(|number| format!("person {number}")).collect();
    let mut pods = Vec::new();
    for some in codes.chunks(4_000) {
        let mut batch = vault.write(NOW_SECS);
        pods.extend(some.iter().map(|code| batch.pod(code).unwrap()));
        batch.commit().unwrap();
    }
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
