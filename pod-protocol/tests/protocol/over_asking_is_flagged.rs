//! A service that asks for more than its organisation registered: flagged to the citizen, refused at the holder.

use pod_protocol::access_request::AccessRequest;
use pod_protocol::grant::Permission;
use pod_protocol::registry::Registry;
use pod_protocol::{Refusal, Verified};

use crate::support::*;

fn registry() -> Registry {
    Registry::build(&anchor(), &statements(), NOW).0
}

fn codes(request: &AccessRequest) -> Vec<&'static str> {
    registry().over_asking(request).unwrap().iter().map(|over| over.code()).collect()
}

#[test]
fn asking_within_the_registration_is_not_flagged() {
    assert_eq!(codes(&access_request()), [""; 0]);
}

#[test]
fn each_kind_of_too_much_is_flagged() {
    let mut request = access_request();
    request.items[0].optional = fields(&["medication", "notes"]);
    request.items[1].required = fields(&["birth_date"]);
    request.items[1].required_predicates = vec![predicate("?rich", "income")];
    request
        .items
        .push(pod_protocol::access_request::Ask { record_type: record_type("library"), ..request.items[0].clone() });
    request.purpose = purpose("dpv:Marketing");
    request.retention_secs = 366 * DAY;
    assert_eq!(
        codes(&request),
        [
            "over-ask-field", // the parent of a registered field says more than it
            "over-ask-field",
            "over-ask-field", // answers are registered, the field itself is not
            "over-ask-derived",
            "over-ask-type",
            "over-ask-purpose",
            "over-ask-retention",
        ]
    );
    let said: Vec<String> = registry().over_asking(&request).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(said[1], "the service is not registered for the field notes of child-health");
    assert_eq!(said[6], "the service would keep the data for 366 days and is registered for 365");
}

#[test]
fn requests_beyond_the_registration_are_refused() {
    let registry = registry();
    let check = |by: u8, why: &str, of: &str, raw: &[&str], asked: &[&str]| {
        let predicates: Vec<_> = asked.iter().map(|about| predicate("?a", about)).collect();
        registry.check_request(&principal(by), &purpose(why), &record_type(of), &fields(raw), &predicates)
    };
    let beyond = Err(Refusal::BeyondRegistration);
    let provision = "dpv:ServiceProvision";
    assert_eq!(check(SERVICE, provision, "child-health", &["allergies", "allergies.substance"], &[]), Ok(()));
    assert_eq!(check(SERVICE, provision, "child-health", &[], &["allergies.since"]), Ok(()));
    assert_eq!(check(SERVICE, provision, "resident", &[], &["birth_date"]), Ok(()));
    assert_eq!(check(SERVICE, provision, "resident", &["birth_date"], &[]), beyond);
    assert_eq!(check(SERVICE, provision, "resident", &[], &["income"]), beyond);
    assert_eq!(check(SERVICE, provision, "child-health", &["allergies", "notes"], &[]), beyond);
    assert_eq!(check(SERVICE, provision, "child-health", &["medication"], &[]), beyond);
    assert_eq!(check(SERVICE, provision, "library", &["loans"], &[]), beyond);
    assert_eq!(check(SERVICE, "dpv:Marketing", "child-health", &["allergies"], &[]), beyond);
    assert_eq!(check(STRANGER, provision, "child-health", &["allergies"], &[]), Err(Refusal::Suspended));
}

#[test]
fn an_access_request_is_its_services_own() {
    let registry = registry();
    let refusal = |by: u8, request: AccessRequest| {
        registry.check_access_request(&signed(by, request), NOW).map(Verified::into_claims).unwrap_err()
    };
    assert_eq!(*registry.check_access_request(&signed(SERVICE, access_request()), NOW).unwrap(), access_request());
    assert_eq!(refusal(STRANGER, access_request()), Refusal::UnknownKey);
    let another = AccessRequest { service: principal(STRANGER), ..access_request() };
    assert_eq!(refusal(SERVICE, another), Refusal::Key);
    let elsewhere = AccessRequest { organisation: principal(HELSINKI), ..access_request() };
    assert_eq!(refusal(SERVICE, elsewhere), Refusal::NotAuthorised);
    let for_another_key = AccessRequest { confirmation: thumbprint(STRANGER), ..access_request() };
    assert_eq!(refusal(SERVICE, for_another_key), Refusal::Key);
    assert_eq!(refusal(SERVICE, AccessRequest { expires: NOW, ..access_request() }), Refusal::Expired);
    let early = AccessRequest { issued: NOW + 61, ..access_request() };
    assert_eq!(refusal(SERVICE, early), Refusal::NotYetIssued);
    let mut changed = signed(SERVICE, access_request());
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(registry.check_access_request(&changed, NOW).unwrap_err(), Refusal::Signature);
}

#[test]
fn a_grant_gives_what_is_required_and_what_was_ticked() {
    let request = access_request();
    let allergies = || Permission::Raw(record_type("child-health"), fields(&["allergies"]));
    assert_eq!(request.to_permissions(&[]), [allergies()]);
    let ticked = [
        (record_type("child-health"), "medication.name".to_owned()),
        (record_type("resident"), "?seven-by-august".to_owned()),
        (record_type("resident"), "medication.name".to_owned()), // of another type
        (record_type("child-health"), "notes".to_owned()),       // never asked for
    ];
    assert_eq!(
        request.to_permissions(&ticked),
        [
            Permission::Raw(record_type("child-health"), fields(&["allergies", "medication.name"])),
            Permission::Derived(record_type("resident"), vec![predicate("?seven-by-august", "birth_date")]),
        ]
    );
    let limits = request.grant_limits();
    assert_eq!((limits.depth, limits.organisations, limits.retention_secs), (0, None, Some(90 * DAY)));
}
