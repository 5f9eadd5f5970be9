//! Guardians find their children by their own login, also without a pod; the child's sealed row decides.

use pod_store::{Batch, Table};
use pod_vault::{MAX_GUARDIANS, VaultFault};

use super::world::{AINO, EETU, NOW_SECS, memory, pod, vault_in};

const WARDS: Table = Table("vault:wards");
const OTHER_PARENT: &str = "010180-900A";

#[test]
fn a_guardian_without_a_pod_finds_the_child() {
    let store = memory();
    let vault = vault_in(&store);
    let eetu = pod(&vault, EETU);
    let set = |born: &str, guardians: &[&str]| {
        let mut batch = vault.write(NOW_SECS);
        let changed = batch.set_guardians(&eetu, born, guardians).unwrap();
        let committed = batch.commit().unwrap();
        assert_eq!(committed.guardians_changed, if changed { vec![eetu] } else { Vec::new() });
        changed
    };
    let finds = |code: &str| -> Vec<String> {
        let wards = vault.wards_of(code).unwrap();
        assert!(wards.iter().all(|ward| ward.pod == eetu));
        assert!(!format!("{wards:?}").contains("2016"));
        wards.into_iter().map(|ward| ward.born.to_string()).collect()
    };
    assert!(set("2016-05-01", &[AINO, OTHER_PARENT]));
    assert!(!set("2016-05-01", &[OTHER_PARENT, AINO]), "the order means nothing");
    assert_eq!(vault.find(AINO).unwrap(), None);
    assert_eq!((finds(AINO), finds(OTHER_PARENT)), (vec!["2016-05-01".to_owned()], vec!["2016-05-01".to_owned()]));
    assert!(finds(EETU).is_empty());

    let acts = |code: &str| vault.acts_for(&eetu, &vault.guardian_handle(code)).unwrap().map(|born| born.to_string());
    assert_eq!((acts(AINO).as_deref(), acts(EETU)), (Some("2016-05-01"), None));

    assert!(set("2016-05-01", &[AINO]), "one is left out");
    assert!(finds(OTHER_PARENT).is_empty() && acts(OTHER_PARENT).is_none());
    assert!(set("2016-05-02", &[AINO]), "a date is corrected");
    assert_eq!(finds(AINO), ["2016-05-02"]);
    assert!(set("2016-05-02", &[]));
    assert!(!set("2016-05-02", &[]));
    assert!(finds(AINO).is_empty());
}

#[test]
fn an_index_row_that_somebody_wrote_gives_nothing() {
    let store = memory();
    let vault = vault_in(&store);
    let eetu = pod(&vault, EETU);
    let aino = pod(&vault, AINO);
    let mut batch = vault.write(NOW_SECS);
    batch.set_guardians(&eetu, "2016-05-01", &[AINO]).unwrap();
    batch.commit().unwrap();
    let (key, _) = store.prefix(WARDS, &[], 9).unwrap().remove(0);
    let mut batch = Batch::new();
    batch.put(WARDS, [&key[..32], aino.as_bytes()].concat(), [1]);
    batch.put(WARDS, [&key[..32], &[7; 16]].concat(), [1]);
    store.commit(batch).unwrap();
    let wards = vault.wards_of(AINO).unwrap();
    assert_eq!(wards.iter().map(|ward| ward.pod).collect::<Vec<_>>(), [eetu]);
    // Nor does the index tell which pod is the guardian's own.
    assert!(store.get(super::world::IDENTITIES, &key[..32]).unwrap().is_none());
}

#[test]
fn the_limits_hold() {
    let store = memory();
    let vault = vault_in(&store);
    let eetu = pod(&vault, EETU);
    let codes: Vec<String> = (0..=MAX_GUARDIANS).map(|number| format!("guardian {number}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let mut batch = vault.write(NOW_SECS);
    let refused = batch.set_guardians(&eetu, "2016-05-01", &codes);
    assert!(matches!(refused, Err(VaultFault::TooLarge { what: "guardians of one child", .. })));
    let refused = batch.set_guardians(&eetu, "2016-05-01T00:00", &codes[..1]);
    assert!(matches!(refused, Err(VaultFault::TooLarge { what: "a date of birth (bytes)", .. })));
}

#[test]
fn non_disclosure_is_told_when_it_changes() {
    let store = memory();
    let vault = vault_in(&store);
    let eetu = pod(&vault, EETU);
    let aino = pod(&vault, AINO);
    assert!(!vault.non_disclosure(&eetu).unwrap());
    for (on, changed) in [(false, false), (true, true), (true, false), (false, true)] {
        let mut batch = vault.write(NOW_SECS);
        assert_eq!(batch.set_non_disclosure(&eetu, on).unwrap(), changed);
        assert_eq!(batch.commit().unwrap().non_disclosure_changed.contains(&eetu), changed);
        assert_eq!(vault.non_disclosure(&eetu).unwrap(), on);
    }
    let mut batch = vault.write(NOW_SECS);
    batch.set_non_disclosure(&aino, true).unwrap();
    batch.commit().unwrap();
    let rows = store.prefix(Table("vault:non-disclosure"), &[], 9).unwrap();
    assert_eq!(rows[0].1.len(), rows[1].1.len(), "who is protected looks like who is not");
    assert_eq!(vault.audit_tag(&aino).len(), 16);
    assert_ne!(vault.audit_tag(&aino), vault.audit_tag(&eetu));
}
