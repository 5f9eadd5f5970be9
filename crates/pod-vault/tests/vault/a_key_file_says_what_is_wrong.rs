//! Key files in words and numbers: what a good one says, and what is said about a bad one.

use pod_crypto::SeededRandom;
use pod_protocol::ids::base64url;
use pod_vault::{KeysError, NodeKeys};

use super::world::{again, node_keys};

#[test]
fn what_was_written_is_read() {
    let mut keys = node_keys();
    keys.rotate(&SeededRandom::new([5; 32])).unwrap();
    let text = keys.to_file_text();
    assert_eq!(*again(&keys).to_file_text(), *text);
    let from_environment = NodeKeys::from_environment_text(&format!("{}\n", base64url(text.as_bytes()))).unwrap();
    assert_eq!(*from_environment.to_file_text(), *text);
    assert!(matches!(NodeKeys::from_environment_text(&text), Err(KeysError::Environment)));
    assert!(matches!(NodeKeys::from_environment_text("AAAA"), Err(KeysError::Heading)));
}

#[test]
fn each_mistake_has_its_sentence() {
    let keys = node_keys();
    let text = keys.to_file_text();
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    let (seal, identity, tag) = (line("seal"), line("identity"), line("audit-tag"));
    let parse = |lines: &[&str]| NodeKeys::parse(&[&["aitta-node-keys 1"], lines].concat().join("\n")).unwrap_err();

    assert!(matches!(NodeKeys::parse(""), Err(KeysError::Heading)));
    assert!(matches!(NodeKeys::parse(&text.replace("keys 1", "keys 2")), Err(KeysError::Heading)));
    assert!(matches!(NodeKeys::parse(&"#".repeat(20_000)), Err(KeysError::TooLong)));
    assert!(matches!(parse(&[&identity, &tag]), KeysError::Missing { name: "seal" }));
    assert!(matches!(parse(&[&seal, &tag]), KeysError::Missing { name: "identity" }));
    assert!(matches!(parse(&[&seal, &identity]), KeysError::Missing { name: "audit-tag" }));
    assert!(matches!(parse(&[&seal, &seal, &identity, &tag]), KeysError::Line { line: 3, .. }));
    assert!(matches!(parse(&[&seal, &identity, &identity]), KeysError::Line { line: 4, .. }));
    assert!(matches!(parse(&[&seal[..20]]), KeysError::Line { line: 2, .. }));
    assert!(matches!(parse(&["seal"]), KeysError::Line { line: 2, .. }));
    assert!(matches!(parse(&[&seal.replace("seal", "sael")]), KeysError::Line { line: 2, .. }));
    let told = parse(&[&seal, &identity, &identity]).to_string();
    assert_eq!(told, "line 4 of the node's keys names a key that stands above already");
}

#[test]
fn keys_print_nothing() {
    let keys = node_keys();
    let shown = format!("{keys:?}");
    assert_eq!(shown, "NodeKeys { seal_keys: 1, .. }");
}
