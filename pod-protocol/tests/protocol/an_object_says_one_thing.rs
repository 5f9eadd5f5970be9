//! Objects whose parts contradict each other, or that could be written in two ways, are refused where they are read.

use pod_protocol::answer::{ItemAnswer, Outcome, Receipt, check_against_receipt};
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::{Kid, ObjectId, PodId, Principal};
use pod_protocol::predicate::{Predicate, Question};
use pod_protocol::request::Binding;
use pod_protocol::revocation::{Revocation, Target};
use pod_protocol::statement::{MAX_KEYS, Membership};
use pod_protocol::{Outward, Payload, Refusal, Signed, Verified};

use crate::support::key;
use crate::vectors::world::{NOW, World, age, fields, of, wanted};

/// The code with which an object is refused after its own signer wrote it.
fn read<T: Payload>(claims: T) -> &'static str {
    let signed = Verified::sign_unchecked(&World::new().anna, claims);
    Signed::<T>::decode(signed.bytes()).map_or_else(Refusal::code, |_| "accepted")
}

/// Short and long lists are compared in two ways.
#[test]
fn nothing_stands_twice_in_a_list_of_any_length() {
    let world = World::new();
    for length in [2, 8, 9, 40] {
        let mut names: Vec<String> = (0..length).map(|number| format!("field-{number}")).collect();
        let grant = |names: &[String]| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            read(Grant { permissions: vec![Permission::Raw(of("resident"), fields(&names))], ..world.root() })
        };
        assert_eq!(grant(&names), "accepted", "{length}");
        names[length - 1] = names[0].clone();
        assert_eq!(grant(&names), "claim-repeated", "{length}");
    }
}

/// What no reader takes is not signed by mistake: in builds with debug assertions, such as these tests.
#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "no reader takes it")]
fn signing_reads_what_it_wrote() {
    let world = World::new();
    let _ = Verified::sign(&world.anna, Grant { purposes: Vec::new(), ..world.root() });
}

/// The key event is the root's: a child is judged by the key that its parent confirms.
#[test]
fn a_child_names_no_key_event() {
    let (root, parent) = (World::new().root(), Some(ObjectId::new([1; 32])));
    assert_eq!(read(Grant { key_event: 1, ..root.clone() }), "accepted");
    assert_eq!(read(Grant { parent, ..root.clone() }), "accepted");
    assert_eq!(read(Grant { parent, key_event: 1, ..root }), "claim-range");
}

/// A key is dear to check, so that what is too many is refused before any is: these would be refused for repeating, too.
#[test]
fn keys_are_counted_before_they_are_checked() {
    let member = |keys: usize| read(Membership { keys: vec![key(1).public_key(); keys], ..crate::support::helsinki() });
    assert_eq!((member(0), member(1)), ("claim-empty", "accepted"));
    assert_eq!((member(MAX_KEYS), member(MAX_KEYS + 1)), ("claim-repeated", "claim-range"));
}

fn receipt(edit: impl FnOnce(&mut Receipt)) -> &'static str {
    let mut receipt = World::new().receipt(ObjectId::new([1; 32]), ObjectId::new([2; 32]), b"data");
    edit(&mut receipt);
    read(receipt)
}

#[test]
fn a_receipt_does_not_contradict_itself() {
    assert_eq!(receipt(|_| {}), "accepted");
    assert_eq!(receipt(|receipt| receipt.items[0].digest = None), "claim-range", "released without a digest");
    let denied = Outcome::Refused(Outward::Denied);
    assert_eq!(receipt(|receipt| receipt.items[0].outcome = denied), "claim-range", "denied with data");
    assert_eq!(receipt(|receipt| (receipt.items[0].outcome, receipt.items[0].digest) = (denied, None)), "claim-range");
    let clean = |receipt: &mut Receipt| {
        (receipt.items[0].outcome, receipt.items[0].digest) = (denied, None);
        receipt.items[0].released.clear();
    };
    assert_eq!(receipt(clean), "accepted");
    assert_eq!(receipt(|receipt| receipt.items[0].audit_index = receipt.tree_size), "claim-range", "not in the tree");
}

#[test]
fn an_acknowledgement_names_an_entry_of_its_tree() {
    let mut acknowledgement = World::new().acknowledgement(ObjectId::new([1; 32]));
    assert_eq!(read(acknowledgement), "accepted");
    acknowledgement.audit_index = acknowledgement.tree_size;
    assert_eq!(read(acknowledgement), "claim-range");
}

#[test]
fn an_answer_is_what_its_receipt_says() {
    let world = World::new();
    let receipt = world.receipt(ObjectId::new([1; 32]), ObjectId::new([2; 32]), b"data");
    let good = ItemAnswer::Released { salt: [0x5a; 16], data: b"data".to_vec() };
    assert!(check_against_receipt(std::slice::from_ref(&good), &receipt).is_ok());
    let wrong: [&[ItemAnswer]; 5] = [
        &[],
        &[good.clone(), good.clone()],
        &[ItemAnswer::Released { salt: [0x5b; 16], data: b"data".to_vec() }],
        &[ItemAnswer::Released { salt: [0x5a; 16], data: b"date".to_vec() }],
        &[ItemAnswer::Refused(Outward::Denied)],
    ];
    for items in wrong {
        assert_eq!(check_against_receipt(items, &receipt).unwrap_err().code(), "claim-range");
    }
}

/// A revocation is never undone: one of times to come would take back what does not exist yet, for good.
#[test]
fn a_revocation_is_about_the_past() {
    let world = World::new();
    let pod = PodId::new([1; 16]);
    let kid = Kid::new([1; 16]);
    let at = |target| read::<Revocation>(world.revocation(target));
    assert_eq!(at(Target::PodBefore(pod, NOW)), "accepted");
    assert_eq!(at(Target::PodBefore(pod, NOW - 5 + 60)), "accepted", "clocks differ");
    assert_eq!(at(Target::PodBefore(pod, NOW - 5 + 61)), "claim-range");
    assert_eq!(at(Target::PodBefore(pod, 0)), "claim-range");
    assert_eq!(at(Target::KeySince(kid, 1)), "accepted");
    assert_eq!(at(Target::KeySince(kid, 0)), "claim-range");
    assert_eq!(at(Target::KeySince(kid, 1 << 53)), "claim-range");
}

fn grant(edit: impl FnOnce(&mut Grant)) -> &'static str {
    let mut grant = World::new().root();
    edit(&mut grant);
    read(grant)
}

#[test]
fn a_grant_lists_nothing_twice_and_nothing_empty() {
    let twice = Principal::new([1; 32]);
    assert_eq!(grant(|_| {}), "accepted");
    assert_eq!(grant(|grant| grant.purposes.push(grant.purposes[0].clone())), "claim-repeated");
    assert_eq!(grant(|grant| grant.permissions.push(grant.permissions[0].clone())), "claim-repeated");
    assert_eq!(grant(|grant| grant.limits.organisations = Some(vec![twice, twice])), "claim-repeated");
    assert_eq!(grant(|grant| grant.limits.organisations = Some(Vec::new())), "claim-empty");
    assert_eq!(grant(|grant| grant.permissions.clear()), "claim-empty");
    assert_eq!(grant(|grant| grant.purposes.clear()), "claim-empty");
    let raw = |names: &[&str]| vec![Permission::Raw(of("resident"), fields(names))];
    assert_eq!(grant(|grant| grant.permissions = raw(&[])), "claim-empty");
    assert_eq!(grant(|grant| grant.permissions = raw(&["diet", "diet"])), "claim-repeated");
}

#[test]
fn a_grant_has_a_window() {
    assert_eq!(grant(|grant| grant.expires = grant.issued), "claim-range");
    assert_eq!(grant(|grant| grant.expires = grant.issued + 400 * 24 * 3600), "accepted");
    assert_eq!(grant(|grant| grant.expires = grant.issued + 400 * 24 * 3600 + 1), "claim-range");
    assert_eq!(grant(|grant| grant.not_before = Some(grant.issued - 1)), "claim-range");
    assert_eq!(grant(|grant| grant.not_before = Some(grant.expires)), "claim-range");
    assert_eq!(grant(|grant| grant.issued = 0), "claim-range");
    assert_eq!(grant(|grant| (grant.issued, grant.expires) = ((1 << 53) - 1, 1 << 53)), "claim-range");
}

#[test]
fn limits_that_limit_nothing_are_refused() {
    let with = |limits| grant(|grant| grant.limits = limits);
    let none = GrantLimits::default;
    assert_eq!(with(none()), "accepted");
    assert_eq!(with(GrantLimits { uses: Some(0), ..none() }), "claim-range");
    assert_eq!(with(GrantLimits { rate: Some((0, 1)), ..none() }), "claim-range");
    assert_eq!(with(GrantLimits { rate: Some((1, 0)), ..none() }), "claim-range");
    assert_eq!(with(GrantLimits { retention_secs: Some(0), ..none() }), "claim-range");
    assert_eq!(with(GrantLimits { depth: 4, ..none() }), "claim-range");
}

#[test]
fn a_predicates_constant_is_written_in_one_way() {
    let with = |predicate: Predicate| {
        grant(|grant| grant.permissions = vec![Permission::Derived(of("resident"), vec![predicate])])
    };
    assert_eq!(with(age("?adult", "birth_date", 18, "2026-08-01")), "accepted");
    assert_eq!(with(age("?adult", "birth_date", 18, "2028-02-29")), "accepted");
    for day in
        ["2026-+8-01", "+026-08-01", "2026-8-1", "2026-13-01", "2026-02-30", "2026-02-29", "2026-04-31", "2026-00-01"]
    {
        assert_eq!(with(age("?adult", "birth_date", 18, day)), "claim-type", "{day}");
    }
    assert_eq!(with(age("?adult", "birth_date", 151, "2026-08-01")), "claim-type");
    assert_eq!(with(age("?adult", "birth_date", -1, "2026-08-01")), "claim-type");
    let count = |count| Predicate { question: Question::CountAtLeast(count), ..age("?many", "moves", 1, "2026-08-01") };
    assert_eq!(with(count(1)), "accepted");
    assert_eq!(with(count(0)), "claim-type");
}

#[test]
fn a_request_names_what_it_wants() {
    let world = World::new();
    let id = ObjectId::new([1; 32]);
    let with = |chain: Vec<ObjectId>, wanted| read(world.request(chain, wanted));
    assert_eq!(with(vec![id], vec![wanted("resident", &["diet"])]), "accepted");
    assert_eq!(with(vec![id; 5], vec![wanted("resident", &["diet"])]), "claim-range");
    assert_eq!(with(Vec::new(), vec![wanted("resident", &["diet"])]), "claim-empty");
    assert_eq!(with(vec![id], Vec::new()), "claim-empty");
    assert_eq!(with(vec![id], vec![wanted("resident", &[])]), "claim-empty");
    assert_eq!(with(vec![id], vec![wanted("resident", &["diet", "diet"])]), "claim-repeated");
    assert_eq!(with(vec![id], vec![wanted("resident", &["diet"]), wanted("resident", &["moves"])]), "claim-repeated");
    let mut request = world.request(Vec::new(), Vec::new());
    request.items.clear();
    assert_eq!(read(request), "claim-empty");
    let mut request = world.request(vec![id], vec![wanted("resident", &["diet"])]);
    request.items = vec![request.items[0].clone(); 257];
    assert_eq!(read(request.clone()), "cbor-too-many-items");
    request.items.truncate(256);
    assert_eq!(read(request.clone()), "accepted");
    request.binding = Binding::Origin("a".repeat(256));
    assert_eq!(read(request), "claim-range");
}

#[test]
fn identifiers_have_one_text_form() {
    let pod = PodId::new([0xff; 16]).to_string();
    assert!(pod.parse::<PodId>().is_ok());
    // The last character carries four bits of padding, which must be zero.
    let loose = format!("{}x", &pod[..pod.len() - 1]);
    for wrong in [loose.as_str(), &format!("{pod}=="), &pod[4..], &pod.to_uppercase(), "pod:", "ai:AAAA"] {
        assert!(wrong.parse::<PodId>().is_err(), "{wrong}");
    }
}

#[test]
fn what_is_too_large_is_not_even_looked_at() {
    let code = |bytes: &[u8]| Signed::<Grant>::decode(bytes).unwrap_err().code();
    assert_eq!(code(&vec![0xd2; 64 * 1024 + 1]), "cbor-too-large");
    assert_eq!(code(&vec![0xd2; 64 * 1024]), "cbor-tag");
}
