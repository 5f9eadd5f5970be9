//! Step 2 of the path: each way in which a chain does not give what is asked, by its code.

use std::sync::Arc;

use pod_crypto::SigningKey;
use pod_protocol::chain::{ChainFacts, SharedGrant, check};
use pod_protocol::grant::{Grant, Permission};
use pod_protocol::ids::{Cti, ObjectId, PodId};
use pod_protocol::path::LinkUse;
use pod_protocol::revocation::Target;
use pod_protocol::{Outward, Refusal, Verified};

use crate::scene::{Scene, code};
use crate::vectors::world::{DAY, NOW, age, exists, fields, of, purpose, thumbprint, wanted};

/// Asks Anna's first names through a root grant that was changed before she signed it.
fn root(edit: impl FnOnce(&Scene, &mut Grant)) -> &'static str {
    let mut scene = Scene::new();
    let mut grant = scene.world.root();
    edit(&scene, &mut grant);
    let chain = scene.granted(grant);
    scene.code(chain, vec![wanted("resident", &["first_names"])])
}

/// Asks through a chain of two links, the second changed before Espoo signed it. The processor asks.
fn child(edit: impl FnOnce(&Scene, &mut Grant)) -> &'static str {
    let mut scene = Scene::new();
    act_as_processor(&mut scene);
    let other = Scene::new();
    let chain = scene.chain_with(2, |grant| edit(&other, grant));
    code_of(&mut scene, chain, &["first_names"])
}

fn act_as_processor(scene: &mut Scene) {
    let caller = scene.caller.as_mut().unwrap();
    caller.key = scene.world.processor.public_key();
    caller.organisation = scene.world.processor_organisation();
}

fn code_of(scene: &mut Scene, chain: Vec<Arc<Verified<Grant>>>, names: &[&str]) -> &'static str {
    let key = SigningKey::from_seed(&scene.world.processor.seed());
    let selection = scene.ask(&key, vec![(chain, vec![wanted("resident", names)])], |_| {}).unwrap();
    match &selection.items()[0] {
        Ok(_) => "released",
        Err(refusal) => refusal.code(),
    }
}

#[test]
fn an_honest_root_gives_what_it_names() {
    assert_eq!(root(|_, _| {}), "released");
}

#[test]
fn a_root_counts_for_its_pod_at_its_holder_in_its_time() {
    assert_eq!(root(|_, grant| grant.subject = PodId::new([9; 16])), "chain-subject");
    assert_eq!(root(|scene, grant| grant.audience = scene.world.espoo_organisation()), "audience");
    assert_eq!(root(|_, grant| grant.parent = Some(ObjectId::new([1; 32]))), "chain-not-root");
    assert_eq!(root(|_, grant| grant.expires = NOW), "expired");
    assert_eq!(root(|_, grant| grant.expires = NOW + 1), "released");
    assert_eq!(root(|_, grant| grant.not_before = Some(NOW + 1)), "not-yet-valid");
    assert_eq!(root(|_, grant| grant.not_before = Some(NOW)), "released");
    assert_eq!(root(|_, grant| grant.issued = NOW + 61), "issued-in-future");
    assert_eq!(root(|_, grant| grant.issued = NOW + 60), "released");
}

#[test]
fn a_root_is_signed_by_who_speaks_for_the_pod() {
    assert_eq!(root(|scene, grant| grant.issuer = scene.world.espoo_service()), "chain-issuer");
    // In Anna's name, but by somebody else's key.
    let mut scene = Scene::new();
    let forged = Arc::new(Verified::sign(&scene.world.mallory, scene.world.root()));
    assert_eq!(scene.code(vec![forged], vec![wanted("resident", &["first_names"])]), "chain-key-event");
}

#[test]
fn a_key_signs_grants_from_the_event_that_added_it() {
    let by_tablet = |key_event| {
        let mut scene = Scene::new();
        let grant = Grant { key_event, ..scene.world.root() };
        let chain = vec![Arc::new(Verified::sign(&scene.world.tablet, grant))];
        scene.code(chain, vec![wanted("resident", &["first_names"])])
    };
    assert_eq!(by_tablet(0), "chain-key-event");
    assert_eq!(by_tablet(1), "released");
    assert_eq!(by_tablet(2), "chain-key-event", "an event that has not happened");
}

#[test]
fn a_guardian_grants_until_the_child_is_18() {
    let at = |now| {
        let mut scene = Scene::new();
        scene.now = now;
        let issuer = crate::vectors::world::replay(&scene.world.bo_events).principal();
        let grant = Grant { issuer, expires: NOW + 200 * DAY, ..scene.world.root() };
        let chain = vec![Arc::new(Verified::sign(&scene.world.bo, grant))];
        let key = SigningKey::from_seed(&scene.world.espoo.seed());
        let asked = vec![(chain, vec![wanted("resident", &["first_names"])])];
        let selection = scene.ask(&key, asked, |request| (request.issued, request.expires) = (now, now + 60)).unwrap();
        selection.items()[0].as_ref().map_or_else(|refusal| refusal.code(), |_| "released")
    };
    let until = Scene::new().world.guardian_until();
    assert_eq!(at(until - 1), "released");
    assert_eq!(at(until), "chain-issuer");
}

#[test]
fn only_the_key_that_the_leaf_names_may_use_it() {
    assert_eq!(root(|scene, grant| grant.confirmation = thumbprint(&scene.world.processor)), "chain-holder");
}

#[test]
fn what_is_not_granted_is_refused_as_a_whole() {
    let asked = |names: &[&str]| {
        let mut scene = Scene::new();
        let mut grant = scene.world.root();
        grant.permissions = vec![
            Permission::Raw(of("resident"), fields(&["first_names", "address.city"])),
            Permission::Derived(of("resident"), vec![exists("?moved", "moves")]),
        ];
        let chain = scene.granted(grant);
        scene.code(chain, vec![wanted("resident", names)])
    };
    assert_eq!(asked(&["first_names", "?moved"]), "released");
    assert_eq!(asked(&["first_names", "last_name"]), "not-granted");
    assert_eq!(asked(&["address"]), "not-granted", "a parent of what is granted");
    assert_eq!(asked(&["address.city"]), "released");
    assert_eq!(asked(&["address.city.district"]), "released", "below what is granted");
    assert_eq!(asked(&["address.city_code"]), "not-granted", "a name that begins alike");
    assert_eq!(asked(&["moves"]), "not-granted", "the field of a predicate");
    assert_eq!(asked(&["?stayed"]), "not-granted");
    let mut scene = Scene::new();
    let chain = scene.granted(scene.world.root());
    assert_eq!(scene.code(chain, vec![wanted("library", &["first_names"])]), "not-granted");
    assert_eq!(Refusal::NotGranted.outward(), Refusal::UnknownPod.outward());
}

#[test]
fn the_purpose_is_one_of_the_grants() {
    assert_eq!(root(|_, grant| grant.purposes = vec![purpose("dpv:Marketing")]), "purpose");
}

#[test]
fn a_service_gets_nothing_beyond_its_registration() {
    let mut scene = Scene::new();
    let mut grant = scene.world.root();
    grant.permissions.push(Permission::Derived(of("resident"), vec![age("?adult", "birth_date", 18, "2026-09-21")]));
    let chain = scene.granted(grant);
    scene.registered = |record_type, raw, derived| {
        let known = *record_type == of("resident") && raw.iter().all(|field| field.as_str() == "first_names");
        if known && derived.is_empty() { Ok(()) } else { Err(Refusal::BeyondRegistration) }
    };
    assert_eq!(scene.code(chain.clone(), vec![wanted("resident", &["first_names"])]), "released");
    assert_eq!(scene.code(chain.clone(), vec![wanted("resident", &["last_name"])]), "beyond-registration");
    assert_eq!(scene.code(chain.clone(), vec![wanted("child-health", &["diet"])]), "beyond-registration");
    // The request names a predicate by its id alone: about which field it asks, the grant says.
    assert_eq!(scene.code(chain, vec![wanted("resident", &["?adult"])]), "beyond-registration");
}

#[test]
fn an_unknown_pod_and_an_unknown_grant_are_refused() {
    let mut scene = Scene::new();
    let chain = scene.granted(scene.world.root());
    scene.standing = None;
    assert_eq!(scene.code(chain.clone(), vec![wanted("resident", &["first_names"])]), "unknown-pod");
    let mut scene = Scene::new();
    // The request names one grant, and the holder has another at hand.
    let key = SigningKey::from_seed(&scene.world.espoo.seed());
    let asked = vec![(chain, vec![wanted("resident", &["first_names"])])];
    let other = ObjectId::new([3; 32]);
    let selection = scene.ask(&key, asked, |request| request.items[0].chain = vec![other]).unwrap();
    assert_eq!(selection.items()[0].as_ref().unwrap_err().code(), "unknown-grant");
}

#[test]
fn a_suspended_organisation_gets_nothing() {
    let mut scene = Scene::new();
    scene.caller.as_mut().unwrap().suspended = true;
    let chain = scene.granted(scene.world.root());
    assert_eq!(scene.code(chain, vec![wanted("resident", &["first_names"])]), "suspended");
}

#[test]
fn what_is_taken_back_is_refused_and_so_is_all_below_it() {
    let (espoo, anna) = {
        let world = &Scene::new().world;
        (thumbprint(&world.espoo).kid(), thumbprint(&world.anna).kid())
    };
    let pod = Scene::new().world.pod();
    let code = |links: usize, target: &dyn Fn(&[SharedGrant]) -> Target| {
        let mut scene = Scene::new();
        act_as_processor(&mut scene);
        let chain = scene.world.chain(links);
        scene.standing().revoke(&target(&chain));
        code_of(&mut scene, chain, &["first_names"])
    };
    assert_eq!(code(2, &|chain| Target::Grant(chain[0].id())), "revoked");
    assert_eq!(code(2, &|chain| Target::Grant(chain[1].id())), "revoked");
    assert_eq!(code(2, &|_| Target::Grant(ObjectId::new([1; 32]))), "released");
    assert_eq!(code(2, &|_| Target::PodBefore(pod, NOW)), "revoked");
    assert_eq!(code(2, &|_| Target::PodBefore(pod, NOW - 2 * DAY)), "released");
    assert_eq!(code(2, &|_| Target::KeySince(anna, NOW - DAY)), "revoked");
    assert_eq!(code(2, &|_| Target::KeySince(anna, NOW)), "released", "signed before");
    assert_eq!(code(2, &|_| Target::KeySince(espoo, 1)), "revoked", "a key on the way");
    assert_eq!(Refusal::Revoked.outward(), Outward::Denied);
}

#[test]
fn an_honest_delegation_of_each_length_is_accepted() {
    assert_eq!(child(|_, _| {}), "released");
    let mut scene = Scene::new();
    let chain = scene.world.chain(4);
    assert_eq!(scene.code(chain, vec![wanted("resident", &["first_names"])]), "released");
}

#[test]
fn a_link_belongs_below_the_one_above_it() {
    assert_eq!(child(|_, grant| grant.parent = Some(ObjectId::new([1; 32]))), "chain-parent");
    assert_eq!(child(|_, grant| grant.parent = None), "chain-parent");
    assert_eq!(child(|_, grant| grant.subject = PodId::new([9; 16])), "chain-subject");
    // Its words must not be somebody else's: the log shows who passed the grant on.
    assert_eq!(child(|scene, grant| grant.issuer = scene.world.anna_log().principal()), "chain-issuer");
    let mut scene = Scene::new();
    act_as_processor(&mut scene);
    let mut chain = scene.world.chain(2);
    let stolen = (**chain.pop().unwrap()).clone();
    chain.push(Arc::new(Verified::sign(&scene.world.mallory, stolen)));
    assert_eq!(code_of(&mut scene, chain, &["first_names"]), "chain-confirmation");
}

#[test]
fn no_field_of_a_child_is_wider() {
    let raw = |names: &[&str]| vec![Permission::Raw(of("resident"), fields(names))];
    let derived = |predicate| vec![Permission::Derived(of("child-health"), vec![predicate])];
    assert_eq!(child(|_, grant| grant.permissions = raw(&["first_names", "last_name"])), "chain-wider");
    assert_eq!(
        child(|_, grant| grant.permissions = vec![Permission::Raw(of("library"), fields(&["loans"]))]),
        "chain-wider"
    );
    let back = vec![Permission::Raw(of("child-health"), fields(&["allergies"]))];
    assert_eq!(child(|_, grant| grant.permissions = back), "chain-wider", "raw from derived");
    assert_eq!(child(|_, grant| grant.permissions = derived(exists("?allergic", "diagnoses"))), "chain-wider");
    let other_constant = derived(age("?allergic", "allergies", 3, "2026-09-21"));
    assert_eq!(child(|_, grant| grant.permissions = other_constant), "chain-wider");
    assert_eq!(child(|_, grant| grant.purposes.push(purpose("dpv:Marketing"))), "chain-purpose");
    assert_eq!(child(|_, grant| grant.expires += 1), "chain-window");
    assert_eq!(child(|_, grant| grant.issued = NOW - 2 * DAY), "chain-window");
    assert_eq!(child(|_, grant| grant.limits.depth = 3), "chain-depth");
    assert_eq!(child(|_, grant| grant.limits.uses = Some(101)), "chain-limits");
    assert_eq!(child(|_, grant| grant.limits.uses = None), "chain-limits");
    assert_eq!(child(|_, grant| grant.limits.rate = None), "chain-limits");
    assert_eq!(child(|_, grant| grant.limits.rate = Some((11, 3600))), "chain-limits");
    assert_eq!(child(|_, grant| grant.limits.rate = Some((10, 3599))), "chain-limits");
    assert_eq!(child(|_, grant| grant.limits.retention_secs = Some(31 * DAY)), "chain-limits");
    assert_eq!(child(|_, grant| grant.limits.retention_secs = None), "chain-limits");
    assert_eq!(child(|_, grant| grant.limits.organisations = None), "chain-limits");
    let one_more = |scene: &Scene, grant: &mut Grant| {
        grant.limits.organisations.as_mut().unwrap().push(scene.world.holder());
    };
    assert_eq!(child(one_more), "chain-limits");
    assert_eq!(child(|_, grant| grant.legal_basis = Some(purpose("eu-gdpr:A6-1-e"))), "chain-purpose");
}

#[test]
fn a_raw_field_may_become_an_answer_about_it() {
    let narrower = vec![Permission::Derived(of("resident"), vec![age("?adult", "birth_date", 18, "2026-09-21")])];
    let mut scene = Scene::new();
    act_as_processor(&mut scene);
    let chain = scene.chain_with(2, |grant| grant.permissions = narrower);
    assert_eq!(code_of(&mut scene, chain.clone(), &["?adult"]), "released");
    assert_eq!(code_of(&mut scene, chain, &["birth_date"]), "not-granted");
}

#[test]
fn a_grant_that_may_not_be_passed_on_is_not() {
    let mut scene = Scene::new();
    act_as_processor(&mut scene);
    let root = Arc::new(Verified::sign(&scene.world.anna, scene.world.root()));
    let child = scene.world.child(&root, &scene.world.espoo, &scene.world.processor);
    let chain = vec![root, Arc::new(Verified::sign(&scene.world.espoo, child))];
    assert_eq!(code_of(&mut scene, chain, &["first_names"]), "chain-depth");
}

#[test]
fn a_grant_goes_to_members_that_the_citizen_allowed() {
    assert_eq!(child(|scene, grant| grant.confirmation = thumbprint(&scene.world.mallory)), "chain-organisation");
    let mut scene = Scene::new();
    act_as_processor(&mut scene);
    let mut wide = scene.world.wide_root();
    wide.limits.organisations = Some(vec![scene.world.archive_organisation()]);
    let root = Arc::new(Verified::sign(&scene.world.anna, wide));
    let child = scene.world.child(&root, &scene.world.espoo, &scene.world.processor);
    let chain = vec![root, Arc::new(Verified::sign(&scene.world.espoo, child))];
    assert_eq!(code_of(&mut scene, chain, &["first_names"]), "chain-organisation");
}

#[test]
fn a_chain_is_short_and_has_no_loop() {
    let mut scene = Scene::new();
    let mut chain = scene.world.chain(4);
    let fifth = scene.world.child(&chain[3], &scene.world.espoo, &scene.world.processor);
    chain.push(Arc::new(Verified::sign(&scene.world.espoo, fifth)));
    let asked = || vec![wanted("resident", &["first_names"])];
    assert_eq!(scene.code(chain.clone(), asked()), "claim-range", "a request cannot even name five");
    let facts = ChainFacts {
        standing: &scene.world.standing(),
        holder: &scene.world.holder(),
        taken_secs: &[],
        organisation_of: &|key| scene.world.organisation_of(key),
        revocations_fresh: true,
        now_secs: NOW,
    };
    assert_eq!(check(&chain, &facts).unwrap_err().code(), "chain-too-long");
    assert_eq!(check(&[], &facts).unwrap_err().code(), "chain-not-root");
    let one = scene.world.chain(1);
    let twice = vec![one[0].clone(), one[0].clone()];
    assert_eq!(scene.code(twice, vec![wanted("resident", &["first_names"])]), "chain-loop");
}

#[test]
fn a_delegated_chain_needs_a_fresh_view_of_revocations() {
    let mut scene = Scene::new();
    scene.fresh = false;
    let asked = || vec![wanted("resident", &["first_names"])];
    let chain = scene.world.chain(4);
    assert_eq!(scene.code(chain, asked()), "chain-stale-revocations");
    let chain = scene.granted(scene.world.root());
    assert_eq!(scene.code(chain, asked()), "released", "the holder of the grant hears of it first");
}

#[test]
fn uses_and_rate_are_counted_within_one_request_too() {
    let mut scene = Scene::new();
    let key = SigningKey::from_seed(&scene.world.espoo.seed());
    let mut codes = |uses, rate, used, items: usize| {
        let mut grant = scene.world.root();
        (grant.limits.uses, grant.limits.rate) = (uses, rate);
        grant.cti = Cti::new(pod_crypto::random_array(&pod_crypto::SystemRandom));
        let chain = scene.granted(grant);
        scene.used = used;
        let asked = vec![(chain, vec![wanted("resident", &["first_names"])]); items];
        let selection = scene.ask(&key, asked, |_| {}).unwrap();
        selection
            .items()
            .iter()
            .map(|item| item.as_ref().map_or_else(|refusal| refusal.code(), |_| "released"))
            .collect::<Vec<_>>()
    };
    let fresh = LinkUse::default();
    assert_eq!(codes(Some(2), None, fresh, 3), ["released", "released", "limit"]);
    assert_eq!(codes(None, Some((1, 60)), fresh, 2), ["released", "limit"]);
    assert_eq!(codes(Some(2), None, LinkUse { total: 1, recent: 0 }, 2), ["released", "limit"]);
    assert_eq!(codes(Some(2), None, LinkUse { total: u64::MAX, recent: 0 }, 1), ["limit"]);
    assert_eq!(codes(None, Some((5, 60)), LinkUse { total: 90, recent: 5 }, 1), ["limit"]);
    assert_eq!(codes(None, None, LinkUse { total: 90, recent: 90 }, 2), ["released", "released"]);
    assert_eq!(code::<()>(Err(Refusal::Limit)), "limit");
}

#[test]
fn a_parents_limit_counts_for_all_its_children() {
    let mut scene = Scene::new();
    act_as_processor(&mut scene);
    let mut wide = scene.world.wide_root();
    wide.limits.uses = Some(1);
    let root = Arc::new(Verified::sign(&scene.world.anna, wide));
    let child = || {
        let grant = scene.world.child(&root, &scene.world.espoo, &scene.world.processor);
        vec![root.clone(), Arc::new(Verified::sign(&scene.world.espoo, grant))]
    };
    let asked = vec![
        (child(), vec![wanted("resident", &["first_names"])]),
        (child(), vec![wanted("resident", &["first_names"])]),
    ];
    let key = SigningKey::from_seed(&scene.world.processor.seed());
    let selection = scene.ask(&key, asked, |_| {}).unwrap();
    assert!(selection.items()[0].is_ok());
    assert_eq!(selection.items()[1].as_ref().unwrap_err().code(), "limit");
}
