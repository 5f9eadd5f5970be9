//! What a citizen reads about a field are the words of a holder at which they can grant it, never another member's.

use crate::family::{Family, free_url};
use crate::world::{Daemon, aitta, command};

const ASK: &str = r#"
purpose = "dpv:ServiceProvision"
retention_days = 30
validity_days = 30
reason = { fi = "Uimahalli.", sv = "Simhall.", en = "Swimming hall." }
HOLDERS
[[ask]]
type = "sports-pass"
required = ["pass"]
"#;

/// What the wallet shows of a request for sports passes: what the record type is called, and what cannot be shown.
fn shown(family: &Family, holders: &str) -> (String, Vec<String>) {
    let (wallet, service) = (family.world.path("wallet"), family.world.path("service"));
    let ask = family.world.write("ask-sports.toml", &ASK.replace("HOLDERS", holders));
    let asked = aitta(&["service", "--service", &service, "--json", "ask", &ask]).done().json();
    let link = asked["link"].as_str().unwrap();
    let shown = aitta(&["wallet", "--wallet", &wallet, "--json", "requests", link]).done().json();
    let request = &shown["requests"][0];
    let codes = request["problems"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned());
    (request["types"][0]["words"]["en"].as_str().unwrap().to_owned(), codes.collect())
}

#[test]
fn a_member_has_no_say_in_what_others_hold() {
    let (family, _helsinki) = Family::begin();
    let url = free_url();
    family.admit_member("espoo", "Espoo,Esbo,Espoo", "espoo.toml", &url);
    let profile = family.world.path("espoo/profile.toml");
    aitta(&["node", "publish-profile", "--profile", &profile]).done();
    let config = family.world.path("espoo/node.toml");
    let _espoo = Daemon::start(command(&["node", "serve", "--json", "--config", &config]));

    // The wallet is enrolled at Helsinki, which has no sports passes: whatever Espoo calls them is not shown.
    let unexplained = ("sports-pass".to_owned(), vec!["unknown-type".to_owned(), "unknown-field".to_owned()]);
    assert_eq!(shown(&family, ""), unexplained);
    assert_eq!(shown(&family, "holders = [\"espoo\", \"helsinki\"]"), unexplained);
    // Espoo speaks for what it holds itself, until it is suspended.
    assert_eq!(shown(&family, "holders = [\"espoo\"]"), ("Sports pass".to_owned(), Vec::new()));
    let (federation, key) = (family.world.path("directory/federation.toml"), family.anchor_key());
    aitta(&["directory", "suspend", "espoo", "--federation", &federation, "--anchor-key", &key]).done();
    assert_eq!(shown(&family, "holders = [\"espoo\"]"), unexplained);
}

#[test]
fn a_log_is_told_in_its_holders_words_alone() {
    let (family, _helsinki) = Family::begin();
    family.admit_member("espoo", "Espoo,Esbo,Espoo", "espoo.toml", "http://127.0.0.1:9");
    aitta(&["node", "publish-profile", "--profile", &family.world.path("espoo/profile.toml")]).done();
    let (wallet, log) = (family.world.path("wallet"), ["log", "helsinki", "--json"]);
    let ran = aitta(&[&["wallet", "--wallet", &wallet][..], &log].concat()).done();
    assert!(!ran.json()["entries"].as_array().unwrap().is_empty(), "{ran:?}");
    assert!(!ran.err.contains("espoo"), "nobody else was asked: {}", ran.err);
}
