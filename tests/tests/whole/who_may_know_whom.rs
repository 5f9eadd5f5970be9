//! The tables of docs/ARCHITECTURE.md, "Rooms of the repository" and "Who may know whom", held against `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// Names, and the names that stand beside each of them in a table.
type Table = BTreeMap<String, BTreeSet<String>>;

fn architecture() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/ARCHITECTURE.md")).unwrap()
}

/// The crates that a cell names; what stands in parentheses is for people.
fn names(cell: &str) -> Vec<String> {
    let plain = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let cell = cell.split_once('(').map_or(cell, |(before, _)| before);
    cell.split(',').map(str::trim).filter(|name| plain(name)).map(str::to_owned).collect()
}

/// The rows of the table that begins with this head.
fn rows(head: &str) -> Vec<Vec<String>> {
    let text = architecture();
    let (_, below) = text.split_once(head).unwrap_or_else(|| panic!("no table {head}"));
    let rows = below.lines().skip(2).take_while(|line| line.starts_with('|'));
    let rows: Vec<Vec<String>> =
        rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect();
    assert!(!rows.is_empty(), "{head}");
    rows
}

fn table(head: &str) -> Table {
    let mut table = Table::new();
    for row in rows(head) {
        for name in names(&row[0]) {
            assert!(table.insert(name, names(&row[1]).into_iter().collect()).is_none(), "twice: {row:?}");
        }
    }
    table
}

fn packages() -> Vec<Package> {
    let metadata = MetadataCommand::new().no_deps().other_options(["--offline".to_owned()]).exec().unwrap();
    metadata.packages
}

fn normal_dependencies(package: &Package) -> BTreeSet<String> {
    let normal = package.dependencies.iter().filter(|one| one.kind == DependencyKind::Normal);
    normal.map(|one| one.name.clone()).collect()
}

#[test]
fn each_crate_names_only_what_its_job_needs() {
    let allowed = table("| crate | own crates that it may name |");
    let packages = packages();
    let own: BTreeSet<String> = packages.iter().map(|package| package.name.to_string()).collect();
    let listed: BTreeSet<String> = allowed.keys().cloned().collect();
    assert_eq!(listed, own, "the table has every crate, and no other");
    for package in &packages {
        let named: BTreeSet<String> = normal_dependencies(package).intersection(&own).cloned().collect();
        let beyond: Vec<&String> = named.difference(&allowed[package.name.as_str()]).collect();
        assert!(beyond.is_empty(), "{} may not know {beyond:?}", package.name);
    }
}

#[test]
fn fenced_crates_are_named_in_one_place() {
    let fenced = table("| foreign crates | named by |");
    for package in packages() {
        for dependency in normal_dependencies(&package) {
            let allowed = fenced.get(&dependency).is_none_or(|by| by.contains(package.name.as_str()));
            assert!(allowed, "{} may not name {dependency}", package.name);
        }
    }
}

#[test]
fn the_protocol_reads_no_clock_file_or_socket() {
    let text = architecture();
    let (_, never) = text.split_once("pod-protocol names none of ").unwrap();
    let never = names(never.split_once('.').unwrap().0);
    assert!(never.len() > 5, "{never:?}");
    let packages = packages();
    let protocol = packages.iter().find(|package| *package.name == "pod-protocol").unwrap();
    for never in never {
        assert!(!normal_dependencies(protocol).contains(&never), "pod-protocol may not name {never}");
    }
}

#[test]
fn every_crate_has_its_room() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let rooms = rows("| folder | package | in it |");
    for package in packages() {
        let folder = package.manifest_path.parent().unwrap().as_std_path().strip_prefix(root).unwrap();
        let room = format!("`{}/`", folder.display());
        assert!(rooms.iter().any(|row| row[0] == room && row[1] == *package.name), "{room} of {}", package.name);
    }
}

#[test]
fn every_crate_says_what_it_is_and_keeps_the_lints() {
    for package in packages() {
        assert!(package.description.is_some(), "{} has no description", package.name);
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{} does not inherit the lints", package.name);
    }
}
