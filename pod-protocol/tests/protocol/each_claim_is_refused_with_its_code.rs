//! Each claim that is missing, mistyped, out of range or unknown is refused, and the refusal names it.

use pod_protocol::access_request::{AccessRequest, Ask};
use pod_protocol::codec::Cbor;
use pod_protocol::holder_entry::HolderEntry;
use pod_protocol::refusal::ClaimFault;
use pod_protocol::statement::{Endpoint, Membership, Profile, RegisteredFields, Role, ShortName};
use pod_protocol::{Payload, Refusal};

use crate::support::*;

fn claim_of(refusal: Refusal) -> i64 {
    match refusal {
        Refusal::Claim(
            ClaimFault::Missing { claim }
            | ClaimFault::WrongType { claim }
            | ClaimFault::OutOfRange { claim }
            | ClaimFault::Empty { claim }
            | ClaimFault::Repeated { claim }
            | ClaimFault::Wildcard { claim }
            | ClaimFault::Unknown { claim },
        ) => claim,
        other => panic!("{other} is about no claim"),
    }
}

/// `claims` with `claim` set to `value` is refused as `code`.
fn refused<T: Payload + std::fmt::Debug>(claims: &T, claim: i64, value: Option<Cbor>, code: &str) {
    let refusal = refusal_of::<T>(with(claims.to_cbor(), claim, value));
    assert_eq!((refusal.code(), claim_of(refusal)), (code, claim));
}

/// `claims`, which their own type can say and the protocol does not allow, are refused as `code` about `claim`.
fn not_sayable<T: Payload + std::fmt::Debug>(claims: &T, claim: i64, code: &str) {
    let refusal = refusal_of::<T>(claims.to_cbor());
    assert_eq!((refusal.code(), claim_of(refusal)), (code, claim));
}

fn text(text: &str) -> Option<Cbor> {
    Some(Cbor::Text(text.to_owned()))
}

fn bytes<const N: usize>(bytes: [u8; N]) -> Cbor {
    Cbor::Bytes(bytes.to_vec())
}

fn each_needed<T: Payload + std::fmt::Debug>(claims: &T, optional: &[i64]) {
    let Cbor::Map(entries) = claims.to_cbor() else { panic!("claims are a map") };
    for (claim, _) in entries {
        let claim = i64::try_from(claim.as_integer().unwrap()).unwrap();
        if !optional.contains(&claim) {
            refused(claims, claim, None, "claim-missing");
            refused(claims, claim, Some(Cbor::Map(vec![(1.into(), 1.into()), (2.into(), 2.into())])), "claim-type");
        }
    }
    refused(claims, -79_999, Some(Cbor::Null), "claim-unknown");
    assert_eq!(refusal_of::<T>(Cbor::Array(vec![])).code(), "claim-type");
}

#[test]
fn every_claim_must_be_there_and_no_other() {
    each_needed(&helsinki(), &[]);
    each_needed(&espoo_profile(), &[-70212, -70213]);
    each_needed(&access_request(), &[-70226]);
    each_needed(&entry(), &[]);
}

fn entry() -> HolderEntry {
    HolderEntry { holder: principal(HELSINKI), expires: NOW + DAY, issued: NOW, tag: [4; 16], sealed: None }
}

#[test]
fn windows_are_bounded() {
    for (issued, expires, code) in [
        (NOW, NOW, "claim-range"),
        (NOW, NOW - 1, "claim-range"),
        (NOW, NOW + 400 * DAY + 1, "claim-range"),
        (NOW, 1 << 53, "claim-range"),
    ] {
        not_sayable(&Membership { issued, expires, ..helsinki() }, 4, code);
        not_sayable(&Profile { issued, expires, ..espoo_profile() }, 4, code);
        not_sayable(&AccessRequest { issued, expires, ..access_request() }, 4, code);
        not_sayable(&HolderEntry { issued, expires, ..entry() }, 4, code);
    }
    not_sayable(&Membership { issued: 0, ..helsinki() }, 6, "claim-range");
    not_sayable(&AccessRequest { expires: NOW + 93 * DAY, ..access_request() }, 4, "claim-range");
}

#[test]
fn memberships_are_refused() {
    let good = helsinki();
    refused(&good, 1, text("helsinki"), "claim-type");
    refused(&good, -70200, text("Helsinki"), "claim-type");
    refused(&good, -70201, Some(Cbor::Array(vec![])), "claim-empty");
    refused(&good, -70201, Some(Cbor::Array(vec![bytes([0; 31])])), "claim-type");
    // The identity point: anybody can sign for it.
    let mut identity = [0; 32];
    identity[0] = 1;
    refused(&good, -70201, Some(Cbor::Array(vec![bytes(identity)])), "claim-range");
    let key = bytes(key(HELSINKI).public_key().to_bytes());
    refused(&good, -70201, Some(Cbor::Array(vec![key.clone(), key])), "claim-repeated");
    refused(&good, -70202, Some(Cbor::Array(vec![])), "claim-empty");
    refused(&good, -70202, Some(Cbor::Array(vec![Cbor::Text("king".into())])), "claim-type");
    not_sayable(&Membership { roles: vec![Role::Holder, Role::Holder], ..helsinki() }, -70202, "claim-repeated");
    not_sayable(&Membership { depth: 1, ..helsinki() }, -70203, "claim-range");
    not_sayable(&Membership { depth: 0, ..region() }, -70203, "claim-range");
    not_sayable(&Membership { depth: 3, ..region() }, -70203, "claim-range");
    refused(&good, -70204, Some(0.into()), "claim-type");
}

#[test]
fn profiles_are_refused() {
    let good = espoo_profile();
    refused(&good, -70211, Some(Cbor::Array(vec![])), "claim-empty");
    refused(&good, -70211, Some(Cbor::Array(vec![Cbor::Text("http://aitta.example".into())])), "claim-type");
    refused(&good, -70212, Some(bytes([1; 31])), "claim-type");
    refused(&good, -70213, Some(Cbor::Array(vec![])), "claim-empty");
    let again = || good.endpoints.iter().chain(&good.endpoints).cloned().collect();
    not_sayable(&Profile { endpoints: again(), ..good.clone() }, -70211, "claim-repeated");
    let with_service = |change: &dyn Fn(&mut pod_protocol::statement::ServiceEntry)| {
        let mut entry = service();
        change(&mut entry);
        profile(ESPOO, vec![entry])
    };
    let nothing = RegisteredFields { record_type: record_type("resident"), raw: vec![], derived: vec![] };
    not_sayable(&with_service(&|entry| entry.keys.clear()), -70213, "claim-empty");
    not_sayable(&with_service(&|entry| entry.purposes.clear()), -70213, "claim-empty");
    not_sayable(&with_service(&|entry| entry.fields.clear()), -70213, "claim-empty");
    not_sayable(&with_service(&|entry| entry.fields = vec![nothing.clone()]), -70213, "claim-empty");
    not_sayable(&with_service(&|entry| entry.max_retention_secs = 0), -70213, "claim-range");
    not_sayable(&with_service(&|entry| entry.purposes = vec![entry.purposes[0].clone(); 2]), -70213, "claim-repeated");
    not_sayable(&with_service(&|entry| entry.fields = vec![entry.fields[0].clone(); 2]), -70213, "claim-repeated");
    not_sayable(&profile(ESPOO, vec![service(), service()]), -70213, "claim-repeated");
    // One key for two services: nobody could tell which one signs.
    let other = pod_protocol::statement::ServiceEntry { principal: principal(STRANGER), ..service() };
    not_sayable(&profile(ESPOO, vec![service(), other]), -70213, "claim-repeated");
}

#[test]
fn access_requests_are_refused() {
    let good = access_request();
    let with_ask = |change: &dyn Fn(&mut Ask)| {
        let mut request = access_request();
        change(&mut request.items[0]);
        request
    };
    not_sayable(&with_ask(&|ask| (ask.required, ask.optional) = (vec![], vec![])), -70221, "claim-empty");
    not_sayable(&with_ask(&|ask| ask.optional = fields(&["allergies"])), -70221, "claim-repeated");
    not_sayable(&with_ask(&|ask| ask.optional = fields(&["allergies.substance"])), -70221, "claim-repeated");
    not_sayable(&with_ask(&|ask| ask.required_predicates = vec![predicate("?a", "b"); 2]), -70221, "claim-repeated");
    not_sayable(&AccessRequest { items: vec![], ..good.clone() }, -70221, "claim-empty");
    not_sayable(&AccessRequest { items: vec![good.items[0].clone(); 2], ..good.clone() }, -70221, "claim-repeated");
    not_sayable(&AccessRequest { retention_secs: 0, ..good.clone() }, -70223, "claim-range");
    not_sayable(&AccessRequest { validity_secs: 0, ..good.clone() }, -70224, "claim-range");
    not_sayable(&AccessRequest { validity_secs: 401 * DAY, ..good.clone() }, -70224, "claim-range");
    not_sayable(&AccessRequest { holders: Some(vec![]), ..good.clone() }, -70226, "claim-empty");
    not_sayable(&AccessRequest { depth: 1, ..good.clone() }, -70227, "claim-range");
    not_sayable(&AccessRequest { delegatees: vec![principal(PROCESSOR)], ..good.clone() }, -70227, "claim-range");
    let far = AccessRequest { depth: 4, delegatees: vec![principal(PROCESSOR)], ..good.clone() };
    not_sayable(&far, -70227, "claim-range");
    refused(&good, -70227, Some(0.into()), "claim-range");
    refused(&good, -70222, text("dpv:*"), "claim-wildcard");
    refused(&good, 8, Some(Cbor::Map(vec![(1.into(), bytes([1; 32]))])), "claim-unknown");
    let everything = Cbor::Array(vec![
        Cbor::Text("child-health".into()),
        Cbor::Array(vec![Cbor::Text("*".into())]),
        Cbor::Array(vec![]),
        Cbor::Array(vec![]),
        Cbor::Array(vec![]),
    ]);
    refused(&good, -70221, Some(Cbor::Array(vec![everything])), "claim-wildcard");
}

#[test]
fn holder_entries_of_another_size_are_refused() {
    refused(&entry(), -70231, Some(bytes([0; 100])), "claim-type");
    refused(&entry(), -70230, Some(bytes([0; 15])), "claim-type");
}

#[test]
fn endpoints_that_readers_of_urls_disagree_about_are_refused() {
    for good in [
        "https://aitta.hel.fi",
        "https://aitta.hel.fi:8443/v1",
        "https://[2001:db8::1]:8443",
        "http://127.0.0.1:8080",
        "http://127.0.0.1/",
        "/dns4/aitta.hel.fi/udp/4001/quic-v1",
    ] {
        assert!(good.parse::<Endpoint>().is_ok(), "{good}");
    }
    for bad in [
        "",
        "/",
        "aitta.hel.fi",
        "https://",
        "https:///path",
        "https://aitta.hel.fi:0",
        "https://aitta.hel.fi:65536",
        "https://aitta.hel.fi:",
        "https://user@aitta.hel.fi",
        "https://aitta.hel.fi\\@evil.example",
        "https://aitta.hel.fi?query",
        "https://aitta.hel.fi/#fragment",
        "https://Aitta.hel.fi",
        "https://aitta..fi",
        "https://aitta.hel.fi/ space",
        "https://[not-an-address]",
        "http://aitta.hel.fi",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "http://localhost",
        "javascript:alert(1)",
        "/dns4/aitta hel",
    ] {
        assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
    }
    assert!(format!("https://{}.fi", "a.".repeat(200)).parse::<Endpoint>().is_err());
}

#[test]
fn short_names_are_plain() {
    for good in ["helsinki", "hus-2", "a"] {
        assert!(good.parse::<ShortName>().is_ok(), "{good}");
    }
    for bad in ["", "-a", "a-", "2a", "Helsinki", "päijät-häme", "a b", "../etc", &"a".repeat(41)] {
        assert!(bad.parse::<ShortName>().is_err(), "{bad}");
    }
}
