//! The keys of a new member, and the first event of its log.

use pod_crypto::{Random, SigningKey, random_array, sha256};
use pod_protocol::cose::Verified;
use pod_protocol::ids::{Principal, base64url};
use pod_protocol::key_event::{DeviceKey, KeyChange, KeyEvent, Roles};
use pod_protocol::registry::Anchor;
use serde_json::{Value, json};

/// What a new member begins with.
#[derive(Debug)]
pub(crate) struct NewMember {
    /// Adds and revokes online keys. Kept offline.
    pub(crate) managing: SigningKey,
    /// Takes over when the managing key is lost: the log holds its digest. Kept offline, elsewhere.
    pub(crate) next: SigningKey,
    /// Signs day by day.
    pub(crate) online: SigningKey,
    inception: Verified<KeyEvent>,
}

impl NewMember {
    /// Makes the keys and signs the first event.
    pub(crate) fn generate(random: &dyn Random, now_secs: u64) -> Self {
        let [managing, next, online] = std::array::from_fn(|_| SigningKey::generate(random));
        let device = |key: &SigningKey, roles| DeviceKey { key: key.public_key(), roles };
        let devices = vec![
            device(&managing, Roles { sign: false, manage: true }),
            device(&online, Roles { sign: true, manage: false }),
        ];
        let inception = inception(&managing, devices, &next, random, now_secs);
        Self { managing, next, online, inception }
    }

    /// Who the member is: the id of the first event.
    pub(crate) fn principal(&self) -> Principal {
        Principal::new(*self.inception.id().as_bytes())
    }

    /// The log, event by event.
    pub(crate) fn events(&self) -> Vec<String> {
        vec![base64url(self.inception.bytes())]
    }

    /// The log as a file.
    pub(crate) fn log_json(&self) -> Value {
        json!({ "principal": self.principal(), "events": self.events() })
    }
}

/// What a new trust anchor begins with.
#[derive(Debug)]
pub(crate) struct NewAnchor {
    /// Signs memberships. Kept offline between two of them.
    pub(crate) anchor: SigningKey,
    /// Takes over when the anchor's key is lost: the log holds its digest. Kept offline, elsewhere.
    pub(crate) next: SigningKey,
    inception: Verified<KeyEvent>,
}

impl NewAnchor {
    /// Makes the keys and signs the first event.
    pub(crate) fn generate(random: &dyn Random, now_secs: u64) -> Self {
        let [anchor, next] = std::array::from_fn(|_| SigningKey::generate(random));
        let roles = Roles { sign: true, manage: true };
        let devices = vec![DeviceKey { key: anchor.public_key(), roles }];
        let inception = inception(&anchor, devices, &next, random, now_secs);
        Self { anchor, next, inception }
    }

    /// Who everybody trusts.
    pub(crate) fn public(&self) -> Anchor {
        Anchor { principal: Principal::new(*self.inception.id().as_bytes()), key: self.anchor.public_key() }
    }

    /// The log as a file.
    pub(crate) fn log_json(&self) -> Value {
        json!({ "principal": self.public().principal, "events": [base64url(self.inception.bytes())] })
    }
}

fn inception(
    signer: &SigningKey,
    devices: Vec<DeviceKey>,
    next: &SigningKey,
    random: &dyn Random,
    now_secs: u64,
) -> Verified<KeyEvent> {
    let change = KeyChange::Inception {
        organisation: None,
        devices,
        next: vec![sha256(&[&next.public_key().to_bytes()])],
        threshold: 1,
        recovery: Vec::new(),
        salt: random_array(random),
    };
    Verified::sign(signer, KeyEvent { seq: 0, previous: None, time_secs: now_secs, change })
}
