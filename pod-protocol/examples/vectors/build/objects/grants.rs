//! Grants.

use pod_protocol::codec::Cbor;
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::ObjectId;
use pod_protocol::predicate::{Predicate, Question};
use pod_protocol::value::Value;
use serde_json::Value as Json;

use super::{Kind, bytes, list, text};
use crate::vectors::world::{DAY, NOW, World, age, exists, fields, of, purpose};

const CNF: i64 = 8;
const PERMISSIONS: i64 = -70001;
const PURPOSES: i64 = -70002;
const LIMITS: i64 = -70003;

pub(super) fn grant(world: &World) -> Json {
    let good = world.root();
    let why = "Anna lets Espoo's early education read six fields at Helsinki for 300 days";
    let mut kind = Kind::new(world, "anna", why, good.clone(), &[5, -70005]);
    kind.good("wide", "with every limit set, two purposes, and answers instead of a field", world.wide_root());
    kind.good("later", "counts from tomorrow on", Grant { not_before: Some(NOW + DAY), ..good.clone() });
    kind.good("questions", "every kind of question", Grant { permissions: every_question(), ..good.clone() });
    kind.good("longest", "400 days", Grant { expires: good.issued + 400 * DAY, ..good.clone() });
    windows(&mut kind, &good);
    parties(&mut kind, &good);
    permissions(&mut kind, &good);
    predicates(&mut kind, &good);
    limits(&mut kind, &good);
    kind.file(world, "Grants: docs/protocol/grant.md. Chains of them are in chains.json.", "grant")
}

fn every_question() -> Vec<Permission> {
    let ask = |id: &str, question| Predicate { question, ..exists(id, "visits.result") };
    let text = |text: &str| Value::Text(text.to_owned());
    vec![Permission::Derived(
        of("child-health"),
        vec![
            ask("?equal", Question::Equal(text("good"))),
            ask("?in", Question::In(vec![text("good"), Value::Int(1), Value::Bool(true)])),
            ask("?at_least", Question::AtLeast(Value::Int(3))),
            ask("?at_most", Question::AtMost(text("118.00"))),
            age("?seven", "birth_date", 7, "2026-08-01"),
            ask("?any", Question::Exists),
            ask("?many", Question::CountAtLeast(2)),
            ask("?bucket", Question::Bucket(vec![Value::Int(0), Value::Int(10), Value::Int(20)])),
        ],
    )]
}

fn windows(kind: &mut Kind<'_>, good: &Grant) {
    let range = "claim-range";
    let of = |expires, not_before| Grant { expires, not_before, ..good.clone() };
    kind.bad("too long", "one second over 400 days", range, &of(good.issued + 400 * DAY + 1, None));
    kind.bad("no time at all", "exp is iat", range, &of(good.issued, None));
    kind.bad("ends before it begins", "exp is before nbf", range, &of(NOW, Some(NOW + 1)));
    kind.bad("never begins", "exp is nbf", range, &of(NOW, Some(NOW)));
    kind.bad("begins too early", "nbf is before iat", range, &of(good.expires, Some(good.issued - 1)));
}

fn parties(kind: &mut Kind<'_>, good: &Grant) {
    let wrong = "claim-type";
    kind.with("did issuer", "iss is no principal of this protocol", wrong, good, 1, text("did:plc:abc"));
    kind.with("short principal", "aud has 31 bytes", wrong, good, 3, text(&format!("ai:{}", "A".repeat(42))));
    kind.with("padded principal", "base64url with padding", wrong, good, 3, text(&format!("{}=", good.audience)));
    let loose = good.audience.to_string().replacen("ai:", "", 1);
    kind.with("no prefix", "a principal without its prefix", wrong, good, 3, text(&loose));
    let mut trailing = good.subject.to_string();
    trailing.pop();
    trailing.push('_');
    kind.with("loose base64", "the last character has bits that mean nothing", wrong, good, 2, text(&trailing));
    kind.with("two audiences", "aud is a list", wrong, good, 3, list([text("ai:a"), text("ai:b")]));
    kind.with("short cti", "a cti of 15 bytes", wrong, good, 7, bytes(15));
    let child = Grant { parent: Some(ObjectId::new([1; 32])), key_event: 1, ..good.clone() };
    kind.bad("child with a key event", "who passed it on has no log here", "claim-range", &child);
    kind.with("short parent", "a parent of 31 bytes", wrong, good, -70000, bytes(31));
    let method =
        |entries: Vec<(i64, Cbor)>| Cbor::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect());
    kind.with(
        "cnf: key",
        "a whole key instead of its thumbprint",
        "claim-unknown",
        good,
        CNF,
        method(vec![(1, bytes(32))]),
    );
    kind.with("cnf: two", "two methods", wrong, good, CNF, method(vec![(3, bytes(16)), (5, bytes(32))]));
    kind.with("cnf: short", "half a thumbprint", wrong, good, CNF, method(vec![(5, bytes(16))]));
    kind.with("cnf: empty", "no method", wrong, good, CNF, method(Vec::new()));
}

fn permissions(kind: &mut Kind<'_>, good: &Grant) {
    let raw = |record_type: &str, names: &[&str]| {
        list([text(record_type), 0.into(), list(names.iter().map(|name| text(name)))])
    };
    let one = |record_type: &str, names: &[&str]| list([raw(record_type, names)]);
    let mut with = |name: &str, why: &str, expect: &str, value| kind.with(name, why, expect, good, PERMISSIONS, value);
    with("gives nothing", "no permissions", "claim-empty", list([]));
    with("no fields", "a record type without fields", "claim-empty", one("resident", &[]));
    with("any field", "a wildcard for all fields", "claim-wildcard", one("resident", &["*"]));
    with("any field below", "a wildcard below a field", "claim-wildcard", one("resident", &["address.*"]));
    with("any type", "a wildcard for all record types", "claim-wildcard", one("*", &["address"]));
    with("field twice", "the same field twice", "claim-repeated", one("resident", &["address", "address"]));
    with(
        "type twice",
        "the same record type twice",
        "claim-repeated",
        list([raw("resident", &["a"]), raw("resident", &["b"])]),
    );
    with("two parts", "a permission without fields", "claim-type", list([list([text("resident"), 0.into()])]));
    with(
        "other kind",
        "a kind of permission that nobody knows",
        "claim-type",
        list([list([text("resident"), 2.into(), list([text("a")])])]),
    );
    with(
        "number as field",
        "a field that is no text",
        "claim-type",
        list([list([text("resident"), 0.into(), list([1.into()])])]),
    );
    for (name, field) in [
        ("capital", "Address"),
        ("empty field", ""),
        ("leading dot", ".address"),
        ("double dot", "address..city"),
        ("trailing dot", "address."),
        ("space", "first names"),
        ("umlaut", "käyntiosoite"),
        ("digit first", "1st"),
        ("predicate as field", "?adult"),
        ("slash", "address/city"),
        ("nine segments", "a.b.c.d.e.f.g.h.i"),
        ("control", "address\u{0}"),
    ] {
        with(&format!("field: {name}"), "not a field's name", "claim-type", one("resident", &[field]));
    }
    with("field: too long", "97 bytes", "claim-type", one("resident", &["a".repeat(97).as_str()]));
    with("dotted type", "a record type with a dot", "claim-type", one("child.health", &["a"]));
    let mut purposes = |name: &str, why: &str, expect: &str, value| kind.with(name, why, expect, good, PURPOSES, value);
    purposes("no purpose", "an empty list", "claim-empty", list([]));
    purposes("purpose twice", "the same purpose twice", "claim-repeated", list([text("dpv:A"), text("dpv:A")]));
    purposes("any purpose", "a wildcard", "claim-wildcard", list([text("dpv:*")]));
    purposes("bare purpose", "a purpose without its vocabulary", "claim-type", list([text("ServiceProvision")]));
    purposes("empty term", "a vocabulary without a term", "claim-type", list([text("dpv:")]));
}

fn predicates(kind: &mut Kind<'_>, good: &Grant) {
    let day = |day: &str| list([18.into(), text(day)]);
    let predicate = |id: &str, op: &str, field: &str, constant| list([text(id), text(op), text(field), constant]);
    let derived = |items: Vec<Cbor>| list([list([text("resident"), 1.into(), list(items)])]);
    let mut with =
        |name: &str, why: &str, expect: &str, items| kind.with(name, why, expect, good, PERMISSIONS, derived(items));
    let known = || predicate("?a", "exists", "address", Cbor::Null);
    with("no questions", "a record type without questions", "claim-empty", vec![]);
    with("question twice", "two questions with one id", "claim-repeated", vec![known(), known()]);
    let wrong = "claim-type";
    with("id without ?", "an id that could be a field", wrong, vec![predicate("a", "exists", "address", Cbor::Null)]);
    with("any question's field", "a wildcard", "claim-wildcard", vec![predicate("?a", "exists", "*", Cbor::Null)]);
    with("unknown op", "an operator that nobody knows", wrong, vec![predicate("?a", "matches", "address", text(".*"))]);
    with(
        "exists with constant",
        "a constant where none belongs",
        wrong,
        vec![predicate("?a", "exists", "address", 1.into())],
    );
    with("eq null", "equal to nothing", wrong, vec![predicate("?a", "eq", "address", Cbor::Null)]);
    with("eq list", "equal to a list", wrong, vec![predicate("?a", "eq", "address", list([1.into()]))]);
    with("in nothing", "one of none", wrong, vec![predicate("?a", "in", "address", list([]))]);
    with("in too many", "one of 33", wrong, vec![predicate("?a", "in", "address", list((0..33).map(Cbor::from)))]);
    let hidden = "claim-range";
    with("turned eq", "text that reads otherwise", hidden, vec![predicate("?a", "eq", "diet", text("veg\u{202e}na"))]);
    let joined = list([text("vegan"), text("ve\u{200d}gan")]);
    with("joined in", "two texts that read alike", hidden, vec![predicate("?a", "in", "diet", joined)]);
    with("ge bool", "at least true", wrong, vec![predicate("?a", "ge", "address", Cbor::Bool(true))]);
    with("count_ge 0", "always true", wrong, vec![predicate("?a", "count_ge", "address", 0.into())]);
    with(
        "bucket falls",
        "bounds that do not ascend",
        wrong,
        vec![predicate("?a", "bucket", "size", list([2.into(), 1.into()]))],
    );
    with(
        "bucket mixed",
        "bounds that do not compare",
        wrong,
        vec![predicate("?a", "bucket", "size", list([1.into(), text("x")]))],
    );
    with("bytes", "a byte string as a constant", wrong, vec![predicate("?a", "eq", "address", bytes(1))]);
    for (name, value) in [
        ("no date", "soon"),
        ("30 February", "2026-02-30"),
        ("29 February in a common year", "2026-02-29"),
        ("31 April", "2026-04-31"),
        ("month 13", "2026-13-01"),
        ("day 0", "2026-01-00"),
        ("one digit", "2026-8-1"),
        ("sign", "2026-+8-01"),
        ("time", "2026-08-01T00:00"),
    ] {
        with(&format!("age_ge: {name}"), "not a day", wrong, vec![predicate("?a", "age_ge", "birth_date", day(value))]);
    }
    with(
        "age_ge: years",
        "151 years",
        wrong,
        vec![predicate("?a", "age_ge", "birth_date", list([151.into(), text("2026-08-01")]))],
    );
    with("age_ge: no day", "years alone", wrong, vec![predicate("?a", "age_ge", "birth_date", 18.into())]);
}

fn limits(kind: &mut Kind<'_>, good: &Grant) {
    let organisation = good.audience;
    let mut with = |name: &str, why: &str, expect: &str, limits| {
        kind.bad(name, why, expect, &Grant { limits, ..good.clone() });
    };
    let none = GrantLimits::default;
    let range = "claim-range";
    with("depth 4", "a chain of five", range, GrantLimits { depth: 4, ..none() });
    with("uses 0", "no uses: a grant of nothing", range, GrantLimits { uses: Some(0), ..none() });
    with("rate 0", "no uses in a time", range, GrantLimits { rate: Some((0, 60)), ..none() });
    with("rate of no time", "uses in no time", range, GrantLimits { rate: Some((1, 0)), ..none() });
    with("retention 0", "kept for no time", range, GrantLimits { retention_secs: Some(0), ..none() });
    with("no organisations", "an empty list", "claim-empty", GrantLimits { organisations: Some(Vec::new()), ..none() });
    let twice = Some(vec![organisation, organisation]);
    with("organisation twice", "the same twice", "claim-repeated", GrantLimits { organisations: twice, ..none() });
    let map =
        |entries: Vec<(i64, Cbor)>| Cbor::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect());
    kind.with("no depth", "how often it may be passed on is not said", "claim-missing", good, LIMITS, map(vec![]));
    kind.with(
        "unknown limit",
        "a limit that nobody would keep",
        "claim-unknown",
        good,
        LIMITS,
        map(vec![(3, 0.into()), (9, 1.into())]),
    );
    let basis = Cbor::Text(purpose("a:b").to_string() + "*");
    kind.with("any basis", "a wildcard as the legal basis", "claim-wildcard", good, -70005, basis);
    let one = Permission::Raw(of("resident"), fields(&["address"]));
    kind.bad(
        "all twice",
        "the same permission twice",
        "claim-repeated",
        &Grant { permissions: vec![one.clone(), one], ..good.clone() },
    );
}
