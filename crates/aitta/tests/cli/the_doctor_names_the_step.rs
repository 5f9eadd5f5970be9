//! `aitta node doctor` goes the whole way and names the step that fails; calls take the best way that it finds.

use serde_json::Value;

use crate::town::{KITCHEN, Town, text, town};
use crate::world::{Ran, aitta};

fn doctor(town: &Town, peer: &str, key: &str) -> Ran {
    let (federation, key) = (town.path("directory/federation.toml"), town.path(key));
    aitta(&["node", "doctor", peer, "--federation", &federation, "--key", &key, "--json"])
}

fn ended(ran: &Ran, step: &str) -> String {
    let json = ran.json();
    let steps = json["steps"].as_array().unwrap();
    let found = steps.iter().find(|one| one["step"] == step).unwrap_or_else(|| panic!("no step {step} in {json}"));
    text(found, "/ended")
}

#[test]
fn all_is_well() {
    let town = town();
    let ran = doctor(&town, "helsinki", "desk/key");
    for step in ["registry", "own-key", "member", "quic", "tcp", "https", "well-known", "clock"] {
        assert_eq!(ended(&ran, step), "ok", "{step}: {ran:?}");
    }
    assert_eq!((ran.code, &ran.json()["well"], &ran.json()["first_failed"]), (0, &Value::Bool(true), &Value::Null));
}

#[test]
fn a_key_that_nobody_registered() {
    let town = town();
    let ran = doctor(&town, "helsinki", "stranger/key");
    assert_eq!((ran.code, text(&ran.json(), "/first_failed").as_str()), (3, "own-key"));
    // It is cut after the handshake, on both ways; what everybody may read it reads.
    for (step, how) in [("quic", "failed"), ("tcp", "failed"), ("https", "ok")] {
        assert_eq!(ended(&ran, step), how, "{ran:?}");
    }
}

#[test]
fn a_node_that_does_not_run() {
    let town = town();
    let ran = doctor(&town, KITCHEN, "desk/key");
    assert_eq!((ran.code, text(&ran.json(), "/first_failed").as_str()), (4, "https"));
    assert_eq!(ended(&ran, "quic"), "skipped");
}

#[test]
fn somebody_who_is_no_member() {
    let town = town();
    let ran = doctor(&town, "nowhere", "desk/key");
    assert_eq!(ran.code, 2);
    assert!(ran.json()["error"]["advice"].as_str().unwrap().contains("helsinki"));
}

#[test]
fn calls_go_over_quic() {
    let town = town();
    let grant = town.granted("");
    let fetched = town.service("desk", &["fetch", "--grant", &grant]).done().json();
    assert_eq!(text(&fetched, "/carried/0/way"), "quic");
    assert_eq!(text(&fetched, "/carried/0/holder"), "helsinki");
}
