//! Pre-rotation: only keys that were committed to take over, as many as the threshold says, and each of them signs.

use pod_protocol::key_event::{KeyChange, KeyEvent};

use crate::key_log::*;
use crate::vectors::world::NOW;

#[test]
fn two_of_three_rotate() {
    for pair in [[5, 6], [6, 5], [5, 7], [7, 6]] {
        let mut log = Log::new();
        let rotation = log.rotation(&pair, |_| {});
        assert_eq!(log.send(pair[0], rotation), "accepted");
        assert_eq!(log.state.controls().next, digests(&AFTER));
        assert_eq!(log.state.controls().recovery, recovery_keys(&[VAULT, PAPER]), "they stay");
        assert!(log.grants(PHONE), "as do the devices");
    }
}

#[test]
fn fewer_more_or_others_do_not() {
    let mut log = Log::new();
    for (keys, why) in [
        (&[5][..], "one of two"),
        (&[5, 6, 7][..], "one too many: there is one form"),
        (&[5, 30][..], "a key that was not committed to"),
        (&[PHONE, 5][..], "a device is no controlling key"),
    ] {
        let rotation = log.rotation(keys, |_| {});
        assert_eq!(log.send(keys[0], rotation), "key-unknown", "{why}");
    }
    let rotation = log.rotation(&[5, 6], |_| {});
    assert_eq!(log.send(6, rotation.clone()), "key-refused", "the first signs, the second endorses");
    let mut forged = rotation.clone();
    if let KeyChange::Rotation(rotation) = &mut forged.change {
        rotation.endorsements = vec![[9; 64]];
    }
    assert_eq!(log.send(5, forged), "signature");
    let mut copied = log.rotation(&[5, 6], |rotation| rotation.devices = Some(vec![may_all(THIEFS)]));
    if let (KeyChange::Rotation(copied), KeyChange::Rotation(honest)) = (&mut copied.change, &rotation.change) {
        copied.endorsements.clone_from(&honest.endorsements);
    }
    assert_eq!(log.send(5, copied), "signature", "an endorsement is of one event");
    assert_eq!(log.send(5, rotation), "accepted");
}

#[test]
fn a_rotation_replaces_devices() {
    let mut log = Log::new();
    log.add(PHONE, TABLET);
    log.wait(24 * HOUR);
    let rotation = log.rotation(&[5, 6], |rotation| {
        rotation.devices = Some(vec![may_all(TABLET), may_all(NEW_PHONE)]);
        rotation.compromised_since = Some(NOW + HOUR);
    });
    assert_eq!(log.send(5, rotation), "accepted");
    assert!(log.grants(TABLET) && log.grants(NEW_PHONE) && !log.commands(PHONE));
    assert!(log.state.check_signer_at(kid(PHONE), 1, NOW + HOUR - 1, NOW + HOUR - 1).is_ok());
    assert!(log.state.check_signer_at(kid(PHONE), 1, NOW + HOUR, NOW + HOUR).is_err());
    assert!(log.state.check_signer_at(kid(TABLET), 1, NOW + HOUR, NOW + HOUR).is_ok());
    let back = log.rotation(&[8, 9], |rotation| {
        rotation.devices = Some(vec![may_all(PHONE)]);
        rotation.next = digests(&[11]);
        rotation.threshold = 1;
    });
    assert_eq!(log.send(8, back), "claim-repeated", "a revoked key does not come back");
    assert_eq!(log.state.seq(), 2);
}

#[test]
fn a_rotated_log_goes_on_from_its_new_keys() {
    let mut log = Log::new();
    let rotation = log.rotation(&[5, 6], |_| {});
    assert_eq!(log.send(5, rotation), "accepted");
    let again = log.rotation(&[7, 5], |_| {});
    assert_eq!(log.send(7, again), "key-unknown", "the one that stayed hidden is let go too");
    let next = log.rotation(&[8, 10], |rotation| {
        rotation.next = digests(&[11]);
        rotation.threshold = 1;
    });
    let early = KeyEvent { time_secs: NOW - 1, ..next.clone() };
    assert_eq!(log.send(8, early), "signature", "its endorsement is of another event");
    assert_eq!(log.send(8, next), "accepted");
}
