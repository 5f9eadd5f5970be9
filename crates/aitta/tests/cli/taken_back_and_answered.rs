//! A citizen takes back what a service may use; the service is told, answers, and the citizen sees it.

use serde_json::{Value, json};

use crate::town::{Town, says, text, town};

/// The notice about a grant, once it waits for the desk: the node looks every few seconds, and others' notices wait too.
fn waiting(town: &Town, grant: &str) -> Value {
    for _ in 0..2_000 {
        let ran = town.service("desk", &["notices"]);
        let notices = ran.json()["notices"].as_array().unwrap().clone();
        assert_eq!(ran.code, if notices.is_empty() { 0 } else { 7 }, "{ran:?}");
        if let Some(found) = notices.into_iter().find(|one| one["grants"] == json!([grant])) {
            return found;
        }
    }
    panic!("no notice comes");
}

fn seen(town: &Town, grant: &str) -> Value {
    let grants = town.wallet(&["grants"]).done().json()["grants"].clone();
    grants.as_array().unwrap().iter().find(|one| one["id"] == grant).unwrap().clone()
}

#[test]
fn one_grant_from_the_revocation_to_the_answer() {
    let town = town();
    let grant = town.granted("");
    town.service("desk", &["fetch", "--grant", &grant]).done();
    let revoked = town.wallet(&["revoke", &grant, "--lang", "fi"]).done().json();
    let effect = text(&revoked, "/takes_effect/0");
    assert!(effect.starts_with("Voimassa heti: ") && effect.ends_with("5 minuutin kuluessa."), "{effect}");
    let before = seen(&town, &grant);
    assert_eq!((&before["state"], &before["notices"].as_array().unwrap().len()), (&json!("taken back"), &1));

    let notice = waiting(&town, &grant);
    assert_eq!(notice["holder"], "helsinki");
    assert_eq!(notice["released"], json!([{ "record_type": "residence", "names": ["called_name", "family_name"] }]));
    let told = seen(&town, &grant);
    assert_eq!(told["notices"][0]["state"], "awaited");
    let id = text(&notice, "/id");
    says(&["service", "--service", &town.path("desk"), "notices", "answer", &id], 2, "--deleted");
    let answered = town.service("desk", &["notices", "answer", &id, "--kept", "eu-gdpr:A6-1-c"]).done().json();
    assert_eq!((&answered["outcome"], &answered["ground"]), (&json!("kept"), &json!("eu-gdpr:A6-1-c")));
    // What it says that it does not use any more it cannot fetch with any more.
    assert_eq!(town.service("desk", &["fetch", "--grant", &grant]).code, 2);
    says(&["service", "--service", &town.path("desk"), "notices", "answer", &id, "--gone"], 2, "aitta service notices");

    let mut shown = seen(&town, &grant);
    for _ in 0..2_000 {
        if shown["notices"][0]["state"] == "answered" {
            break;
        }
        shown = seen(&town, &grant);
    }
    let notice = &shown["notices"][0];
    assert_eq!((&notice["outcome"], &notice["ground"]), (&json!("kept"), &json!("eu-gdpr:A6-1-c")));
    let sentence = text(notice, "/sentence");
    assert!(sentence.contains("keeps what the law has it keep (eu-gdpr:A6-1-c)"), "{sentence}");
    assert!(!shown.to_string().contains("Lähteenmäki"), "a name of a field, never what stands in it");
}

#[test]
fn all_of_a_service_at_once() {
    let town = town();
    let (first, second) = (town.granted(""), town.granted(""));
    let desk = town.principal("desk");
    let dry = town.wallet(&["revoke", "--service", &desk, "--dry-run"]).done().json();
    let listed: Vec<&str> =
        dry["grants"].as_array().unwrap().iter().map(|one| one["grant"].as_str().unwrap()).collect();
    assert!(listed.contains(&first.as_str()) && listed.contains(&second.as_str()), "{dry}");
    town.service("desk", &["fetch", "--grant", &first]).done();
    let done = town.wallet(&["revoke", "--service", &desk]).done().json();
    let taken_back = done["done"][0]["grants"].as_array().unwrap();
    assert!(taken_back.contains(&json!(first)) && taken_back.contains(&json!(second)), "{done}");
    assert_eq!((&done["missing"], &done["done"][0]["organisation"]), (&json!([]), &json!("helsinki")));
    assert_eq!(town.service("desk", &["fetch", "--grant", &second]).code, 3);
    // Again changes nothing more.
    let again = town.wallet(&["revoke", "--service", &desk]).done().json();
    assert_eq!(again["done"][0]["grants"], json!([]));
    assert_eq!(town.wallet(&["finish"]).done().json()["done"], json!([]));
    let wallet = town.path("wallet");
    says(&["wallet", "--wallet", &wallet, "revoke", "--service", "nobody"], 2, "Give its id, or one of");
    says(&["wallet", "--wallet", &wallet, "revoke", "--service", "DESK"], 2, "Give the id of one");
    says(&["wallet", "--wallet", &wallet, "revoke"], 2, "<GRANT>");
}

#[test]
fn the_last_key_is_not_revoked_and_an_unknown_one_is_named() {
    let town = town();
    let wallet = town.path("wallet");
    let unknown = "AAAAAAAAAAAAAAAAAAAAAA";
    says(&["wallet", "--wallet", &wallet, "devices", "revoke", unknown], 2, "no device has the key");
}
