//! The table of docs/ARCHITECTURE.md, "Who may know whom", held against `cargo metadata`.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// Our crates that a crate may name, and the foreign ones that only it (and the others listed with it) may.
const OWN: &[(&str, &[&str])] = &[
    ("pod-crypto", &[]),
    ("pod-protocol", &["pod-crypto"]),
    ("pod-store", &[]),
    ("pod-vault", &["pod-protocol", "pod-crypto", "pod-store"]),
    ("pod-audit", &["pod-protocol", "pod-crypto"]),
    ("pod-import", &["pod-protocol", "pod-crypto"]),
    ("pod-http", &[]),
    ("pod-client", &["pod-protocol", "pod-crypto", "pod-http"]),
    ("pod-wallet", &["pod-protocol", "pod-crypto"]),
    ("demo-provider", &["pod-crypto", "pod-http", "pod-import"]),
    ("pod-server", &["pod-protocol", "pod-crypto", "pod-store", "pod-vault", "pod-audit", "pod-import", "pod-http"]),
    ("pod-directory", &["pod-protocol", "pod-crypto", "pod-store", "pod-http"]),
];

/// Foreign crates that only the named crates of ours may name.
const FENCED: &[(&str, &[&str])] = &[
    ("ring", &["pod-crypto"]),
    ("ed25519-dalek", &["pod-crypto"]),
    ("curve25519-dalek", &["pod-crypto"]),
    ("voprf", &["pod-crypto"]),
    ("hpke", &["pod-crypto"]),
    ("redb", &["pod-store"]),
    ("sled", &["pod-store"]),
    ("hyper", &["pod-http"]),
    ("hyper-util", &["pod-http"]),
    ("rustls", &["pod-http"]),
    ("tokio-rustls", &["pod-http"]),
    ("libp2p", &["pod-net"]),
    ("ciborium", &["pod-protocol"]),
    ("jsonschema", &["pod-import"]),
    ("axum", &["pod-http", "pod-server", "pod-directory", "demo-provider", "aitta"]),
];

/// Nothing that reads clocks, files, sockets or threads of its own may stand under the protocol.
const NEVER_IN_PROTOCOL: &[&str] = &["tokio", "hyper", "axum", "rustix", "jiff", "tracing"];

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
    let packages = packages();
    let own: BTreeSet<String> = packages.iter().map(|package| package.name.to_string()).collect();
    for (name, allowed) in OWN {
        let package =
            packages.iter().find(|package| *package.name == **name).unwrap_or_else(|| panic!("no crate {name}"));
        for dependency in normal_dependencies(package).intersection(&own) {
            assert!(allowed.contains(&dependency.as_str()), "{name} may not know {dependency}");
        }
    }
}

#[test]
fn fenced_crates_are_named_in_one_place() {
    for package in packages() {
        for dependency in normal_dependencies(&package) {
            if let Some((fenced, allowed)) = FENCED.iter().find(|(fenced, _)| *fenced == dependency) {
                assert!(allowed.contains(&package.name.as_str()), "{} may not name {fenced}", package.name);
            }
        }
    }
}

#[test]
fn the_protocol_reads_no_clock_file_or_socket() {
    let packages = packages();
    let protocol = packages.iter().find(|package| *package.name == "pod-protocol").unwrap();
    for never in NEVER_IN_PROTOCOL {
        assert!(!normal_dependencies(protocol).contains(*never), "pod-protocol may not name {never}");
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
