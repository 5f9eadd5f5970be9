//! How cases are written down.

use pod_crypto::SigningKey;
use pod_protocol::codec::decode;
use pod_protocol::{Payload, Verified};
use serde_json::{Map, Value as Json, json};

use super::labels::labelled;
use super::world::{World, thumbprint};

/// One case: what it is called, why it ends as it does, and how: a code, or `accepted`.
pub fn case(name: &str, why: &str, expect: &str) -> Map<String, Json> {
    let Json::Object(case) = json!({"name": name, "why": why, "expect": expect}) else { unreachable!() };
    case
}

/// The same with the bytes of the object that it is about, and the name of the key that its reader checks it with.
pub fn bytes_case(name: &str, why: &str, expect: &str, key: &str, bytes: &[u8]) -> Json {
    let mut case = case(name, why, expect);
    case.insert("key".into(), key.into());
    case.insert("bytes".into(), hex(bytes).into());
    case.into()
}

/// An object that is accepted, with everything that a reader finds in it.
pub fn accepted<T: Payload>(name: &str, why: &str, key: &str, object: &Verified<T>) -> Json {
    let Json::Object(mut case) = bytes_case(name, why, "accepted", key, object.bytes()) else { unreachable!() };
    case.insert("length".into(), object.bytes().len().into());
    case.insert("id".into(), object.id().to_string().into());
    case.insert("claims".into(), labelled(&object.to_cbor()));
    case.into()
}

/// A whole file. `fuzz_target` names the decoder that its bytes are for.
pub fn file(world: &World, about: &str, fuzz_target: &str, more: Json, cases: Vec<Json>) -> Json {
    let keys = world.keys().into_iter().map(|(name, key)| (name.to_owned(), key_json(key))).collect::<Map<_, _>>();
    let mut file = Map::new();
    file.insert("about".into(), about.into());
    file.insert("generated_by".into(), "cargo run -p pod-protocol --example vectors".into());
    if !fuzz_target.is_empty() {
        file.insert("fuzz_target".into(), fuzz_target.into());
    }
    file.insert("now_secs".into(), super::world::NOW.into());
    file.insert("keys".into(), keys.into());
    if let Json::Object(more) = more {
        file.extend(more);
    }
    file.insert("cases".into(), cases.into());
    file.into()
}

fn key_json(key: &SigningKey) -> Json {
    json!({
        "seed": hex(&*key.seed()),
        "public": hex(&key.public_key().to_bytes()),
        "thumbprint": thumbprint(key).to_string(),
        "kid": thumbprint(key).kid().to_string(),
    })
}

/// The payload of a signed object, as claims.
pub fn claims_of(bytes: &[u8]) -> Json {
    let mut reader = &bytes[1..];
    let ciborium::Value::Array(parts) = ciborium::from_reader(&mut reader).unwrap() else { return Json::Null };
    match &parts[2] {
        ciborium::Value::Bytes(payload) => labelled(&decode(payload, pod_protocol::codec::ANSWER_LIMITS).unwrap()),
        _ => Json::Null,
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
