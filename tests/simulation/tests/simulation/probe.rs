//! Invariant 5, tried by somebody who has no grant: what does not exist and what is not theirs look the same, byte for byte, when
//! ids, places in the log, times and signatures are left out.

use pod_crypto::SigningKey;
use pod_http::{Request as HttpRequest, Response};
use pod_protocol::answer::{Answer, Receipt};
use pod_protocol::grant::{Grant, GrantLimits};
use pod_protocol::ids::{Cti, GrantId, PodId, Principal, RequestId, Thumbprint, from_base64url};
use pod_protocol::request::{Binding, Call, Request, RequestItem, Wanted};
use pod_protocol::{Signed, Verified};
use serde_json::Value as Json;

use crate::actor::Actor;
use crate::federation::{DAY, HOLDER_PORTS, HOLDERS, KELA, PURPOSE, origin};

/// Asks for something in one of the ways that must not be told apart.
pub async fn probe(actor: &Actor) {
    let holder = actor.dice.below(HOLDERS.len() as u64) as usize;
    let Some((call, kind)) = call(actor, holder).await else { return };
    let Some(answer) = post(actor, holder, "/v1/call", "application/cbor", call).await else { return };
    if !answer.status.is_success() {
        actor.note(format!("asks for {kind} and is turned down"));
        return;
    }
    let read = Answer::from_bytes(&answer.body).unwrap();
    let receipt = Signed::<Receipt>::decode(&read.receipt).unwrap().unverified().clone();
    actor.checker.receipt(holder, &receipt);
    let code = receipt.items[0].outcome.code();
    actor.note(format!("asks for {kind} and gets {code}"));
    if code != "denied" {
        actor.checker.history.violated(5, format!("{kind} is {code} and not denied"));
    }
    let form = form(&answer, read, receipt);
    let mut facts = actor.checker.model.facts();
    let known = facts.refusals.entry(code.to_owned()).or_insert_with(|| form.clone());
    if *known != form {
        let (one, other) = (String::from_utf8_lossy(known), String::from_utf8_lossy(&form));
        actor.checker.history.violated(5, format!("{kind} does not look like the others: {one:?} and {other:?}"));
    }
    actor.checker.history.count("refusals compared");
}

/// A call with a grant that its signer could not give: over a pod that is not there, somebody's who is, or of another's.
async fn call(actor: &Actor, holder: usize) -> Option<(Vec<u8>, &'static str)> {
    let (federation, citizens, dice) = (&actor.federation, &actor.checker.citizens, &actor.dice);
    let now = actor.caller.now_secs();
    let service = &federation.services[KELA];
    let (pod, kind) = match dice.below(2) {
        0 => (PodId::new(*actor.caller.fresh_cti().as_bytes()), "a pod that is not there"),
        _ => (dice.one(citizens).pods[holder], "a pod that is there"),
    };
    let (issuer, key) = match dice.below(2) {
        0 => (Principal::new([0x77; 32]), SigningKey::from_seed(&[0x77; 32])),
        _ => {
            let signer = &dice.one(citizens).signers[holder];
            (signer.principal, SigningKey::from_seed(&[0x78; 32]))
        }
    };
    let grant = Grant {
        issuer,
        subject: pod,
        audience: federation.holders[holder].principal,
        expires: now + DAY,
        not_before: None,
        issued: now,
        cti: actor.caller.fresh_cti(),
        confirmation: Thumbprint::of(&service.key.public_key()),
        parent: None,
        permissions: vec![pod_protocol::grant::Permission::Raw(
            "residence".parse().unwrap(),
            vec!["address".parse().unwrap()],
        )],
        purposes: vec![PURPOSE.parse().unwrap()],
        limits: GrantLimits::default(),
        key_event: 0,
        legal_basis: None,
    };
    let grant = Verified::sign(&key, grant);
    let nonce = post(actor, holder, "/v1/nonce", "application/json", Vec::new()).await?;
    let nonce: Json = serde_json::from_slice(&nonce.body).ok()?;
    let nonce = from_base64url(nonce["nonce"].as_str()?).ok()?;
    let wanted = Wanted {
        record_type: "residence".parse().unwrap(),
        names: vec!["address".parse().map(pod_protocol::request::Name::Field).unwrap()],
    };
    let request = Request {
        issuer: service.principal,
        audience: federation.holders[holder].principal,
        expires: now + 60,
        issued: now,
        cti: actor.caller.fresh_cti(),
        nonce: Some(Cti::new(nonce.try_into().ok()?)),
        items: vec![RequestItem { chain: vec![grant.id()], wanted: vec![wanted] }],
        purpose: PURPOSE.parse().unwrap(),
        binding: Binding::Origin(origin(HOLDER_PORTS[holder])),
    };
    let request = Verified::sign(&service.key, request).bytes().to_vec();
    let call = Call { request, grants: [(grant.id(), grant.bytes().to_vec())].into() };
    Some((call.to_bytes(), kind))
}

async fn post(actor: &Actor, holder: usize, path: &str, media: &'static str, body: Vec<u8>) -> Option<Response> {
    let origin = origin(HOLDER_PORTS[holder]).parse().unwrap();
    actor.caller.http.send(&origin, HttpRequest::post(path, media, body)).await.ok()
}

/// Head and body as everybody else sees them, without what differs from call to call.
fn form(answer: &Response, read: Answer, receipt: Receipt) -> Vec<u8> {
    let mut head: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| match name.as_str() {
            "date" | "traceparent" | "content-length" => name.to_string(),
            _ => format!("{name}: {}", value.to_str().unwrap()),
        })
        .collect();
    head.sort();
    let mut items = receipt.items;
    for item in &mut items {
        (item.leaf, item.audit_index) = (GrantId::new([0; 32]), 0);
    }
    let nobody = Principal::new([0; 32]);
    let masked = Receipt {
        issuer: nobody,
        audience: nobody,
        issued: 1,
        request: RequestId::new([0; 32]),
        items,
        tree_size: 1,
        tree_root: [0; 32],
    };
    let receipt = Verified::sign(&SigningKey::from_seed(&[1; 32]), masked).bytes().to_vec();
    [head.join("\n").into_bytes(), Answer { receipt, ..read }.to_bytes()].concat()
}
