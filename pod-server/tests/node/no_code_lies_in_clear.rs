//! Identity codes lie nowhere in clear: not in the store, not in the log, not in what an import prints.

use std::path::Path;

use crate::city::{City, all_codes, code_in, file, only, whole};

fn files_below(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

#[tokio::test]
async fn no_code_in_any_file_of_the_node() {
    let folder = tempfile::tempdir().unwrap();
    let city = City::open("helsinki", folder.path());
    let report = city.import(whole("helsinki")).await;
    let next = city.import(only("helsinki/residents_day2.csv")).await;
    let codes = all_codes(&file("helsinki"));
    assert!(codes.len() > 400);

    let printed = format!("{report}{next}{report:?}{next:?}{}", serde_json::to_string(&next).unwrap());
    assert!(!printed.as_bytes().windows(11).any(|window| code_in(window).is_some()));

    drop(city.close());
    let mut files = Vec::new();
    files_below(folder.path(), &mut files);
    assert!(files.iter().any(|path| path.ends_with("log/head")) && files.len() >= 3);
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(11).filter_map(code_in).find(|code| codes.contains(code));
        assert_eq!(found, None, "{}", path.display());
    }
}
