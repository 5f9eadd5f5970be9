//! A thief with the phone, with the paper, with both, against the rightful holder who has the rest: who has the log in the end.

use pod_protocol::key_event::{KeyChange, KeyEvent, MAX_CANCELLED, Taken};

use crate::key_log::*;
use crate::vectors::world::NOW;

#[test]
fn a_lost_phone_is_replaced_from_the_paper() {
    let mut log = Log::new();
    log.wait(HOUR);
    assert_eq!(log.recover(PAPER, NEW_PHONE), "accepted");
    assert_eq!(log.pending().due_secs(), Some(NOW + HOUR + HOURS_72));
    assert!(!log.commands(NEW_PHONE), "not before its time");
    log.wait(HOURS_72 - 1);
    assert!(log.commands(PHONE) && !log.commands(NEW_PHONE));
    log.wait(1);
    assert!(log.grants(NEW_PHONE) && !log.commands(PHONE));
    assert!(log.state.pending().is_none());
    assert_eq!(log.add(NEW_PHONE, TABLET), "accepted", "and the log goes on");
}

#[test]
fn nothing_new_is_granted_while_it_is_open_whose_log_it_is() {
    let mut log = Log::new();
    log.recover(PAPER, NEW_PHONE);
    assert!(log.commands(PHONE), "it can see what is pending");
    assert_eq!(log.state.grantor_now(kid(PHONE)).unwrap_err().code(), "key-pending");
    assert_eq!(log.add(PHONE, TABLET), "key-pending");
    let rotation = log.rotation(&NEXT[..2], |_| {});
    assert_eq!(log.send(NEXT[0], rotation), "key-pending");
    assert_eq!(log.device_cancels(PHONE), "accepted");
    assert!(log.grants(PHONE));
    assert_eq!(log.add(PHONE, TABLET), "accepted");
}

#[test]
fn a_thief_with_the_paper_is_cancelled_and_never_signs() {
    let mut log = Log::new();
    for _ in 0..MAX_CANCELLED {
        assert_eq!(log.recover(PAPER, THIEFS), "accepted");
        log.wait(HOURS_72 - 1);
        assert_eq!(log.device_cancels(PHONE), "accepted");
        log.wait(HOURS_72);
        assert!(log.grants(PHONE) && !log.commands(THIEFS));
    }
    assert_eq!(log.recover(PAPER, THIEFS), "key-spent", "nor can they stop the holder's grants again and again");
    // The holder writes a new paper, which the thief's takes back no more.
    let rotation = log.rotation(&NEXT[..2], |rotation| rotation.recovery = Some(recovery_keys(&[VAULT, 40])));
    assert_eq!(log.send(NEXT[0], rotation), "accepted");
    assert_eq!(log.recover(PAPER, THIEFS), "key-unknown");
    log.wait(HOUR);
    assert_eq!(log.recover(40, NEW_PHONE), "accepted", "the new paper counts");
}

/// The thief cancels what the paper begins. With the paper, the holder logs in, and then no device cancels.
#[test]
fn a_thief_with_the_phone_does_not_cancel_whom_the_holder_has_seen() {
    let mut log = Log::new();
    log.recover(PAPER, NEW_PHONE);
    assert_eq!(log.device_cancels(PHONE), "accepted", "the thief's");
    assert_eq!(log.recover_identified(PAPER, NEW_PHONE), "accepted");
    assert!(!log.grants(PHONE));
    assert!(log.state.cancelling_devices().is_empty());
    assert_eq!(log.device_cancels(PHONE), "key-outranked");
    log.wait(HOURS_72);
    assert!(log.grants(NEW_PHONE) && !log.commands(PHONE));
}

#[test]
fn whoever_identifies_themselves_goes_before_the_same_key_without() {
    let mut log = Log::new();
    log.recover(PAPER, THIEFS);
    assert_eq!(log.recover(PAPER, NEW_PHONE), "key-pending", "the first stands");
    assert_eq!(log.recover_identified(PAPER, NEW_PHONE), "accepted");
    assert_eq!(log.recover_identified(PAPER, THIEFS), "key-pending");
    log.wait(HOURS_72);
    assert!(log.grants(NEW_PHONE) && !log.commands(THIEFS));
}

/// The thief has the controlling keys of the phone too, and puts a paper of their own into the log.
#[test]
fn what_a_thief_changed_is_taken_back_within_72_hours() {
    let mut log = Log::new();
    let fork = (log.state.seq() + 1, log.state.head());
    assert_eq!(log.add(PHONE, THIEFS), "accepted");
    let rotation = log.rotation(&NEXT[..2], |rotation| {
        rotation.devices = Some(vec![may_all(THIEFS)]);
        rotation.recovery = Some(recovery_keys(&[THIEFS_PAPER]));
    });
    assert_eq!(log.send(NEXT[0], rotation), "accepted");
    assert!(log.grants(THIEFS) && !log.commands(PHONE));
    log.wait(HOURS_72);
    let back = KeyEvent { seq: fork.0, previous: Some(fork.1), time_secs: log.now, change: recovery(PAPER, NEW_PHONE) };
    let mut late = log.clone();
    late.wait(1);
    assert_eq!(late.send(PAPER, back.clone()), "key-too-late");
    // The thief recovers too, with a key that is the highest in what they wrote: it is lower than what it would take back.
    assert_eq!(log.recover(THIEFS_PAPER, THIEFS), "accepted");
    assert_eq!(log.send(PAPER, back.clone()), "accepted");
    assert_eq!(log.recover(THIEFS_PAPER, THIEFS), "key-pending");
    log.wait(HOURS_72);
    assert!(log.grants(NEW_PHONE) && !log.commands(THIEFS) && !log.commands(PHONE));
    assert_eq!(log.state.seq(), 1, "the thief's events are gone");
    assert_eq!(log.state.check_signer_at(kid(THIEFS), 2, NOW + HOUR, NOW + HOUR).unwrap_err(), CHAIN_KEY_EVENT);
    assert_eq!(log.send(PAPER, back), "key-too-late", "the same event again");
}

const CHAIN_KEY_EVENT: pod_protocol::refusal::ChainFault = pod_protocol::refusal::ChainFault::KeyEvent;

#[test]
fn a_higher_paper_goes_before_a_lower_one_and_undoes_it_within_72_hours() {
    let mut log = Log::new();
    log.recover(PAPER, THIEFS);
    assert_eq!(log.key_cancels(THIEFS_PAPER), "key-unknown");
    let mut cancelled = log.clone();
    assert_eq!(cancelled.key_cancels(VAULT), "accepted");
    assert!(cancelled.grants(PHONE));
    let mut withdrawn = log.clone();
    assert_eq!(withdrawn.key_cancels(PAPER), "accepted", "whoever began it ends it");
    let mut late = log.clone();
    let by_vault = log.recovery(VAULT, NEW_PHONE);
    late.wait(HOURS_72);
    assert_eq!(late.send(VAULT, by_vault.clone()), "key-too-late", "it stands");
    assert!(late.grants(THIEFS));
    assert_eq!(log.send(VAULT, by_vault), "accepted");
    assert_eq!(log.key_cancels(PAPER), "key-outranked");
    assert_eq!(log.recover_identified(PAPER, THIEFS), "key-pending", "nor by identifying oneself");
    log.wait(HOURS_72);
    assert!(log.grants(NEW_PHONE) && !log.commands(THIEFS));
}

/// Phone and paper in one bag: what is left is the vault, and 72 hours. Without it the log is lost.
#[test]
fn a_thief_with_both_wins_against_whoever_has_nothing_else() {
    let mut log = Log::new();
    log.wait(HOUR);
    log.recover(PAPER, THIEFS);
    let mut with_vault = log.clone();
    assert_eq!(with_vault.recover(VAULT, NEW_PHONE), "accepted");
    assert_eq!(with_vault.device_cancels(PHONE), "accepted", "the thief's");
    assert_eq!(with_vault.recover_identified(VAULT, NEW_PHONE), "accepted");
    with_vault.wait(HOURS_72);
    assert!(with_vault.grants(NEW_PHONE));
    log.wait(HOURS_72);
    assert!(log.grants(THIEFS) && !log.commands(PHONE));
}

#[test]
fn log_time_counts_and_no_signers_clock() {
    let mut log = Log::new();
    let old = KeyEvent { time_secs: NOW, ..log.recovery(PAPER, THIEFS) };
    log.now = NOW + 30 * 24 * HOUR;
    assert_eq!(log.send(PAPER, old), "accepted", "it says that it was signed a month ago");
    assert!(!log.commands(THIEFS));
    log.wait(HOURS_72 - 1);
    assert!(!log.commands(THIEFS));
    assert_eq!(log.device_cancels(PHONE), "accepted");

    // What is not in the log yet never takes effect.
    let taken = Taken { logged_secs: None, ..Taken::logged(log.now) };
    assert_eq!(log.send_taken(PAPER, log.recovery(PAPER, THIEFS), taken), "accepted");
    assert_eq!(log.pending().due_secs(), None);
    log.wait(365 * 24 * HOUR);
    assert!(!log.commands(THIEFS) && log.state.pending().is_some());
}

#[test]
fn an_old_event_sent_again_changes_nothing() {
    let mut log = Log::new();
    let recovery = log.recovery(PAPER, THIEFS);
    assert_eq!(log.send(PAPER, recovery.clone()), "accepted");
    assert_eq!(log.send(PAPER, recovery.clone()), "key-pending");
    let cancelled = log.pending().id;
    assert_eq!(log.device_cancels(PHONE), "accepted");
    let cancel = log.next(KeyChange::Cancel { target: cancelled, revealed: None });
    log.add(PHONE, TABLET);
    assert_eq!(log.send(PHONE, cancel), "claim-range");
    // The recovery itself can be sent again by whoever has its bytes. It waits, is seen and cancelled as before, and is spent.
    assert_eq!(log.send(PAPER, recovery.clone()), "accepted");
    log.device_cancels(TABLET);
    assert_eq!(log.send(PAPER, recovery.clone()), "accepted");
    log.device_cancels(TABLET);
    assert_eq!(log.send(PAPER, recovery), "key-spent");
}

/// Two events after the same one: the first that was logged stands.
#[test]
fn a_fork_is_refused() {
    let mut log = Log::new();
    let (one, other) = (log.next(KeyChange::AddDevice(may_all(TABLET))), log.next(KeyChange::AddDevice(may_all(21))));
    assert_eq!(log.send(PHONE, one), "accepted");
    assert_eq!(log.send(PHONE, other), "claim-range");
    let rotation = log.rotation(&NEXT[..2], |_| {});
    let another = log.rotation(&NEXT[1..], |_| {});
    assert_eq!(log.send(NEXT[0], rotation), "accepted");
    assert_eq!(log.send(NEXT[1], another), "key-unknown", "these keys have shown themselves, and rotate no more");
}

#[test]
fn a_full_log_can_still_be_recovered() {
    let mut log = Log::new();
    let outside = |log: &Log| {
        let target = pod_protocol::ids::ObjectId::new([9; 32]);
        log.next(KeyChange::Cancel { target, revealed: None })
    };
    while log.state.events() < pod_protocol::key_event::MAX_EVENTS {
        assert_eq!(log.send(PHONE, outside(&log)), "accepted");
    }
    assert_eq!(log.send(PHONE, outside(&log)), "too-large");
    assert_eq!(log.recover(PAPER, NEW_PHONE), "accepted");
    assert_eq!(log.device_cancels(PHONE), "accepted");
    assert_eq!(log.recover_identified(PAPER, NEW_PHONE), "accepted");
    log.wait(HOURS_72);
    assert!(log.grants(NEW_PHONE));
}

#[test]
fn what_the_lost_phone_signed_since_the_loss_does_not_count() {
    let mut log = Log::new();
    log.wait(24 * HOUR);
    let lost = NOW + HOUR;
    let mut event = log.recovery(PAPER, NEW_PHONE);
    if let KeyChange::Recovery(recovery) = &mut event.change {
        recovery.compromised_since = Some(lost);
    }
    log.send(PAPER, event);
    log.wait(HOURS_72);
    let at = |issued| log.state.check_signer_at(kid(PHONE), 0, issued, issued);
    assert!(at(lost - 1).is_ok(), "grants of before go on");
    assert_eq!(at(lost).unwrap_err(), pod_protocol::refusal::ChainFault::KeyCompromised);
    assert_eq!(at(NOW + 24 * HOUR).unwrap_err(), CHAIN_KEY_EVENT);
    // With an earlier date in it, and first seen since the loss.
    let dated_back = log.state.check_signer_at(kid(PHONE), 0, lost - 1, lost);
    assert_eq!(dated_back.unwrap_err(), pod_protocol::refusal::ChainFault::KeyCompromised);
}
