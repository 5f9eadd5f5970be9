//! Every decoder that takes bytes from a peer, and what must hold for it: it does not panic, and what it accepts has no second
//! encoding. The fuzz targets run these, and so does a test with mutated vectors (`pod-protocol/tests/protocol/fuzzed_lightly.rs`).

use pod_protocol::access_request::AccessRequest;
use pod_protocol::answer::{Answer, Receipt};
use pod_protocol::blind_request::{BlindAnswer, BlindRequest};
use pod_protocol::bucket::Bucket;
use pod_protocol::codec::{ANSWER_LIMITS, Limits, OBJECT_LIMITS, decode, encode};
use pod_protocol::command::{Acknowledgement, Command, CommandAnswer};
use pod_protocol::cose::signature_structure;
use pod_protocol::decision::Decision;
use pod_protocol::grant::Grant;
use pod_protocol::holder_entry::HolderEntry;
use pod_protocol::inspect::inspect as in_words;
use pod_protocol::key_event::KeyEvent;
use pod_protocol::predicate::Predicate;
use pod_protocol::registry::Registry;
use pod_protocol::request::{Call, Request};
use pod_protocol::revocation::Revocation;
use pod_protocol::statement::{Membership, Profile};
use pod_protocol::tree_head::TreeHead;
use pod_protocol::value::Value;
use pod_protocol::{Payload, Signed};

/// A decoder, by the name of its fuzz target.
pub type Decoder = (&'static str, fn(&[u8]));

/// All of them.
pub const DECODERS: &[Decoder] = &[
    ("access_request", signed::<AccessRequest>),
    ("acknowledgement", signed::<Acknowledgement>),
    ("answer", answer),
    ("blind_answer", blind_answer),
    ("blind_request", signed::<BlindRequest>),
    ("bucket", bucket),
    ("call", call),
    ("cbor", cbor),
    ("command", signed::<Command>),
    ("command_answer", command_answer),
    ("decision", decision),
    ("grant", signed::<Grant>),
    ("holder_entry", signed::<HolderEntry>),
    ("inspect", inspect),
    ("key_event", signed::<KeyEvent>),
    ("membership", signed::<Membership>),
    ("predicate", predicate),
    ("profile", signed::<Profile>),
    ("receipt", signed::<Receipt>),
    ("request", signed::<Request>),
    ("revocation", signed::<Revocation>),
    ("snapshot", snapshot),
    ("tree_head", signed::<TreeHead>),
    ("value", value),
];

/// Runs the decoder with this name.
pub fn run(name: &str, bytes: &[u8]) {
    if let Some((_, decoder)) = DECODERS.iter().find(|(known, _)| *known == name) {
        decoder(bytes);
    }
}

/// What is accepted says in its claims all that its payload says: writing them again gives the bytes that were signed.
fn signed<T: Payload>(bytes: &[u8]) {
    let Ok(object) = Signed::<T>::decode(bytes) else { return };
    let payload = encode(&object.unverified().to_cbor());
    let header = header(bytes);
    let again = pod_crypto::sha256(&[&signature_structure(&header, &[], &payload)]);
    assert_eq!(*object.id().as_bytes(), again, "another encoding of the same object");
    assert_eq!(object.bytes(), bytes);
}

/// The protected header of an accepted object: 0xd2, 0x84, and a byte string of 24 to 255 bytes.
fn header(bytes: &[u8]) -> Vec<u8> {
    let length = usize::from(bytes[3]);
    bytes[4..4 + length].to_vec()
}

fn cbor(bytes: &[u8]) {
    let limits = |limits: Limits| {
        if let Ok(item) = decode(bytes, limits) {
            assert_eq!(encode(&item), bytes, "another encoding of the same item");
        }
    };
    limits(OBJECT_LIMITS);
    limits(ANSWER_LIMITS);
}

fn call(bytes: &[u8]) {
    if let Ok(call) = Call::from_bytes(bytes) {
        assert_eq!(Call::from_bytes(&call.to_bytes()), Ok(call));
    }
}

fn answer(bytes: &[u8]) {
    let Ok(answer) = Answer::from_bytes(bytes) else { return };
    assert_eq!(answer.to_bytes(), bytes);
    for item in &answer.items {
        let _ = item.data();
    }
}

fn blind_answer(bytes: &[u8]) {
    if let Ok(answer) = BlindAnswer::from_bytes(bytes) {
        assert_eq!(answer.to_bytes(), bytes);
    }
}

fn command_answer(bytes: &[u8]) {
    if let Ok(answer) = CommandAnswer::from_bytes(bytes) {
        assert_eq!(answer.to_bytes(), bytes);
    }
}

fn bucket(bytes: &[u8]) {
    if let Ok(bucket) = Bucket::from_bytes(bytes) {
        assert_eq!(bucket.to_bytes(), bytes);
    }
}

fn decision(bytes: &[u8]) {
    if let Ok(decision) = Decision::from_bytes(bytes) {
        assert_eq!(decision.to_bytes(), bytes);
    }
}

fn snapshot(bytes: &[u8]) {
    let _ = Registry::read_snapshot(bytes);
}

fn inspect(bytes: &[u8]) {
    let _ = in_words(bytes);
}

fn value(bytes: &[u8]) {
    let Ok(value) = Value::from_cbor(bytes) else { return };
    assert_eq!(value.to_cbor(), bytes);
    assert_eq!(Value::from_json(&value.to_json()).as_ref(), Ok(&value));
}

fn predicate(bytes: &[u8]) {
    let Ok(item) = decode(bytes, OBJECT_LIMITS) else { return };
    let Ok(predicate) = Predicate::from_cbor(0, item) else { return };
    assert_eq!(encode(&predicate.to_cbor()), bytes);
    // The constant as a record: whatever it is, the answer is one of those that there are.
    let record = Value::Map([(predicate.field.to_string(), Value::Text("2019-08-01".into()))].into());
    assert!(matches!(predicate.evaluate(&[record]), Value::Null | Value::Bool(_) | Value::Int(_)));
}
