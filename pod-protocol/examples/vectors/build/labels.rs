//! Claims with their names, for people.

use pod_protocol::codec::Cbor;
use serde_json::{Map, Value as Json};

const LABELS: &[(i64, &str)] = &[
    (1, "iss"),
    (2, "sub"),
    (3, "aud"),
    (4, "exp"),
    (5, "nbf"),
    (6, "iat"),
    (7, "cti"),
    (8, "cnf"),
    (10, "nonce"),
    (-70000, "parent"),
    (-70001, "permissions"),
    (-70002, "purposes"),
    (-70003, "limits"),
    (-70004, "key event"),
    (-70005, "legal basis"),
    (-70010, "items"),
    (-70012, "purpose"),
    (-70013, "binding"),
    (-70020, "target"),
    (-70030, "answers"),
    (-70031, "items"),
    (-70032, "tree"),
    (-70033, "audit index"),
    (-70040, "size"),
    (-70041, "root"),
    (-70050, "action"),
    (-70100, "seq"),
    (-70101, "previous"),
    (-70102, "kind"),
    (-70103, "devices"),
    (-70104, "next"),
    (-70105, "threshold"),
    (-70106, "recovery"),
    (-70107, "salt"),
    (-70108, "revoked"),
    (-70109, "compromised since"),
    (-70110, "revealed"),
    (-70111, "endorsements"),
    (-70112, "target"),
    (-70200, "name"),
    (-70201, "keys"),
    (-70202, "roles"),
    (-70203, "depth"),
    (-70204, "suspended"),
    (-70210, "names"),
    (-70211, "endpoints"),
    (-70212, "catalogue"),
    (-70213, "services"),
    (-70214, "seal key"),
    (-70220, "organisation"),
    (-70221, "items"),
    (-70222, "purpose"),
    (-70223, "retention"),
    (-70224, "validity"),
    (-70225, "reason"),
    (-70226, "holders"),
    (-70227, "depth"),
    (-70228, "delegatees"),
    (-70300, "service"),
    (-70301, "grants"),
    (-70302, "ended"),
    (-70303, "cause"),
    (-70304, "released"),
    (-70305, "awaited until"),
    (-70306, "notice"),
    (-70307, "outcome"),
    (-70230, "tag"),
    (-70231, "sealed"),
    (-70240, "epoch"),
    (-70241, "inputs"),
    (-70260, "items"),
];

/// The name of a claim, with its number.
pub fn label(number: i64) -> String {
    let name = LABELS.iter().find(|(known, _)| *known == number).map_or("?", |(_, name)| name);
    format!("{number} {name}")
}

/// Claims as JSON: numbers get their names, byte strings are hex.
pub fn labelled(claims: &Cbor) -> Json {
    match claims {
        Cbor::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.as_integer().map_or_else(String::new, |key| label(number(key))), inner(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => inner(other),
    }
}

fn number(integer: ciborium::value::Integer) -> i64 {
    i64::try_from(i128::from(integer)).unwrap()
}

fn inner(item: &Cbor) -> Json {
    match item {
        Cbor::Integer(integer) => number(*integer).into(),
        Cbor::Bytes(bytes) => format!("h'{}'", super::write::hex(bytes)).into(),
        Cbor::Text(text) => text.clone().into(),
        Cbor::Bool(value) => (*value).into(),
        Cbor::Array(items) => items.iter().map(inner).collect(),
        Cbor::Map(entries) => entries
            .iter()
            .map(|(key, value)| (inner(key).to_string().trim_matches('"').to_owned(), inner(value)))
            .collect::<Map<_, _>>()
            .into(),
        _ => Json::Null,
    }
}
