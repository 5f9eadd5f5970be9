//! The next day's extract: sixty people change and nobody else, seven rows are refused, and who is protected from now on is.

use std::collections::BTreeMap;

use crate::city::{City, entries_of, file, only, whole};

/// Who is protected, by what the file says last of them.
fn protected(name: &str) -> BTreeMap<String, bool> {
    let text = std::fs::read_to_string(file(name)).unwrap();
    let rows = text.trim_start_matches('\u{feff}').lines().skip(1);
    rows.map(|row| {
        let cells: Vec<&str> = row.split(';').collect();
        (cells[0].to_owned(), cells[10] == "K")
    })
    .collect()
}

#[tokio::test]
async fn sixty_change_and_seven_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("helsinki", folder.path());
    city.import(whole("helsinki")).await;
    let (pods, records) = (city.count("vault:pods"), city.count("vault:records"));

    let report = city.import(only("helsinki/residents_day2.csv")).await;
    let total = report.rows.total;
    assert_eq!((total.updated, total.created, total.unchanged, total.refused), (60, 0, 0, 7));
    assert_eq!((city.count("vault:pods"), city.count("vault:records")), (pods, records));
    let expected: Vec<serde_json::Value> =
        serde_json::from_slice(&std::fs::read(file("residents_day2_refused.json")).unwrap()).unwrap();
    for (refused, expected) in report.rows.refused.iter().zip(&expected) {
        assert_eq!(
            (refused.line, refused.why.as_str()),
            (expected["line"].as_u64().unwrap(), expected["why"].as_str().unwrap())
        );
    }
    assert_eq!(report.rows.refused.len(), expected.len());
    let again = city.import(only("helsinki/residents_day2.csv")).await;
    assert_eq!((again.rows.total.unchanged, again.rows.total.updated), (60, 0));
}

#[tokio::test]
async fn only_those_who_changed_have_a_new_entry_and_the_protected_are_protected() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("helsinki", folder.path());
    city.import(whole("helsinki")).await;
    let vault = city.vault();
    let before = protected("helsinki/residents.csv");
    let after = protected("helsinki/residents_day2.csv");
    city.import(only("helsinki/residents_day2.csv")).await;

    for (code, was) in &before {
        let pod = vault.find(code).unwrap().unwrap();
        let now = after.get(code).copied().unwrap_or(*was);
        assert_eq!(vault.non_disclosure(&pod).unwrap(), now);
    }
    assert!(before.values().any(|protected| *protected));
    let (_, log) = city.close();
    let (changed, unchanged): (Vec<&String>, Vec<&String>) = before.keys().partition(|code| after.contains_key(*code));
    let entries = |code: &str| {
        let pod = vault.find(code).unwrap().unwrap();
        let key = vault.audit_key(&pod).unwrap();
        let entries = entries_of(&log, &vault, &pod);
        let opened = entries.iter().map(|entry| entry.open(&key).unwrap());
        opened.flat_map(|one| one.released).filter(|one| one.record_type == "residence").count()
    };
    assert!(changed.iter().all(|code| entries(code) == 2));
    assert!(unchanged.iter().all(|code| entries(code) == 1));
}
