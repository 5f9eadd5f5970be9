//! Four cities' registers become pods: everything goes in, once, and a second time nothing changes.

use pod_audit::EntryKind;
use pod_import::{IdentityCode, Options};
use pod_server::import::{Files, ImportFault, Importer, MAX_BATCH_ROWS};
use std::sync::Arc;

use crate::city::{CITIES, City, batches_of, entries_of, file, registers, whole};

/// The rows of a file as a person counts them: its lines without the heading.
fn rows_of(path: &std::path::Path) -> u64 {
    let lines = std::fs::read(path).unwrap().iter().filter(|byte| **byte == b'\n').count() as u64;
    let heading = path.extension().is_some_and(|ending| ending != "jsonl");
    lines - u64::from(heading)
}

#[tokio::test]
async fn every_row_of_every_city_is_there_and_a_second_run_changes_nothing() {
    for name in CITIES {
        let folder = tempfile::tempdir().unwrap();
        let city = City::open(name, folder.path());
        let first = city.import(whole(name)).await;
        let total = first.rows.total;
        let lines: u64 = first.rows.files.iter().map(|one| rows_of(&registers().join(&one.file))).sum();
        assert_eq!((total.rows, total.created, total.refused), (lines, lines, 0), "{name}");
        assert_eq!(city.count("vault:records"), lines, "{name}");
        assert_eq!(city.vault().pod_count().unwrap(), first.rows.people, "{name}");
        assert_eq!((first.findable.pods, first.findable.without_tag), (first.rows.people, first.rows.people));

        // What did not change is not logged.
        let logged = city.close().1.size();
        assert!(logged >= first.rows.people, "{name}: an entry for each pod");
        let city = City::open(name, folder.path());
        let second = city.import(whole(name)).await;
        assert_eq!((second.rows.total.unchanged, second.rows.total.rows), (lines, lines), "{name}");
        assert_eq!(city.close().1.size(), logged, "{name}");
    }
}

#[tokio::test]
async fn the_citizen_reads_in_their_log_what_came_in() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("oulu", folder.path());
    city.import(whole("oulu")).await;
    let vault = city.vault();
    let pupils = std::fs::read_to_string(file("oulu/school.tsv")).unwrap();
    let code = pupils.lines().nth(1).unwrap().split('\t').next().unwrap().to_owned();
    let pod = vault.find(&code).unwrap().unwrap();
    let key = vault.audit_key(&pod).unwrap();
    let (_, log) = city.close();
    let entries = entries_of(&log, &vault, &pod);
    assert!(entries.iter().all(|entry| entry.public().kind == EntryKind::Import));
    let opened: Vec<_> = entries.iter().map(|entry| entry.open(&key).unwrap()).collect();
    let types: Vec<&str> = opened.iter().flat_map(|one| &one.released).map(|one| one.record_type.as_str()).collect();
    assert_eq!(types, ["residence", "school"]);
    assert!(opened.iter().all(|one| one.outcome == "imported" && one.organisation == "oulu" && one.service.is_none()));
}

#[tokio::test]
async fn guardians_act_for_the_children_that_the_register_says() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("helsinki", folder.path());
    city.import(whole("helsinki")).await;
    let vault = city.vault();
    let residents = std::fs::read_to_string(file("helsinki/residents.csv")).unwrap();
    let mut children = 0;
    for row in residents.lines().skip(1) {
        let cells: Vec<&str> = row.split(';').collect();
        let (code, guardians) = (cells[0], cells[13].trim());
        let pod = vault.find(code).unwrap().unwrap();
        let born = IdentityCode::parse(code).unwrap().birth_date().to_string();
        for guardian in guardians.split(',').filter(|guardian| !guardian.is_empty()) {
            let wards = vault.wards_of(guardian).unwrap();
            let ward = wards.iter().find(|ward| ward.pod == pod).expect("the child is found by the guardian's code");
            assert_eq!(*ward.born, born);
            children += 1;
        }
        assert_eq!(vault.non_disclosure(&pod).unwrap(), cells[10] == "K");
    }
    assert!(children > 50);
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("turku", folder.path());
    let dry = city.import_with(None, whole("turku"), Options { dry_run: true, ..batches_of(100) }).await;
    assert_eq!(city.count("vault:pods") + city.count("node-imports") + city.count("vault:records"), 0);
    let real = city.import(whole("turku")).await;
    assert_eq!(dry.rows.total, real.rows.total);
    assert_eq!(dry.rows.people, real.rows.people);
    assert_eq!(city.close().1.size() > 0, real.rows.total.created > 0);
}

#[tokio::test]
async fn one_import_at_a_time_and_what_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("oulu", folder.path());
    let importer = Importer::new(Arc::clone(&city.node), None);
    let run = |files, options| importer.run(files, options, |_| {});
    let (first, second) = tokio::join!(run(whole("oulu"), Options::default()), run(whole("oulu"), Options::default()));
    assert!(first.is_ok());
    assert!(matches!(second, Err(ImportFault::Busy)));

    let too_many = run(whole("oulu"), batches_of(MAX_BATCH_ROWS + 1)).await;
    assert!(matches!(too_many, Err(ImportFault::BatchRows)));
    let missing = run(Files::Folder(folder.path().to_owned()), Options::default()).await.unwrap_err();
    assert!(missing.to_string().contains("has no file `residents.tsv`"), "{missing}");

    importer.stop();
    let stopped = run(whole("oulu"), Options::default()).await.unwrap_err();
    assert!(format!("{:?}", stopped).contains("Stopped"));
}
