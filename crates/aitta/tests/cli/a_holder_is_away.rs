//! A holder does not answer while its citizen takes back a service's grants and a lost device's key: both go by way of the directory's
//! log, count when the holder is there again, and are done when it says so itself.

use serde_json::{Value as Json, json};

use crate::two_devices::TwoDevices;
use crate::world::Ran;

const PARTLY: i32 = 7;
const REFUSED: i32 = 3;
/// Commands of half a second each, until something is heard of: a minute.
const MOST_TRIES: usize = 120;

fn until_refused(ask: impl Fn() -> Ran) {
    let refused = (0..MOST_TRIES).any(|_| ask().code == REFUSED);
    assert!(refused, "it is never heard of");
}

/// That it stands in the log, which the wallet checked, and nothing more is promised.
fn is_posted(ran: &Ran) {
    let told = ran.json();
    assert_eq!((ran.code, &told["done"], &told["missing"]), (PARTLY, &json!([]), &json!([])), "{ran:?}");
    assert_eq!(
        (&told["posted"][0]["organisation"], &told["posted"][0]["posted"]["proven"]),
        (&json!("helsinki"), &json!(true))
    );
}

#[test]
fn what_is_taken_back_meanwhile_counts_when_it_is_there_again() {
    let (away, node) = TwoDevices::begin();
    let (tablet, other, grant) = (away.tablet(), away.granted(), away.granted());

    node.kill();
    is_posted(&away.wallet("wallet", &["revoke", "--service", &away.principal()]));
    let both = away.wallet("wallet", &["devices", "revoke", &tablet]);
    let told = both.json();
    assert_eq!((both.code, &told["posted"][0]["task"]), (PARTLY, &json!("revoke-device")), "{both:?}");
    // The other task waits for the holder's word; its revocation is not posted again.
    assert_eq!((told["posted"].as_array().unwrap().len(), &told["missing"][0]["task"]), (1, &json!("revoke-service")));

    let _node = away.family.serve_node();
    for grant in [&other, &grant] {
        until_refused(|| away.service(&["fetch", "--grant", grant]));
    }
    until_refused(|| away.wallet("tablet", &["log", "helsinki"]));
    let finished = away.wallet("wallet", &["finish"]).done().json();
    let words: Vec<&Json> = finished["done"].as_array().unwrap().iter().map(|one| &one["task"]).collect();
    assert_eq!(words, [&json!("revoke-service"), &json!("revoke-device")]);
    away.wallet("wallet", &["log", "helsinki"]).done();
}
