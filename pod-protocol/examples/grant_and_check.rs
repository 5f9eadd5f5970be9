//! A citizen grants, a service is checked: `cargo run -p pod-protocol --example grant_and_check`.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use pod_crypto::SigningKey;
use pod_protocol::chain::{ChainFacts, check};
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::{Cti, PodId, Principal, Thumbprint};
use pod_protocol::key_event::{DeviceKey, KeyChange, KeyEvent, KeyState, Roles};
use pod_protocol::{Signed, Verified, standing::Standing};

const NOW: u64 = 1_790_000_000;

fn main() {
    let (anna, service) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let (helsinki, pod) = (Principal::new([3; 32]), PodId::new([4; 16]));

    // Anna's wallet opens her key log for Helsinki, which binds it to her pod when she enrols.
    let devices = vec![DeviceKey { key: anna.public_key(), roles: Roles { sign: true, manage: true } }];
    let (next, recovery, salt) = (vec![[5; 32]], Vec::new(), [6; 16]);
    let change = KeyChange::Inception { organisation: Some(helsinki), devices, next, threshold: 1, recovery, salt };
    let inception = Verified::sign(&anna, KeyEvent { seq: 0, previous: None, time_secs: NOW, change });
    let log = KeyState::begin(Signed::decode(inception.bytes()).unwrap()).unwrap();
    let standing = Standing { subject: Some(log.clone()), ..Standing::new(pod) };

    // Anna lets a service read her allergies for a month.
    let (confirmation, cti) = (Thumbprint::of(&service.public_key()), Cti::new([7; 16]));
    let fields = vec!["allergies".parse().unwrap()];
    let grant = Grant {
        issuer: log.principal(),
        subject: pod,
        audience: helsinki,
        confirmation,
        cti,
        parent: None,
        key_event: 0,
        issued: NOW,
        not_before: None,
        expires: NOW + 30 * 24 * 3600,
        legal_basis: None,
        limits: GrantLimits::default(),
        permissions: vec![Permission::Raw("child-health".parse().unwrap(), fields)],
        purposes: vec!["dpv:ServiceProvision".parse().unwrap()],
    };
    let bytes = Verified::sign(&anna, grant).bytes().to_vec();

    // Helsinki reads the bytes, checks the signature, and then what the grant says, now and in a year.
    let grant = Arc::new(Signed::<Grant>::decode(&bytes).unwrap().verify(&anna.public_key()).unwrap());
    for now_secs in [NOW, NOW + 365 * 24 * 3600] {
        let organisation_of = |_: &Thumbprint| None;
        let facts = ChainFacts {
            standing: &standing,
            holder: &helsinki,
            organisation_of: &organisation_of,
            revocations_fresh: true,
            now_secs,
        };
        match check(std::slice::from_ref(&grant), &facts) {
            Ok(leaf) => println!("{} bytes give {:?}", bytes.len(), leaf.permissions),
            Err(refusal) => println!("refused, {}: {refusal}", refusal.code()),
        }
    }
}
