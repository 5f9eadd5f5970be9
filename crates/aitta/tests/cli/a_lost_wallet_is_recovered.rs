//! Phone and paper at a real node: a stolen paper is seen and cancelled, a second device comes and goes, a login counts more than a
//! device, another paper is written. That a recovery takes effect after 72 hours is shown where time can be moved:
//! `pod-server/tests/node/a_lost_wallet_is_recovered.rs`.

use serde_json::Value as Json;

use crate::town::{Town, text, town};
use crate::world::{Ran, aitta};

/// One organisation of the town has a node that nobody runs.
const PARTLY: i32 = 7;

fn run(wallet: &str, args: &[&str]) -> Ran {
    aitta(&[&["wallet", "--wallet", wallet, "--json"], args].concat())
}

/// Recovers, and says how it stands at Helsinki.
fn recovers(wallet: &str, args: &[&str]) -> Json {
    let ran = run(wallet, &[&["recover"], args].concat());
    assert_eq!(ran.code, PARTLY, "{ran:?}");
    let told = ran.json();
    let all = told["organisations"].as_array().unwrap();
    all.iter().find(|one| one["organisation"] == "helsinki").unwrap()["state"].clone()
}

fn grants(town: &Town, wallet: &str) -> bool {
    let (link, _) = town.ask("");
    let ran = run(wallet, &["grant", &link, "--at", "helsinki"]);
    ran.code == 0
}

#[test]
fn a_person_keeps_their_log() {
    let town = town();
    let federation = town.path("directory/federation.toml");
    // A person of their own, whose wallet nobody else in these tests uses.
    let (login, wallet) = (town.another_login(), town.path("robbed"));
    let made = run(&wallet, &["init", "--federation", &federation]).done().json();
    let paper = town.write("paper", &text(&made, "/recovery_code"));
    let enrolled = run(&wallet, &["enrol", "helsinki", "--login-as", &login]).done().json();
    assert!(grants(&town, &wallet));

    // Somebody finds the paper. The wallet shows what they began, and ends it.
    let thief = town.path("thief");
    assert_eq!(recovers(&thief, &["--federation", &federation, "--code", &paper, "--dry-run"]), "would-begin");
    assert_eq!(run(&wallet, &["recovery"]).done().json()["recoveries"], Json::Array(Vec::new()));
    assert_eq!(recovers(&thief, &["--code", &paper]), "waits");
    assert_eq!(recovers(&thief, &["--code", &paper]), "waits", "once more begins nothing more");
    let seen = run(&wallet, &["recovery"]).done().json();
    assert_eq!(seen["recoveries"][0]["to_this_device"], false);
    let words = aitta(&["wallet", "--wallet", &wallet, "recovery", "--lang", "fi"]).done().out;
    assert!(words.contains("peru se heti"), "{words}");
    assert!(!grants(&town, &wallet), "nothing new meanwhile");
    let cancelled = run(&wallet, &["recovery", "--cancel"]).done().json();
    assert_eq!(cancelled["recoveries"][0]["state"], "cancelled");
    assert!(grants(&town, &wallet));
    let refused = run(&thief, &["enrol", "helsinki", "--login-as", &login]);
    assert_eq!(refused.json()["error"]["code"], "not-enrolled");

    // A second device, which learns no secret of the first one's.
    let tablet = town.path("tablet");
    run(&tablet, &["init", "--federation", &federation, "--another-device"]).done();
    let shown = run(&tablet, &["devices", "show"]).done().json();
    let code = town.write("tablet-code", &text(&shown, "/device_code"));
    run(&wallet, &["devices", "add", "--code", &code]).done();
    let same = run(&tablet, &["enrol", "helsinki", "--login-as", &login]).done().json();
    assert_eq!(same["principal"], enrolled["principal"], "it is the same person");
    run(&tablet, &["log", "helsinki"]).done();
    let devices = run(&wallet, &["devices"]).done().json()["devices"].clone();
    assert_eq!(devices.as_array().unwrap().len(), 2);
    let other = devices.as_array().unwrap().iter().find(|one| one["this_device"] == false).unwrap().clone();
    run(&wallet, &["devices", "revoke", other["key"].as_str().unwrap()]).done();
    assert_ne!(run(&tablet, &["log", "helsinki"]).code, 0);
    run(&wallet, &["log", "helsinki"]).done();

    // Somebody else has the phone: whoever logs in for the recovery is not cancelled by it.
    let new = town.path("new-phone");
    let logging_in = ["--log-in-at", "helsinki", "--login-as", &login];
    let args = [&["--federation", &federation, "--code", &paper][..], &logging_in].concat();
    assert_eq!(recovers(&new, &args), "waits");
    let tried = run(&wallet, &["recovery", "--cancel"]);
    assert_eq!((tried.code, &tried.json()["recoveries"][0]["state"]), (PARTLY, &"failed".into()));
    let withdrawn = run(&new, &["recovery", "--cancel", "--own", "--code", &paper]).done().json();
    assert_eq!(withdrawn["recoveries"][0]["state"], "cancelled");

    // Fresh keys, and another paper.
    let rotated = run(&wallet, &["rotate", "--new-code"]).done().json();
    run(&wallet, &["log", "helsinki"]).done();
    let paper = town.write("new-paper", &text(&rotated, "/recovery_code"));
    let newest = town.path("newest-phone");
    assert_eq!(recovers(&newest, &["--federation", &federation, "--code", &paper, "--dry-run"]), "would-begin");
}
