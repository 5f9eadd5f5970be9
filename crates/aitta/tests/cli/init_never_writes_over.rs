//! What `init` makes: for the owner alone, all or nothing, never over something else.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::world::{World, aitta};

fn mode(path: &str) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn secrets_are_the_owners_alone() {
    let world = World::with_all();
    for made in [world.path("directory"), world.path("blinder"), world.path("node")] {
        assert_eq!(mode(&made), 0o700, "{made}");
    }
    let secrets = [
        "directory/offline/anchor.key",
        "directory/offline/next.key",
        "blinder/keys/organisation.key",
        "blinder/keys/blinder.seed",
        "node/keys/organisation.key",
        "node/keys/node.keys",
        "node/offline/managing.key",
    ];
    for secret in secrets {
        assert_eq!(mode(&world.path(secret)), 0o600, "{secret}");
    }
}

#[test]
fn an_occupied_folder_stays_as_it_is() {
    let world = World::with_all();
    let before = world.read("node/keys/organisation.key");
    let again = aitta(&world.node_init_args("node"));
    assert_eq!(again.code, 5, "{again:?}");
    assert!(again.json()["error"]["advice"].as_str().unwrap().contains("does not exist yet"));
    assert_eq!(world.read("node/keys/organisation.key"), before);
}

#[test]
fn a_dry_run_makes_nothing() {
    let world = World::with_all();
    let mut args = world.node_init_args("trial");
    args.push("--dry-run".to_owned());
    let trial = aitta(&args).done();
    assert_eq!(trial.json()["dry_run"], true);
    assert!(!trial.json()["files"].as_array().unwrap().is_empty());
    assert!(!Path::new(&world.path("trial")).exists());
}
