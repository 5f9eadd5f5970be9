//! The next day's extract: 60 people change, nobody else, and seven rows are refused for just the reasons expected.

use pod_import::Options;
use serde_json::json;

use crate::world::{MemorySink, batches_of, import_city, import_files, registers};

#[test]
fn sixty_change_and_seven_are_refused() {
    let mut sink = MemorySink::default();
    import_city("helsinki", &mut sink);
    let before = sink.records.clone();
    let day_two = registers().join("helsinki/residents_day2.csv");

    let report = import_files("helsinki", std::slice::from_ref(&day_two), &mut sink, &batches_of(7));
    assert_eq!((report.total.updated, report.total.created, report.total.unchanged), (60, 0, 0));
    assert_eq!((report.total.refused, report.total.rows, report.people), (7, 67, 60));
    let changed = sink.records.iter().filter(|(key, kept)| before.get(*key) != Some(kept)).count();
    assert_eq!((changed, sink.records.len()), (60, before.len()));

    let again = import_files("helsinki", &[day_two], &mut sink, &Options::default());
    assert_eq!((again.total.updated, again.total.created, again.total.unchanged), (0, 0, 60));
}

#[test]
fn the_refusals_are_the_registers_own_list_with_the_column_to_correct() {
    let mut sink = MemorySink::default();
    let day_two = registers().join("helsinki/residents_day2.csv");
    let report = import_files("helsinki", &[day_two], &mut sink, &Options::default());

    let refused = serde_json::to_value(&report.refused).unwrap();
    let without_field: Vec<_> = refused
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!({"file": row["file"], "line": row["line"], "why": row["why"]}))
        .collect();
    let expected = std::fs::read(registers().join("residents_day2_refused.json")).unwrap();
    let expected: Vec<serde_json::Value> = serde_json::from_slice(&expected).unwrap();
    assert_eq!(without_field, expected);

    let fields: Vec<_> = report.refused.iter().map(|row| row.field.as_deref().unwrap()).collect();
    assert_eq!(fields, ["hetu", "hetu", "hetu", "syntymäaika", "kotikunta", "turvakielto", "huoltajat"]);
    assert!(
        report.to_string().contains("helsinki/residents_day2.csv, line 65, syntymäaika: birth date does not parse")
    );
}
