//! Key-event logs, event by event.

use pod_crypto::SigningKey;
use pod_protocol::Verified;
use pod_protocol::ids::ObjectId;
use pod_protocol::key_event::{KeyChange, KeyEvent};
use serde_json::{Value as Json, json};

use super::world::{DAY, NOW, World, device, thumbprint};
use super::write::{case, file as written, hex};

/// The file.
pub fn file(world: &World) -> Json {
    let mut logs = Logs { world, cases: Vec::new() };
    logs.honest();
    logs.wrong();
    logs.cases.extend(super::recoveries::cases());
    let about = "Key-event logs, the first event first. expect is how the last event ends; those before it are accepted. taken: when the holder took each event in, its log time, whether the person identified themselves for it; without it, the time at which it says that it was signed. now: when the log is looked at. may_sign_grants: whether a key could sign a grant that names this key event and was issued at this second. new_grants: whether a grant that the key signs now is taken in.";
    written(world, about, "", Json::Null, logs.cases)
}

struct Logs<'a> {
    world: &'a World,
    cases: Vec<Json>,
}

impl Logs<'_> {
    /// Anna's log, with one event more that somebody signed.
    fn add(&mut self, name: &str, why: &str, expect: &str, last: Option<(&SigningKey, KeyEvent)>, more: Json) {
        let mut events: Vec<Json> = self.world.anna_events.iter().map(|event| hex(event.bytes()).into()).collect();
        events.extend(last.map(|(key, event)| Json::from(hex(Verified::sign(key, event).bytes()))));
        let mut case = case(name, why, expect);
        case.insert("events".into(), events.into());
        if let Json::Object(more) = more {
            case.extend(more);
        }
        self.cases.push(case.into());
    }

    fn next(&self, change: KeyChange) -> KeyEvent {
        KeyEvent { seq: 2, previous: Some(self.world.anna_log().head()), time_secs: NOW - 50 * DAY, change }
    }

    fn revoke(&self, compromised_since: Option<u64>) -> KeyEvent {
        self.next(KeyChange::RevokeDevice { kid: thumbprint(&self.world.tablet).kid(), compromised_since })
    }

    fn honest(&mut self) {
        let (anna, tablet) = (&self.world.anna, &self.world.tablet);
        let (sold, stolen) = (NOW - 50 * DAY, NOW - 60 * DAY);
        let ask = |key: &SigningKey, seq: u64, issued: u64, expect: &str| {
            let kid = thumbprint(key).kid().to_string();
            json!({"kid": kid, "key_event": seq, "iat": issued, "expect": expect})
        };
        let principal = self.world.anna_log().principal().to_string();
        let signers = |list: Vec<Json>| json!({"principal": principal, "may_sign_grants": list});
        let early = signers(vec![
            ask(anna, 0, NOW, "accepted"),
            ask(anna, 1, NOW, "accepted"),
            ask(anna, 2, NOW, "chain-key-event"),
            ask(tablet, 0, NOW, "chain-key-event"),
            ask(tablet, 1, NOW, "accepted"),
            ask(&self.world.mallory, 0, NOW, "chain-key-event"),
        ]);
        let after_sale = signers(vec![
            ask(tablet, 1, sold - 1, "accepted"),
            ask(tablet, 1, sold, "chain-key-event"),
            ask(tablet, 1, NOW, "chain-key-event"),
            ask(tablet, 2, sold - 1, "chain-key-event"),
            ask(anna, 2, NOW, "accepted"),
        ]);
        let after_theft = signers(vec![
            ask(tablet, 1, stolen - 1, "accepted"),
            ask(tablet, 1, stolen, "chain-key-compromised"),
            ask(tablet, 1, sold, "chain-key-event"),
        ]);
        let third = self.next(KeyChange::AddDevice(device(&self.world.bo, true, true)));
        let (gone, lost) = (self.revoke(None), self.revoke(Some(stolen)));
        self.add("two events", "inception, and the tablet added", "accepted", None, early);
        let why = "what it signed before goes on counting, nothing after";
        self.add("tablet sold", why, "accepted", Some((anna, gone)), after_sale);
        let why = "what it signed since the theft does not count";
        self.add("tablet stolen", why, "accepted", Some((anna, lost)), after_theft);
        self.add("third device", "Anna adds another", "accepted", Some((anna, third)), Json::Null);
    }

    fn wrong(&mut self) {
        let world = self.world;
        let (anna, tablet) = (&world.anna, &world.tablet);
        let third = self.next(KeyChange::AddDevice(device(&world.bo, true, true)));
        let again = self.next(KeyChange::AddDevice(device(tablet, true, true)));
        let kid = thumbprint(&world.bo).kid();
        let unknown = self.next(KeyChange::RevokeDevice { kid, compromised_since: None });
        let good = self.revoke(None);
        let mut wrong = |name: &str, why: &str, expect: &str, key: &SigningKey, event: KeyEvent| {
            self.add(name, why, expect, Some((key, event)), Json::Null);
        };
        let why = "the tablet may sign grants, not manage devices";
        wrong("by a signing key", why, "key-unknown", tablet, third.clone());
        wrong("by a stranger", "Bo adds himself", "key-unknown", &world.bo, third);
        wrong("device again", "a key is added once, ever", "claim-repeated", anna, again);
        wrong("revoke unknown", "a key that was never there", "claim-range", anna, unknown);
        let mut follows = |name: &str, why: &str, event: KeyEvent| wrong(name, why, "claim-range", anna, event);
        follows("number skipped", "3 after 1", KeyEvent { seq: 3, ..good.clone() });
        follows("number again", "1 after 1", KeyEvent { seq: 1, ..good.clone() });
        let (first, other) = (Some(world.anna_events[0].id()), Some(ObjectId::new([1; 32])));
        follows("fork", "after the first event instead of the last", KeyEvent { previous: first, ..good.clone() });
        follows("other log", "after an event of another log", KeyEvent { previous: other, ..good.clone() });
        let early = KeyEvent { time_secs: NOW - 101 * DAY, ..good };
        follows("back in time", "signed before the event before it", early);
        follows("second inception", "a log begins once", world.inception(anna));
    }
}
