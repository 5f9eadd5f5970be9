//! Whoever holds keys or other people's data leaves no core dump: asked of the running process.

use std::fs::File;
use std::process::{Command, Stdio};

use crate::family::Family;
use crate::the_wallet_asks_for_the_code::Waiting;
use crate::world::{World, aitta, command};

#[track_caller]
fn leaves_no_core_dump(id: u32) {
    let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
}

#[test]
fn of_those_that_serve() {
    let world = World::with_all();
    for what in ["directory", "blinder", "node"] {
        leaves_no_core_dump(world.serve(what).id());
    }
}

#[test]
fn of_a_wallet() {
    let (family, _node) = Family::begin();
    let (wallet, federation) = (family.world.path("another-wallet"), family.world.path("directory/federation.toml"));
    aitta(&["wallet", "--wallet", &wallet, "init", "--federation", &federation]).done();
    // It waits for a login that nobody makes.
    let (mut waiting, _url) = Waiting::begin(&wallet, &[]);
    leaves_no_core_dump(waiting.child.id());
    waiting.child.kill().unwrap();
    waiting.child.wait().unwrap();
}

#[test]
fn of_an_import() {
    let world = World::with_all();
    // A register that is a pipe: the import has begun to read once there is a writer, and waits.
    let register = world.path("residents.csv");
    assert!(Command::new("mkfifo").arg(&register).status().unwrap().success());
    let mut import = command(&["import", "--json", "--config", &world.path("node/node.toml"), &register]);
    let mut import = import.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let _writer = File::options().write(true).open(&register).unwrap();
    leaves_no_core_dump(import.id());
    import.kill().unwrap();
    import.wait().unwrap();
}
