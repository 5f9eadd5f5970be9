//! A citizen takes back at one organisation what a service of another one has: a notice goes from node to node and waits for the
//! service there, its answer goes back, and the citizen sees it. The way between the two is cut when the notice is made.

use std::time::Duration;

use pod_testkit::lab::now_nanos;
use serde_json::{Value, json};

use super::fetching::PATIENCE;
use super::region::{Pace, Region};
use super::scenario::Fault::Cut;
use super::scenario::Place::{Desk, Holder, Peer, Wallet};
use crate::town::text;

/// A delivery that failed is tried again within a minute.
const TRIED_AGAIN: Duration = Duration::from_secs(120);

/// Asks until an answer is there.
#[track_caller]
fn until<T>(what: &str, ask: impl Fn() -> Option<T>) -> T {
    let begun = now_nanos();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Duration::from_nanos(now_nanos() - begun) < PATIENCE + TRIED_AGAIN, "{what}");
    }
}

#[test]
fn and_the_answer_back() {
    let Some(mut region) = Region::begin(Pace::SHORT) else { return };
    let given = region.given();
    region.breaks(Cut(Holder, Peer), &[]);
    region.take_back(Wallet, &given).done();
    let notices = |region: &Region| region.service(Desk, &["notices"]).json()["notices"].as_array().unwrap().clone();
    assert_eq!(notices(&region), [] as [Value; 0], "the other organisation was not reached");
    region.heals();
    let notice = until("the notice arrives", || notices(&region).pop());
    assert_eq!((&notice["holder"], &notice["grants"]), (&json!("helsinki"), &json!([given.grant])));
    region.service(Desk, &["notices", "answer", &text(&notice, "/id"), "--deleted"]).done();
    let state = |grants: &Value| {
        let grants = grants["grants"].as_array().unwrap();
        let own = grants.iter().find(|one| one["id"] == json!(given.grant)).unwrap();
        let notices = own["notices"].as_array().unwrap();
        notices.iter().find(|one| one["outcome"] == "deleted").map(|one| text(one, "/state"))
    };
    let seen = until("the answer arrives", || state(&region.wallet(&["grants"]).done().json()));
    assert_eq!(seen, "answered");
}
