//! Invariant 2: whatever the records hold and whatever is asked, only selected fields leave, with the values that they have.

use std::collections::BTreeMap;

use pod_protocol::field::FieldPath;
use pod_protocol::path::DisclosureRules;
use pod_protocol::predicate::{Predicate, Question};
use pod_protocol::request::Name;
use pod_protocol::value::Value;
use pod_vault::RecordDraft;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use super::world::{AINO, NOW_SECS, Recorded, Wish, memory, open, record_type, selection, vault_in};

const TYPES: [&str; 3] = ["address", "addresses", "health"];
const NAMES: [&str; 3] = ["a", "b", "c"];

/// Records whose leaves are empty texts, filled with their own places afterwards.
fn shape() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![4 => Just(Value::Text(String::new())), 1 => Just(Value::Array(Vec::new()))];
    let name = prop::sample::select(&NAMES[..]).prop_map(str::to_owned);
    let tree = leaf.prop_recursive(3, 24, 4, move |below| {
        prop_oneof![
            vec(below.clone(), 0..3).prop_map(Value::Array),
            btree_map(name.clone(), below, 0..4).prop_map(Value::Map),
        ]
    });
    btree_map(prop::sample::select(&NAMES[..]).prop_map(str::to_owned), tree, 0..4).prop_map(Value::Map)
}

fn path() -> impl Strategy<Value = FieldPath> {
    vec(prop::sample::select(&NAMES[..]), 1..4).prop_map(|segments| segments.join(".").parse().unwrap())
}

/// Gives every leaf a text of its own that says where it stands.
fn fill(value: &mut Value, place: &str) {
    match value {
        Value::Map(entries) => entries.iter_mut().for_each(|(name, below)| fill(below, &format!("{place}.{name}"))),
        Value::Array(items) => {
            items.iter_mut().enumerate().for_each(|(at, item)| fill(item, &format!("{place}[{at}]")));
        }
        leaf => *leaf = Value::Text(format!("<{place}>")),
    }
}

/// Every leaf with its path (through arrays).
fn leaves(value: &Value, path: &str, out: &mut Vec<(String, String)>) {
    match value {
        Value::Map(entries) => {
            for (name, below) in entries {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(below, &path, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, path, out)),
        Value::Text(text) => out.push((path.to_owned(), text.clone())),
        _ => {}
    }
}

fn covered(paths: &[FieldPath], leaf: &str) -> bool {
    let leaf: FieldPath = leaf.parse().unwrap();
    paths.iter().any(|path| path.covers(&leaf))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exactly_what_was_selected(
        records in vec((0..TYPES.len(), shape()), 0..6),
        asked in btree_map(0..TYPES.len(), btree_set(path(), 1..4), 1..3),
        protected in btree_map(0..TYPES.len(), vec(path(), 0..3), 0..3),
        asks_a_question in any::<bool>(),
        non_disclosure in any::<bool>(),
    ) {
        let store = memory();
        let vault = vault_in(&store);
        let mut batch = vault.write(NOW_SECS);
        let pod = batch.pod(AINO).unwrap();
        let mut stored: BTreeMap<usize, Vec<(String, String)>> = BTreeMap::new();
        for (number, (of, mut fields)) in records.into_iter().enumerate() {
            fill(&mut fields, &format!("{} {number} ", TYPES[of]));
            leaves(&fields, "", stored.entry(of).or_default());
            let (id, of) = (number.to_string(), record_type(TYPES[of]));
            let draft = RecordDraft { record_type: &of, record_id: &id, source: "test", fields: &fields };
            batch.put_record(&pod, draft).unwrap();
        }
        batch.commit().unwrap();

        let question = |field: &FieldPath| Predicate { id: "?q".parse().unwrap(), field: field.clone(), question: Question::Exists };
        let wishes: Vec<Wish> = asked
            .iter()
            .map(|(of, paths)| Wish {
                record_type: record_type(TYPES[*of]),
                fields: paths.iter().cloned().collect(),
                predicates: paths.iter().take(usize::from(asks_a_question)).map(question).collect(),
            })
            .collect();
        let rules = DisclosureRules {
            protected: protected.iter().map(|(of, paths)| (record_type(TYPES[*of]), paths.clone())).collect(),
        };
        let selection = selection(pod, &wishes, non_disclosure, &rules);
        let opened = open(&vault, &selection).unwrap();
        let names = opened.names().to_vec();
        let data = opened.release(&Recorded);
        let Value::Map(data) = Value::from_cbor(&data).unwrap() else { panic!("not a map") };

        let mut expected: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for (of, paths) in &asked {
            let paths: Vec<FieldPath> = paths.iter().cloned().collect();
            // Of a type without a rule nothing leaves about a person under non-disclosure.
            let may = |path: &str| !non_disclosure || protected.get(of).is_some_and(|kept| !covered(kept, path));
            let mut may_leave: Vec<_> = stored.get(of).cloned().unwrap_or_default();
            may_leave.retain(|(path, _)| covered(&paths, path) && may(path));
            may_leave.sort();
            expected.insert(TYPES[*of].to_owned(), may_leave);
        }
        for (key, value) in &data {
            match key.split_once('?') {
                Some((of, id)) => {
                    prop_assert!(asks_a_question && id == "q" && expected.contains_key(of));
                    prop_assert!(matches!(value, Value::Bool(_) | Value::Null));
                }
                None => prop_assert!(expected.contains_key(key), "{key} was not asked for"),
            }
        }
        for (of, may_leave) in &expected {
            let mut left = Vec::new();
            if let Some(value) = data.get(of) {
                leaves(value, "", &mut left);
            }
            left.sort();
            prop_assert_eq!(&left, may_leave);
            // The names for the log: those asked for, and each that has a leaf.
            let named: Vec<&FieldPath> = names
                .iter()
                .filter(|wanted| wanted.record_type.as_str() == of)
                .flat_map(|wanted| &wanted.names)
                .filter_map(|name| match name { Name::Field(field) => Some(field), Name::Predicate(_) => None })
                .collect();
            let of = TYPES.iter().position(|one| one == of).unwrap();
            prop_assert!(named.iter().all(|name| asked[&of].contains(*name)));
            for path in asked[&of].iter().filter(|path| left.iter().any(|(leaf, _)| covered(&[(*path).clone()], leaf))) {
                prop_assert!(named.contains(&path), "{path} left and is not named");
            }
        }
    }
}
