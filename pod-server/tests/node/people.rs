//! Those who sign: citizens' wallets and services, and what they send to the node.
#![allow(dead_code, reason = "each story needs another part of it")]

use std::collections::BTreeMap;

use pod_crypto::{Random, SigningKey, random_array};
use pod_protocol::answer::{Answer, ItemAnswer};
use pod_protocol::command::{Acknowledgement, Action, Command, CommandAnswer};
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::{GrantId, PodId, Principal, Thumbprint};
use pod_protocol::key_event::{Controls, DeviceKey, KeyChange, KeyEvent, Recovery, RecoveryKey, Roles, key_digest};
use pod_protocol::request::{Binding, Call, Request, RequestItem, Wanted};
use pod_protocol::revocation::{Revocation, Target};
use pod_protocol::{Signed, Verified};
use pod_server::request::Peer;
use pod_server::{Failure, commands};
use serde_json::Value as Json;

use crate::scene::{DAY, EXPORTER, NOW, PURPOSE, Scene};

/// A citizen's wallet at Helsinki.
pub struct Wallet {
    pub key: SigningKey,
    /// What the code on paper gives.
    pub paper: SigningKey,
    pub principal: Principal,
    pub events: Vec<Verified<KeyEvent>>,
}

impl Wallet {
    pub fn new(seed: [u8; 32], organisation: Principal, random: &dyn Random) -> Self {
        let key = SigningKey::from_seed(&seed);
        let paper = SigningKey::from_seed(&seed.map(|byte| byte ^ 0xff));
        let recovery = RecoveryKey { digest: key_digest(&paper.public_key()), delay_secs: 3 * DAY };
        let change = KeyChange::Inception {
            organisation: Some(organisation),
            devices: vec![device(&key)],
            next: vec![random_array(random)],
            threshold: 1,
            recovery: vec![recovery],
            salt: random_array(random),
        };
        let first = Verified::sign(&key, KeyEvent { seq: 0, previous: None, time_secs: NOW - 10 * DAY, change });
        Self { key, paper, principal: Principal::new(*first.id().as_bytes()), events: vec![first] }
    }

    /// The next event of its log.
    pub fn event(&self, time_secs: u64, change: KeyChange) -> Verified<KeyEvent> {
        let last = self.events.last().unwrap();
        Verified::sign(&self.key, KeyEvent { seq: last.seq + 1, previous: Some(last.id()), time_secs, change })
    }
}

impl Wallet {
    /// A recovery from the paper, to a device with this key.
    pub fn recovery(&self, to: &SigningKey, time_secs: u64) -> Verified<KeyEvent> {
        self.recovery_since(to, time_secs, None)
    }

    /// The same, after the device may have been in other hands since some second.
    pub fn recovery_since(
        &self,
        to: &SigningKey,
        time_secs: u64,
        compromised_since: Option<u64>,
    ) -> Verified<KeyEvent> {
        let last = self.events.last().unwrap();
        let recovery = RecoveryKey { digest: key_digest(&self.paper.public_key()), delay_secs: 3 * DAY };
        let change = KeyChange::Recovery(Recovery {
            revealed: self.paper.public_key(),
            devices: vec![device(to)],
            controls: Controls { next: vec![[1; 32]], threshold: 1, recovery: vec![recovery] },
            compromised_since,
        });
        Verified::sign(&self.paper, KeyEvent { seq: last.seq + 1, previous: Some(last.id()), time_secs, change })
    }
}

pub fn device(key: &SigningKey) -> DeviceKey {
    DeviceKey { key: key.public_key(), roles: Roles { sign: true, manage: true } }
}

/// A registered service.
pub struct Service {
    pub number: u8,
    pub key: SigningKey,
    pub principal: Principal,
    pub organisation: Principal,
}

impl Service {
    pub fn new(number: u8, organisation: Principal) -> Self {
        let key = SigningKey::from_seed(&[number; 32]);
        Self { number, key, principal: Principal::new([number; 32]), organisation }
    }
}

pub fn wanted(of: &str, names: &[&str]) -> Wanted {
    Wanted { record_type: of.parse().unwrap(), names: names.iter().map(|name| name.parse().unwrap()).collect() }
}

/// One item: a chain of grants, and what is wanted by it.
pub fn item(chain: &[&Verified<Grant>], wanted: Vec<Wanted>) -> RequestItem {
    RequestItem { chain: chain.iter().map(|grant| grant.id()).collect(), wanted }
}

pub fn raw(of: &str, fields: &[&str]) -> Permission {
    Permission::Raw(of.parse().unwrap(), fields.iter().map(|field| field.parse().unwrap()).collect())
}

/// The stable code of what went wrong, or `ok`.
pub fn code<T>(result: &Result<T, Failure>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(Failure::Refused(refusal)) => refusal.code(),
        Err(Failure::Fault(_)) => "fault",
    }
}

/// How the items of an answer ended.
pub fn outcomes(answer: &Answer) -> Vec<&'static str> {
    let one = |item: &ItemAnswer| match item {
        ItemAnswer::Released { .. } => "released",
        ItemAnswer::Refused(outward) => outward.code(),
    };
    answer.items.iter().map(one).collect()
}

/// What an item of an answer has.
pub fn data(answer: &Answer, item: usize) -> Json {
    answer.items[item].data().unwrap().to_json()
}

pub const PEER: Peer = Peer::Http { exporter: Some(EXPORTER) };

/// What came back of a command.
#[derive(Debug)]
pub struct Done {
    pub acknowledgement: Acknowledgement,
    pub result: Json,
}

impl Scene {
    /// A grant over a pod to a service, as a wallet makes it.
    pub fn grant(&self, by: &Wallet, pod: PodId, to: &Service, gives: Vec<Permission>) -> Grant {
        Grant {
            issuer: by.principal,
            subject: pod,
            audience: self.helsinki.principal,
            expires: self.now() + 30 * DAY,
            not_before: None,
            issued: self.now() - 60,
            cti: self.cti(),
            confirmation: Thumbprint::of(&to.key.public_key()),
            parent: None,
            permissions: gives,
            purposes: vec![PURPOSE.parse().unwrap()],
            limits: GrantLimits::default(),
            key_event: 0,
            legal_basis: None,
        }
    }

    /// Anna's grant over Eetu's pod to early education, signed and deposited.
    pub async fn granted(&self, gives: Vec<Permission>) -> Verified<Grant> {
        self.granted_with(gives, |_| {}).await
    }

    pub async fn granted_with(&self, gives: Vec<Permission>, edit: impl FnOnce(&mut Grant)) -> Verified<Grant> {
        let mut grant = self.grant(&self.anna, self.eetus_pod, &self.early, gives);
        edit(&mut grant);
        let pod = grant.subject;
        let grant = Verified::sign(&self.anna.key, grant);
        self.command(&self.anna, pod, Action::Deposit(grant.bytes().to_vec())).await.unwrap();
        grant
    }

    /// Of what early education was granted, the name alone, passed on to the processor.
    pub fn passed_on(&self, parent: &Verified<Grant>) -> Verified<Grant> {
        let grant = Grant {
            issuer: self.espoo.principal,
            parent: Some(parent.id()),
            issued: parent.issued + 30,
            cti: self.cti(),
            confirmation: Thumbprint::of(&self.processor.key.public_key()),
            permissions: vec![raw("residence", &["given_names"])],
            limits: GrantLimits::default(),
            ..(**parent).clone()
        };
        Verified::sign(&self.early.key, grant)
    }

    /// The grant that most stories begin with.
    pub async fn usual_grant(&self) -> Verified<Grant> {
        self.granted(vec![raw("residence", &["given_names", "address"]), raw("child-health", &["allergies.substance"])])
            .await
    }

    pub fn request(&self, by: &Service, items: Vec<RequestItem>, edit: impl FnOnce(&mut Request)) -> Verified<Request> {
        let mut request = Request {
            issuer: by.principal,
            audience: self.helsinki.principal,
            expires: self.now() + 100,
            issued: self.now(),
            cti: self.cti(),
            nonce: None,
            items,
            purpose: PURPOSE.parse().unwrap(),
            binding: self.binding(by),
        };
        edit(&mut request);
        Verified::sign(&by.key, request)
    }

    /// Sends a signed request, with grants.
    pub async fn send(&self, request: &Verified<Request>, grants: &[&Verified<Grant>]) -> Result<Answer, Failure> {
        let message = call(request, grants).to_bytes();
        let answer = self.send_bytes(&request.key().to_bytes(), &message).await?;
        Ok(Answer::from_bytes(&answer).unwrap())
    }

    pub async fn fetch(&self, by: &Service, items: Vec<RequestItem>) -> Result<Answer, Failure> {
        self.send(&self.request(by, items, |_| {}), &[]).await
    }

    /// One item by early education, and how it ended: its outcome, or the code with which the call was refused.
    pub async fn outcome(&self, chain: &[&Verified<Grant>], names: Vec<Wanted>) -> &'static str {
        match self.fetch(&self.early, vec![item(chain, names)]).await {
            Ok(answer) => outcomes(&answer)[0],
            failed => code(&failed),
        }
    }

    pub fn command_of(&self, by: &Wallet, pod: PodId, action: Action) -> Verified<Command> {
        let command = Command {
            issuer: by.principal,
            subject: Some(pod),
            audience: self.helsinki.principal,
            expires: self.now() + 100,
            issued: self.now(),
            cti: self.cti(),
            nonce: None,
            action,
            binding: Binding::Exporter(EXPORTER),
        };
        Verified::sign(&by.key, command)
    }

    pub async fn command(&self, by: &Wallet, pod: PodId, action: Action) -> Result<Done, Failure> {
        let command = self.command_of(by, pod, action);
        Ok(self.done(&commands::handle(&self.node(), &PEER, command.bytes()).await?))
    }

    /// What a service has the node do.
    pub async fn service_command(&self, by: &Service, action: Action) -> Result<Done, Failure> {
        let any_pod = self.command_of(&self.anna, self.annas_pod, Action::Inbox { skip: 0 });
        let command = Command { issuer: by.principal, subject: None, action, ..(*any_pod).clone() };
        let command = Verified::sign(&by.key, command);
        Ok(self.done(&commands::handle(&self.node(), &PEER, command.bytes()).await?))
    }

    /// Reads an answer to a command, whose acknowledgement must be Helsinki's.
    pub fn done(&self, answer: &[u8]) -> Done {
        let answer = CommandAnswer::from_bytes(answer).unwrap();
        let acknowledgement = Signed::<Acknowledgement>::decode(&answer.acknowledgement).unwrap();
        let acknowledgement = *acknowledgement.verify(&self.helsinki.key().public_key()).unwrap();
        let result =
            if answer.result.is_empty() { Json::Null } else { serde_json::from_slice(&answer.result).unwrap() };
        Done { acknowledgement, result }
    }

    pub fn revocation(&self, issuer: Principal, key: &SigningKey, target: Target) -> Verified<Revocation> {
        let audience = self.helsinki.principal;
        Verified::sign(key, Revocation { issuer, audience, issued: self.now(), cti: self.cti(), target })
    }

    pub async fn revoke(&self, issuer: Principal, key: &SigningKey, target: Target) -> Result<Done, Failure> {
        let revocation = self.revocation(issuer, key, target);
        Ok(self.done(&commands::revoke(&self.node(), revocation.bytes()).await?))
    }
}

pub fn call(request: &Verified<Request>, grants: &[&Verified<Grant>]) -> Call {
    let grants: BTreeMap<GrantId, Vec<u8>> = grants.iter().map(|grant| (grant.id(), grant.bytes().to_vec())).collect();
    Call { request: request.bytes().to_vec(), grants }
}

/// A grant that Espoo may pass on to its processor, once.
pub async fn parent(scene: &Scene) -> Verified<Grant> {
    let limits = |grant: &mut Grant| {
        grant.limits =
            GrantLimits { depth: 1, organisations: Some(vec![scene.processors.principal]), ..GrantLimits::default() };
    };
    scene.granted_with(vec![raw("residence", &["given_names", "address"])], limits).await
}

/// How the processor's request by this chain ends, with these grants sent along.
pub async fn processed(scene: &Scene, chain: &[&Verified<Grant>], sent: &[&Verified<Grant>]) -> &'static str {
    let request =
        scene.request(&scene.processor, vec![item(chain, vec![wanted("residence", &["given_names"])])], |_| {});
    match scene.send(&request, sent).await {
        Ok(answer) => outcomes(&answer)[0],
        failed => code(&failed),
    }
}
