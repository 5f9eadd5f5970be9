//! The same root secret gives the same key at an organisation, always, and nothing in common at two.

use std::collections::HashSet;

use pod_protocol::key_event::KeyChange;
use pod_protocol::{Signed, key_event::KeyEvent};
use pod_wallet::keys::{KeyLog, KeysFault};
use pod_wallet::root::{KeyPurpose, RootSecret};

use crate::world::{ESPOO, HELSINKI, NOW, World, paper};

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
        assert!(seen.insert(paper().signing_key(&organisation).public_key().to_bytes()));
        for purpose in [KeyPurpose::Device, KeyPurpose::NextControlling] {
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
fn a_device_that_begins_again_begins_the_same_log() {
    let world = World::new();
    let first = world.log_at(HELSINKI);
    let again = KeyLog::begin(&RootSecret::from_bytes([42; 32]), HELSINKI, paper().digest(&HELSINKI)).unwrap();
    assert_eq!((again.principal(), again.events()), (first.principal(), first.events()));
    let another = KeyLog::begin(&RootSecret::from_bytes([43; 32]), HELSINKI, paper().digest(&HELSINKI)).unwrap();
    assert_ne!(another.principal(), first.principal());
}

#[test]
fn a_log_for_another_organisation_is_not_taken() {
    let world = World::new();
    let log = world.log_at(HELSINKI);
    assert_eq!(KeyLog::restore(&world.root, ESPOO, log.held(), NOW).unwrap_err(), KeysFault::Organisation);
    let stranger = RootSecret::from_bytes([43; 32]);
    assert_eq!(KeyLog::restore(&stranger, HELSINKI, log.held(), NOW).unwrap_err(), KeysFault::NotOurs);
    assert_eq!(KeyLog::restore(&world.root, HELSINKI, &[], NOW).unwrap_err(), KeysFault::Empty);
}
