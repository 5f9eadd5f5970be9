//! A lost wallet: with the paper and the wrapped secret it comes back with the same keys, and enrols again as who it was.

use crate::town::{text, town};
use crate::world::aitta;

#[test]
fn the_same_keys_come_back_and_enrol_again() {
    let town = town();
    let (federation, lost, found) = (town.path("directory/federation.toml"), town.path("lost"), town.path("found"));
    // A person of their own, whose wallet nobody else in these tests uses.
    let code = town.another_login();
    let run = |wallet: &str, args: &[&str]| aitta(&[&["wallet", "--wallet", wallet, "--json"], args].concat());
    let made = run(&lost, &["init", "--federation", &federation]).done().json();
    let paper = town.write("paper", &text(&made, "/recovery_code"));
    let before = run(&lost, &["enrol", "helsinki", "--login-as", &code]).done().json();
    let (link, _) = town.ask("");
    let given = run(&lost, &["grant", &link, "--at", "helsinki"]).done().json();

    let secret = town.path("lost/root.recovery");
    run(&found, &["recover", "--federation", &federation, "--secret", &secret, "--code", &paper]).done();
    // The phone is gone, and what it remembered with it.
    std::fs::remove_dir_all(&lost).unwrap();
    let after = run(&found, &["enrol", "helsinki", "--login-as", &code]).done().json();
    assert_eq!((&after["principal"], &after["pods"]), (&before["principal"], &before["pods"]));
    let again = run(&found, &["enrol", "helsinki", "--login-as", &code]).done().json();
    assert_eq!(again, after, "once more changes nothing");

    // It acts: sees what the lost one did, and decides anew.
    let log = run(&found, &["log", "helsinki"]).done().json();
    assert!(log["entries"].as_array().unwrap().len() >= 2, "{log}");
    let (link, _) = town.ask("");
    let new = run(&found, &["grant", &link, "--at", "helsinki"]).done().json();
    assert_ne!(text(&new, "/grants/0/id"), text(&given, "/grants/0/id"));
}
