//! What a service passes on is what the protocol's own rules accept, and never wider.

use std::sync::Arc;

use pod_client::service::{HeldGrant, PassOn, ServiceIdentity, pass_on};
use pod_protocol::chain::{ChainFacts, SharedGrant, check};
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::{Cti, PodId, Thumbprint};
use pod_protocol::key_event::{DeviceKey, KeyChange, KeyEvent, KeyState, Roles};
use pod_protocol::standing::Standing;

use crate::world::{DAY, ESPOO, NOW, SERVICE, World, city, key};

/// The processor's key and organisation.
const PROCESSOR: u8 = 7;

fn citizen() -> KeyState {
    let devices = vec![DeviceKey { key: key(60).public_key(), roles: Roles { sign: true, manage: true } }];
    let change = KeyChange::Inception {
        organisation: Some(city(1)),
        devices,
        next: vec![[1; 32]],
        threshold: 1,
        recovery: vec![],
        salt: [1; 16],
    };
    let event = Verified::sign(&key(60), KeyEvent { seq: 0, previous: None, time_secs: NOW - DAY, change });
    KeyState::begin(Signed::decode(event.bytes()).unwrap()).unwrap()
}

fn root() -> Verified<Grant> {
    let grant = Grant {
        issuer: citizen().principal(),
        subject: PodId::new([1; 16]),
        audience: city(1),
        expires: NOW + 30 * DAY,
        not_before: None,
        issued: NOW - 60,
        cti: Cti::new([1; 16]),
        confirmation: Thumbprint::of(&key(90).public_key()),
        parent: None,
        permissions: vec![Permission::Raw("child-health".parse().unwrap(), vec!["allergies".parse().unwrap()])],
        purposes: vec!["dpv:ServiceProvision".parse().unwrap()],
        limits: GrantLimits {
            depth: 1,
            organisations: Some(vec![city(PROCESSOR)]),
            retention_secs: Some(DAY),
            ..GrantLimits::default()
        },
        key_event: 0,
        legal_basis: Some("eu-gdpr:A6-1-a".parse().unwrap()),
    };
    Verified::sign(&key(60), grant)
}

fn judged(chain: &[Vec<u8>]) -> Result<(), String> {
    let signers = [key(60).public_key(), key(90).public_key()];
    let chain: Vec<SharedGrant> = chain
        .iter()
        .zip(&signers)
        .map(|(bytes, signer)| Arc::new(Signed::decode(bytes).unwrap().verify(signer).unwrap()))
        .collect();
    let standing = Standing { subject: Some(citizen()), ..Standing::new(PodId::new([1; 16])) };
    let organisation_of = |thumbprint: &Thumbprint| {
        let known = [(90, ESPOO), (PROCESSOR, PROCESSOR)];
        known.iter().find(|(seed, _)| Thumbprint::of(&key(*seed).public_key()) == *thumbprint).map(|(_, of)| city(*of))
    };
    let facts = ChainFacts {
        standing: &standing,
        holder: &city(1),
        taken_secs: &[],
        organisation_of: &organisation_of,
        revocations_fresh: true,
        now_secs: NOW,
    };
    check(&chain, &facts).map(drop).map_err(|refusal| refusal.code().to_owned())
}

#[test]
fn a_child_holds_and_a_wider_one_does_not() {
    let world = World::new();
    let from = ServiceIdentity { principal: SERVICE, organisation: city(ESPOO), key: key(90) };
    let held = HeldGrant::of_chain(&[root().bytes().to_vec()]).unwrap();
    let to = PassOn {
        confirmation: Thumbprint::of(&key(PROCESSOR).public_key()),
        permissions: None,
        expires: Some(NOW + DAY),
        depth: 0,
    };
    let (child, chain) = pass_on(&world.caller, &from, &held, &to);
    assert_eq!(child.parent, Some(root().id()));
    assert_eq!(judged(&chain), Ok(()));
    let passed = HeldGrant::of_chain(&chain).unwrap();
    assert_eq!((passed.holder(), passed.pod(), passed.ids().len()), (city(1), PodId::new([1; 16]), 2));

    let more = vec![Permission::Raw("child-health".parse().unwrap(), vec!["diagnoses".parse().unwrap()])];
    let (_, chain) = pass_on(&world.caller, &from, &held, &PassOn { permissions: Some(more), ..to.clone() });
    assert_eq!(judged(&chain), Err("chain-wider".to_owned()));
    let (_, chain) = pass_on(&world.caller, &from, &held, &PassOn { depth: 1, ..to });
    assert_eq!(judged(&chain), Err("chain-depth".to_owned()));
}
