//! A member's online keys come and go by its own published log, and by nobody else's word.

use pod_protocol::ids::{Cti, Kid, Principal};
use pod_protocol::key_event::{
    DeviceKey, KeyChange, KeyEvent, MAX_PUBLISHED_EVENT_BYTES, MAX_PUBLISHED_EVENTS, PublishedLog, Roles, Rotation,
    key_digest,
};
use pod_protocol::registry::Registry;
use pod_protocol::statement::{MAX_KEYS, Membership, Profile, Role};
use pod_protocol::tree_head::TreeHead;
use pod_protocol::{Refusal, Signed, Verified};

use crate::support::*;

/// Offline: adds and revokes.
const MANAGING: u8 = 50;
/// Offline, elsewhere: what the log committed to.
const NEXT: u8 = 51;
/// Online, from the start.
const FIRST: u8 = 52;
/// Online, afterwards.
const SECOND: u8 = 53;

const ONLINE: Roles = Roles { sign: true, manage: false };
const OFFLINE: Roles = Roles { sign: false, manage: true };

fn kid(of: u8) -> Kid {
    thumbprint(of).kid()
}

fn device(of: u8, roles: Roles) -> DeviceKey {
    DeviceKey { key: key(of).public_key(), roles }
}

fn public(keys: &[u8]) -> Vec<pod_crypto::PublicKey> {
    keys.iter().map(|of| key(*of).public_key()).collect()
}

/// A city with a log of its own, and what it published of it.
#[derive(Clone)]
struct City {
    log: PublishedLog,
}

impl City {
    /// Founded with this salt: two cities with the same keys are two principals.
    fn founded(salt: u8, managing: u8, first: u8) -> Self {
        let change = KeyChange::Inception {
            organisation: None,
            devices: vec![device(managing, OFFLINE), device(first, ONLINE)],
            next: vec![key_digest(&key(NEXT).public_key())],
            threshold: 1,
            recovery: Vec::new(),
            salt: [salt; 16],
        };
        let event = KeyEvent { seq: 0, previous: None, time_secs: NOW - 10 * DAY, change };
        let first = PublishedLog::read(&signed(managing, event)).unwrap();
        Self { log: PublishedLog::with(None, first).unwrap() }
    }

    fn helsinki() -> Self {
        Self::founded(1, MANAGING, FIRST)
    }

    fn principal(&self) -> Principal {
        self.log.state().principal()
    }

    fn next(&self, time_secs: u64, change: KeyChange) -> KeyEvent {
        let state = self.log.state();
        KeyEvent { seq: state.seq() + 1, previous: Some(state.head()), time_secs, change }
    }

    fn takes(&mut self, by: u8, event: KeyEvent) -> Result<(), Refusal> {
        let event = PublishedLog::read(&signed(by, event))?;
        self.log = PublishedLog::with(Some(&self.log), event)?;
        Ok(())
    }

    fn adds(&mut self, of: u8, days_ago: u64) {
        let event = self.next(NOW - days_ago * DAY, KeyChange::AddDevice(device(of, ONLINE)));
        self.takes(MANAGING, event).unwrap();
    }

    fn revokes(&mut self, of: u8, days_ago: u64, compromised_since: Option<u64>) {
        let change = KeyChange::RevokeDevice { kid: kid(of), compromised_since };
        let event = self.next(NOW - days_ago * DAY, change);
        self.takes(MANAGING, event).unwrap();
    }

    fn events(&self) -> Vec<Vec<u8>> {
        self.log.events().map(|(_, event)| event.to_vec()).collect()
    }

    fn membership(&self) -> Membership {
        Membership { subject: self.principal(), keys: public(&[FIRST]), ..helsinki() }
    }

    fn profile(&self) -> Profile {
        Profile { issuer: self.principal(), ..profile(HELSINKI, vec![]) }
    }
}

/// Region, city, and more.
fn registry(city: &City, more: &[Vec<u8>]) -> (Registry, Vec<&'static str>) {
    let mut statements = vec![signed(ANCHOR, region()), signed(REGION, city.membership())];
    statements.extend_from_slice(more);
    let (registry, refused) = Registry::build(&anchor(), &statements, NOW);
    (registry, refused.into_iter().map(|(_, refusal)| refusal.code()).collect())
}

fn keys(registry: &Registry, city: &City) -> Vec<pod_crypto::PublicKey> {
    registry.organisation(&city.principal()).unwrap().keys().to_vec()
}

fn head(city: &City, time_secs: u64) -> TreeHead {
    TreeHead { origin: city.principal(), size: 1, root: [7; 32], time_secs }
}

fn of_now(registry: &Registry, city: &City, by: u8) -> Result<Verified<TreeHead>, Refusal> {
    let signed = Signed::decode(&signed(by, head(city, NOW))).unwrap();
    registry.verify_by_organisation(signed, &city.principal())
}

fn of_then(registry: &Registry, city: &City, by: u8, time_secs: u64) -> Result<Verified<TreeHead>, Refusal> {
    let signed = Signed::decode(&signed(by, head(city, time_secs))).unwrap();
    registry.verify_signed_at(signed, &city.principal(), time_secs)
}

#[test]
fn two_keys_live_during_the_change() {
    let mut city = City::helsinki();
    let speaks = |city: &City| keys(&registry(city, &city.events()).0, city);
    // Only begun, or not published at all: as the trust anchor said it.
    assert_eq!((keys(&registry(&city, &[]).0, &city), speaks(&city)), (public(&[FIRST]), public(&[FIRST])));
    city.adds(SECOND, 3);
    assert_eq!(speaks(&city), public(&[FIRST, SECOND]));
    let (both, refused) = registry(&city, &city.events());
    assert!(refused.is_empty(), "{refused:?}");
    for by in [FIRST, SECOND] {
        assert!(of_now(&both, &city, by).is_ok());
        assert!(both.peer_keys().any(|peer| peer == key(by).public_key().to_bytes()));
    }
    assert_eq!(of_now(&both, &city, MANAGING).unwrap_err().code(), "key-unknown", "what is offline signs events alone");
    city.revokes(FIRST, 1, None);
    assert_eq!(speaks(&city), public(&[SECOND]));
    let (after, _) = registry(&city, &city.events());
    assert_eq!(of_now(&after, &city, FIRST).unwrap_err().code(), "key-unknown");
    assert!(!after.peer_keys().any(|peer| peer == key(FIRST).public_key().to_bytes()));
    // A snapshot carries the log.
    let again = Registry::build(&anchor(), &Registry::read_snapshot(&after.snapshot()).unwrap(), NOW).0;
    assert_eq!((again.snapshot(), keys(&again, &city)), (after.snapshot(), public(&[SECOND])));
}

#[test]
fn what_a_key_signed_before_it_was_revoked_is_still_the_members() {
    let mut city = City::helsinki();
    city.adds(SECOND, 5);
    city.revokes(FIRST, 2, None);
    let (registry_of, _) = registry(&city, &city.events());
    assert!(of_then(&registry_of, &city, FIRST, NOW - 2 * DAY - 1).is_ok());
    assert!(of_then(&registry_of, &city, SECOND, NOW).is_ok());
    for late in [NOW - 2 * DAY, NOW] {
        assert_eq!(of_then(&registry_of, &city, FIRST, late).unwrap_err().code(), "key-unknown");
    }
    assert_eq!(of_then(&registry_of, &city, STRANGER, NOW - 5 * DAY).unwrap_err().code(), "key-unknown");
    assert_eq!(of_then(&registry_of, &city, MANAGING, NOW - 5 * DAY).unwrap_err().code(), "key-unknown");
    // Stolen: what it signed since then is not the member's.
    let mut city = City::helsinki();
    city.revokes(FIRST, 1, Some(NOW - 4 * DAY));
    let (registry_of, _) = registry(&city, &city.events());
    assert!(of_then(&registry_of, &city, FIRST, NOW - 4 * DAY - 1).is_ok());
    assert_eq!(of_then(&registry_of, &city, FIRST, NOW - 4 * DAY).unwrap_err().code(), "key-unknown");
    // Suspended is suspended, with whichever key.
    let suspended = Membership { issued: NOW, suspended: true, ..city.membership() };
    let more = [vec![signed(REGION, suspended)], city.events()].concat();
    let (registry_of, _) = registry(&city, &more);
    assert_eq!(of_then(&registry_of, &city, FIRST, NOW - 5 * DAY).unwrap_err(), Refusal::Suspended);
    assert!(!registry_of.is_member(&city.principal()));
}

#[test]
fn a_profile_counts_as_long_as_its_key() {
    let mut city = City::helsinki();
    let old = signed(FIRST, city.profile());
    city.adds(SECOND, 3);
    let with = |city: &City, profiles: &[Vec<u8>]| registry(city, &[profiles, &city.events()].concat());
    let counts = |registry: &Registry| registry.organisation(&city.principal()).unwrap().profile().is_some();
    assert!(counts(&with(&city, std::slice::from_ref(&old)).0));
    let mut after = city.clone();
    after.revokes(FIRST, 1, None);
    let (registry_of, refused) = with(&after, std::slice::from_ref(&old));
    assert_eq!((counts(&registry_of), refused), (false, vec!["key-unknown"]), "or a thief could write an early date");
    let anew = signed(SECOND, Profile { issued: NOW - DAY, cti: Cti::new([8; 16]), ..city.profile() });
    assert!(counts(&with(&after, &[old, anew.clone()]).0));
    assert!(counts(&with(&city, &[anew]).0));
}

#[test]
fn nobody_else_writes_in_the_log() {
    let mut city = City::helsinki();
    city.adds(SECOND, 3);
    let adds = |of: u8| city.next(NOW - DAY, KeyChange::AddDevice(device(of, ONLINE)));
    let refusal = |event: Vec<u8>| {
        let mut more = city.events();
        more.push(event);
        let (registry, refused) = registry(&city, &more);
        assert_eq!(keys(&registry, &city), public(&[FIRST, SECOND]));
        refused.first().copied()
    };
    assert_eq!(refusal(signed(STRANGER, adds(STRANGER))), Some("key-unknown"));
    assert_eq!(refusal(signed(FIRST, adds(STRANGER))), Some("key-unknown"), "an online key adds none");
    assert_eq!(refusal(signed(NEXT, adds(STRANGER))), Some("key-unknown"));
    let mut changed = signed(MANAGING, adds(STRANGER));
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(refusal(changed), Some("signature"));
    // An event of another log, by whose managing key it may be.
    let mut other = City::founded(2, MANAGING, STRANGER);
    assert_ne!(other.principal(), city.principal());
    other.adds(PROCESSOR, 2);
    let events = other.events();
    assert_eq!(refusal(events[0].clone()), Some("key-unknown"));
    assert_eq!(refusal(events[1].clone()), Some("key-unknown"));
    let grafted = KeyEvent { seq: 2, ..Signed::<KeyEvent>::decode(&events[1]).unwrap().unverified().clone() };
    assert_eq!(refusal(signed(MANAGING, grafted)), Some("key-unknown"), "it goes on from what is not in this log");
    let early = KeyEvent { time_secs: NOW + 61, ..adds(PROCESSOR) };
    assert_eq!(refusal(signed(MANAGING, early)), Some("issued-in-future"));
    let back = KeyEvent { time_secs: NOW - 4 * DAY, ..adds(PROCESSOR) };
    assert_eq!(refusal(signed(MANAGING, back)), Some("claim-range"));
}

#[test]
fn a_revoked_key_does_not_come_back() {
    let mut city = City::helsinki();
    city.adds(SECOND, 4);
    let shorter = city.events();
    city.revokes(FIRST, 2, None);
    let (whole, _) = registry(&city, &city.events());
    // A directory that shows the log without its last event, to somebody who has seen it; after a restart too.
    let old = [vec![signed(ANCHOR, region()), signed(REGION, city.membership())], shorter.clone()].concat();
    let held = Registry::read_snapshot(&whole.held_snapshot()).unwrap();
    let copy = Registry::of_held(&anchor(), &held, NOW).joined(&old, NOW).0;
    assert_eq!(keys(&copy, &city), public(&[SECOND]));
    // Nor with a membership that names it anew.
    let renewed = signed(REGION, Membership { issued: NOW, keys: public(&[FIRST, SECOND]), ..city.membership() });
    let copy = copy.joined(std::slice::from_ref(&renewed), NOW).0;
    assert_eq!(keys(&copy, &city), public(&[SECOND]));
    // Nor after some time in which it was no member.
    let later = NOW + 35 * DAY;
    let gone = copy.joined(&[], later).0;
    assert!(gone.organisation(&city.principal()).is_none());
    let held = Registry::read_snapshot(&gone.held_snapshot()).unwrap();
    let back = Membership { issued: later, expires: later + 30 * DAY, ..city.membership() };
    let fetched = [
        vec![signed(ANCHOR, Membership { issued: later, expires: later + 30 * DAY, ..region() })],
        vec![signed(REGION, back)],
        shorter,
    ];
    let copy = Registry::of_held(&anchor(), &held, later).joined(&fetched.concat(), later).0;
    assert_eq!(keys(&copy, &city), public(&[SECOND]));
    // Nor as a new device.
    let again = city.next(NOW - DAY, KeyChange::AddDevice(device(FIRST, ONLINE)));
    assert_eq!(city.takes(MANAGING, again).unwrap_err().code(), "claim-repeated");
}

#[test]
fn of_two_events_with_one_number_the_first_that_was_seen_stands() {
    let city = City::helsinki();
    let (mut one, mut other) = (city.clone(), city.clone());
    one.adds(SECOND, 3);
    other.adds(STRANGER, 3);
    let (seen, _) = registry(&city, &one.events());
    let shown = [vec![signed(ANCHOR, region()), signed(REGION, city.membership())], other.events()].concat();
    let (copy, refused) = seen.joined(&shown, NOW);
    assert_eq!(keys(&copy, &city), public(&[FIRST, SECOND]));
    let codes: Vec<_> = refused.iter().map(|(place, refusal)| (*place, refusal.code())).collect();
    assert_eq!(codes, [(3, "claim-range")]);
    // What goes on from the other one leads nowhere.
    other.revokes(FIRST, 2, None);
    let shown = [shown, other.events().split_off(2)].concat();
    assert_eq!(keys(&seen.joined(&shown, NOW).0, &city), public(&[FIRST, SECOND]));
}

#[test]
fn a_log_that_was_only_begun_takes_nothing_from_the_membership() {
    // The anchor admitted the member again with another key; whoever has the first event publishes it.
    let city = City::helsinki();
    let renewed = signed(REGION, Membership { issued: NOW, keys: public(&[SECOND]), ..city.membership() });
    let begun = [vec![renewed], city.events()].concat();
    assert_eq!(keys(&registry(&city, &begun).0, &city), public(&[SECOND]));
    // Once the log goes on, it says who speaks: of those that it began with, those that the anchor admitted.
    let mut going = city.clone();
    going.adds(PROCESSOR, 1);
    let renewed = signed(REGION, Membership { issued: NOW, keys: public(&[SECOND]), ..city.membership() });
    let (taken_out, _) = registry(&city, &[vec![renewed], going.events()].concat());
    assert_eq!(keys(&taken_out, &city), public(&[PROCESSOR]));
    // What the anchor took out signs nothing any more, with whatever time, though the log never revoked it.
    for secs in [NOW, NOW - 5 * DAY] {
        assert_eq!(of_then(&taken_out, &city, FIRST, secs).unwrap_err().code(), "key-unknown");
    }
}

#[test]
fn a_stolen_managing_key_is_answered_by_those_that_were_committed_to() {
    let mut city = City::helsinki();
    // The thief adds a key and takes the city's own away.
    city.adds(STRANGER, 3);
    city.revokes(FIRST, 3, None);
    assert_eq!(keys(&registry(&city, &city.events()).0, &city), public(&[STRANGER]));
    let rotation = Rotation {
        revealed: public(&[NEXT]),
        endorsements: Vec::new(),
        devices: Some(vec![device(54, OFFLINE), device(SECOND, ONLINE)]),
        next: vec![key_digest(&key(55).public_key())],
        threshold: 1,
        recovery: None,
        compromised_since: Some(NOW - 4 * DAY),
    };
    let rotation = city.next(NOW - 2 * DAY, KeyChange::Rotation(rotation));
    city.takes(NEXT, rotation).unwrap();
    let (registry_of, refused) = registry(&city, &city.events());
    assert_eq!((keys(&registry_of, &city), refused), (public(&[SECOND]), vec![]));
    let adds = city.next(NOW - DAY, KeyChange::AddDevice(device(PROCESSOR, ONLINE)));
    assert_eq!(city.takes(MANAGING, adds).unwrap_err().code(), "key-unknown");
}

#[test]
fn a_log_is_small_and_has_few_keys() {
    let mut city = City::helsinki();
    for of in 0..u8::try_from(MAX_KEYS).unwrap() - 1 {
        city.adds(100 + of, 3);
    }
    let ninth = city.next(NOW - DAY, KeyChange::AddDevice(device(120, ONLINE)));
    assert_eq!(city.takes(MANAGING, ninth).unwrap_err().code(), "claim-range");
    let mut city = City::helsinki();
    let managing = |of: u8| KeyChange::AddDevice(device(of, OFFLINE));
    let full = (100..).map(|of| city.takes(MANAGING, city.next(NOW - DAY, managing(of))).err()).find_map(|one| one);
    assert_eq!((full.unwrap().code(), city.log.events().count()), ("claim-range", 15));
    // A thief who fills the log does not keep the rotation out.
    let mut city = City::helsinki();
    for round in 0.. {
        let of = 100 + round / 2;
        let change = match round % 2 {
            0 => KeyChange::AddDevice(device(of, ONLINE)),
            _ => KeyChange::RevokeDevice { kid: kid(of), compromised_since: None },
        };
        if let Err(refusal) = city.takes(MANAGING, city.next(NOW - DAY, change)) {
            assert_eq!((refusal, city.log.events().count()), (Refusal::TooLarge, MAX_PUBLISHED_EVENTS));
            break;
        }
    }
    let rotation = Rotation {
        revealed: public(&[NEXT]),
        endorsements: Vec::new(),
        devices: Some(vec![device(54, OFFLINE), device(SECOND, ONLINE)]),
        next: vec![key_digest(&key(55).public_key())],
        threshold: 1,
        recovery: None,
        compromised_since: None,
    };
    city.takes(NEXT, city.next(NOW - DAY, KeyChange::Rotation(rotation))).unwrap();
    assert_eq!(PublishedLog::read(&[0; MAX_PUBLISHED_EVENT_BYTES + 1]).unwrap_err(), Refusal::TooLarge);
}

#[test]
fn nobody_recovers_a_published_log() {
    let city = City::helsinki();
    let target = city.log.state().head();
    let cancel = city.next(NOW - DAY, KeyChange::Cancel { target, revealed: None });
    assert_eq!(PublishedLog::read(&signed(MANAGING, cancel)).unwrap_err().code(), "claim-range");
    let citizens = KeyEvent {
        seq: 0,
        previous: None,
        time_secs: NOW,
        change: KeyChange::Inception {
            organisation: Some(city.principal()),
            devices: vec![device(MANAGING, OFFLINE)],
            next: vec![[1; 32]],
            threshold: 1,
            recovery: Vec::new(),
            salt: [1; 16],
        },
    };
    assert_eq!(PublishedLog::read(&signed(MANAGING, citizens)).unwrap_err().code(), "claim-range");
}

#[test]
fn a_region_admits_with_its_keys_of_now() {
    let part = City::founded(3, MANAGING, FIRST);
    let member = Membership {
        subject: part.principal(),
        roles: vec![Role::Region],
        depth: 1,
        name: "part".parse().unwrap(),
        issuer: principal(ANCHOR),
        ..part.membership()
    };
    let below = |by: u8| signed(by, Membership { issuer: part.principal(), ..helsinki() });
    let build = |log: &City, by: u8| {
        let statements = [vec![signed(ANCHOR, member.clone()), below(by)], log.events()].concat();
        Registry::build(&anchor(), &statements, NOW).0.is_member(&principal(HELSINKI))
    };
    let mut rotated = part.clone();
    rotated.adds(SECOND, 3);
    assert!(build(&part, FIRST) && build(&rotated, FIRST) && build(&rotated, SECOND));
    rotated.revokes(FIRST, 1, None);
    assert!(!build(&rotated, FIRST) && build(&rotated, SECOND));
}
