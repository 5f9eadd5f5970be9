//! What predicates answer, and what paths take out of a record.

use pod_protocol::codec::encode;
use pod_protocol::field::{FieldPath, project, withhold};
use pod_protocol::predicate::Predicate;
use pod_protocol::value::Value;
use serde_json::{Value as Json, json};

use super::world::record;
use super::write::hex;

/// `predicates.json`.
pub fn predicates() -> Json {
    let cases: Vec<Json> = questions()
        .into_iter()
        .map(|(why, op, field, constant, records, answer)| {
            let predicate = json!(["?q", op, field, constant]);
            let item = record(predicate.clone()).to_item();
            let read = Predicate::from_cbor(0, item.clone()).unwrap();
            let of: Vec<Value> = records.as_array().unwrap().iter().cloned().map(record).collect();
            assert_eq!(read.evaluate(&of).to_json(), answer, "{why}");
            json!({"why": why, "predicate": predicate, "bytes": hex(&encode(&item)), "records": records, "answer": answer})
        })
        .collect();
    json!({
        "about": "What predicates answer over the records of a type: true, false, a bucket's number, or null for unknown.",
        "generated_by": "cargo run -p pod-protocol --example vectors",
        "fuzz_target": "predicate",
        "cases": cases,
    })
}

type Question = (&'static str, &'static str, &'static str, Json, Json, Json);

fn questions() -> Vec<Question> {
    let born = |day: &str| json!([{"born": day}]);
    let seven = || json!([7, "2026-08-01"]);
    vec![
        ("equal", "eq", "a", json!("x"), json!([{"a": "x"}]), json!(true)),
        ("not equal", "eq", "a", json!("x"), json!([{"a": "y"}]), json!(false)),
        ("equal in one of the records", "eq", "a", json!(1), json!([{"a": 2}, {"a": 1}]), json!(true)),
        ("no records", "eq", "a", json!(1), json!([]), json!(null)),
        ("missing", "eq", "a", json!(1), json!([{"b": 1}]), json!(null)),
        ("known to be nothing", "eq", "a", json!(1), json!([{"a": null}]), json!(null)),
        ("empty text is nothing", "eq", "a", json!("x"), json!([{"a": ""}]), json!(null)),
        ("a number is not a text", "eq", "a", json!(1), json!([{"a": "1"}]), json!(false)),
        ("one of", "in", "a.b", json!(["x", 2]), json!([{"a": [{"b": 1}, {"b": 2}]}]), json!(true)),
        ("none of", "in", "a.b", json!(["x", 2]), json!([{"a": [{"b": 1}, {"b": "y"}]}]), json!(false)),
        ("at least", "ge", "a", json!(10), json!([{"a": 10}]), json!(true)),
        ("not at least", "ge", "a", json!(10), json!([{"a": 9}]), json!(false)),
        ("decimals by value", "ge", "a", json!("9.5"), json!([{"a": "10.00"}]), json!(true)),
        ("negative decimals", "le", "a", json!("-1"), json!([{"a": "-1.5"}]), json!(true)),
        ("dates by text", "le", "a", json!("2026-08-01"), json!([{"a": "2026-07-31"}]), json!(true)),
        ("decimal and date do not compare", "ge", "a", json!("2026-08-01"), json!([{"a": "5"}]), json!(null)),
        ("number and text do not compare", "ge", "a", json!(1), json!([{"a": "5"}]), json!(null)),
        ("on the birthday", "age_ge", "born", seven(), born("2019-08-01"), json!(true)),
        ("the day before the birthday", "age_ge", "born", seven(), born("2019-08-02"), json!(false)),
        ("no date", "age_ge", "born", seven(), born("soon"), json!(null)),
        ("no such date", "age_ge", "born", seven(), born("2019-02-30"), json!(null)),
        (
            "29 February in a common year: not yet",
            "age_ge",
            "born",
            json!([18, "2026-02-28"]),
            born("2008-02-29"),
            json!(false),
        ),
        (
            "29 February in a common year: 1 March",
            "age_ge",
            "born",
            json!([18, "2026-03-01"]),
            born("2008-02-29"),
            json!(true),
        ),
        ("exists", "exists", "a", json!(null), json!([{"a": false}]), json!(true)),
        ("an empty list does not exist", "exists", "a", json!(null), json!([{"a": []}]), json!(false)),
        ("missing does not answer", "exists", "a", json!(null), json!([{}]), json!(null)),
        ("enough", "count_ge", "a.b", json!(2), json!([{"a": [{"b": 1}]}, {"a": [{"b": 1}]}]), json!(true)),
        ("not enough", "count_ge", "a", json!(3), json!([{"a": [1, [2]]}]), json!(false)),
        ("nothing is not counted", "count_ge", "a", json!(1), json!([{"a": [null, ""]}]), json!(false)),
        ("below all bounds", "bucket", "a", json!([10, 20]), json!([{"a": 9}]), json!(0)),
        ("on a bound", "bucket", "a", json!([10, 20]), json!([{"a": 10}]), json!(1)),
        ("above all bounds", "bucket", "a", json!([10, 20]), json!([{"a": 21}]), json!(2)),
        ("two values fall into no one bucket", "bucket", "a", json!([10, 20]), json!([{"a": [1, 15]}]), json!(null)),
    ]
}

/// `fields.json`.
pub fn fields() -> Json {
    let paths = |texts: &Json| -> Vec<FieldPath> {
        texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap().parse().unwrap()).collect()
    };
    let cases: Vec<Json> = [
        ("one field", json!({"a": 1, "b": 2}), json!(["a"]), json!([])),
        ("a name that begins alike", json!({"a": 1, "ab": 2}), json!(["a"]), json!([])),
        ("a part of a part", json!({"a": {"b": 1, "c": 2}, "d": 3}), json!(["a.b"]), json!([])),
        ("through a list", json!({"a": [{"b": 1, "c": 2}, {"b": 3}]}), json!(["a.b"]), json!([])),
        ("through lists of lists", json!({"a": [[{"b": 1, "c": 2}], [{"c": 3}]]}), json!(["a.b"]), json!([])),
        ("an empty list says that there is none", json!({"a": []}), json!(["a.b"]), json!([])),
        ("a list of others says nothing", json!({"a": [{"c": 1}]}), json!(["a.b"]), json!([])),
        ("missing", json!({"a": 1}), json!(["b"]), json!([])),
        ("below a leaf", json!({"a": 1}), json!(["a.b"]), json!([])),
        ("null is a value", json!({"a": null}), json!(["a"]), json!([])),
        ("withheld", json!({"a": 1, "b": 2}), json!(["a", "b"]), json!(["a"])),
        ("withheld below", json!({"a": {"b": 1, "c": 2}}), json!(["a"]), json!(["a.b"])),
        ("nothing left below", json!({"a": {"b": 1}}), json!(["a"]), json!(["a.b"])),
        ("nothing left in a list", json!({"a": [{"b": 1}, {"b": 2}]}), json!(["a"]), json!(["a.b"])),
        ("something left in a list", json!({"a": [{"b": 1}, {"c": 2}]}), json!(["a"]), json!(["a.b"])),
        ("a parent is withheld", json!({"a": {"b": 1}, "c": 2}), json!(["a.b", "c"]), json!(["a"])),
        ("empty before stays", json!({"a": {"b": {}, "c": 1}}), json!(["a"]), json!(["a.c"])),
    ]
    .into_iter()
    .map(|(why, of, keep, kept_back)| {
        let mut value = record(of.clone());
        withhold(&mut value, &paths(&kept_back));
        let released = project(&value, &paths(&keep)).map_or(Json::Null, |left| left.to_json());
        json!({"why": why, "record": of, "paths": keep, "withheld": kept_back, "released": released})
    })
    .collect();

    json!({
        "about": "What leaves of a record: first the withheld parts are taken out, then only the named ones are kept. null: nothing leaves.",
        "generated_by": "cargo run -p pod-protocol --example vectors",
        "cases": cases,
    })
}
