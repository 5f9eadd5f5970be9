//! Two organisations that nobody can call from outside: real nodes behind routers, which fetch from each other through a relay that
//! learns nothing but sizes, or through a hole that is punched. `aitta service fetch` says which it was, the doctor what is wrong.

use std::net::Ipv4Addr;

use pod_testkit::lab::{Mapping, now_nanos, shows};
use serde_json::Value;

use super::fetching::Answered;
use super::village::{HOLDER, KEY, OWNER, RELAY, Village};
use crate::family::CITIZEN;
use crate::town::text;

/// How long a hole may take to be punched, on a machine at work: three tries of a handshake each.
const PUNCHED: std::time::Duration = std::time::Duration::from_secs(60);

fn step<'a>(said: &'a Value, step: &str) -> &'a Value {
    let steps = said["steps"].as_array().unwrap();
    steps.iter().find(|one| one["step"] == step).unwrap_or_else(|| panic!("no step {step} in {said}"))
}

#[test]
fn through_a_relay_where_ports_change() {
    let Some(mut village) = Village::begin(Mapping::EndpointDependent) else { return };
    // What `--relay` wrote is all that a node behind a router needs.
    let config = village.read("helsinki/node.toml");
    assert!(config.contains("relay = [\"turku\"]\n") && config.contains("listen = [\"/ip4/0.0.0.0/udp/4001/quic-v1\""));
    assert_eq!(village.read("helsinki/profile.toml").matches("/p2p-circuit").count(), 2);
    let said = village.until_doctor_says((OWNER, KEY), HOLDER, "relayed", "ok");
    for (name, ended) in
        [("own-key", "ok"), ("member", "ok"), ("quic", "skipped"), ("tcp", "skipped"), ("https", "failed")]
    {
        assert_eq!(step(&said, name)["ended"], ended, "{said}");
    }
    assert_eq!((said["first_failed"].as_str(), said["well"].as_bool()), (Some("https"), Some(false)));

    let grant = village.granted();
    let passes = village.at_relay().capture();
    let fetched = village.service(&["fetch", "--grant", &grant, "--verbose"]).done();
    let frames = passes.end();
    let json = fetched.json();
    assert_eq!((text(&json, "/items/0/outcome"), text(&json, "/carried/0/way")), ("released".into(), "relayed".into()));
    assert!(fetched.err.contains("\"way\":\"relayed\""), "{fetched:?}");
    // The relay sees that they talk and how much, and neither what about nor in which protocol.
    let (_, family_name) = CITIZEN.0.split_once(' ').unwrap();
    assert!(json.to_string().contains(family_name), "{json}");
    assert!(!frames.is_empty() && !shows(&frames, family_name.as_bytes()) && !shows(&frames, b"/aitta/1"));

    village.holder_ends();
    let said = village.until_doctor_says((OWNER, KEY), HOLDER, "relayed", "failed");
    // Whether the relay has noticed by now or not.
    let advice = text(step(&said, "relayed"), "/advice");
    assert!(advice.contains("ask it whether the node runs") || advice.contains("ask whether the node runs"), "{said}");
    village.relay_ends();
    let ran = village.doctor((OWNER, KEY), HOLDER);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(
        text(step(&ran.json(), "relayed"), "/advice").contains("run this for the organisation that relays"),
        "{ran:?}"
    );
}

#[test]
fn through_a_hole_where_ports_stay_and_the_relay_is_left() {
    let Some(village) = Village::begin(Mapping::EndpointIndependent) else { return };
    village.until_doctor_says((OWNER, KEY), HOLDER, "relayed", "ok");
    let grant = village.granted();
    let fetched = village.service(&["fetch", "--grant", &grant]).done().json();
    // A hole may be punched already when the first call goes out.
    let way = text(&fetched, "/carried/0/way");
    assert!(["relayed", "quic"].contains(&way.as_str()), "{fetched}");
    let fetching = village.fetching(&grant);
    let direct = |all: &[Answered]| all.last().is_some_and(|one| one.is_released() && one.way == "quic");
    fetching.until("calls go directly", PUNCHED, direct);
    village.relay_is_cut_off();
    fetching.until_released(now_nanos());
    assert_eq!(fetching.answers().last().unwrap().way, "quic");
}

/// Nothing but the relay leads to the holder, whose next end of the network has its slot there before the one of now leaves.
#[test]
fn a_key_changes_behind_a_router_and_no_call_fails() {
    let Some(village) = Village::begin(Mapping::EndpointDependent) else { return };
    village.until_doctor_says((OWNER, KEY), HOLDER, "relayed", "ok");
    let grant = village.granted();
    village.service(&["fetch", "--grant", &grant]).done();
    village.holder_makes_a_key();
    let fetching = village.fetching(&grant);
    fetching.until_released(0);
    let told = now_nanos();
    village.holder_takes_it();
    village.until_doctor_says((OWNER, KEY), HOLDER, "relayed", "ok");
    fetching.until_released(now_nanos());
    let failed = |one: &Answered| one.begun > told && !(one.is_released() && one.way == "relayed");
    assert!(!fetching.answers().iter().any(failed), "{:?}", fetching.answers().into_iter().find(failed));
}

#[test]
fn a_relay_that_cannot_be_one() {
    let Some(village) = Village::begin(Mapping::EndpointDependent) else { return };
    let anywhere = Ipv4Addr::new(11, 77, 0, 9);
    let refused = |more: &[&str], help: &str| {
        let ran = village.init("another", "oulu", anywhere, more);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(help), "`{help}` is not in {ran:?}");
        assert!(!std::fs::exists(village.path("another")).unwrap());
    };
    let peer = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
    let circuit = format!("/ip4/192.0.2.1/udp/4001/quic-v1/p2p/{peer}/p2p-circuit");
    refused(&["--p2p", &circuit], "Name the member that relays with --relay NAME");
    refused(&["--relay", "nowhere"], "Members are: directory, espoo, helsinki, turku.");
    refused(&["--relay", OWNER], "is not reached directly over libp2p");
    let both = ["--relay", RELAY, "--relay", RELAY, "--p2p", "/ip4/192.168.0.2/tcp/4002"];
    village.init("another", "oulu", anywhere, &both).done();
    let profile = village.read("another/profile.toml");
    assert_eq!((profile.matches("p2p-circuit").count(), profile.matches("/ip4/192.168.0.2/tcp/4002").count()), (2, 1));
    assert!(village.read("another/node.toml").contains("listen = [\"/ip4/0.0.0.0/tcp/4002\"]"));
}
