//! Phone and paper: what each can do at an organisation, and what it cannot.

use pod_crypto::SeededRandom;
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::ids::{ObjectId, Thumbprint};
use pod_protocol::key_event::{KeyEvent, Taken};
use pod_wallet::Language;
use pod_wallet::keys::{HeldEvent, KeyLog, KeysFault, replay};
use pod_wallet::recovery::{cancel_with_paper, desk_cancelled, recover, words};
use pod_wallet::recovery_code::RecoveryCode;
use pod_wallet::root::{KeyPurpose, RecoveryRoot, RootSecret};

use crate::world::{DAY, HELSINKI, NOW, World, paper};

fn new_phone() -> RootSecret {
    RootSecret::from_bytes([43; 32])
}

/// The log with an event more, as the organisation tells it.
fn with(held: &[HeldEvent], event: &Verified<KeyEvent>, now_secs: u64) -> Vec<HeldEvent> {
    let new = HeldEvent { bytes: event.bytes().to_vec(), taken: Taken::logged(now_secs) };
    held.iter().cloned().chain([new]).collect()
}

#[test]
fn the_new_phone_signs_after_72_hours_and_is_who_the_old_one_was() {
    let world = World::new();
    let old = world.log_at(HELSINKI);
    let event = recover(old.state(), &new_phone(), &paper(), &HELSINKI, Some(NOW - DAY), NOW).unwrap();
    let held = with(old.held(), &event, NOW);
    assert_eq!(KeyLog::restore(&new_phone(), HELSINKI, &held, NOW + 3 * DAY - 1).unwrap_err(), KeysFault::NotOurs);
    let log = KeyLog::restore(&new_phone(), HELSINKI, &held, NOW + 3 * DAY).unwrap();
    assert_eq!(log.principal(), old.principal());
    assert_eq!(log.signer(&new_phone()).unwrap().key_event, 1);
    assert_eq!(KeyLog::restore(&world.root, HELSINKI, &held, NOW + 3 * DAY).unwrap_err(), KeysFault::NotOurs);
    // And it is protected in its turn.
    let (log, _) = log.rotate(&new_phone(), None, NOW + 4 * DAY).unwrap();
    assert!(recover(log.state(), &world.root, &paper(), &HELSINKI, None, NOW + 4 * DAY).is_ok());
}

#[test]
fn the_phone_cancels_what_a_stolen_paper_began() {
    let world = World::new();
    let old = world.log_at(HELSINKI);
    let thief = recover(old.state(), &new_phone(), &paper(), &HELSINKI, None, NOW).unwrap();
    let seen = KeyLog::restore(&world.root, HELSINKI, &with(old.held(), &thief, NOW), NOW).unwrap();
    let pending = seen.state().pending().unwrap();
    for (language, told) in
        [(Language::Fi, "peru se heti"), (Language::Sv, "avbryt det genast"), (Language::En, "cancel it at once")]
    {
        let words = words(pending, "Helsinki", false);
        assert!(words.in_language(language).contains(told), "{}", words.in_language(language));
    }
    assert!(words(pending, "Helsinki", true).en.contains("It is this device"));
    let (log, _) = seen.cancel(&world.root, pending.id, NOW + DAY).unwrap();
    let later = replay(HELSINKI, log.held(), NOW + 30 * DAY).unwrap();
    let thiefs = new_phone().signing_key(&HELSINKI, KeyPurpose::Device, 0).public_key();
    assert!(later.signer_now(Thumbprint::of(&thiefs).kid()).is_err());
    assert!(log.signer(&world.root).is_ok());
}

#[test]
fn what_the_desk_began_is_cancelled_while_it_waits_and_not_after() {
    let world = World::new();
    let log = world.log_at(HELSINKI);
    let [target, other] = [3, 4].map(|byte| ObjectId::new([byte; 32]));
    let event = cancel_with_paper(log.state(), &paper(), &HELSINKI, target, NOW);
    let due = NOW + 3 * DAY;
    let cancelled = |taken, target| desk_cancelled(&with(log.held(), &event, taken), target, due);
    assert!(cancelled(NOW, &target) && cancelled(due - 1, &target));
    assert!(!cancelled(due, &target), "it was bound by then");
    assert!(!cancelled(NOW - 1, &target), "that was for an earlier one");
    assert!(!cancelled(NOW, &other));
    assert!(!desk_cancelled(log.held(), &target, due));
}

#[test]
fn another_paper_recovers_nothing_and_an_old_one_nothing_after_72_hours() {
    let world = World::new();
    let log = world.log_at(HELSINKI);
    let other = RecoveryRoot::of(&RecoveryCode::generate(&SeededRandom::new([9; 32])));
    let recovers = |log: &KeyLog, paper: &RecoveryRoot, now| {
        let event = recover(log.state(), &new_phone(), paper, &HELSINKI, None, now)?;
        Ok::<_, KeysFault>(log.state().apply(Signed::decode(event.bytes())?, Taken::logged(now))?)
    };
    assert_eq!(recovers(&log, &other, NOW).unwrap_err(), KeysFault::Paper);
    let (log, _) = log.rotate(&world.root, Some(other.digest(&HELSINKI)), NOW).unwrap();
    assert!(recovers(&log, &other, NOW).is_ok());
    assert!(
        recovers(&log, &paper(), NOW + 3 * DAY).is_ok(),
        "it takes the rotation back, which a thief could have made"
    );
    let late = recovers(&log, &paper(), NOW + 3 * DAY + 1).unwrap_err();
    assert_eq!(late, KeysFault::Event(pod_protocol::Refusal::KeyTooLate));
}

#[test]
fn a_rotation_gives_this_device_a_fresh_key_and_leaves_the_others() {
    let world = World::new();
    let tablet = pod_protocol::key_event::DeviceKey {
        key: new_phone().signing_key(&HELSINKI, KeyPurpose::Device, 0).public_key(),
        roles: pod_protocol::key_event::Roles { sign: true, manage: true },
    };
    let (log, _) = world.log_at(HELSINKI).add_device(&world.root, tablet, NOW).unwrap();
    let before = log.signer(&world.root).unwrap().key.public_key();
    let (rotated, _) = log.rotate(&world.root, None, NOW + 1).unwrap();
    assert_ne!(rotated.signer(&world.root).unwrap().key.public_key(), before);
    assert!(rotated.state().signer_now(Thumbprint::of(&tablet.key).kid()).is_ok());
    let (again, _) = rotated.rotate(&world.root, None, NOW + 2).unwrap();
    let restored = KeyLog::restore(&world.root, HELSINKI, again.held(), NOW + 2).unwrap();
    assert_eq!(restored.signer(&world.root).unwrap().key_event, 3);
    let elsewhere = KeyLog::restore(&new_phone(), HELSINKI, again.held(), NOW + 2).unwrap();
    assert_eq!(elsewhere.rotate(&new_phone(), None, NOW + 3).unwrap_err(), KeysFault::NotControlling);
}

#[test]
fn whoever_began_a_recovery_by_mistake_ends_it_with_the_paper() {
    let world = World::new();
    let old = world.log_at(HELSINKI);
    let event = recover(old.state(), &new_phone(), &paper(), &HELSINKI, None, NOW).unwrap();
    let state = replay(HELSINKI, &with(old.held(), &event, NOW), NOW).unwrap();
    let cancel = cancel_with_paper(&state, &paper(), &HELSINKI, event.id(), NOW);
    let state = state.apply(Signed::decode(cancel.bytes()).unwrap(), Taken::logged(NOW)).unwrap();
    assert!(state.pending().is_none());
}
