//! What is signed is what was shown and chosen: everything required, the optional things that were ticked, nothing else.

use pod_protocol::Signed;
use pod_protocol::decision::{Decision, DecisionOutcome};
use pod_protocol::grant::{Grant, Permission};
use pod_protocol::ids::{PodId, Thumbprint};
use pod_wallet::decide::{Choice, ChoiceFault, HolderChoice, agree, deny};

use crate::world::{DAY, ESPOO, HELSINKI, NOW, POD, TURKU, World, request, seven};

fn allergies() -> Permission {
    Permission::Raw("child-health".parse().unwrap(), vec!["allergies".parse().unwrap()])
}

#[test]
fn optional_things_are_off_unless_chosen() {
    let world = World::new();
    let signer = world.signer_at(HELSINKI);
    let review = world.review(&request());
    let holders = vec![HolderChoice { pod: POD, signer: &signer, record_types: None }];
    let choice = Choice { holders: holders.clone(), ..Choice::default() };
    let decided = agree(&review, &choice, NOW, &world.random).unwrap();
    let [grant] = decided.grants.as_slice() else { panic!("one grant") };
    assert_eq!(grant.permissions, [allergies()]);

    let optional = vec![
        ("child-health".parse().unwrap(), "diet".parse().unwrap()),
        ("residence".parse().unwrap(), "?seven".parse().unwrap()),
    ];
    let choice = Choice { optional, holders, ..Choice::default() };
    let decided = agree(&review, &choice, NOW, &world.random).unwrap();
    let both = vec!["allergies".parse().unwrap(), "diet".parse().unwrap()];
    let derived = Permission::Derived("residence".parse().unwrap(), vec![seven()]);
    assert_eq!(decided.grants[0].permissions, [Permission::Raw("child-health".parse().unwrap(), both), derived]);
}

#[test]
fn the_rest_of_the_grant_is_the_requests_too() {
    let world = World::new();
    let signer = world.signer_at(HELSINKI);
    let review = world.review(&request());
    let holders = vec![HolderChoice { pod: POD, signer: &signer, record_types: None }];
    let choice = Choice { holders, until_secs: Some(NOW + 10 * DAY), ..Choice::default() };
    let decided = agree(&review, &choice, NOW, &world.random).unwrap();
    let grant = Signed::<Grant>::decode(decided.grants[0].bytes()).unwrap();
    let grant = grant.verify(&signer.key.public_key()).unwrap();
    assert_eq!((grant.issuer, grant.audience, grant.subject), (signer.principal, HELSINKI, POD));
    assert_eq!(grant.confirmation, Thumbprint::of(&crate::world::key(90).public_key()));
    assert_eq!((grant.issued, grant.expires, grant.key_event), (NOW, NOW + 10 * DAY, 0));
    assert_eq!(grant.purposes, ["dpv:ServiceProvision".parse().unwrap()]);
    assert_eq!(grant.limits.retention_secs, Some(300 * DAY));
    assert_eq!((grant.limits.depth, grant.parent), (0, None));
    assert_eq!(grant.legal_basis.as_ref().map(ToString::to_string).as_deref(), Some("eu-gdpr:A6-1-a"));
}

#[test]
fn one_grant_for_each_holder_and_the_decision_opens_for_the_service_alone() {
    let world = World::new();
    let (helsinki, turku) = (world.signer_at(HELSINKI), world.signer_at(TURKU));
    let review = world.review(&request());
    let other = PodId::new([6; 16]);
    let holders = vec![
        HolderChoice { pod: POD, signer: &helsinki, record_types: Some(vec!["child-health".parse().unwrap()]) },
        HolderChoice { pod: other, signer: &turku, record_types: None },
    ];
    let optional = vec![("residence".parse().unwrap(), "?seven".parse().unwrap())];
    let choice = Choice { optional, holders, ..Choice::default() };
    let decided = agree(&review, &choice, NOW, &world.random).unwrap();
    assert_eq!(
        decided.grants.iter().map(|grant| (grant.audience, grant.subject)).collect::<Vec<_>>(),
        [(HELSINKI, POD), (TURKU, other)]
    );
    // Helsinki has no residence record of the child: its grant does not name one.
    assert_eq!(decided.grants[0].permissions, [allergies()]);
    assert_eq!(decided.grants[1].permissions.len(), 2);
    let decision = Decision::open(&world.seal_key, &review.request().id(), &decided.sealed).unwrap();
    let DecisionOutcome::Granted(grants) = decision.outcome else { panic!("a yes") };
    assert_eq!(grants[1].grant, decided.grants[1].bytes());
}

#[test]
fn a_denial_looks_like_a_yes_from_outside() {
    let world = World::new();
    let signer = world.signer_at(HELSINKI);
    let review = world.review(&request());
    let holders = vec![HolderChoice { pod: POD, signer: &signer, record_types: None }];
    let yes = agree(&review, &Choice { holders, ..Choice::default() }, NOW, &world.random).unwrap();
    let no = deny(&review, true, NOW, &world.random).unwrap();
    assert_eq!(yes.sealed.len(), no.sealed.len());
    assert!(no.grants.is_empty());
    let decision = Decision::open(&world.seal_key, &review.request().id(), &no.sealed).unwrap();
    assert_eq!(decision.outcome, DecisionOutcome::Denied { for_good: true });
}

#[test]
fn choices_outside_the_request_are_refused() {
    let world = World::new();
    let signer = world.signer_at(HELSINKI);
    let one = HolderChoice { pod: POD, signer: &signer, record_types: None };
    let good = Choice { holders: vec![one.clone()], ..Choice::default() };
    let review = world.review(&request());
    let fault = |choice: &Choice<'_>| agree(&review, choice, NOW, &world.random).unwrap_err();
    let (of, required) = ("child-health".parse().unwrap(), "allergies".parse().unwrap());
    let choice = Choice { optional: vec![(of, required)], ..good.clone() };
    assert!(matches!(fault(&choice), ChoiceFault::NotOptional(..)));
    assert_eq!(fault(&Choice::default()), ChoiceFault::NoHolder);
    let twice = Choice { holders: vec![one.clone(), one], ..Choice::default() };
    assert_eq!(fault(&twice), ChoiceFault::HolderTwice(HELSINKI));
    let latest_secs = NOW + 200 * DAY;
    for until in [NOW, latest_secs + 1] {
        let choice = Choice { until_secs: Some(until), ..good.clone() };
        assert_eq!(fault(&choice), ChoiceFault::Until { latest_secs });
    }
    assert_eq!(fault(&Choice { depth: Some(1), ..good.clone() }), ChoiceFault::Depth { asked: 0 });
    let elsewhere =
        HolderChoice { record_types: Some(vec!["library-loans".parse().unwrap()]), ..good.holders[0].clone() };
    let choice = Choice { holders: vec![elsewhere], ..good.clone() };
    assert_eq!(fault(&choice), ChoiceFault::NothingThere(HELSINKI));
    let named = world.review(&pod_protocol::access_request::AccessRequest { holders: Some(vec![ESPOO]), ..request() });
    let fault = agree(&named, &good, NOW, &world.random).unwrap_err();
    assert_eq!(fault, ChoiceFault::HolderNotAsked(HELSINKI));
    let late = agree(&review, &good, NOW + 31 * DAY, &world.random).unwrap_err();
    assert_eq!(late, ChoiceFault::TooLate);
}

#[test]
fn passing_on_can_be_cut() {
    let world = World::new();
    let signer = world.signer_at(HELSINKI);
    let wide = pod_protocol::access_request::AccessRequest { depth: 1, delegatees: vec![TURKU], ..request() };
    let review = world.review(&wide);
    assert_eq!(review.summary().delegatees.len(), 1);
    let holders = vec![HolderChoice { pod: POD, signer: &signer, record_types: None }];
    let limits = |depth| {
        let choice = Choice { holders: holders.clone(), depth, ..Choice::default() };
        agree(&review, &choice, NOW, &world.random).unwrap().grants[0].limits.clone()
    };
    assert_eq!((limits(None).depth, limits(None).organisations), (1, Some(vec![TURKU])));
    assert_eq!((limits(Some(0)).depth, limits(Some(0)).organisations), (0, None));
}
