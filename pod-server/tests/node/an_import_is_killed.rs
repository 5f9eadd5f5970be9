//! kill -9 in the middle of an import, again and again: the same import goes on, and nothing is lost or there twice.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use pod_audit::verify;
use pod_server::import::Importer;

use crate::city::{City, all_codes, batches_of, file, key, whole};

const FOLDER: &str = "AITTA_TEST_KILLED_IMPORT";

/// Rows of a batch: some forty batches, whatever the registers.
fn batch_rows() -> usize {
    let bytes = std::fs::read(file("helsinki/residents.csv")).unwrap();
    bytes.iter().filter(|byte| **byte == b'\n').count() / 20
}

/// Runs only as the child of the test below.
#[tokio::test]
async fn child_that_imports_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let city = City::open("helsinki", Path::new(&folder));
    let importer = Importer::new(Arc::clone(&city.node), None);
    importer.run(whole("helsinki"), batches_of(batch_rows()), |now| println!("batch {}", now.rows_done)).await.unwrap();
    println!("done");
}

/// Starts the child, and kills it after it said so often that a batch is in. Says whether it had finished before.
fn killed_after(folder: &Path, batches: usize) -> bool {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "an_import_is_killed::child_that_imports_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut finished = false;
    for line in lines.filter(|line| line.contains("batch ") || line == "done").take(batches) {
        finished = line == "done";
    }
    child.kill().unwrap();
    child.wait().unwrap();
    finished
}

#[tokio::test]
async fn killed_again_and_again_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    for batches in [1, 5, 7, 3, 11] {
        assert!(!killed_after(folder.path(), batches));
        let found = verify(&folder.path().join("log"), &[key("helsinki").public_key()]).unwrap();
        assert!(found.is_intact(), "{found:?}");
    }
    let city = City::open("helsinki", folder.path());
    let resumed = city.import_with(None, whole("helsinki"), batches_of(batch_rows())).await;
    let total = resumed.rows.total;
    assert!(total.done_before > 0 && total.created > 0);
    assert_eq!(total.rows, total.done_before + total.created + total.unchanged);

    let elsewhere = tempfile::tempdir().unwrap();
    let whole_city = City::open("helsinki", elsewhere.path());
    let at_once = whole_city.import(whole("helsinki")).await;
    assert_eq!((total.rows, resumed.rows.people), (at_once.rows.total.rows, at_once.rows.people));
    let (killed, unharmed) = (city.vault(), whole_city.vault());
    for code in all_codes(&file("helsinki")) {
        match unharmed.find(&code).unwrap() {
            // Guardians and those of the next day's refused rows have no pod of their own.
            None => assert_eq!(killed.find(&code).unwrap(), None),
            Some(pod) => {
                let same = killed.find(&code).unwrap().expect("nobody is lost");
                assert_eq!(killed.record_types(&same).unwrap(), unharmed.record_types(&pod).unwrap());
                assert_eq!(killed.non_disclosure(&same).unwrap(), unharmed.non_disclosure(&pod).unwrap());
            }
        }
        assert_eq!(killed.wards_of(&code).unwrap().len(), unharmed.wards_of(&code).unwrap().len());
    }
    assert_eq!(city.count("vault:records"), whole_city.count("vault:records"));
    let again = city.import(whole("helsinki")).await;
    assert_eq!(again.rows.total.unchanged, again.rows.total.rows);
}
