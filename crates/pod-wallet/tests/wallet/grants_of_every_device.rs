//! What a holder has on record counts as this person's by the signature that it carries, whichever device made it, and by nothing else.

use std::collections::BTreeMap;

use pod_crypto::{AeadKey, SigningKey};
use pod_protocol::cose::Verified;
use pod_protocol::grant::Grant;
use pod_protocol::ids::{Cti, GrantId, ObjectId, PodId, Principal, Thumbprint};
use pod_protocol::key_event::{DeviceKey, Roles};
use pod_protocol::registry::Registry;
use pod_wallet::blob::Blob;
use pod_wallet::decide::{Choice, HolderChoice, agree};
use pod_wallet::keys::KeyLog;
use pod_wallet::on_record::{Attributions, MAX_ON_RECORD, OnRecord, OwnKeys, ServiceOf, ToldGrant, believed};
use pod_wallet::root::{KeyPurpose, RootSecret};
use pod_wallet::state::WalletState;
use serde_json::{Value, json};

use crate::world::{ESPOO, HELSINKI, NOW, POD, SERVICE, World, key, request};

/// A wallet whose log has a second device.
struct Two {
    world: World,
    log: KeyLog,
    /// The second device's key.
    tablet: SigningKey,
}

impl Two {
    fn new() -> Self {
        let world = World::new();
        let tablet = RootSecret::from_bytes([43; 32]).signing_key(&HELSINKI, KeyPurpose::Device, 0);
        let device = DeviceKey { key: tablet.public_key(), roles: Roles { sign: true, manage: false } };
        let log = world.log_at(HELSINKI).add_device(&world.root, device, NOW - 100).unwrap().0;
        Self { world, log, tablet }
    }

    /// What the second device gave; what is not said is as it should be.
    fn given(&self, change: impl FnOnce(&mut Grant)) -> Verified<Grant> {
        self.signed_by(&self.tablet, change)
    }

    fn signed_by(&self, by: &SigningKey, change: impl FnOnce(&mut Grant)) -> Verified<Grant> {
        let signer = self.log.signer(&self.world.root).unwrap();
        let holders = vec![HolderChoice { pod: POD, signer: &signer, record_types: None }];
        let choice = Choice { holders, ..Choice::default() };
        let review = self.world.review(&request());
        let own = agree(&review, &choice, NOW, &self.world.random).unwrap().grants.remove(0);
        let mut grant = own.into_claims();
        change(&mut grant);
        Verified::sign_unchecked(by, grant)
    }

    fn found(&self, told: &[ToldGrant], registry: &Registry, state: &WalletState) -> OnRecord {
        let keys = OwnKeys::of(HELSINKI, self.log.held(), NOW).unwrap();
        believed((HELSINKI, POD), told, &keys, &Attributions::new(registry, state), |_, _| false)
    }

    fn found_new(&self, grants: &[&Verified<Grant>]) -> OnRecord {
        let told: Vec<ToldGrant> = grants.iter().map(|grant| told(grant)).collect();
        self.found(&told, &self.world.registry, &WalletState::new())
    }
}

fn told(grant: &Verified<Grant>) -> ToldGrant {
    ToldGrant { id: grant.id(), bytes: Blob(grant.bytes().to_vec()) }
}

fn ids(found: &OnRecord) -> Vec<GrantId> {
    found.grants.iter().map(|grant| grant.id).collect()
}

/// A registry in which nobody is.
fn nobody(world: &World) -> Registry {
    Registry::build(world.registry.anchor(), &[], NOW).0
}

#[test]
fn what_another_device_signed_is_the_persons() {
    let two = Two::new();
    let grant = two.given(|_| {});
    let found = two.found_new(&[&grant]);
    assert_eq!((ids(&found), found.refused, found.of_others), (vec![grant.id()], 0, 0));
    let one = found.grants[0].clone();
    assert_eq!(one.to, Some(ServiceOf { service: SERVICE, organisation: ESPOO }));
    assert!(one.is_usable(NOW) && !one.is_usable(one.expires_secs));

    let mut state = WalletState::new();
    state.record_told(found, NOW);
    assert_eq!(state.place_of(&grant.id()), Some((HELSINKI, POD)));
    let device_key = AeadKey::generate(&two.world.random);
    let sealed = state.seal(&device_key, &two.world.random).unwrap();
    let mut again = WalletState::open(&sealed, &device_key).unwrap();
    assert_eq!(again.on_record(), state.on_record());
    again.revoked(&grant.id(), NOW + 1);
    // The holder's list does not take back its word.
    again.record_told(two.found_new(&[&grant]), NOW);
    assert!(!again.on_record()[0].grants[0].is_usable(NOW));
}

#[test]
fn what_nobody_of_the_person_signed_is_not_believed_and_counted() {
    let two = Two::new();
    let own = two.given(|_| {});
    let forged = [
        two.signed_by(&key(77), |_| {}),
        two.given(|grant| grant.audience = ESPOO),
        two.given(|grant| grant.subject = PodId::new([6; 16])),
        // Passed on by nobody who had it, and below nothing.
        two.signed_by(&key(78), |grant| below(grant, own.id())),
        two.signed_by(&key(90), |grant| below(grant, ObjectId::new([0; 32]))),
    ];
    let mut list: Vec<ToldGrant> = forged.iter().chain([&own]).map(told).collect();
    list.push(ToldGrant { id: ObjectId::new([1; 32]), bytes: Blob(own.bytes().to_vec()) });
    list.push(ToldGrant { id: ObjectId::new([2; 32]), bytes: Blob(vec![1, 2, 3]) });
    let found = two.found(&list, &two.world.registry, &WalletState::new());
    assert_eq!((ids(&found), found.refused, found.of_others), (vec![own.id()], 7, 0));

    let guardian = two.signed_by(&key(79), |grant| grant.issuer = Principal::new([60; 32]));
    let found = two.found_new(&[&own, &guardian]);
    assert_eq!((ids(&found), found.refused, found.of_others), (vec![own.id()], 0, 1));
}

fn below(grant: &mut Grant, parent: GrantId) {
    grant.issuer = ESPOO;
    grant.parent = Some(parent);
    grant.key_event = 0;
}

#[test]
fn what_was_passed_on_stands_below_what_it_came_from() {
    let two = Two::new();
    let root = two.given(|_| {});
    let passed_on = two.signed_by(&key(90), |grant| below(grant, root.id()));
    let found = two.found_new(&[&passed_on, &root]);
    let parents: BTreeMap<GrantId, Option<GrantId>> = found.grants.iter().map(|one| (one.id, one.parent)).collect();
    assert_eq!(parents, [(root.id(), None), (passed_on.id(), Some(root.id()))].into());
    assert_eq!(found.refused, 0);
}

#[test]
fn a_list_without_end_is_not_checked_without_end() {
    let two = Two::new();
    let (own, forged) = (two.given(|_| {}), two.signed_by(&key(77), |_| {}));
    let number = |number: u64| ObjectId::new([[0; 24].as_slice(), &number.to_be_bytes()].concat().try_into().unwrap());
    let fill = (1..=MAX_ON_RECORD as u64).map(|at| ToldGrant { id: number(at), bytes: Blob(forged.bytes().to_vec()) });
    let list: Vec<ToldGrant> = [told(&own)].into_iter().chain(fill).collect();
    let found = two.found(&list, &two.world.registry, &WalletState::new());
    assert_eq!((ids(&found), found.refused), (vec![own.id()], MAX_ON_RECORD));
}

#[test]
fn no_more_is_remembered_than_a_node_keeps_and_what_can_be_used_goes_first() {
    let two = Two::new();
    let mut found = two.found_new(&[&two.given(|_| {})]);
    let usable = found.grants[0].clone();
    let over = |at: usize| {
        let id = ObjectId::new([[0; 24].as_slice(), &(at as u64).to_be_bytes()].concat().try_into().unwrap());
        pod_wallet::on_record::RecordedGrant { id, is_over: true, issued_secs: NOW + at as u64, ..usable.clone() }
    };
    found.grants.splice(0..0, (0..MAX_ON_RECORD).map(over));
    let mut state = WalletState::new();
    state.record_told(found, NOW);
    let kept = &state.on_record()[0].grants;
    assert_eq!((kept.len(), kept[0].id, kept.last().unwrap().issued_secs), (MAX_ON_RECORD, usable.id, NOW + 1));
}

#[test]
fn a_key_is_known_while_its_service_is_in_no_registry() {
    let two = Two::new();
    let service_key = Thumbprint::of(&key(90).public_key());
    let (first, later) = (two.given(|_| {}), two.given(|grant| grant.cti = Cti::new([8; 16])));
    let empty = nobody(&two.world);
    let mut state = WalletState::new();
    // Seen for the first time when nobody knows the key: it could be the service's.
    let unknown = two.found(&[told(&first)], &empty, &state);
    assert_eq!(unknown.grants[0].to, None);
    let known = Attributions::new(&empty, &state);
    assert!(known.may_be_of(&service_key, &SERVICE) && !known.is_key_of(&service_key, &SERVICE));
    assert!(!Attributions::new(&two.world.registry, &state).may_be_of(&service_key, &HELSINKI));

    state.record_told(two.found_new(&[&first]), NOW);
    let known = Attributions::new(&empty, &state);
    assert!(known.is_key_of(&service_key, &SERVICE) && !known.may_be_of(&service_key, &SERVICE));
    let found = two.found(&[told(&first), told(&later)], &empty, &state);
    assert!(found.grants.iter().all(|one| one.to == Some(ServiceOf { service: SERVICE, organisation: ESPOO })));
}

#[test]
fn what_counts_no_longer_is_over_and_what_is_left_out_is_not_forgotten() {
    let two = Two::new();
    let grant = two.given(|_| {});
    let lost = Thumbprint::of(&two.tablet.public_key()).kid();
    let revoked = two.log.revoke_device(&two.world.root, lost, Some(NOW - 1), NOW).unwrap().0;
    let keys = OwnKeys::of(HELSINKI, revoked.held(), NOW).unwrap();
    let state = WalletState::new();
    let known = Attributions::new(&two.world.registry, &state);
    let by_key = believed((HELSINKI, POD), &[told(&grant)], &keys, &known, |_, _| false);
    let keys = OwnKeys::of(HELSINKI, two.log.held(), NOW).unwrap();
    let by_holder = believed((HELSINKI, POD), &[told(&grant)], &keys, &known, |id, _| *id == grant.id());
    assert!(by_key.grants[0].is_over && by_holder.grants[0].is_over);

    let mut state = WalletState::new();
    state.record_told(two.found_new(&[&grant]), NOW);
    state.record_told(two.found_new(&[]), NOW);
    assert_eq!(ids(&state.on_record()[0]), [grant.id()]);
    state.record_told(two.found_new(&[]), grant.expires);
    assert!(state.on_record()[0].grants.is_empty());
}

/// A wallet of before has none of it, and something else that is not needed any more.
#[test]
fn a_memory_of_before_opens() {
    let world = World::new();
    let device_key = AeadKey::generate(&world.random);
    let sealed = WalletState::new().seal(&device_key, &world.random).unwrap();
    let head: Vec<u8> = sealed[..13].to_vec();
    let mut memory: Value = serde_json::from_slice(&device_key.open(&head, &sealed[13..]).unwrap()).unwrap();
    let members = memory.as_object_mut().unwrap();
    assert!(members.remove("on_record").is_some() && !members.contains_key("notices_asked"));
    members.insert("notices_asked".to_owned(), json!({ POD.to_string(): NOW }));
    let before = [head.clone(), device_key.seal(&world.random, &head, memory.to_string().as_bytes())].concat();
    assert!(WalletState::open(&before, &device_key).unwrap().on_record().is_empty());
}
