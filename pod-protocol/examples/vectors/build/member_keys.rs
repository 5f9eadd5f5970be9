//! Registries in which a member published its key-event log: which statements hold, and with which keys the member signs.

use pod_crypto::SigningKey;
use pod_protocol::Verified;
use pod_protocol::ids::{Cti, Principal};
use pod_protocol::key_event::{KeyChange, KeyEvent, Rotation, key_digest};
use pod_protocol::statement::{Membership, Role};
use serde_json::{Value as Json, json};

use super::world::{DAY, NOW, World, device, thumbprint};
use super::write::{case, file as written, hex};

/// The trust anchor's principal.
const ANCHOR: Principal = Principal::new([1; 32]);

/// The file.
pub fn file(world: &World) -> Json {
    let mut registries = Registries { world, cases: Vec::new() };
    registries.honest();
    registries.wrong();
    let about = "Registries, statement by statement, read with the anchor's key archive at now_secs. One member, helsinki: managed offline by processor, committed to tablet, online first with helsinki, then with espoo. expect: the code with which the last statement is refused, or accepted; all others hold. signs_with: the member's keys of now. signed: whether something kept, signed by this key at this second, is the member's.";
    let anchor = json!({"principal": ANCHOR.to_string(), "key": "archive"});
    written(world, about, "", json!({"anchor": anchor}), registries.cases)
}

struct Registries<'a> {
    world: &'a World,
    cases: Vec<Json>,
}

/// The member's log as far as it is.
#[derive(Clone)]
struct Log(Vec<Verified<KeyEvent>>);

impl Log {
    fn next(&self, days_ago: u64, change: KeyChange) -> KeyEvent {
        let previous = Some(self.0.last().unwrap().id());
        KeyEvent { seq: self.0.len() as u64, previous, time_secs: NOW - days_ago * DAY, change }
    }

    fn with(&self, by: &SigningKey, days_ago: u64, change: KeyChange) -> Self {
        let mut log = self.clone();
        log.0.push(Verified::sign(by, self.next(days_ago, change)));
        log
    }
}

impl Registries<'_> {
    fn begun(&self) -> Log {
        let world = self.world;
        let change = KeyChange::Inception {
            organisation: None,
            devices: vec![device(&world.processor, false, true), device(&world.helsinki, true, false)],
            next: vec![key_digest(&world.tablet.public_key())],
            threshold: 1,
            recovery: Vec::new(),
            salt: [7; 16],
        };
        let event = KeyEvent { seq: 0, previous: None, time_secs: NOW - 90 * DAY, change };
        Log(vec![Verified::sign(&world.processor, event)])
    }

    fn added(&self) -> Log {
        let change = KeyChange::AddDevice(device(&self.world.espoo, true, false));
        self.begun().with(&self.world.processor, 30, change)
    }

    fn revoked(&self, compromised_since: Option<u64>) -> Log {
        let kid = thumbprint(&self.world.helsinki).kid();
        let change = KeyChange::RevokeDevice { kid, compromised_since };
        self.added().with(&self.world.processor, 10, change)
    }

    fn membership(&self, days_ago: u64, keys: &[&SigningKey]) -> Vec<u8> {
        let membership = Membership {
            issuer: ANCHOR,
            subject: Principal::new(*self.begun().0[0].id().as_bytes()),
            expires: NOW + 100 * DAY,
            issued: NOW - days_ago * DAY,
            cti: Cti::new([u8::try_from(days_ago).unwrap(); 16]),
            name: "helsinki".parse().unwrap(),
            keys: keys.iter().map(|key| key.public_key()).collect(),
            roles: vec![Role::Holder],
            depth: 0,
            suspended: false,
        };
        Verified::sign(&self.world.archive, membership).bytes().to_vec()
    }

    fn add(&mut self, (name, why, expect): (&str, &str, &str), last: &[Vec<u8>], log: &Log, keys: &[&SigningKey]) {
        let mut statements = vec![self.membership(80, &[&self.world.helsinki])];
        statements.extend(log.0.iter().map(|event| event.bytes().to_vec()));
        statements.extend_from_slice(last);
        let mut case = case(name, why, expect);
        case.insert("statements".into(), statements.iter().map(|bytes| hex(bytes)).collect());
        case.insert("signs_with".into(), keys.iter().map(|key| hex(&key.public_key().to_bytes())).collect());
        self.cases.push(case.into());
    }

    fn signed(&mut self, by: &SigningKey, secs: u64, holds: bool) {
        let kid = thumbprint(by).kid().to_string();
        let asked = json!({"kid": kid, "at": secs, "holds": holds});
        let case = self.cases.last_mut().unwrap().as_object_mut().unwrap();
        case.entry("signed").or_insert_with(|| json!([])).as_array_mut().unwrap().push(asked);
    }

    fn honest(&mut self) {
        let World { helsinki, espoo, processor, .. } = self.world;
        let (begun, added) = (self.begun(), self.added());
        let ok = |name, why| (name, why, "accepted");
        self.add(ok("begun", "says nothing that the membership does not"), &[], &begun, &[helsinki]);
        self.add(ok("two keys", "both live during the change"), &[], &added, &[helsinki, espoo]);
        self.signed(processor, NOW, false);
        let revoked = self.revoked(None);
        self.add(ok("one key", "the first one went"), &[], &revoked, &[espoo]);
        self.signed(helsinki, NOW - 10 * DAY - 1, true);
        self.signed(helsinki, NOW - 10 * DAY, false);
        self.signed(espoo, NOW, true);
        let stolen = self.revoked(Some(NOW - 20 * DAY));
        self.add(ok("stolen", "what it signed since the theft does not count"), &[], &stolen, &[espoo]);
        self.signed(helsinki, NOW - 20 * DAY - 1, true);
        self.signed(helsinki, NOW - 20 * DAY, false);
        let renewed = [self.membership(1, &[helsinki, espoo])];
        self.add(ok("named again", "a membership brings no revoked key back"), &renewed, &revoked, &[espoo]);
        let other = [self.membership(1, &[espoo])];
        self.add(ok("taken out", "a first key needs the membership too"), &other, &added, &[espoo]);
    }

    fn wrong(&mut self) {
        let World { helsinki, espoo, processor, mallory, tablet, .. } = self.world;
        let added = self.added();
        let both = [helsinki, espoo];
        let own = KeyChange::AddDevice(device(mallory, true, false));
        let event = added.next(5, own.clone());
        let bytes = |by: &SigningKey, event: &KeyEvent| Verified::sign(by, event.clone()).bytes().to_vec();
        for (name, by) in [("by a stranger", mallory), ("by an online key", helsinki), ("by a committed key", tablet)] {
            self.add((name, "managing keys add keys", "key-unknown"), &[bytes(by, &event)], &added, &both);
        }
        let fork = self.begun().next(5, own);
        let why = "the first with this number stands";
        self.add(("fork", why, "claim-range"), &[bytes(processor, &fork)], &added, &both);
        let back = KeyEvent { time_secs: NOW - 31 * DAY, ..event.clone() };
        let why = "signed before the event before it";
        self.add(("back in time", why, "claim-range"), &[bytes(processor, &back)], &added, &both);
        let early = KeyEvent { time_secs: NOW + 61, ..event };
        let why = "the signer's clock is more than 60 s ahead";
        self.add(("not yet signed", why, "issued-in-future"), &[bytes(processor, &early)], &added, &both);
        let again = self.revoked(None);
        let device = KeyChange::AddDevice(device(helsinki, true, false));
        let again_added = [bytes(processor, &again.next(5, device))];
        let why = "a key is added once, ever";
        self.add(("revoked, added again", why, "claim-repeated"), &again_added, &again, &[espoo]);
        let cancel = added.next(5, KeyChange::Cancel { target: added.0[1].id(), revealed: None });
        let why = "a published log has no recoveries";
        self.add(("cancel", why, "claim-range"), &[bytes(processor, &cancel)], &added, &both);
        let rotation = Rotation {
            revealed: vec![mallory.public_key()],
            endorsements: Vec::new(),
            devices: None,
            next: vec![key_digest(&processor.public_key())],
            threshold: 1,
            recovery: None,
            compromised_since: None,
        };
        let rotation = added.next(5, KeyChange::Rotation(rotation));
        let why = "nobody committed to this key";
        self.add(("rotated by a stranger", why, "key-unknown"), &[bytes(mallory, &rotation)], &added, &both);
    }
}
