//! What was granted on one device is seen and taken back on another, also when the service is in no registry any more.

use serde_json::{Value as Json, json};

use crate::town::{says, text};
use crate::two_devices::TwoDevices;

const PARTLY: i32 = 7;
const REFUSED: i32 = 3;
/// Looks at the registry, until the directory has a new state: a minute.
const MOST_LOOKS: usize = 600;

impl TwoDevices {
    /// A grant as a device shows it.
    fn shown(&self, device: &str, grant: &str) -> Json {
        let told = self.wallet(device, &["grants"]).done().json();
        assert_eq!((&told["not_shown"], &told["not_asked"]), (&json!([]), &json!([])));
        let of_grant = told["grants"].as_array().unwrap().iter().find(|one| one["id"] == *grant);
        of_grant.unwrap_or_else(|| panic!("{device} does not show {grant}: {told}")).clone()
    }

    fn publish(&self, services: &str) {
        self.family.world.write("node/services.toml", services);
        let profile = self.family.world.path("node/profile.toml");
        crate::world::aitta(&["node", "publish-profile", "--profile", &profile]).done();
    }

    /// What the device would take back, once it knows the registry in which the service is not.
    fn until_it_is_gone(&self, device: &str, dry: &[&str], is_gone: impl Fn(&Json) -> bool) -> Json {
        let looks = (0..MOST_LOOKS).map(|_| self.wallet(device, dry).json());
        looks.into_iter().find(is_gone).expect("the device learns of the new registry")
    }
}

#[test]
fn seen_and_taken_back_on_the_other_device() {
    let (two, _node) = TwoDevices::begin();
    two.tablet();
    let (grant, other) = (two.granted(), two.granted());
    let here = two.shown("wallet", &grant);
    assert_eq!((&here["given_here"], &here["state"]), (&json!(true), &json!("active")));
    let there = two.shown("tablet", &grant);
    assert_eq!(
        (&there["given_here"], &there["state"], &there["request"]),
        (&json!(false), &json!("active"), &Json::Null)
    );
    assert_eq!((text(&there, "/service"), &there["organisation"]), (two.principal(), &json!("helsinki")));
    assert_eq!((&there["key"], &there["passed_on_below"]), (&here["key"], &Json::Null));

    let revoked = two.wallet("tablet", &["revoke", &grant]).done().json();
    assert_eq!((&revoked["grant"], &revoked["holder"]), (&json!(grant), &json!("helsinki")));
    assert_eq!(two.service(&["fetch", "--grant", &grant]).code, REFUSED);
    assert_eq!(two.shown("tablet", &grant)["state"], "taken back");
    assert_eq!(two.shown("wallet", &grant)["state"], "no longer in force");
    assert_eq!(two.shown("tablet", &other)["state"], "active");
    let unknown = "A".repeat(43);
    says(&["wallet", "--wallet", &two.family.world.path("tablet"), "revoke", &unknown], 2, "aitta wallet grants");
}

#[test]
fn taken_back_although_the_service_is_in_no_registry() {
    let (two, _node) = TwoDevices::begin();
    two.tablet();
    let (first, service) = (two.granted(), two.principal());
    // The tablet sees it while it is known whose the key is; the second one is given after that.
    two.shown("tablet", &first);
    let second = two.granted();
    let registered = two.family.world.read("node/services.toml");
    two.publish("");
    let dry = ["revoke", "--service", &service, "--dry-run"];

    // A device that never saw a grant cannot tell whose the key is: it says so, and goes on later.
    two.another_device("laptop");
    let left = two.until_it_is_gone("laptop", &dry, |told| told["grants"] == json!([]));
    assert_eq!(left["unknown"].as_array().unwrap().len(), 2, "{left}");
    let ran = two.wallet("laptop", &["revoke", "--service", &service]);
    let told = ran.json();
    assert_eq!((ran.code, &told["missing"][0]["code"]), (PARTLY, &json!("service-unknown")), "{ran:?}");
    assert_eq!((&told["done"][0]["grants"], &told["refused"]), (&json!([]), &json!([])));
    let unknown = two.shown("laptop", &first);
    assert_eq!(
        (&unknown["service"], &unknown["organisation"], &unknown["state"]),
        (&Json::Null, &Json::Null, &json!("active"))
    );
    assert!(unknown["key"].is_string());

    two.until_it_is_gone("tablet", &dry, |told| told["unknown"] == json!([]));
    let told = two.wallet("tablet", &["revoke", "--service", &service]).done().json();
    let mut taken_back: Vec<&str> =
        told["done"][0]["grants"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    taken_back.sort_unstable();
    let mut both = [first.as_str(), second.as_str()];
    both.sort_unstable();
    assert_eq!(taken_back, both);

    // Nothing is left that could be the service's: now it is done with.
    let finished = two.wallet("laptop", &["finish"]).done().json();
    assert_eq!((&finished["done"][0]["grants"], &finished["missing"]), (&json!([]), &json!([])));
    two.publish(&registered);
}
