//! Key-event logs: who may add to them, and what a key that was taken out no longer signs.

use std::sync::Arc;

use pod_crypto::SigningKey;
use pod_protocol::grant::Grant;
use pod_protocol::key_event::{KeyChange, KeyEvent, KeyState, MAX_DEVICES, Taken};
use pod_protocol::{Refusal, Signed, Verified};

use crate::scene::Scene;
use crate::vectors::world::{DAY, NOW, World, device, replay, thumbprint, wanted};

fn signed(key: &SigningKey, event: KeyEvent) -> Signed<KeyEvent> {
    Signed::decode(Verified::sign(key, event).bytes()).unwrap()
}

/// The event that follows Anna's log.
fn next(log: &KeyState, change: KeyChange) -> KeyEvent {
    KeyEvent { seq: log.seq() + 1, previous: Some(log.head()), time_secs: NOW - 50 * DAY, change }
}

fn now() -> Taken {
    Taken::logged(NOW - 50 * DAY)
}

fn applied(log: &KeyState, key: &SigningKey, event: KeyEvent) -> &'static str {
    log.apply(signed(key, event), now()).map_or_else(Refusal::code, |_| "accepted")
}

fn revoke(key: &SigningKey, compromised_since: Option<u64>) -> KeyChange {
    KeyChange::RevokeDevice { kid: thumbprint(key).kid(), compromised_since }
}

#[test]
fn the_first_event_signs_itself_with_a_managing_key() {
    let world = World::new();
    let mut event = world.inception(&world.anna);
    assert_eq!(KeyState::begin(signed(&world.mallory, event.clone())).unwrap_err().code(), "key-unknown");
    if let KeyChange::Inception { devices, .. } = &mut event.change {
        devices[0].roles.manage = false;
    }
    assert_eq!(KeyState::begin(signed(&world.anna, event)).unwrap_err().code(), "key-unknown");
    let second = world.anna_events[1].bytes();
    assert_eq!(KeyState::begin(Signed::decode(second).unwrap()).unwrap_err().code(), "claim-range");
}

#[test]
fn the_log_is_named_by_its_first_event() {
    let world = World::new();
    let log = world.anna_log();
    assert_eq!(log.principal().as_bytes(), world.anna_events[0].id().as_bytes());
    assert_eq!(log.organisation(), Some(world.holder()));
    assert_eq!(log.devices().len(), 2);
}

#[test]
fn only_a_managing_key_goes_on_with_it() {
    let world = World::new();
    let log = world.anna_log();
    let add = || KeyChange::AddDevice(device(&world.bo, true, true));
    assert_eq!(applied(&log, &world.tablet, next(&log, add())), "key-unknown", "may sign, not manage");
    assert_eq!(applied(&log, &world.bo, next(&log, add())), "key-unknown", "adds itself");
    assert_eq!(applied(&log, &world.anna, next(&log, add())), "accepted");
}

#[test]
fn an_event_follows_the_last_one() {
    let world = World::new();
    let log = world.anna_log();
    let change = || revoke(&world.tablet, None);
    let good = next(&log, change());
    for wrong in [
        KeyEvent { seq: 3, ..good.clone() },
        KeyEvent { seq: 1, ..good.clone() },
        KeyEvent { previous: Some(world.anna_events[0].id()), ..good.clone() },
        KeyEvent { time_secs: NOW - 101 * DAY, ..good.clone() },
    ] {
        assert_eq!(applied(&log, &world.anna, wrong), "claim-range");
    }
    let twice = world.anna_events[1].bytes();
    assert_eq!(log.apply(Signed::decode(twice).unwrap(), now()).unwrap_err().code(), "claim-range");
    let inception = world.anna_events[0].bytes();
    assert_eq!(log.apply(Signed::decode(inception).unwrap(), now()).unwrap_err().code(), "claim-range");
    assert_eq!(applied(&log, &world.anna, good), "accepted");
}

#[test]
fn a_key_is_added_once_ever_and_revoked_once() {
    let world = World::new();
    let log = world.anna_log();
    let again = next(&log, KeyChange::AddDevice(device(&world.tablet, true, true)));
    assert_eq!(applied(&log, &world.anna, again), "claim-repeated");
    let log = log.apply(signed(&world.anna, next(&log, revoke(&world.tablet, None))), now()).unwrap();
    let back = next(&log, KeyChange::AddDevice(device(&world.tablet, true, true)));
    assert_eq!(applied(&log, &world.anna, back), "claim-repeated", "a revoked key does not come back");
    assert_eq!(applied(&log, &world.anna, next(&log, revoke(&world.tablet, None))), "claim-range");
    assert_eq!(applied(&log, &world.anna, next(&log, revoke(&world.mallory, None))), "claim-range");
}

#[test]
fn a_log_has_an_end() {
    let world = World::new();
    let mut log = world.anna_log();
    let mut number = 0_u8;
    let refusal = loop {
        number += 1;
        let event = next(&log, KeyChange::AddDevice(device(&SigningKey::from_seed(&[number; 32]), true, false)));
        match log.apply(signed(&world.anna, event), now()) {
            Ok(longer) => log = longer,
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(log.devices().len(), MAX_DEVICES);
    assert_eq!(refusal.code(), "claim-repeated");
}

/// Asks with a grant that the tablet signed at `issued`, after the tablet was taken out of the log 50 days ago.
fn by_revoked_tablet(issued: u64, compromised_since: Option<u64>) -> &'static str {
    let mut scene = Scene::new();
    let log = scene.world.anna_log();
    let event = next(&log, revoke(&scene.world.tablet, compromised_since));
    let log = log.apply(signed(&scene.world.anna, event), now()).unwrap();
    scene.standing().subject = Some(log);
    let grant = Grant { key_event: 1, issued, ..scene.world.root() };
    let chain = vec![Arc::new(Verified::sign(&scene.world.tablet, grant))];
    scene.code(chain, vec![wanted("resident", &["first_names"])])
}

#[test]
fn what_a_device_signed_before_it_was_revoked_goes_on_counting() {
    assert_eq!(by_revoked_tablet(NOW - 60 * DAY, None), "released");
}

#[test]
fn a_revoked_device_signs_nothing_new() {
    assert_eq!(by_revoked_tablet(NOW - DAY, None), "chain-key-event");
    assert_eq!(by_revoked_tablet(NOW - 50 * DAY, None), "chain-key-event", "from that second on");
    assert_eq!(by_revoked_tablet(NOW - 50 * DAY - 1, None), "released");
}

#[test]
fn what_a_stolen_device_signed_since_the_theft_does_not_count() {
    assert_eq!(by_revoked_tablet(NOW - 60 * DAY, Some(NOW - 70 * DAY)), "chain-key-compromised");
    assert_eq!(by_revoked_tablet(NOW - 60 * DAY, Some(NOW - 60 * DAY)), "chain-key-compromised");
    assert_eq!(by_revoked_tablet(NOW - 60 * DAY, Some(NOW - 59 * DAY)), "released");
}

#[test]
fn commands_need_a_key_that_is_valid_now() {
    let mut scene = Scene::new();
    let (anna, tablet) = (scene.world.anna_log().principal(), thumbprint(&scene.world.tablet).kid());
    assert!(scene.standing().check_actor(&anna, tablet, NOW).is_ok());
    let log = scene.world.anna_log();
    let log = log.apply(signed(&scene.world.anna, next(&log, revoke(&scene.world.tablet, None))), now()).unwrap();
    scene.standing().subject = Some(log);
    assert_eq!(scene.standing().check_actor(&anna, tablet, NOW).unwrap_err().code(), "not-authorised");
    let bo = replay(&scene.world.bo_events).principal();
    let bo_kid = thumbprint(&scene.world.bo).kid();
    assert!(scene.standing().check_actor(&bo, bo_kid, NOW).is_ok());
    assert_eq!(scene.standing().check_actor(&anna, bo_kid, NOW).unwrap_err().code(), "not-authorised");
    let until = scene.world.guardian_until();
    assert_eq!(scene.standing().check_actor(&bo, bo_kid, until).unwrap_err().code(), "not-authorised");
}
