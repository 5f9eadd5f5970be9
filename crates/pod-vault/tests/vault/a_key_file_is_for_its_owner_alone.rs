//! Who can read the key file reads every pod: the vault does not take one that others can get at.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use pod_crypto::SeededRandom;
use pod_vault::{KeysError, NodeKeys};

use super::world::node_keys;

#[test]
fn only_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.keys");
    node_keys().create_file(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    for (mode, is_taken) in [
        (0o600, true),
        (0o400, true),
        (0o640, false),
        (0o604, false),
        (0o620, false),
        (0o610, false),
        (0o644, false),
        (0o700, false),
        (0o666, false),
    ] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        match NodeKeys::read_file(&path) {
            Ok(keys) => {
                assert!(is_taken, "{mode:o} was taken");
                assert_eq!(*keys.to_file_text(), *node_keys().to_file_text());
            }
            Err(error) => {
                assert!(!is_taken, "{mode:o} was refused");
                assert!(matches!(error, KeysError::Mode { mode: found, .. } if found == mode));
                assert!(error.to_string().ends_with(&format!("run `chmod 600 {}`", path.display())));
            }
        }
    }
}

#[test]
fn keys_are_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.keys");
    let mut keys = node_keys();
    keys.create_file(&path).unwrap();
    let other = NodeKeys::generate(&SeededRandom::new([50; 32]));
    assert!(matches!(other.create_file(&path), Err(KeysError::Exists { .. })));

    keys.rotate(&SeededRandom::new([51; 32])).unwrap();
    // What a process that was killed left behind does not stand in the way.
    fs::write(folder.path().join("node.keys.new"), "half").unwrap();
    keys.replace_file(&path).unwrap();
    assert_eq!(NodeKeys::read_file(&path).unwrap().seal_keys(), 2);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn not_a_key_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.keys");
    assert!(matches!(NodeKeys::read_file(&path), Err(KeysError::Io { action: "read", .. })));
    assert!(matches!(NodeKeys::read_file(folder.path()), Err(KeysError::Io { .. })));
    for (content, is_too_long) in [(vec![0xff; 10], false), (vec![b'#'; 40_000], true)] {
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let error = NodeKeys::read_file(&path).unwrap_err();
        assert_eq!(matches!(error, KeysError::TooLong), is_too_long);
        assert_eq!(matches!(error, KeysError::Heading), !is_too_long);
    }
}
