//! A citizen's wallet, as far as enrolment goes: one device, one log for one organisation.

use pod_crypto::{SigningKey, SystemRandom, random_array};
use pod_protocol::command::{Action, Command, CommandAnswer};
use pod_protocol::ids::{Cti, PodId, Principal, base64url};
use pod_protocol::key_event::{DeviceKey, KeyChange, KeyEvent, KeyState, Roles};
use pod_protocol::request::Binding;
use pod_protocol::{Signed, Verified};
use pod_server::Failure;
use pod_server::request::Peer;
use serde_json::{Value, json};

use super::world::{NODE, World};

const EXPORTER: [u8; 32] = [9; 32];

pub(super) struct Wallet {
    key: SigningKey,
    event: Vec<u8>,
    pub(super) principal: Principal,
}

impl Wallet {
    pub(super) fn new(seed: u8, now_secs: u64) -> Self {
        Self::for_organisation(seed, now_secs, Some(NODE))
    }

    pub(super) fn for_organisation(seed: u8, now_secs: u64, organisation: Option<Principal>) -> Self {
        let key = SigningKey::from_seed(&[seed; 32]);
        let change = KeyChange::Inception {
            organisation,
            devices: vec![DeviceKey { key: key.public_key(), roles: Roles { sign: true, manage: true } }],
            next: vec![[seed; 32]],
            threshold: 1,
            recovery: Vec::new(),
            salt: [seed; 16],
        };
        let event = KeyEvent { seq: 0, previous: None, time_secs: now_secs, change };
        let event = Verified::sign(&key, event).bytes().to_vec();
        let principal = KeyState::begin(Signed::decode(&event).unwrap()).unwrap().principal();
        Self { key, event, principal }
    }

    /// The body with which it begins.
    pub(super) fn body(&self) -> Value {
        json!({ "events": [base64url(&self.event)] })
    }

    /// Commands over a pod, on the node's own door.
    pub(super) async fn command(&self, world: &World, pod: &str, action: Action) -> Result<Value, Failure> {
        let pod: PodId = pod.parse().unwrap();
        let issued = world.now_secs();
        let command = Command {
            issuer: self.principal,
            subject: Some(pod),
            audience: NODE,
            expires: issued + 60,
            issued,
            cti: Cti::new(random_array(&SystemRandom)),
            nonce: None,
            action,
            binding: Binding::Exporter(EXPORTER),
        };
        let signed = Verified::sign(&self.key, command);
        let peer = Peer::Http { exporter: Some(EXPORTER) };
        let answer = pod_server::commands::handle(&world.node, &peer, signed.bytes()).await?;
        Ok(serde_json::from_slice(&CommandAnswer::from_bytes(&answer).unwrap().result).unwrap())
    }

    /// What the log says about a pod, newest last: purpose and outcome.
    pub(super) async fn log(&self, world: &World, pod: &str) -> Vec<Value> {
        let page = self.command(world, pod, Action::Log { from: 0, limit: 100 }).await.unwrap();
        page["entries"].as_array().unwrap().iter().map(|entry| entry["opened"].clone()).collect()
    }
}
