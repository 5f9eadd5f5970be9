//! What travels around signed objects: calls, answers, answers to commands.

use std::collections::BTreeMap;

use pod_crypto::blind::Evaluation;
use pod_protocol::answer::{Answer, ItemAnswer, Outcome, Receipt};
use pod_protocol::blind_request::BlindAnswer;
use pod_protocol::codec::{Cbor, encode};
use pod_protocol::command::CommandAnswer;
use pod_protocol::ids::ObjectId;
use pod_protocol::request::Call;
use pod_protocol::{Outward, Verified};
use serde_json::{Map, Value as Json, json};

use super::world::{World, record, wanted};
use super::write::{case, file as written, hex};

/// The file.
pub fn file(world: &World) -> Json {
    let mut messages = Messages { cases: Vec::new() };
    calls(world, &mut messages);
    answers(world, &mut messages);
    command_answers(world, &mut messages);
    blind_answers(&mut messages);
    let about = "Messages by their kind. Answers are also compared with their receipt, which Helsinki signed.";
    written(world, about, "", json!({}), messages.cases)
}

struct Messages {
    cases: Vec<Json>,
}

impl Messages {
    fn add(&mut self, kind: &str, name: &str, why: &str, expect: &str, bytes: &[u8]) -> &mut Map<String, Json> {
        let mut case = case(&format!("{kind}: {name}"), why, expect);
        case.insert("kind".into(), kind.into());
        case.insert("bytes".into(), hex(bytes).into());
        self.cases.push(case.into());
        self.cases.last_mut().unwrap().as_object_mut().unwrap()
    }
}

fn map(entries: Vec<(i64, Cbor)>) -> Vec<u8> {
    encode(&Cbor::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect()))
}

fn calls(world: &World, messages: &mut Messages) {
    let chain = world.chain(2);
    let ids = chain.iter().map(|grant| grant.id()).collect();
    let request = Verified::sign(&world.espoo, world.request(ids, vec![wanted("resident", &["first_names"])]));
    let call = Call { request: request.bytes().to_vec(), grants: BTreeMap::new() };
    let grants: BTreeMap<ObjectId, Vec<u8>> = chain.iter().map(|grant| (grant.id(), grant.bytes().to_vec())).collect();
    messages.add("call", "by ids", "the holder has the grants", "accepted", &call.to_bytes());
    let with = Call { grants, ..call.clone() };
    messages.add("call", "with grants", "the holder may not have them yet", "accepted", &with.to_bytes());
    let bytes = call.to_bytes();
    let mut bad = |name: &str, why: &str, expect: &str, bytes: &[u8]| {
        messages.add("call", name, why, expect, bytes);
    };
    bad("trailing byte", "a byte follows", "cbor-trailing", &[bytes.as_slice(), &[0]].concat());
    bad("no request", "grants alone", "claim-missing", &map(vec![(1, Cbor::Map(Vec::new()))]));
    bad("request as text", "no byte string", "claim-type", &map(vec![(0, Cbor::Text("a".into()))]));
    bad("unknown part", "a third part", "claim-unknown", &map(vec![(0, Cbor::Bytes(vec![])), (2, Cbor::Null)]));
    let short = Cbor::Map(vec![(Cbor::Bytes(vec![1; 16]), Cbor::Bytes(vec![]))]);
    bad("short id", "a grant under 16 bytes", "claim-type", &map(vec![(0, Cbor::Bytes(vec![])), (1, short)]));
    bad("list", "no map", "claim-type", &[0x80]);
    let none = vec![(0, Cbor::Bytes(vec![])), (1, Cbor::Map(Vec::new()))];
    bad("no grants", "none are said by leaving them out", "claim-empty", &map(none));
}

fn answers(world: &World, messages: &mut Messages) {
    let data = record(json!({"child-health": [{"allergies": [{"substance": "nuts"}], "diet": "vegan"}]})).to_cbor();
    let receipt = world.receipt(ObjectId::new([0x51; 32]), world.chain(1)[0].id(), &data);
    let signed = |receipt: Receipt| Verified::sign(&world.helsinki, receipt).bytes().to_vec();
    let released = ItemAnswer::Released { salt: [0x5a; 16], data: data.clone() };
    let good = Answer { receipt: signed(receipt.clone()), items: vec![released.clone()] };
    let case = messages.add("answer", "released", "two names", "accepted", &good.to_bytes());
    case.insert("data".into(), json!({"child-health": [{"allergies": [{"substance": "nuts"}], "diet": "vegan"}]}));
    let mut denied = receipt.clone();
    (denied.items[0].outcome, denied.items[0].digest) = (Outcome::Refused(Outward::Denied), None);
    denied.items[0].released.clear();
    let refused = Answer { receipt: signed(denied), items: vec![ItemAnswer::Refused(Outward::Denied)] };
    messages.add("answer", "denied", "nothing is released", "accepted", &refused.to_bytes());
    let mut bad = |name: &str, why: &str, expect: &str, items: Vec<ItemAnswer>| {
        let answer = Answer { items, ..good.clone() };
        messages.add("answer", name, why, expect, &answer.to_bytes());
    };
    let range = "claim-range";
    bad(
        "other salt",
        "the digest does not match",
        range,
        vec![ItemAnswer::Released { salt: [0; 16], data: data.clone() }],
    );
    bad(
        "other data",
        "the digest does not match",
        range,
        vec![ItemAnswer::Released { salt: [0x5a; 16], data: vec![0xa0] }],
    );
    bad("more items", "more than the receipt says", range, vec![released.clone(), released]);
    bad("denied after all", "the receipt says released", range, vec![ItemAnswer::Refused(Outward::Denied)]);
    bad("no items", "an empty list", "claim-empty", Vec::new());
    let item = |item: Cbor| map(vec![(0, Cbor::Bytes(good.receipt.clone())), (1, Cbor::Array(vec![item]))]);
    let mut raw = |name: &str, why: &str, bytes: &[u8]| {
        messages.add("answer", name, why, "claim-type", bytes);
    };
    raw("unknown outcome", "number 10", &item(Cbor::Array(vec![10.into()])));
    raw("denied with data", "a part too many", &item(Cbor::Array(vec![1.into(), Cbor::Null])));
    raw("released nothing", "no salt and no data", &item(Cbor::Array(vec![0.into()])));
    raw("empty item", "no outcome", &item(Cbor::Array(Vec::new())));
}

fn command_answers(world: &World, messages: &mut Messages) {
    let acknowledgement = Verified::sign(&world.helsinki, world.acknowledgement(ObjectId::new([0x52; 32])));
    let good = CommandAnswer { acknowledgement: acknowledgement.bytes().to_vec(), result: b"{}".to_vec() };
    messages.add("command answer", "done", "with an empty result", "accepted", &good.to_bytes());
    let mut bad = |name: &str, why: &str, expect: &str, bytes: &[u8]| {
        messages.add("command answer", name, why, expect, bytes);
    };
    bad("no result", "an acknowledgement alone", "claim-missing", &map(vec![(0, Cbor::Bytes(vec![]))]));
    bad(
        "result as text",
        "no byte string",
        "claim-type",
        &map(vec![(0, Cbor::Bytes(vec![])), (1, Cbor::Text("{}".into()))]),
    );
}

/// The elements and proofs are no points: that is for whoever takes the blinding off to find.
fn blind_answers(messages: &mut Messages) {
    let one = |byte| Evaluation { element: [byte; 32], proof: [byte + 1; 64] };
    let mut good = |name: &str, why: &str, evaluations| {
        messages.add("blind answer", name, why, "accepted", &BlindAnswer { evaluations }.to_bytes());
    };
    good("two", "in the order of the inputs", vec![one(0x31), one(0x33)]);
    good("none", "nothing was asked", Vec::new());
    let pair = |element: usize, proof: usize| vec![Cbor::Bytes(vec![7; element]), Cbor::Bytes(vec![7; proof])];
    let list = |items: Vec<Vec<Cbor>>| encode(&Cbor::Array(items.into_iter().map(Cbor::Array).collect()));
    let mut bad = |name: &str, why: &str, expect: &str, bytes: &[u8]| {
        messages.add("blind answer", name, why, expect, bytes);
    };
    bad("short element", "31 bytes", "claim-type", &list(vec![pair(31, 64)]));
    bad("short proof", "63 bytes", "claim-type", &list(vec![pair(32, 63)]));
    bad("no proof", "an element alone", "claim-type", &list(vec![pair(32, 64)[..1].to_vec()]));
    bad(
        "three parts",
        "something more",
        "claim-type",
        &list(vec![[pair(32, 64), pair(32, 64)].concat()[..3].to_vec()]),
    );
    bad("no list", "a number", "claim-type", &[0x01]);
    bad("257", "more than a request has inputs", "cbor-too-many-items", &list(vec![pair(32, 64); 257]));
    bad("trailing byte", "a byte follows", "cbor-trailing", &[0x80, 0x00]);
}
