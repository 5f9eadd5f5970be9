//! A member publishes its key-event log, event by event: what it says counts at once, and what was logged first stands.

use pod_directory::directory::Mirror;
use pod_protocol::ids::{Principal, Thumbprint};
use pod_protocol::key_event::{DeviceKey, KeyChange, KeyEvent, PublishedLog, Roles, key_digest};
use pod_protocol::registry::Registry;
use pod_protocol::statement::{Membership, Profile};

use crate::a_mirror_believes_nothing::{mirror_of, once};
use crate::federation::*;
use crate::world::*;

const COSE: &str = "application/cose";
const MANAGING: u8 = 50;
const NEXT: u8 = 51;
const FIRST: u8 = 52;
const SECOND: u8 = 53;

/// A city that has a log of its own, and what it has published of it.
#[derive(Clone)]
struct City(PublishedLog);

impl City {
    fn founded(salt: u8) -> Self {
        let device = |of: u8, sign: bool| DeviceKey { key: key(of).public_key(), roles: Roles { sign, manage: !sign } };
        let change = KeyChange::Inception {
            organisation: None,
            devices: vec![device(MANAGING, false), device(FIRST, true)],
            next: vec![key_digest(&key(NEXT).public_key())],
            threshold: 1,
            recovery: Vec::new(),
            salt: [salt; 16],
        };
        let event = KeyEvent { seq: 0, previous: None, time_secs: NOW - 2 * DAY, change };
        Self(PublishedLog::with(None, PublishedLog::read(&signed(MANAGING, event)).unwrap()).unwrap())
    }

    fn principal(&self) -> Principal {
        self.0.state().principal()
    }

    /// The next event, which the city itself keeps when it may.
    fn event(&mut self, by: u8, change: KeyChange) -> Vec<u8> {
        let state = self.0.state();
        let event = KeyEvent { seq: state.seq() + 1, previous: Some(state.head()), time_secs: NOW - DAY, change };
        let bytes = signed(by, event);
        if let Ok(log) = PublishedLog::with(Some(&self.0), PublishedLog::read(&bytes).unwrap()) {
            self.0 = log;
        }
        bytes
    }

    fn adds(&mut self, by: u8, of: u8) -> Vec<u8> {
        let roles = Roles { sign: true, manage: false };
        self.event(by, KeyChange::AddDevice(DeviceKey { key: key(of).public_key(), roles }))
    }

    fn revokes(&mut self, of: u8) -> Vec<u8> {
        let kid = Thumbprint::of(&key(of).public_key()).kid();
        self.event(MANAGING, KeyChange::RevokeDevice { kid, compromised_since: None })
    }

    fn first(&self) -> Vec<u8> {
        self.0.events().next().unwrap().1.to_vec()
    }

    fn membership(&self, name: &str) -> Vec<u8> {
        let admitted = membership(REGION, FIRST, name, &[pod_protocol::statement::Role::Holder]);
        signed(REGION, Membership { subject: self.principal(), ..admitted })
    }

    fn profile(&self, by: u8, issued: u64) -> Vec<u8> {
        signed(by, Profile { issuer: self.principal(), issued, ..profile(FIRST) })
    }

    fn keys(&self, registry: &Registry) -> Vec<pod_crypto::PublicKey> {
        registry.organisation(&self.principal()).unwrap().keys().to_vec()
    }
}

fn public(keys: &[u8]) -> Vec<pod_crypto::PublicKey> {
    keys.iter().map(|of| key(*of).public_key()).collect()
}

#[tokio::test]
async fn one_key_follows_the_other() {
    let world = World::new();
    let mut directory = world.directory().await;
    let mut city = City::founded(1);
    for statement in [city.membership("turku"), city.profile(FIRST, NOW - DAY), city.first()] {
        world.post(&directory, "/v1/statements", COSE, statement).await.is(204);
    }
    assert_eq!(city.keys(&world.registry(&directory).await), public(&[FIRST]));
    let (adds, anew) = (city.adds(MANAGING, SECOND), city.profile(SECOND, NOW));
    world.post(&directory, "/v1/statements", COSE, anew.clone()).await.refused(401, "key-unknown");
    for statement in [adds.clone(), adds, anew] {
        world.post(&directory, "/v1/statements", COSE, statement).await.is(204);
    }
    assert_eq!(city.keys(&world.registry(&directory).await), public(&[FIRST, SECOND]));
    let revokes = city.revokes(FIRST);
    world.post(&directory, "/v1/statements", COSE, revokes).await.is(204);
    let again = city.profile(FIRST, NOW + 1);
    world.post(&directory, "/v1/statements", COSE, again).await.refused(401, "key-unknown");
    // It stays so through a restart, and when the city is no member for a while.
    for days in [0, 31, 500] {
        world.set_time(NOW + days * DAY);
        directory.stop().await;
        directory = world.empty_directory().await;
        let renew =
            |claims: Membership| Membership { issued: NOW + days * DAY, expires: NOW + (days + 30) * DAY, ..claims };
        let back = Membership { subject: city.principal(), ..membership(REGION, FIRST, "turku", &helsinki().roles) };
        for statement in [signed(ANCHOR, renew(region())), signed(REGION, renew(back))] {
            world.post(&directory, "/v1/statements", COSE, statement).await.is(204);
        }
        let snapshot = world.get(&directory, "/v1/registry").await.is(200).body;
        let statements = Registry::read_snapshot(&snapshot).unwrap();
        let registry = Registry::build(&anchor(), &statements, NOW + days * DAY).0;
        assert_eq!(city.keys(&registry), public(&[SECOND]), "{days}");
    }
}

#[tokio::test]
async fn what_was_logged_first_stands() {
    let world = World::new();
    let directory = world.directory().await;
    let mut city = City::founded(1);
    let post = async |statement: Vec<u8>| world.post(&directory, "/v1/statements", COSE, statement).await;
    post(city.first()).await.refused(401, "key-unknown");
    // Whoever runs the directory is a member too, so that its log can be mirrored.
    for statement in [signed(ANCHOR, crate::federation::directory()), city.membership("turku"), city.first()] {
        post(statement).await.is(204);
    }
    let (mut other, mut strangers) = (city.clone(), city.clone());
    let adds = city.adds(MANAGING, SECOND);
    // Nobody else's word, and nothing that goes on from what is not there.
    post(strangers.adds(STRANGER, STRANGER)).await.refused(401, "key-unknown");
    post(strangers.adds(FIRST, STRANGER)).await.refused(401, "key-unknown");
    post(city.clone().revokes(FIRST)).await.refused(401, "key-unknown");
    post(adds).await.is(204);
    post(other.adds(MANAGING, STRANGER)).await.refused(409, "key-event-fork");
    post(other.revokes(FIRST)).await.refused(401, "key-unknown");
    assert_eq!(city.keys(&world.registry(&directory).await), public(&[FIRST, SECOND]));
    // A key of another member's would speak for neither: whoever comes second does not take it.
    post(city.clone().adds(MANAGING, HELSINKI)).await.refused(403, "key-refused");
    // Whoever replays the log gets the same registry: a state that says otherwise would not be believed.
    let mut mirror =
        Mirror::open(&mirror_of(&world, &directory.origin.to_string(), "mirror"), &world.around()).unwrap();
    assert_eq!(once(&mut mirror).await.unwrap().members, 6);
}
