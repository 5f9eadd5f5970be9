//! What goes beyond a service's registration is flagged, and never stands in a grant.

use pod_protocol::access_request::AccessRequest;
use pod_wallet::decide::{Choice, ChoiceFault, HolderChoice, agree};

use crate::world::{DAY, HELSINKI, NOW, POD, World, request};

fn greedy() -> AccessRequest {
    let mut greedy = AccessRequest { retention_secs: 500 * DAY, ..request() };
    greedy.items[0].required.push("diagnoses".parse().unwrap());
    greedy
}

#[test]
fn flagged_then_left_out() {
    let world = World::new();
    let signer = world.signer_at(HELSINKI);
    let review = world.review(&greedy());
    let codes: Vec<_> = review.summary().over_asked.iter().map(|flag| flag.code).collect();
    assert_eq!(codes, ["over-ask-field", "over-ask-retention"]);
    let flagged: Vec<String> = review.summary().types[0]
        .names
        .iter()
        .filter(|name| name.over_asked)
        .map(|name| name.name.to_string())
        .collect();
    assert_eq!(flagged, ["diagnoses"]);
    assert!(review.is_signable());

    let holders = vec![HolderChoice { pod: POD, signer: &signer, record_types: None }];
    let choice = Choice { holders, ..Choice::default() };
    let fault = agree(&review, &choice, NOW, &world.random).unwrap_err();
    assert_eq!(fault, ChoiceFault::OverAsked("over-ask-field"));

    let choice = Choice { leave_out_over_asked: true, ..choice };
    let grant = &agree(&review, &choice, NOW, &world.random).unwrap().grants[0];
    let of = "child-health".parse().unwrap();
    assert!(grant.gives(&of, &"allergies".parse().unwrap()));
    assert!(!grant.gives(&of, &"diagnoses".parse().unwrap()));
    assert_eq!(grant.limits.retention_secs, Some(365 * DAY));
}

#[test]
fn another_purpose_cannot_be_left_out() {
    let world = World::new();
    let signer = world.signer_at(HELSINKI);
    let review = world.review(&AccessRequest { purpose: "dpv:Marketing".parse().unwrap(), ..request() });
    let holders = vec![HolderChoice { pod: POD, signer: &signer, record_types: None }];
    let choice = Choice { holders, leave_out_over_asked: true, ..Choice::default() };
    let fault = agree(&review, &choice, NOW, &world.random).unwrap_err();
    assert_eq!(fault, ChoiceFault::OverAsked("over-ask-purpose"));
}
