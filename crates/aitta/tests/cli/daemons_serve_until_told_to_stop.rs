//! init → check-config → serve → /healthz → SIGTERM, for each of the three.

use rustix::process::Signal;

use crate::world::{World, aitta, command, run_command};

fn serves_and_stops(world: &World, what: &str, signal: Signal) {
    let config = world.path(&format!("{what}/{what}.toml"));
    let checked = aitta(&[what, "check-config", "--config", &config, "--json"]).done();
    assert_eq!(checked.json()["good"], true);
    let daemon = world.serve(what);
    assert_eq!(daemon.get("/healthz").0, 200);
    // Without a certificate there is nothing to read again, and it goes on serving.
    daemon.hang_up();
    assert_eq!(daemon.get("/healthz").0, 200);
    let (code, last) = daemon.stop(signal);
    assert_eq!((code, last["stopped"]["cut"].as_u64()), (0, Some(0)), "{what}: {last}");
}

#[test]
fn the_directory() {
    let world = World::empty();
    world.init_directory();
    serves_and_stops(&world, "directory", Signal::TERM);
}

#[test]
fn the_blinder() {
    let world = World::empty();
    world.init_directory();
    world.init_blinder();
    serves_and_stops(&world, "blinder", Signal::TERM);
}

#[test]
fn a_node() {
    let world = World::with_all();
    serves_and_stops(&world, "node", Signal::INT);
}

#[cfg(feature = "engine-sled")]
#[test]
fn a_node_on_the_other_engine() {
    let world = World::with_all();
    world.replace("node/node.toml", "#engine = \"redb\"", "engine = \"sled\"");
    serves_and_stops(&world, "node", Signal::TERM);
    assert!(std::path::Path::new(&world.path("node/data/store.sled")).is_dir());
}

#[test]
fn the_command_line_counts_before_the_environment_and_that_before_the_file() {
    let world = World::with_all();
    for (what, variable) in
        [("node", "AITTA_NODE_LISTEN"), ("directory", "AITTA_DIRECTORY_LISTEN"), ("blinder", "AITTA_BLINDER_LISTEN")]
    {
        let config = world.path(&format!("{what}/{what}.toml"));
        let shown = |args: &[&str], environment: Option<&str>| {
            let mut command = command(&[&[what, "check-config", "--json", "--config", &config], args].concat());
            command.envs(environment.map(|value| (variable, value)));
            // Of no daemon in particular, so of none.
            command.env("AITTA_LISTEN", "http://127.0.0.1:7000");
            run_command(command).done().json()["listen"][0].as_str().unwrap().to_owned()
        };
        let in_environment = Some("http://127.0.0.1:7001");
        assert_eq!(shown(&[], None), "http://127.0.0.1:0");
        assert_eq!(shown(&[], in_environment), "http://127.0.0.1:7001");
        assert_eq!(shown(&["--listen", "http://127.0.0.1:7002"], in_environment), "http://127.0.0.1:7002");
        assert_eq!(shown(&["--set", "listen=http://127.0.0.1:7003"], in_environment), "http://127.0.0.1:7003");
    }
}
