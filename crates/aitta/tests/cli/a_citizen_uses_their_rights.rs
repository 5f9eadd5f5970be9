//! What waits in the inbox is shown, whatever lies beside it; what is restricted or objected to stays inside, until it is lifted.

use serde_json::{Value, json};

use crate::town::{Town, text, town};

/// What the desk gets under a grant.
fn fetched(town: &Town, grant: &str) -> Value {
    let fetched = town.service("desk", &["fetch", "--grant", grant]).done().json();
    fetched.pointer("/items/0/data").unwrap().clone()
}

fn both_names() -> Value {
    json!({ "residence": [{ "called_name": "Jouko", "family_name": "Lähteenmäki" }] })
}

#[test]
fn what_is_not_acceptable_hides_nothing_in_the_inbox() {
    let town = town();
    let file = town.ask_file("inbox", "");
    let ask = |service: &str| {
        let asked = town.service(service, &["ask", &file, "--identity-code", &town.login()]).done().json();
        text(&asked, "/request")
    };
    let services = town.read("node/services.toml");
    town.add_service("visitor", "helsinki", "node");
    town.publish("node");
    town.wait_until_the_node_knows("visitor");
    let (first, gone, last) = (ask("desk"), ask("visitor"), ask("desk"));
    assert_eq!(town.wallet(&["requests", "helsinki"]).done().json()["requests"].as_array().unwrap().len(), 3);

    // The organisation no longer answers for the visitor.
    town.write("node/services.toml", &services);
    town.publish("node");
    let ran = town.wallet(&["requests", "helsinki"]);
    let shown = ran.json();
    assert_eq!(ran.code, 7, "{ran:?}");
    let mut ids: Vec<String> = (0..2).map(|place| text(&shown, &format!("/requests/{place}/id"))).collect();
    ids.sort();
    let mut expected = [first, last];
    expected.sort();
    assert_eq!((ids, shown["requests"].as_array().unwrap().len()), (expected.to_vec(), 2));
    let not_acceptable = shown["not_acceptable"].as_array().unwrap();
    assert_eq!(not_acceptable.len(), 1, "{shown}");
    assert_eq!((&not_acceptable[0]["id"], &not_acceptable[0]["code"]), (&gone.into(), &"key-unknown".into()));
}

#[test]
fn restricted_until_it_is_lifted() {
    let town = town();
    let grant = town.granted("");
    assert_eq!(fetched(&town, &grant), both_names());
    let restricted = town.wallet(&["restrict", "helsinki", "residence"]).done().json();
    assert_eq!((&restricted["restricted"], &restricted["record_types"]), (&true.into(), &json!(["residence"])));
    assert_eq!(fetched(&town, &grant), json!({}));
    let lifted = town.wallet(&["restrict", "helsinki", "residence", "--lift"]).done().json();
    assert_eq!(lifted["restricted"], false);
    assert_eq!(fetched(&town, &grant), both_names());
}

#[test]
fn objected_until_it_is_withdrawn() {
    let town = town();
    let grant = town.granted("");
    let object = ["object", "helsinki", "--purpose", "dpv:ServiceProvision", "--by", "helsinki"];
    assert_eq!(town.wallet(&object).done().json()["objected"], true);
    assert_eq!(fetched(&town, &grant), json!({}));
    assert_eq!(town.wallet(&[&object[..], &["--withdraw"]].concat()).done().json()["objected"], false);
    assert_eq!(fetched(&town, &grant), both_names());
}
