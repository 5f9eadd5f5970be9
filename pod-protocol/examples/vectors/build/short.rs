//! Short words for what the vectors and the tests say often.

use pod_crypto::SigningKey;
use pod_protocol::Verified;
use pod_protocol::field::{FieldPath, PredicateId, Purpose, RecordType};
use pod_protocol::ids::Thumbprint;
use pod_protocol::key_event::{DeviceKey, KeyEvent, KeyState, Roles, Taken};
use pod_protocol::predicate::{Predicate, Question};
use pod_protocol::request::{Name, Wanted};
use pod_protocol::value::Value;

/// A device key with these roles.
pub fn device(key: &SigningKey, sign: bool, manage: bool) -> DeviceKey {
    DeviceKey { key: key.public_key(), roles: Roles { sign, manage } }
}

/// The log after these events.
pub fn replay(events: &[Verified<KeyEvent>]) -> KeyState {
    let signed = |event: &Verified<KeyEvent>| pod_protocol::Signed::decode(event.bytes()).unwrap();
    let (first, rest) = events.split_first().unwrap();
    let first = KeyState::begin(signed(first)).unwrap();
    rest.iter().fold(first, |state, event| state.apply(signed(event), Taken::logged(event.time_secs)).unwrap())
}

/// A key's thumbprint.
pub fn thumbprint(key: &SigningKey) -> Thumbprint {
    Thumbprint::of(&key.public_key())
}

/// A record type.
pub fn of(text: &str) -> RecordType {
    text.parse().unwrap()
}

/// Field paths.
pub fn fields(texts: &[&str]) -> Vec<FieldPath> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A purpose.
pub fn purpose(text: &str) -> Purpose {
    text.parse().unwrap()
}

/// Wanted names of a record type.
pub fn wanted(record_type: &str, names: &[&str]) -> Wanted {
    let names: Vec<Name> = names.iter().map(|name| name.parse().unwrap()).collect();
    Wanted { record_type: of(record_type), names }
}

/// A predicate that asks whether there is anything.
pub fn exists(id: &str, field: &str) -> Predicate {
    let id: PredicateId = id.parse().unwrap();
    Predicate { id, field: field.parse().unwrap(), question: Question::Exists }
}

/// A predicate that asks for an age on a day.
pub fn age(id: &str, field: &str, years: i64, day: &str) -> Predicate {
    let question = Question::AgeAtLeast { years, day: day.to_owned() };
    Predicate { id: id.parse().unwrap(), field: field.parse().unwrap(), question }
}

/// A record from JSON.
pub fn record(json: serde_json::Value) -> Value {
    Value::from_json(&json).unwrap()
}
