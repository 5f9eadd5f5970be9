//! A citizen grants, a holder checks: `cargo run -p pod-protocol --example grant_and_check`.

use pod_crypto::SigningKey;
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::{Cti, PodId, Principal, Thumbprint};
use pod_protocol::key_event::{DeviceKey, KeyChange, KeyEvent, KeyState, Roles};
use pod_protocol::{Refusal, Signed, Verified, chain, chain::ChainFacts, standing::Standing};

const NOW: u64 = 1_790_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (anna, service) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let (helsinki, pod) = (Principal::new([3; 32]), PodId::new([4; 16]));

    // Anna's wallet opens her key log for Helsinki. When she enrols, Helsinki binds it to the pod that it holds of her.
    let devices = vec![DeviceKey { key: anna.public_key(), roles: Roles { sign: true, manage: true } }];
    let (next, recovery, salt) = (vec![[5; 32]], Vec::new(), [6; 16]);
    let change = KeyChange::Inception { organisation: Some(helsinki), devices, next, threshold: 1, recovery, salt };
    let inception = Verified::sign(&anna, KeyEvent { seq: 0, previous: None, time_secs: NOW, change });
    let log = KeyState::begin(Signed::decode(inception.bytes())?)?;
    let standing = &Standing { subject: Some(log.clone()), ..Standing::new(pod) };

    // She lets a service read her allergies for a month.
    let grant = Grant {
        issuer: log.principal(),
        subject: pod,
        audience: helsinki,
        confirmation: Thumbprint::of(&service.public_key()),
        issued: NOW,
        not_before: None,
        expires: NOW + 30 * 24 * 3600,
        cti: Cti::new([7; 16]),
        parent: None,
        key_event: 0,
        permissions: vec![Permission::Raw("child-health".parse()?, vec!["allergies".parse()?])],
        purposes: vec!["dpv:ServiceProvision".parse()?],
        limits: GrantLimits::default(),
        legal_basis: None,
    };
    let bytes = Verified::sign(&anna, grant).bytes().to_vec();

    // Helsinki reads the bytes, checks the signature, and then what the grant gives: today, and in a year.
    let links = [std::sync::Arc::new(Signed::decode(&bytes)?.verify(&anna.public_key())?)];
    let (holder, taken_secs, revocations_fresh) = (&helsinki, &[NOW], true);
    let organisation_of = &|_: &Thumbprint| None;
    let at = |now_secs| ChainFacts { standing, holder, taken_secs, organisation_of, revocations_fresh, now_secs };
    println!("{} bytes give {:?}", bytes.len(), chain::check(&links, &at(NOW))?.permissions);
    assert_eq!(chain::check(&links, &at(NOW + 365 * 24 * 3600)).err().map(Refusal::code), Some("expired"));
    Ok(())
}
