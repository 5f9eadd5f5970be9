//! The same root secret gives the same key at an organisation, always, and nothing in common at two.

use std::collections::HashSet;

use pod_protocol::key_event::KeyChange;
use pod_protocol::{Signed, key_event::KeyEvent};
use pod_wallet::keys::{KeyLog, KeysFault};
use pod_wallet::root::{KeyPurpose, RootSecret};

use crate::world::{DAY, ESPOO, HELSINKI, NOW, World};

/// Computed by another implementation too. Whatever changes this value locks every citizen out of every pod.
#[test]
fn derivation_never_changes() {
    let key = RootSecret::from_bytes([42; 32]).signing_key(&HELSINKI, KeyPurpose::Device, 0);
    let hex: String = key.public_key().to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "7a6e0c24565a72791ec9cff12363391ece4f9780c67dd144656f50e2ae993e04");
}

#[test]
fn no_key_is_used_twice() {
    let root = RootSecret::from_bytes([42; 32]);
    let mut seen = HashSet::new();
    for organisation in [HELSINKI, ESPOO] {
        for purpose in [KeyPurpose::Device, KeyPurpose::NextControlling, KeyPurpose::Recovery] {
            for index in 0..4 {
                assert!(seen.insert(root.signing_key(&organisation, purpose, index).public_key().to_bytes()));
            }
        }
    }
}

#[test]
fn two_logs_share_nothing() {
    let world = World::new();
    let parts = |log: &KeyLog| -> Vec<Vec<u8>> {
        let event = Signed::<KeyEvent>::decode(&log.events()[0]).unwrap();
        let KeyChange::Inception { devices, next, recovery, salt, .. } = event.unverified().change.clone() else {
            panic!("no inception");
        };
        let devices = devices.iter().map(|device| device.key.to_bytes().to_vec());
        let digests = next.iter().chain(recovery.iter().map(|key| &key.digest)).map(|digest| digest.to_vec());
        devices.chain(digests).chain([salt.to_vec(), event.kid().as_bytes().to_vec()]).collect()
    };
    let (here, there) = (world.log_at(HELSINKI), world.log_at(ESPOO));
    assert_ne!(here.principal(), there.principal());
    assert!(parts(&here).iter().all(|part| !parts(&there).contains(part)));
}

#[test]
fn a_recovered_secret_begins_the_same_log() {
    let world = World::new();
    let lost = world.log_at(HELSINKI);
    let recovered = KeyLog::begin(&RootSecret::from_bytes([42; 32]), HELSINKI).unwrap();
    assert_eq!((recovered.principal(), recovered.events()), (lost.principal(), lost.events()));
    let another = KeyLog::begin(&RootSecret::from_bytes([43; 32]), HELSINKI).unwrap();
    assert_ne!(another.principal(), lost.principal());
}

#[test]
fn a_log_for_another_organisation_is_not_taken() {
    let world = World::new();
    let log = world.log_at(HELSINKI);
    assert_eq!(KeyLog::restore(&world.root, ESPOO, log.events()).unwrap_err(), KeysFault::Organisation);
    let stranger = RootSecret::from_bytes([43; 32]);
    assert_eq!(KeyLog::restore(&stranger, HELSINKI, log.events()).unwrap_err(), KeysFault::NotOurs);
    assert_eq!(KeyLog::restore(&world.root, HELSINKI, &[]).unwrap_err(), KeysFault::Empty);
}

#[test]
fn a_restored_wallet_adds_its_new_device_and_revokes_the_lost_one() {
    let world = World::new();
    let old = world.log_at(HELSINKI);
    let restored = KeyLog::restore(&world.root, HELSINKI, old.events()).unwrap();
    let lost = old.signer(&world.root).unwrap().key.public_key();
    let (log, _) = restored.add_own_device(&world.root, NOW).unwrap();
    let kid = pod_protocol::ids::Thumbprint::of(&lost).kid();
    let (log, event) = log.revoke_device(&world.root, kid, Some(NOW - DAY), NOW + 1).unwrap();
    assert_eq!(event.seq, 2);
    assert_eq!(log.principal(), old.principal());
    assert_ne!(log.signer(&world.root).unwrap().key.public_key(), lost);
    // From the holder's copy alone the wallet finds which of its keys counts now.
    let again = KeyLog::restore(&world.root, HELSINKI, log.events()).unwrap();
    assert_eq!(again.signer(&world.root).unwrap().key.public_key(), log.signer(&world.root).unwrap().key.public_key());
}
