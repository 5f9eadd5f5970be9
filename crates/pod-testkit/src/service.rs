//! A member organisation with a registered service, and the registry that says so.

use std::sync::Arc;

use pod_client::service::ServiceIdentity;
use pod_crypto::hpke::SealPrivateKey;
use pod_crypto::{Random, SigningKey, random_array, sha256};
use pod_protocol::Verified;
use pod_protocol::ids::{Cti, Principal};
use pod_protocol::key_event::{DeviceKey, KeyChange, KeyEvent, Roles};
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::statement::{Membership, Profile, RegisteredFields, Role, ServiceEntry};
use pod_protocol::words::Words;

/// A year.
const LONG_SECS: u64 = 365 * 24 * 3600;

/// Who speaks in the registry.
pub(crate) struct Members {
    pub(crate) anchor: Anchor,
    pub(crate) holder: Principal,
    pub(crate) holder_key: SigningKey,
    pub(crate) service: Arc<ServiceIdentity>,
    pub(crate) snapshot: Vec<u8>,
}

/// A principal: the id of its first key event.
fn principal(key: &SigningKey, random: &dyn Random, now_secs: u64) -> Principal {
    let change = KeyChange::Inception {
        organisation: None,
        devices: vec![DeviceKey { key: key.public_key(), roles: Roles { sign: true, manage: true } }],
        next: vec![sha256(&[b"next"])],
        threshold: 1,
        recovery: Vec::new(),
        salt: random_array(random),
    };
    let event = Verified::sign(key, KeyEvent { seq: 0, previous: None, time_secs: now_secs, change });
    Principal::new(*event.id().as_bytes())
}

/// Makes a holder that answers at `url`, and another organisation with one service that may ask for `fields`.
pub(crate) fn members(url: &str, fields: &[(&str, &[&str])], random: &dyn Random, now_secs: u64) -> Members {
    let [anchor_key, holder_key, owner_key, service_key] = std::array::from_fn(|_| SigningKey::generate(random));
    let [anchor, holder, owner, service] =
        [&anchor_key, &holder_key, &owner_key, &service_key].map(|key| principal(key, random, now_secs));
    let cti = || Cti::new(random_array(random));
    let membership = |subject, name: &str, key: &SigningKey, role| {
        Verified::sign(
            &anchor_key,
            Membership {
                issuer: anchor,
                subject,
                expires: now_secs + LONG_SECS,
                issued: now_secs,
                cti: cti(),
                name: name.parse().unwrap(),
                keys: vec![key.public_key()],
                roles: vec![role],
                depth: 0,
                suspended: false,
            },
        )
    };
    let profile = |issuer, key: &SigningKey, endpoint: &str, services| {
        Verified::sign(
            key,
            Profile {
                issuer,
                expires: now_secs + LONG_SECS,
                issued: now_secs,
                cti: cti(),
                names: words("A city"),
                endpoints: vec![endpoint.parse().unwrap()],
                catalogue: None,
                services,
                seal_key: None,
            },
        )
    };
    let entry = ServiceEntry {
        principal: service,
        keys: vec![service_key.public_key()],
        seal_key: SealPrivateKey::generate(random).public_key(),
        names: words("A service"),
        purposes: vec!["dpv:ServiceProvision".parse().unwrap()],
        fields: fields
            .iter()
            .map(|(of, raw)| RegisteredFields {
                record_type: of.parse().unwrap(),
                raw: raw.iter().map(|field| field.parse().unwrap()).collect(),
                derived: Vec::new(),
            })
            .collect(),
        max_retention_secs: LONG_SECS,
    };
    let statements: Vec<Vec<u8>> = vec![
        membership(holder, "helsinki", &holder_key, Role::Holder).bytes().to_vec(),
        membership(owner, "espoo", &owner_key, Role::Services).bytes().to_vec(),
        profile(holder, &holder_key, url, Vec::new()).bytes().to_vec(),
        profile(owner, &owner_key, "https://127.0.0.1:9", vec![entry]).bytes().to_vec(),
    ];
    let anchor = Anchor { principal: anchor, key: anchor_key.public_key() };
    let (registry, refused) = Registry::build(&anchor, &statements, now_secs);
    assert!(refused.is_empty(), "{refused:?}");
    let identity = ServiceIdentity { principal: service, organisation: owner, key: service_key };
    Members { anchor, holder, holder_key, service: Arc::new(identity), snapshot: registry.snapshot() }
}

fn words(text: &str) -> Words {
    Words::new(text, text, text).unwrap()
}
