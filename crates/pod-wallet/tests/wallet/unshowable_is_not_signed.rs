//! The wallet refuses to sign what it cannot show.

use pod_protocol::access_request::AccessRequest;
use pod_protocol::codec::{Cbor, decode, encode};
use pod_protocol::cose::Verified;
use pod_protocol::ids::Principal;
use pod_protocol::refusal::ClaimFault;
use pod_protocol::{Payload, Refusal};
use pod_wallet::decide::{Choice, ChoiceFault, HolderChoice, agree, deny};
use pod_wallet::review::{Review, ReviewFault};

use crate::world::{HELSINKI, NOW, POD, World, key, request};

#[test]
fn a_field_without_a_label() {
    let world = World::new();
    let signer = world.signer_at(HELSINKI);
    let mut odd = request();
    odd.items[0].optional.push("blood_group".parse().unwrap());
    odd.items[1].record_type = "secret-register".parse().unwrap();
    let review = world.review(&odd);
    assert!(!review.is_signable());
    let codes: Vec<_> = review.problems().iter().map(|problem| problem.code()).collect();
    assert_eq!(codes, ["unknown-field", "unknown-type", "unknown-question-field"]);
    // Not even the part that could be shown.
    let holders = vec![HolderChoice { pod: POD, signer: &signer, record_types: None }];
    let choice = Choice { holders, leave_out_over_asked: true, ..Choice::default() };
    let fault = agree(&review, &choice, NOW, &world.random).unwrap_err();
    assert_eq!(fault, ChoiceFault::Unshowable("unknown-field"));
    // But it can be denied.
    deny(&review, false, NOW, &world.random).unwrap();
}

#[test]
fn somebody_who_is_no_member() {
    let world = World::new();
    let stranger = Principal::new([200; 32]);
    let review = world.review(&AccessRequest {
        holders: Some(vec![stranger]),
        depth: 1,
        delegatees: vec![stranger],
        ..request()
    });
    let codes: Vec<_> = review.problems().iter().map(|problem| problem.code()).collect();
    assert_eq!(codes, ["unknown-holder", "unknown-delegatee"]);
}

/// An access request with one claim more than anybody knows.
struct WithMore(AccessRequest);

impl Payload for WithMore {
    const TYP: &'static str = AccessRequest::TYP;

    fn to_cbor(&self) -> Cbor {
        let Cbor::Map(mut entries) = self.0.to_cbor() else { panic!("claims are a map") };
        entries.push(((-70299).into(), Cbor::Bool(true)));
        decode(&encode(&Cbor::Map(entries)), pod_protocol::codec::OBJECT_LIMITS).unwrap()
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        AccessRequest::from_cbor(item).map(Self)
    }
}

#[test]
fn a_claim_that_nobody_knows() {
    let world = World::new();
    let signed = Verified::sign_unchecked(&key(90), WithMore(request()));
    let fault = Review::of(signed.bytes(), &world.registry, &world.labels, NOW).unwrap_err();
    let unknown = Refusal::Claim(ClaimFault::Unknown { claim: -70299 });
    assert_eq!(fault, ReviewFault::Refused(unknown));
    assert_eq!(fault.code(), "claim-unknown");
}

#[test]
fn a_request_that_another_key_signed() {
    let world = World::new();
    let signed = Verified::sign(&key(91), request());
    let fault = Review::of(signed.bytes(), &world.registry, &world.labels, NOW).unwrap_err();
    assert_eq!(fault.code(), "key-unknown");
}

#[test]
fn what_is_shown() {
    let world = World::new();
    let review = world.review(&request());
    let summary = review.summary();
    assert_eq!(summary.service.words.sv, "Esbo småbarnspedagogik");
    assert_eq!(summary.organisation.words.fi, "Espoo");
    assert_eq!(summary.types[0].words.en, "Child health");
    let names = &summary.types[0].names;
    assert!(names[0].required && !names[1].required);
    assert_eq!(names[1].words.fi, "Ruokavalio");
    let question = &summary.types[1].names[0];
    assert!(question.answer_only && !question.required);
    assert_eq!(question.words.en, "Is the age on 2026-08-01 at least 7 years (Birth date)?");
    assert_eq!(question.words.sv, "Är åldern 2026-08-01 minst 7 år (Födelsedatum)?");
    // The whole of it goes to a page or a terminal as JSON.
    let json = serde_json::to_value(summary).unwrap();
    assert_eq!(json["types"][0]["names"][0]["name"], "allergies");
    assert_eq!(json["reason"]["en"], "To cook what your child can eat");
}
