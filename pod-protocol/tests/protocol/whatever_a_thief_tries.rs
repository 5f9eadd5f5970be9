//! Generated attempts: whatever a thief of the paper does, a phone that looks once in 72 hours keeps the log; whatever a thief of the
//! phone does, somebody with the paper whom the holder has seen gets it back.

use pod_protocol::ids::ObjectId;
use pod_protocol::key_event::{KeyChange, KeyEvent, Taken};
use proptest::prelude::*;

use crate::key_log::*;

/// One attempt: what, from which earlier event, how long after the last.
type Move = (u8, usize, u64);

fn moves() -> impl Strategy<Value = Vec<Move>> {
    prop::collection::vec((any::<u8>(), 0_usize..6, 0..HOURS_72 / 4), 1..12)
}

/// The places after which the thief tries to go on: every event that was ever the last one.
struct Places(Vec<(u64, ObjectId)>);

impl Places {
    fn note(&mut self, log: &Log) {
        self.0.push((log.state.seq(), log.state.head()));
    }

    fn at(&self, log: &Log, wanted: usize, change: KeyChange) -> KeyEvent {
        let (seq, id) = self.0[wanted % self.0.len()];
        KeyEvent { seq: seq + 1, previous: Some(id), time_secs: log.now, change }
    }
}

fn thief_with_paper(log: &mut Log, places: &Places, (what, place, _): Move) {
    let target = log.state.pending().map_or(ObjectId::new([9; 32]), |pending| pending.id);
    let cancel = KeyChange::Cancel { target, revealed: Some(key(PAPER).public_key()) };
    let (signer, event) = match what % 6 {
        0 | 1 => (PAPER, places.at(log, place, recovery(PAPER, THIEFS))),
        2 => (PAPER, places.at(log, place, cancel)),
        3 => (THIEFS, places.at(log, place, KeyChange::AddDevice(may_all(THIEFS)))),
        4 => (THIEFS_PAPER, places.at(log, place, recovery(THIEFS_PAPER, THIEFS))),
        _ => (PAPER, KeyEvent { time_secs: log.now + 40, ..places.at(log, place, recovery(PAPER, THIEFS)) }),
    };
    log.send(signer, event);
}

fn thief_with_phone(log: &mut Log, places: &Places, (what, place, _): Move) {
    let target = log.state.pending().map_or(ObjectId::new([9; 32]), |pending| pending.id);
    let rotation = log.rotation(&NEXT[..2], |rotation| {
        rotation.devices = Some(vec![may_all(PHONE), may_all(THIEFS)]);
        rotation.recovery = Some(recovery_keys(&[THIEFS_PAPER]));
    });
    let (signer, event) = match what % 6 {
        0 => (PHONE, places.at(log, place, KeyChange::AddDevice(may_all(THIEFS)))),
        1 => (NEXT[0], rotation),
        2 => (PHONE, places.at(log, place, KeyChange::Cancel { target, revealed: None })),
        3 => (THIEFS, places.at(log, place, KeyChange::Cancel { target, revealed: None })),
        4 => (THIEFS_PAPER, places.at(log, place, recovery(THIEFS_PAPER, THIEFS))),
        _ => (
            THIEFS_PAPER,
            places.at(log, place, KeyChange::Cancel { target, revealed: Some(key(THIEFS_PAPER).public_key()) }),
        ),
    };
    log.send(signer, event);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_phone_that_looks_keeps_the_log(moves in moves()) {
        let mut log = Log::new();
        let mut places = Places(Vec::new());
        places.note(&log);
        for one in moves {
            thief_with_paper(&mut log, &places, one);
            log.wait(one.2);
            prop_assert!(!log.commands(THIEFS));
            if log.state.pending().is_some() {
                prop_assert_eq!(log.device_cancels(PHONE), "accepted");
            }
            places.note(&log);
            prop_assert!(log.grants(PHONE));
            prop_assert_eq!(log.state.clone().settled(u64::MAX), log.state.clone());
        }
    }

    #[test]
    fn whom_the_holder_has_seen_gets_the_log_back(before in moves(), after in moves()) {
        let mut log = Log::new();
        let mut places = Places(Vec::new());
        places.note(&log);
        let stolen = log.now;
        for one in before {
            if log.now + one.2 >= stolen + HOURS_72 {
                break;
            }
            thief_with_phone(&mut log, &places, one);
            log.wait(one.2);
            places.note(&log);
        }
        let back = places.at(&log, 0, recovery(PAPER, NEW_PHONE));
        let taken = Taken { identified: true, ..Taken::logged(log.now) };
        prop_assert_eq!(log.send_taken(PAPER, back, taken), "accepted");
        let due = log.now + HOURS_72;
        for one in after {
            thief_with_phone(&mut log, &places, one);
            prop_assert!(log.state.pending().is_some() || log.now >= due);
            log.wait(one.2);
        }
        log.wait(HOURS_72);
        prop_assert!(log.grants(NEW_PHONE));
        prop_assert!(!log.commands(THIEFS) && !log.commands(PHONE));
    }
}
