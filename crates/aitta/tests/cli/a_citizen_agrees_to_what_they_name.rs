//! What is not named is not shared, a dry run signs nothing, a denial arrives, and `curl` gets exactly what was granted.

use std::process::{Command, Stdio};

use crate::town::{KITCHEN, content, text, town};
use crate::world::aitta;

#[test]
fn nothing_optional_is_shared_unless_it_is_named() {
    let town = town();
    let (link, request) = town.ask("");
    let given = town.wallet(&["grant", &link, "--at", "helsinki"]).done().json();
    let names = given.pointer("/grants/0/permissions/0/names").unwrap();
    assert_eq!(names, &serde_json::json!(["called_name", "family_name"]));
    town.service("desk", &["collect", &request]).done();
    let fetched = town.service("desk", &["fetch", "--request", &request]).done().json();
    let data = fetched.pointer("/items/0/data").unwrap();
    assert_eq!(data, &serde_json::json!({ "residence": [{ "called_name": "Jouko", "family_name": "Lähteenmäki" }] }));

    let (link, _) = town.ask("");
    let given = town.wallet(&["grant", &link, "--at", "helsinki", "--optional", "residence:address"]).done().json();
    assert_eq!(given.pointer("/grants/0/permissions/0/names").unwrap().as_array().unwrap().len(), 3, "{given}");
}

#[test]
fn who_may_pass_it_on_is_told_and_chosen() {
    let town = town();
    let (link, _) = town.ask("depth = 1\ndelegatees = [\"ruokapalvelu\"]");
    let wallet = town.path("wallet");
    for (language, asks, once) in [
        ("fi", "Tiski (Helsinki) pyytää:", "Saa antaa eteenpäin kerran, vain näille: Keittiö."),
        ("sv", "Disk (Helsingfors) ber om:", "Får föras vidare en gång, endast till: Kök."),
        ("en", "Desk (Helsinki) asks:", "May be passed on once, only to: Kitchen."),
    ] {
        let shown = aitta(&["wallet", "--wallet", &wallet, "requests", &link, "--lang", language]).done().out;
        assert!(shown.contains(asks) && shown.contains(once), "{shown}");
    }
    let grant = ["grant", &link, "--at", "helsinki"];
    let dry =
        |more: &[&str]| town.wallet(&[&grant[..], &["--dry-run"], more].concat()).done().json()["grants"][0].clone();
    let (as_asked, not_further) = (dry(&[]), dry(&["--depth", "0"]));
    assert_eq!((&as_asked["depth"], &as_asked["organisations"]), (&1.into(), &serde_json::json!([KITCHEN])));
    assert_eq!((&not_further["depth"], &not_further["organisations"]), (&0.into(), &serde_json::json!([])));
    let further = town.wallet(&[&grant[..], &["--depth", "2"]].concat());
    assert_eq!((further.code, text(&further.json(), "/error/code")), (3, "not-signed".to_owned()), "{further:?}");
    let words = aitta(&[&["wallet", "--wallet", &wallet][..], &grant, &["--depth", "0"]].concat()).done().out;
    assert!(words.contains("May not be passed on."), "{words}");
}

#[test]
fn a_dry_run_changes_nothing() {
    let town = town();
    let desk = content(&town.path("desk"));
    let file = town.ask_file("dry", "");
    let asked = town.service("desk", &["ask", &file, "--dry-run"]).done().json();
    assert_eq!(asked["dry_run"], true);
    assert_eq!(content(&town.path("desk")), desk);
    assert_eq!(town.wallet(&["requests", &text(&asked, "/link")]).code, 3, "nothing was published");

    let (link, request) = town.ask("");
    let wallet = content(&town.path("wallet"));
    let given = town.wallet(&["grant", &link, "--at", "helsinki", "--dry-run"]).done().json();
    assert_eq!((&given["dry_run"], given["grants"].as_array().unwrap().len()), (&true.into(), 1));
    assert_eq!(content(&town.path("wallet")), wallet);
    let collected = town.service("desk", &["collect", &request]).done().json();
    assert_eq!((collected["grants"].as_array().unwrap().len(), &collected["denied"]), (0, &0.into()));
}

#[test]
fn a_denial_reaches_the_service() {
    let town = town();
    let (link, request) = town.ask("");
    let denied = town.wallet(&["deny", &link, "--for-good"]).done().json();
    assert_eq!((text(&denied, "/request"), &denied["for_good"]), (request.clone(), &true.into()));
    let collected = town.service("desk", &["collect", &request]).done().json();
    assert_eq!((collected["grants"].as_array().unwrap().len(), &collected["denied"]), (0, &1.into()));
}

#[test]
fn each_grant_is_used_for_its_own_purpose() {
    let town = town();
    let provision = town.granted("");
    let other = town.ask_file("other", "");
    let other = town.write("other.toml", &std::fs::read_to_string(other).unwrap().replace("Provision", "Optimisation"));
    let optimisation = town.granted_in(&other);
    let both = ["fetch", "--grant", &provision, "--grant", &optimisation];
    let fetched = town.service("desk", &both).done().json();
    let outcomes: Vec<String> = (0..2).map(|place| text(&fetched, &format!("/items/{place}/outcome"))).collect();
    assert_eq!(outcomes, ["released", "released"], "{fetched}");
    // One purpose for all is one too many for the other.
    let for_one = town.service("desk", &[&both[..], &["--purpose", "dpv:ServiceProvision"]].concat());
    assert_eq!(for_one.code, 7, "{for_one:?}");
    let lines = town.service("desk", &[&both[..], &["--curl"]].concat()).done().json();
    assert_eq!(lines["curl"].as_array().unwrap().len(), 2, "{lines}");
}

#[test]
fn curl_gets_what_was_granted() {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: curl is not installed");
        return;
    }
    let town = town();
    let grant = town.granted("");
    let printed = town.service("desk", &["fetch", "--grant", &grant, "--curl"]).done().json();
    let line = text(&printed, "/curl/0");
    let answered = Command::new("sh").args(["-c", &line]).output().unwrap();
    assert!(answered.status.success(), "{line}: {answered:?}");
    let answer: serde_json::Value = serde_json::from_slice(&answered.stdout).unwrap();
    let item = &answer["items"][0];
    assert_eq!(item["outcome"], "released", "{answer}");
    let residence = item.pointer("/data/residence/0").unwrap();
    assert_eq!(residence, &serde_json::json!({ "called_name": "Jouko", "family_name": "Lähteenmäki" }));
    assert!(answer["receipt"].is_string());
    // The nonce counts once.
    let again = Command::new("sh").args(["-c", &line]).output().unwrap();
    assert!(!again.status.success(), "{again:?}");
}
