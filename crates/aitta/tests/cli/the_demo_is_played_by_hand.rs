//! The demonstration without `--check`: everybody is there, over plain HTTP, and what it prints can be typed.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use pod_testkit::lab::now_nanos;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;

use crate::world::{PATIENCE_NANOS, World, command, repository};

/// A demonstration that runs; told to stop when it is dropped.
struct Demo {
    child: Child,
    said: Value,
    _world: World,
}

impl Demo {
    fn begin() -> Self {
        let world = World::empty();
        let mut demo = command(&["demo", "--json", "--dir", &world.path("federation")]);
        let mut child = demo.current_dir(repository()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Self { child, said, _world: world }
    }

    fn text(&self, pointer: &str) -> &str {
        self.said.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {}", self.said))
    }

    fn node(&self, name: &str) -> &Value {
        self.said["nodes"].as_array().unwrap().iter().find(|node| node["name"] == name).unwrap()
    }

    /// The lines that it printed, each for a shell somewhere else.
    fn lines(&self) -> BTreeMap<&str, Command> {
        let of = |one: &Value| {
            let mut shell = Command::new("sh");
            shell.args(["-c", one["line"].as_str().unwrap()]).current_dir("/").stdin(Stdio::null());
            shell
        };
        self.said["commands"].as_array().unwrap().iter().map(|one| (one["what"].as_str().unwrap(), of(one))).collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _already_ended = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _status = self.child.wait();
    }
}

fn serves(url: &str) -> bool {
    TcpStream::connect(url.strip_prefix("http://").unwrap()).is_ok()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = now_nanos();
    while !holds() {
        assert!(now_nanos() - begun < PATIENCE_NANOS, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn what_it_prints_can_be_typed() {
    let demo = Demo::begin();
    for pointer in ["/directory", "/blinder", "/provider"] {
        assert!(serves(demo.text(pointer)), "{pointer}");
    }
    let wallet = demo.text("/wallet").replace("localhost", "127.0.0.1");
    assert!(serves(wallet.trim_end_matches('/')), "{wallet}");
    let (desk, key) = demo.text("/desk").split_once("/?key=").unwrap();
    assert!(serves(desk) && key.len() == 43, "{desk}");
    let mut lines = demo.lines();
    let [mut stop, mut start] = ["Stop Espoo", "Start it again"].map(|what| lines.remove(what).unwrap());
    assert!(lines.len() >= 2, "{:?}", demo.said);
    for (what, mut line) in lines {
        let ran = line.output().unwrap();
        assert!(ran.status.success(), "{what}: {ran:?}");
    }
    let espoo = demo.node("espoo")["url"].as_str().unwrap();
    assert!(serves(espoo));
    assert!(stop.status().unwrap().success());
    wait_until("Espoo's node stops", || !serves(espoo));
    // A group of its own: the shell may stay above the program.
    start.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
    let mut again = start.spawn().unwrap();
    wait_until("Espoo's node is back", || {
        // Until the one that was stopped has closed its store, another one ends at once.
        if again.try_wait().unwrap().is_some() {
            again = start.spawn().unwrap();
        }
        serves(espoo)
    });
    kill_process_group(Pid::from_child(&again), Signal::TERM).unwrap();
    again.wait().unwrap();
}
