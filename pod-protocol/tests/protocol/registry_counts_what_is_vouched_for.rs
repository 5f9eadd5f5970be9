//! The registry believes the trust anchor, and whom it admitted, and nobody else.

use pod_protocol::ids::Cti;
use pod_protocol::refusal::ChainFault;
use pod_protocol::registry::{MAX_REGISTRY_AGE_SECS, Registry};
use pod_protocol::statement::{Membership, Profile, Role, ServiceEntry};
use pod_protocol::tree_head::TreeHead;
use pod_protocol::{Refusal, Signed};

use crate::support::*;

fn build(statements: &[Vec<u8>]) -> (Registry, Vec<(usize, Refusal)>) {
    Registry::build(&anchor(), statements, NOW)
}

/// The federation's statements and one more, whose refusal is given back.
fn refusal_of_one_more(statement: Vec<u8>) -> (Registry, Option<Refusal>) {
    let mut statements = statements();
    statements.push(statement);
    let (registry, refused) = build(&statements);
    assert!(refused.iter().all(|(index, _)| *index == 4), "{refused:?}");
    (registry, refused.first().map(|(_, refusal)| *refusal))
}

#[test]
fn members_and_services_are_found() {
    let (registry, refused) = build(&statements());
    assert_eq!(refused, []);
    assert_eq!(registry.organisations().count(), 3);
    let espoo = registry.organisation(&principal(ESPOO)).unwrap();
    assert_eq!(registry.organisation_named("espoo").unwrap().principal(), espoo.principal());
    assert_eq!((espoo.level(), espoo.admitted_by(), espoo.is_suspended()), (2, &principal(REGION), false));
    assert_eq!(espoo.names().unwrap().en(), "City en");
    assert_eq!(espoo.endpoints().len(), 2);
    assert!(espoo.has(Role::Services) && !espoo.has(Role::Region));
    let by_kid = registry.organisation_by_kid(&thumbprint(HELSINKI).kid()).unwrap();
    assert_eq!(by_kid.organisation.name().as_str(), "helsinki");
    let service = registry.service_by_kid(&thumbprint(SERVICE).kid()).unwrap();
    assert_eq!((service.service.principal, *service.key), (principal(SERVICE), key(SERVICE).public_key()));
    assert_eq!(registry.service(&principal(SERVICE)).unwrap().organisation.name().as_str(), "espoo");
    assert_eq!(registry.organisation_of(&thumbprint(SERVICE)), Some(principal(ESPOO)));
    let caller = service.caller();
    assert_eq!((caller.service, caller.organisation, caller.suspended), (principal(SERVICE), principal(ESPOO), false));
    assert!(registry.is_member(&principal(HELSINKI)) && !registry.is_member(&principal(STRANGER)));
    assert!(registry.organisation_named("turku").is_none() && registry.service(&principal(ESPOO)).is_none());
    assert!(registry.service_by_kid(&thumbprint(ESPOO).kid()).is_none());
}

#[test]
fn the_order_of_statements_does_not_matter() {
    let mut backwards = statements();
    backwards.reverse();
    let (registry, refused) = build(&backwards);
    assert_eq!(refused, []);
    assert_eq!(registry.snapshot(), build(&statements()).0.snapshot());
}

#[test]
fn a_snapshot_builds_the_same_registry() {
    let (registry, _) = build(&statements());
    let read = Registry::read_snapshot(&registry.snapshot()).unwrap();
    let (again, refused) = build(&read);
    assert_eq!((again.snapshot(), refused), (registry.snapshot(), vec![]));
    assert_eq!(Registry::read_snapshot(b"\x80\x00").unwrap_err().code(), "cbor-trailing");
    assert_eq!(Registry::read_snapshot(b"\x81\x00").unwrap_err().code(), "claim-type");
    assert_eq!(Registry::read_snapshot(b"\xa0").unwrap_err().code(), "claim-type");
}

#[test]
fn a_copy_counts_for_a_day_or_until_something_expires() {
    assert_eq!(build(&statements()).0.valid_until(), NOW + MAX_REGISTRY_AGE_SECS);
    let soon = Profile { expires: NOW + 3600, ..espoo_profile() };
    let (registry, _) = build(&[signed(ANCHOR, region()), signed(REGION, espoo()), signed(ESPOO, soon)]);
    assert_eq!(registry.valid_until(), NOW + 3600);
}

#[test]
fn the_newest_statement_wins() {
    let newer = Membership { issued: NOW - 60, name: "stadi".parse().unwrap(), cti: Cti::new([9; 16]), ..helsinki() };
    let (registry, refusal) = refusal_of_one_more(signed(REGION, newer));
    assert_eq!(refusal, None);
    assert_eq!(registry.organisation(&principal(HELSINKI)).unwrap().name().as_str(), "stadi");
    assert!(registry.organisation_named("helsinki").is_none());
    let older = Membership { issued: NOW - 2 * DAY, name: "stadi".parse().unwrap(), ..helsinki() };
    let (registry, refusal) = refusal_of_one_more(signed(REGION, older));
    assert_eq!(refusal, None);
    assert_eq!(registry.organisation(&principal(HELSINKI)).unwrap().name().as_str(), "helsinki");
    let closed = Profile { issued: NOW, services: vec![], ..espoo_profile() };
    assert!(refusal_of_one_more(signed(ESPOO, closed)).0.service(&principal(SERVICE)).is_none());
}

#[test]
fn what_is_past_or_not_yet_signed_is_dropped() {
    let turku = membership(REGION, STRANGER, "turku", &[Role::Holder], 0);
    let expired = Membership { expires: NOW, ..turku.clone() };
    assert_eq!(refusal_of_one_more(signed(REGION, expired)).1, Some(Refusal::Expired));
    let future = Membership { issued: NOW + 61, ..turku.clone() };
    assert_eq!(refusal_of_one_more(signed(REGION, future)).1, Some(Refusal::NotYetIssued));
    let (registry, refusal) = refusal_of_one_more(signed(REGION, Membership { issued: NOW + 60, ..turku }));
    assert!(refusal.is_none() && registry.is_member(&principal(STRANGER)));
}

#[test]
fn what_a_statement_replaced_does_not_come_back_when_it_expires() {
    let today = |statements: &[Vec<u8>]| Registry::build(&anchor(), statements, NOW + 40 * DAY);
    let long = |claims: Membership| Membership { expires: NOW + 399 * DAY, ..claims };
    let short = |claims: Membership| Membership { issued: NOW, expires: NOW + 30 * DAY, ..claims };
    let above = signed(ANCHOR, long(region()));
    let first = signed(REGION, long(espoo()));
    let suspended = signed(REGION, short(Membership { suspended: true, ..espoo() }));
    let (registry, refused) = today(&[above.clone(), first.clone(), suspended.clone()]);
    assert_eq!(refused, [(2, Refusal::Expired)]);
    assert!(registry.organisation(&principal(ESPOO)).is_none());
    // A region that is gone does not come back either, with whom it admitted.
    let (registry, refused) = today(&[above.clone(), signed(ANCHOR, short(region())), first.clone()]);
    assert_eq!((registry.organisations().count(), refused), (0, vec![(1, Refusal::Expired), (2, Refusal::UnknownKey)]));
    // Nor does what the anchor once said otherwise, while what the region says since counts.
    let by_anchor = signed(ANCHOR, short(Membership { issuer: principal(ANCHOR), suspended: true, ..espoo() }));
    let (registry, refused) = today(&[above.clone(), first.clone(), by_anchor.clone()]);
    assert_eq!(refused, [(2, Refusal::Expired)]);
    assert!(registry.organisation(&principal(ESPOO)).is_none());
    let since = signed(REGION, Membership { issued: NOW + 35 * DAY, ..long(espoo()) });
    let (registry, _) = today(&[above.clone(), first.clone(), by_anchor, since]);
    assert!(registry.is_member(&principal(ESPOO)));
    // Another region of the same level that claimed Espoo for a while takes nothing from the first.
    let other = signed(ANCHOR, long(membership(ANCHOR, STRANGER, "lappi", &[Role::Region], 1)));
    let claim = signed(STRANGER, short(membership(STRANGER, ESPOO, "espoo", &[Role::Holder], 0)));
    let (registry, refused) = today(&[above, first, other, claim]);
    assert_eq!(refused, [(3, Refusal::Expired)]);
    assert_eq!(registry.organisation(&principal(ESPOO)).unwrap().admitted_by(), &principal(REGION));
}

#[test]
fn keys_of_a_replaced_profile_do_not_come_back_when_the_newer_one_expires() {
    let long = signed(ESPOO, Profile { expires: NOW + 20 * DAY, ..espoo_profile() });
    let without = signed(ESPOO, Profile { issued: NOW, expires: NOW + DAY, services: vec![], ..espoo_profile() });
    let statements = [signed(ANCHOR, region()), signed(REGION, espoo()), long, without];
    let (registry, refused) = Registry::build(&anchor(), &statements, NOW + 2 * DAY);
    assert_eq!(refused, [(3, Refusal::Expired)]);
    assert!(registry.organisation(&principal(ESPOO)).unwrap().profile().is_none());
    assert!(registry.service_by_kid(&thumbprint(SERVICE).kid()).is_none());
}

#[test]
fn an_old_copy_takes_nothing_back_from_whoever_holds_a_newer_one() {
    let long = |claims: Membership| Membership { expires: NOW + 399 * DAY, ..claims };
    let short = |claims: Membership| Membership { issued: NOW, expires: NOW + 30 * DAY, ..claims };
    let old = [signed(ANCHOR, long(region())), signed(REGION, long(espoo()))];
    let suspended = signed(REGION, short(Membership { suspended: true, ..espoo() }));
    let (mut copy, _) = build(&old).0.joined(std::slice::from_ref(&suspended), NOW);
    let counts = |copy: &Registry| copy.is_member(&principal(ESPOO));
    // It holds through the suspension's end, a restart, and a day on which the region was not admitted.
    for day in [0, 31, 32, 300, 398] {
        let now = NOW + day * DAY;
        let read = Registry::read_snapshot(&copy.held_snapshot()).unwrap();
        copy = Registry::of_held(&anchor(), &read, now).joined(&old, now).0;
        assert!(!counts(&copy), "{day}");
    }
    assert_eq!((copy.statements().count(), copy.held().count()), (1, 2));
    let lapsed =
        [signed(ANCHOR, Membership { issued: NOW, expires: NOW + DAY, ..region() }), old[1].clone(), suspended];
    let (copy, _) = build(&lapsed);
    let (copy, _) = copy.joined(&[], NOW + 2 * DAY);
    let renewed = signed(ANCHOR, Membership { issued: NOW + 3 * DAY, ..long(region()) });
    let (copy, refused) = copy.joined(&[renewed, old[1].clone()], NOW + 3 * DAY);
    assert!(!counts(&copy) && refused.is_empty());
    // What cannot bring anything back any more is let go of, and what nobody vouched for was never held.
    let forged = signed(STRANGER, short(Membership { issuer: principal(STRANGER), ..espoo() }));
    let (copy, refused) = copy.joined(&[forged], NOW + 401 * DAY);
    assert_eq!((copy.held().count(), refused), (1, vec![(0, Refusal::UnknownKey)]));
}

#[test]
fn forged_statements_do_not_count() {
    let turku = membership(REGION, STRANGER, "turku", &[Role::Holder], 0);
    // Signed by somebody else's key.
    assert_eq!(refusal_of_one_more(signed(STRANGER, turku.clone())).1, Some(Refusal::UnknownKey));
    assert_eq!(refusal_of_one_more(signed(HELSINKI, turku.clone())).1, Some(Refusal::UnknownKey));
    // Signed by the region, and changed since.
    let mut changed = signed(REGION, turku);
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(refusal_of_one_more(changed).1, Some(Refusal::Signature));
    // Nobody knows the issuer.
    let orphan = membership(STRANGER, PROCESSOR, "orphan", &[Role::Holder], 0);
    assert_eq!(refusal_of_one_more(signed(STRANGER, orphan)).1, Some(Refusal::UnknownKey));
    let profile = profile(STRANGER, vec![]);
    assert_eq!(refusal_of_one_more(signed(STRANGER, profile)).1, Some(Refusal::UnknownKey));
    // Another organisation's profile.
    let taken_over = Profile { issued: NOW, ..espoo_profile() };
    assert_eq!(refusal_of_one_more(signed(HELSINKI, taken_over)).1, Some(Refusal::UnknownKey));
    let head = TreeHead { origin: principal(HELSINKI), size: 1, root: [7; 32], time_secs: NOW };
    assert_eq!(refusal_of_one_more(signed(HELSINKI, head)).1.unwrap().code(), "cose-typ");
    assert_eq!(refusal_of_one_more(vec![0]).1.unwrap().code(), "cbor-tag");
}

#[test]
fn only_regions_admit_and_only_so_deep() {
    let by_a_city = membership(HELSINKI, STRANGER, "suburb", &[Role::Holder], 0);
    assert_eq!(refusal_of_one_more(signed(HELSINKI, by_a_city)).1, Some(Refusal::NotAuthorised));
    let part = membership(REGION, STRANGER, "part", &[Role::Region], 1);
    let too_deep = Refusal::Chain { link: 2, fault: ChainFault::Depth };
    assert_eq!(refusal_of_one_more(signed(REGION, part)).1, Some(too_deep));
    let itself = membership(REGION, REGION, "twice", &[Role::Region], 1);
    assert_eq!(refusal_of_one_more(signed(REGION, itself)).1, Some(Refusal::NotAuthorised));
    let upwards = membership(REGION, ANCHOR, "anchor", &[Role::Holder], 0);
    assert_eq!(refusal_of_one_more(signed(REGION, upwards)).1, Some(Refusal::NotAuthorised));

    // Anchor → region of depth 2 → part of depth 1 → organisation: three levels, and no fourth.
    let (registry, refused) = build(&[
        signed(ANCHOR, Membership { depth: 2, ..region() }),
        signed(REGION, membership(REGION, STRANGER, "part", &[Role::Region], 1)),
        signed(STRANGER, membership(STRANGER, HELSINKI, "helsinki", &[Role::Holder], 0)),
        signed(HELSINKI, membership(HELSINKI, ESPOO, "espoo", &[Role::Holder], 0)),
    ]);
    assert_eq!(registry.organisation_named("helsinki").unwrap().level(), 3);
    assert_eq!(refused, [(3, Refusal::UnknownKey)]);
}

#[test]
fn no_region_takes_over_anothers_member() {
    let other = membership(ANCHOR, STRANGER, "lappi", &[Role::Region], 1);
    let claim = Membership {
        issued: NOW,
        keys: vec![key(STRANGER).public_key()],
        ..membership(STRANGER, HELSINKI, "helsinki", &[Role::Holder], 0)
    };
    let mut contested = statements();
    contested.extend([signed(ANCHOR, other), signed(STRANGER, claim)]);
    let (registry, refused) = build(&contested);
    assert_eq!(refused, [(1, Refusal::NotAuthorised), (5, Refusal::NotAuthorised)]);
    assert!(registry.organisation(&principal(HELSINKI)).is_none());
    // The anchor settles it.
    contested.push(signed(ANCHOR, Membership { issuer: principal(ANCHOR), ..helsinki() }));
    let (registry, refused) = build(&contested);
    assert_eq!(refused.len(), 2);
    assert_eq!(registry.organisation(&principal(HELSINKI)).unwrap().admitted_by(), &principal(ANCHOR));
}

#[test]
fn a_suspended_organisation_is_known_and_counts_for_nothing() {
    let (registry, refusal) =
        refusal_of_one_more(signed(REGION, Membership { issued: NOW, suspended: true, ..espoo() }));
    assert_eq!(refusal, None);
    assert!(registry.organisation(&principal(ESPOO)).unwrap().is_suspended());
    assert!(!registry.is_member(&principal(ESPOO)));
    assert_eq!(registry.organisation_of(&thumbprint(SERVICE)), None);
    assert!(registry.service_by_kid(&thumbprint(SERVICE).kid()).unwrap().caller().suspended);
    let check = registry.check_request(
        &principal(SERVICE),
        &purpose("dpv:ServiceProvision"),
        &record_type("child-health"),
        &fields(&["allergies"]),
        &[],
    );
    assert_eq!(check, Err(Refusal::Suspended));
    let request = signed(SERVICE, access_request());
    assert_eq!(registry.check_access_request(&request, NOW).unwrap_err(), Refusal::Suspended);
    assert_eq!(registry.over_asking(&access_request()), Err(Refusal::Suspended));
    let head = TreeHead { origin: principal(ESPOO), size: 1, root: [7; 32], time_secs: NOW };
    let head = Signed::decode(&signed(ESPOO, head)).unwrap();
    assert_eq!(registry.verify_by_organisation::<TreeHead>(head, &principal(ESPOO)).unwrap_err(), Refusal::Suspended);
}

#[test]
fn with_a_region_all_below_it_are_suspended() {
    let suspended = Membership { issued: NOW, suspended: true, ..region() };
    let (registry, refusal) = refusal_of_one_more(signed(ANCHOR, suspended));
    assert_eq!(refusal, None);
    assert!(!registry.is_member(&principal(HELSINKI)) && !registry.is_member(&principal(ESPOO)));
}

#[test]
fn a_key_of_two_services_is_nobodys() {
    let copy = ServiceEntry { principal: principal(STRANGER), ..service() };
    let (registry, refused) = build(
        &[statements(), vec![signed(HELSINKI, Profile { cti: Cti::new([8; 16]), ..profile(HELSINKI, vec![copy]) })]]
            .concat(),
    );
    assert_eq!(refused, [(3, Refusal::Key), (4, Refusal::Key)]);
    assert!(registry.service_by_kid(&thumbprint(SERVICE).kid()).is_none());
    assert_eq!(registry.organisation_of(&thumbprint(SERVICE)), None);
    let request = signed(SERVICE, access_request());
    assert_eq!(registry.check_access_request(&request, NOW).unwrap_err(), Refusal::UnknownKey);

    let same = ServiceEntry { keys: vec![key(STRANGER).public_key()], ..service() };
    let (registry, _) = build(&[statements(), vec![signed(HELSINKI, profile(HELSINKI, vec![same]))]].concat());
    assert!(registry.service(&principal(SERVICE)).is_none());
}

#[test]
fn a_key_of_two_members_is_nobodys_and_a_name_of_two_names_nobody() {
    let mut statements = statements();
    let twin = Membership { keys: helsinki().keys, ..membership(REGION, STRANGER, "helsinki", &[Role::Holder], 0) };
    statements.push(signed(REGION, twin));
    let (registry, _) = build(&statements);
    assert!(registry.organisation_by_kid(&thumbprint(HELSINKI).kid()).is_none());
    assert!(registry.organisation_named("helsinki").is_none());
    assert!(registry.is_member(&principal(HELSINKI)));
}

#[test]
fn services_need_the_role() {
    let holder_only = Membership { roles: vec![Role::Holder], ..espoo() };
    let (registry, refused) =
        build(&[signed(ANCHOR, region()), signed(REGION, holder_only), signed(ESPOO, espoo_profile())]);
    assert_eq!(refused, [(2, Refusal::NotAuthorised)]);
    assert!(registry.service(&principal(SERVICE)).is_none());
}

#[test]
fn what_members_and_services_sign_is_verified() {
    let (registry, _) = build(&statements());
    let head = |origin: u8, by: u8| {
        let head = TreeHead { origin: principal(origin), size: 1, root: [7; 32], time_secs: NOW };
        let signed = Signed::<TreeHead>::decode(&signed(by, head)).unwrap();
        registry.verify_by_organisation(signed, &principal(origin)).map(|head| head.origin)
    };
    assert_eq!(head(HELSINKI, HELSINKI), Ok(principal(HELSINKI)));
    assert_eq!(head(HELSINKI, ESPOO), Err(Refusal::Key));
    assert_eq!(head(HELSINKI, STRANGER), Err(Refusal::UnknownKey));
}
