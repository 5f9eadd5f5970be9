//! Logs with a phone, a tablet that may only sign, a paper in a vault, a paper at home, and two of three controlling keys.

use pod_crypto::SigningKey;
use pod_protocol::Verified;
use pod_protocol::ids::{ObjectId, Principal};
use pod_protocol::key_event::{Controls, KeyChange, KeyEvent, Recovery, RecoveryKey, Rotation, Taken, key_digest};
use serde_json::{Value as Json, json};

use super::world::{DAY, NOW, device, thumbprint};
use super::write::{case, hex};

const PHONE: u8 = 1;
const VAULT: u8 = 3;
const PAPER: u8 = 4;
const NEXT: [u8; 3] = [5, 6, 7];
const NEW_PHONE: u8 = 20;
const HOURS_72: u64 = 3 * DAY;

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

fn digests(numbers: &[u8]) -> Vec<[u8; 32]> {
    numbers.iter().map(|number| key_digest(&key(*number).public_key())).collect()
}

fn papers() -> Vec<RecoveryKey> {
    digests(&[VAULT, PAPER]).into_iter().map(|digest| RecoveryKey { digest, delay_secs: HOURS_72 }).collect()
}

/// A log under way.
#[derive(Clone)]
struct Log {
    events: Vec<Verified<KeyEvent>>,
    taken: Vec<Json>,
}

impl Log {
    fn new() -> Self {
        let change = KeyChange::Inception {
            organisation: Some(Principal::new([7; 32])),
            devices: vec![device(&key(PHONE), true, true)],
            next: digests(&NEXT),
            threshold: 2,
            recovery: papers(),
            salt: [0; 16],
        };
        let first = Verified::sign(&key(PHONE), KeyEvent { seq: 0, previous: None, time_secs: NOW, change });
        Self { events: vec![first], taken: vec![Json::Null] }
    }

    fn id(&self, number: usize) -> ObjectId {
        self.events[number].id()
    }

    /// With one event more, as `seq` after the event with this place in the list.
    fn with(mut self, by: u8, seq: u64, after: usize, secs: u64, change: KeyChange, taken: Taken) -> Self {
        let event = KeyEvent { seq, previous: Some(self.id(after)), time_secs: secs, change };
        self.events.push(Verified::sign(&key(by), event));
        let Taken { taken_secs, logged_secs, identified } = taken;
        self.taken.push(json!({"taken": taken_secs, "logged": logged_secs, "identified": identified}));
        self
    }

    fn case(&self, name: &str, why: &str, expect: &str, now: Option<u64>, may_sign_now: &[(u8, bool)]) -> Json {
        let mut case = case(name, why, expect);
        let events: Vec<String> = self.events.iter().map(|event| hex(event.bytes())).collect();
        case.insert("events".into(), events.into());
        case.insert("taken".into(), self.taken.clone().into());
        case.extend(now.map(|now| ("now".to_owned(), now.into())));
        let kid = |number: u8| thumbprint(&key(number)).kid().to_string();
        let now: Vec<Json> =
            may_sign_now.iter().map(|(number, may)| json!({"kid": kid(*number), "may": may})).collect();
        case.insert("new_grants".into(), now.into());
        case.into()
    }
}

fn recovery(by: u8) -> KeyChange {
    KeyChange::Recovery(Recovery {
        revealed: key(by).public_key(),
        devices: vec![device(&key(NEW_PHONE), true, true)],
        controls: Controls { next: digests(&[8, 9, 10]), threshold: 2, recovery: papers() },
        compromised_since: None,
    })
}

fn rotation(log: &Log, revealed: &[u8]) -> KeyChange {
    let mut event = KeyEvent {
        seq: 1,
        previous: Some(log.id(0)),
        time_secs: NOW,
        change: KeyChange::Rotation(Rotation {
            revealed: revealed.iter().map(|number| key(*number).public_key()).collect(),
            endorsements: Vec::new(),
            devices: Some(vec![device(&key(NEW_PHONE), true, true)]),
            next: digests(&[8, 9, 10]),
            threshold: 2,
            recovery: None,
            compromised_since: None,
        }),
    };
    let signed = revealed.iter().skip(1).map(|number| event.endorse(&key(*number))).collect();
    if let KeyChange::Rotation(rotation) = &mut event.change {
        rotation.endorsements = signed;
    }
    event.change
}

const OLD: (u8, bool) = (PHONE, true);
const NEW: (u8, bool) = (NEW_PHONE, true);
const NO_OLD: (u8, bool) = (PHONE, false);
const NO_NEW: (u8, bool) = (NEW_PHONE, false);
const DUE: Option<u64> = Some(NOW + HOURS_72);

fn recovered(by: u8) -> Log {
    Log::new().with(by, 1, 0, NOW, recovery(by), Taken::logged(NOW))
}

/// The cases.
pub fn cases() -> Vec<Json> {
    [rotations(), waits(), cancelled(), one_before_another(), taken_back()].concat()
}

fn rotations() -> Vec<Json> {
    let begun = Log::new();
    let rotated = |keys: &[u8]| begun.clone().with(keys[0], 1, 0, NOW, rotation(&begun, keys), Taken::logged(NOW));
    vec![
        rotated(&[5, 6]).case("rotation by two of three", "5 signs, 6 endorses", "accepted", None, &[NEW, NO_OLD]),
        rotated(&[7, 5]).case("rotation by two others", "7 signs, 5 endorses", "accepted", None, &[NEW, NO_OLD]),
        rotated(&[5]).case("rotation by one", "two are needed", "key-unknown", None, &[]),
        rotated(&[5, 6, 7]).case("rotation by three", "two are needed, and no more", "key-unknown", None, &[]),
        rotated(&[5, 4]).case("rotation by another", "4 was not committed to", "key-unknown", None, &[]),
    ]
}

fn waits() -> Vec<Json> {
    let recovered_unlogged =
        Log::new().with(PAPER, 1, 0, NOW, recovery(PAPER), Taken { logged_secs: None, ..Taken::logged(NOW) });
    let before = DUE.map(|due| due - 1);
    vec![
        recovered(PAPER).case(
            "recovery waits",
            "nobody's grants count meanwhile",
            "accepted",
            before,
            &[NO_OLD, NO_NEW],
        ),
        recovered(PAPER).case("recovery after 72 hours", "it has taken effect", "accepted", DUE, &[NO_OLD, NEW]),
        recovered(5).case("recovery by a controlling key", "which is none", "key-unknown", None, &[]),
        recovered_unlogged.case(
            "recovery that is not logged",
            "its time does not run",
            "accepted",
            Some(NOW + 365 * DAY),
            &[NO_OLD, NO_NEW],
        ),
    ]
}

fn cancelled() -> Vec<Json> {
    let cancel = |log: &Log, by: u8, revealed: Option<u8>| {
        let revealed = revealed.map(|number| key(number).public_key());
        let change = KeyChange::Cancel { target: log.id(1), revealed };
        log.clone().with(by, 1, 0, NOW + DAY, change, Taken::logged(NOW + DAY))
    };
    let seen = Taken { identified: true, ..Taken::logged(NOW) };
    let identified = Log::new().with(PAPER, 1, 0, NOW, recovery(PAPER), seen);
    vec![
        cancel(&recovered(PAPER), PHONE, None).case(
            "cancelled by the phone",
            "as before",
            "accepted",
            DUE,
            &[OLD, NO_NEW],
        ),
        cancel(&identified, PHONE, None).case(
            "not cancelled by the phone",
            "the person identified themselves",
            "key-outranked",
            None,
            &[],
        ),
        cancel(&recovered(PAPER), VAULT, Some(VAULT)).case(
            "cancelled by the higher paper",
            "as before",
            "accepted",
            DUE,
            &[OLD, NO_NEW],
        ),
        cancel(&recovered(VAULT), PAPER, Some(PAPER)).case(
            "not cancelled by the lower paper",
            "the vault is higher",
            "key-outranked",
            None,
            &[],
        ),
    ]
}

fn one_before_another() -> Vec<Json> {
    let tablet = KeyChange::AddDevice(device(&key(2), true, false));
    vec![
        recovered(PAPER).with(VAULT, 1, 0, NOW, recovery(VAULT), Taken::logged(NOW)).case(
            "the higher paper goes first",
            "and waits anew",
            "accepted",
            None,
            &[NO_OLD, NO_NEW],
        ),
        recovered(VAULT).with(PAPER, 1, 0, NOW, recovery(PAPER), Taken::logged(NOW)).case(
            "the lower paper does not",
            "one waits",
            "key-pending",
            None,
            &[],
        ),
        recovered(PAPER).with(PHONE, 1, 0, NOW, tablet, Taken::logged(NOW)).case(
            "device while it waits",
            "only cancelling counts",
            "key-pending",
            None,
            &[],
        ),
    ]
}

fn taken_back() -> Vec<Json> {
    let tablet = KeyChange::AddDevice(device(&key(2), true, false));
    let added = Log::new().with(PHONE, 1, 0, NOW, tablet, Taken::logged(NOW));
    let back = |secs: u64| added.clone().with(PAPER, 1, 0, secs, recovery(PAPER), Taken::logged(secs));
    vec![
        back(NOW + HOURS_72).case(
            "undo within 72 hours",
            "before the tablet was added",
            "accepted",
            None,
            &[NO_OLD, NO_NEW],
        ),
        back(NOW + HOURS_72 + 1).case("undo after 72 hours", "the tablet stays", "key-too-late", None, &[]),
    ]
}
