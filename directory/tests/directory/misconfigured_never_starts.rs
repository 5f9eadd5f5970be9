//! A mistake in a configuration or key file is a sentence that names it, before anything is opened.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use pod_directory::blinder::{BlinderSeed, SeedFileError};
use pod_directory::config::{BlinderConfig, ConfigError, DirectoryConfig};
use pod_directory::{StartupError, blinder, directory};

use crate::federation::*;
use crate::world::*;

fn directory_with(change: impl FnOnce(String) -> String) -> Result<DirectoryConfig, ConfigError> {
    let world = World::new();
    DirectoryConfig::from_toml(&world.path("directory.toml"), &change(world.directory_toml()))
}

fn blinder_with(from: &str, to: &str) -> Result<BlinderConfig, ConfigError> {
    let world = World::new();
    let text = world.blinder_toml(&"http://127.0.0.1:1".parse().unwrap(), "http://127.0.0.1:2");
    assert!(text.contains(from));
    BlinderConfig::from_toml(&world.path("blinder.toml"), &text.replace(from, to))
}

#[track_caller]
fn says<T: std::fmt::Debug>(result: Result<T, ConfigError>, parts: &[&str]) {
    let sentence = result.unwrap_err().to_string();
    for part in parts {
        assert!(sentence.contains(part), "no \"{part}\" in: {sentence}");
    }
}

#[test]
fn unknown_and_missing_keys_are_named() {
    says(directory_with(|text| format!("lissten = []\n{text}")), &["directory.toml, line 1", "unknown key `lissten`"]);
    says(directory_with(|text| text.replace("path =", "paht =")), &["unknown key `paht`", "allowed here are"]);
    says(directory_with(|text| text.replace("[storage]", "[stora]")), &["unknown key `stora`"]);
    says(directory_with(|_| String::new()), &["missing key `listen`"]);
    says(blinder_with("asks_per_subject", "asks_per_subjects"), &["unknown key `asks_per_subjects`"]);
    says(blinder_with("epoch = 1\n", ""), &["missing key `epoch`"]);
    says(blinder_with("client_id =", "client ="), &["unknown key `client`"]);
}

#[test]
fn values_that_cannot_be_used_say_what_to_write() {
    says(
        directory_with(|text| text.replace("http://127.0.0.1:0", "http://0.0.0.0:80")),
        &["listen:", "write `https://"],
    );
    says(directory_with(|text| text.replace("[\"http://127.0.0.1:0\"]", "[]")), &["listen:", "at least one"]);
    says(directory_with(|text| format!("key = \"k.pem\"\n{text}")), &["certificate:", "beside `key`"]);
    says(directory_with(|text| text.replace("principal = \"ai:", "principal = \"")), &["anchor.principal:", "ai:"]);
    let weak = pod_protocol::ids::base64url(&[0; 32]);
    let own = pod_protocol::ids::base64url(&key(ANCHOR).public_key().to_bytes());
    says(directory_with(|text| text.replace(&own, &weak)), &["anchor.key:", "43 characters"]);
    says(directory_with(|text| text.replace("[storage]", "[storage]\nengine = \"mysql\"")), &["mysql", "redb"]);
    says(blinder_with("epoch = 1", "epoch = 65536"), &["line 3"]);
    says(blinder_with("http://127.0.0.1:1", "http://directory.example"), &["directory.url:", "https://"]);
    says(blinder_with("http://127.0.0.1:2", "ftp://login"), &["provider.issuer:"]);
    says(blinder_with("client_id = \"aitta-blinder\"", "client_id = \"\""), &["provider.client_id:"]);
    says(blinder_with("[directory]", "[directory]\nrefresh_secs = 0"), &["directory.refresh_secs:", "1 to 3600"]);
    let world = World::new();
    says(DirectoryConfig::read(&world.path("nowhere.toml")), &["nowhere.toml", "cannot be read"]);
}

#[test]
fn paths_start_at_the_file() {
    let config = directory_with(|text| text).unwrap();
    assert!(config.storage.path.is_absolute());
    assert!(config.storage.path.ends_with("directory.redb"));
    assert!(blinder_with("epoch", "epoch").unwrap().seed_file.ends_with("blinder.seed"));
}

#[test]
fn the_seed_is_its_owners_alone() {
    let world = World::new();
    let path = world.path("blinder.seed");
    assert_eq!(
        BlinderSeed::read_file(&path).unwrap().public().unwrap(),
        BlinderSeed::from_bytes(SEED).public().unwrap()
    );
    let another = BlinderSeed::generate(&random(1));
    assert!(matches!(another.create_file(&path), Err(SeedFileError::Exists { .. })));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let refused = BlinderSeed::read_file(&path).unwrap_err();
    assert!(matches!(refused, SeedFileError::Mode { mode: 0o640, .. }));
    assert!(refused.to_string().contains("chmod 600"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    for wrong in ["", "aitta-blinder-seed 2\nseed x\n", "aitta-blinder-seed 1\nseed AAAA\n", "aitta-blinder-seed 1\n"] {
        fs::write(&path, wrong).unwrap();
        assert!(matches!(BlinderSeed::read_file(&path), Err(SeedFileError::Form { .. })), "{wrong:?}");
    }
    fs::write(&path, "x".repeat(300)).unwrap();
    assert!(matches!(BlinderSeed::read_file(&path), Err(SeedFileError::Form { .. })));
    assert!(matches!(BlinderSeed::read_file(&world.path("none")), Err(SeedFileError::Io { .. })));
    assert_eq!(format!("{another:?}"), "BlinderSeed { .. }");
}

#[tokio::test]
async fn two_processes_do_not_share_a_store_and_damage_is_named() {
    let world = World::new();
    let directory_server = world.directory().await;
    let config = || DirectoryConfig::from_toml(&world.path("directory.toml"), &world.directory_toml()).unwrap();
    let start = async |config: DirectoryConfig| directory::start(config, key(DIRECTORY), world.around()).await;
    assert!(matches!(start(config()).await, Err(StartupError::Store(_))));
    directory_server.stop().await;
    fs::write(world.path("directory.redb"), b"not a store").unwrap();
    assert!(matches!(start(config()).await, Err(StartupError::Store(_))));

    fs::remove_file(world.path("blinder.seed")).unwrap();
    let text = world.blinder_toml(&"http://127.0.0.1:1".parse().unwrap(), "http://127.0.0.1:2");
    let config = BlinderConfig::from_toml(&world.path("blinder.toml"), &text).unwrap();
    assert!(matches!(blinder::start(config, world.around()).await, Err(StartupError::Seed(_))));
}
