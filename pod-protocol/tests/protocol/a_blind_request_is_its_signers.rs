//! A blind request says whose tags are wanted by its signature alone, and counts once, here and now.

use pod_crypto::blind::{BlinderKey, Blinding};
use pod_protocol::blind_request::{BlindAnswer, BlindRequest, MAX_BLIND_INPUTS, MAX_BLIND_REQUEST_LIFETIME_SECS};
use pod_protocol::ids::{Cti, base64url, from_base64url};
use pod_protocol::inspect::inspect;
use pod_protocol::{Payload, Refusal, Signed, Verified};

use crate::support::*;

const BLINDER: u8 = 9;

fn request() -> BlindRequest {
    BlindRequest {
        issuer: principal(HELSINKI),
        audience: principal(BLINDER),
        expires: NOW + 60,
        issued: NOW,
        cti: Cti::new([7; 16]),
        epoch: 1,
        inputs: vec![Blinding::blind(b"010190-999A", &random(3)).unwrap().1],
    }
}

#[track_caller]
fn refused(claims: BlindRequest, code: &str) {
    assert_eq!(Signed::<BlindRequest>::decode(&signed_unchecked(HELSINKI, claims)).unwrap_err().code(), code);
}

#[test]
fn it_says_after_the_wire_what_it_said_before() {
    let bytes = signed(HELSINKI, request());
    let read = Signed::<BlindRequest>::decode(&bytes).unwrap().verify(&key(HELSINKI).public_key()).unwrap();
    assert_eq!(*read, request());
    assert_eq!(Verified::sign(&key(HELSINKI), read.into_claims()).bytes(), bytes);
    let full = BlindRequest { inputs: vec![[1; 32]; MAX_BLIND_INPUTS], ..request() };
    assert!(Signed::<BlindRequest>::decode(&signed(HELSINKI, full)).is_ok());
}

#[test]
fn what_is_wrong_has_a_code() {
    refused(BlindRequest { inputs: Vec::new(), ..request() }, "claim-empty");
    refused(BlindRequest { inputs: vec![[1; 32]; MAX_BLIND_INPUTS + 1], ..request() }, "cbor-too-many-items");
    refused(BlindRequest { expires: NOW, ..request() }, "claim-range");
    refused(BlindRequest { expires: NOW + MAX_BLIND_REQUEST_LIFETIME_SECS + 1, ..request() }, "claim-range");
    assert_eq!(request().check(&principal(BLINDER), NOW), Ok(()));
    assert_eq!(request().check(&principal(ESPOO), NOW), Err(Refusal::Audience));
    assert_eq!(request().check(&principal(BLINDER), NOW + 60), Err(Refusal::Expired));
    assert_eq!(request().check(&principal(BLINDER), NOW - 61), Err(Refusal::NotYetIssued));
}

#[test]
fn answers_keep_their_order() {
    let blinder = BlinderKey::from_seed(&[1; 32]).unwrap();
    let evaluate = |input: &[u8]| {
        let (_, blinded) = Blinding::blind(input, &random(3)).unwrap();
        blinder.evaluate(&blinded, b"info", &random(4)).unwrap()
    };
    let answer = BlindAnswer { evaluations: vec![evaluate(b"a"), evaluate(b"b")] };
    assert_eq!(BlindAnswer::from_bytes(&answer.to_bytes()), Ok(answer.clone()));
    let none = BlindAnswer { evaluations: Vec::new() };
    assert_eq!(BlindAnswer::from_bytes(&none.to_bytes()), Ok(none));
    let full = BlindAnswer { evaluations: vec![evaluate(b"a"); MAX_BLIND_INPUTS] };
    assert_eq!(BlindAnswer::from_bytes(&full.to_bytes()), Ok(full));
    assert_eq!(BlindAnswer::from_bytes(b"\x81\x81\x40").unwrap_err().code(), "claim-type");
    assert_eq!(BlindAnswer::from_bytes(b"\x01").unwrap_err().code(), "claim-type");
}

#[test]
fn its_page_shows_what_is_signed() {
    let page = include_str!("../../../docs/protocol/blind-request.md");
    let (_, rest) = page.split_once("```base64url\n").expect("the page has an example");
    let (block, _) = rest.split_once("```").expect("the block ends");
    let bytes = signed(HELSINKI, request());
    let text = base64url(&bytes);
    let lines: Vec<&str> = text.as_bytes().chunks(100).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let shown = from_base64url(&block.replace('\n', "")).unwrap_or_default();
    assert!(shown == bytes, "the page should show\n{}\n", lines.join("\n"));
    let inspection = inspect(&bytes);
    assert!(inspection.title.starts_with("a blind request"));
    assert!(inspection.lines.contains(&"It has 1 inputs; who they are about cannot be seen.".to_owned()));
    assert_eq!(inspection.json["typ"], BlindRequest::TYP);
}
