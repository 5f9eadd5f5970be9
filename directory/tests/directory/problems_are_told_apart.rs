//! Problems have stable codes, each with one status and a title in three languages.

use std::collections::HashSet;

use pod_directory::{all_problems, problem_of};
use pod_http::{HeaderValue, Request, header};
use pod_protocol::Refusal;
use pod_protocol::codec::CborFault;
use pod_protocol::refusal::{ChainFault, ClaimFault, EnvelopeFault};

use crate::world::*;

#[test]
fn codes_are_unique_and_titles_complete() {
    let all = all_problems();
    let codes: HashSet<&str> = all.iter().map(|problem| problem.code).collect();
    assert_eq!(codes.len(), all.len());
    // Those that pod-http answers with by itself are others.
    assert!(pod_http::refusals::ALL.iter().all(|problem| !codes.contains(problem.code)));
    for problem in all {
        assert!((400..600).contains(&problem.status), "{}", problem.code);
        assert_eq!(problem.type_uri, format!("urn:aitta:problem:{}", problem.code));
        assert!([problem.title.fi, problem.title.sv, problem.title.en].iter().all(|title| !title.is_empty()));
    }
}

#[test]
fn a_refusal_keeps_its_code() {
    for refusal in [
        Refusal::Cbor(CborFault::Trailing),
        Refusal::Cbor(CborFault::NotUtf8),
        Refusal::Cbor(CborFault::TooManyItems),
        Refusal::Envelope(EnvelopeFault::SignatureLength),
        Refusal::Envelope(EnvelopeFault::Type),
        Refusal::Claim(ClaimFault::Wildcard { claim: 1 }),
        Refusal::Chain { link: 1, fault: ChainFault::Depth },
        Refusal::Key,
        Refusal::UnknownKey,
        Refusal::Signature,
        Refusal::NotYetIssued,
        Refusal::Expired,
        Refusal::Replay,
        Refusal::Audience,
        Refusal::Suspended,
        Refusal::NotAuthorised,
        Refusal::Limit,
        Refusal::TooLarge,
        Refusal::Unavailable,
    ] {
        assert_eq!(problem_of(refusal).code, refusal.code());
    }
    // What neither server says is told by its class.
    assert_eq!(problem_of(Refusal::NotGranted).code, "denied");
    assert_eq!(problem_of(Refusal::UnknownGrant).code, "denied");
}

#[tokio::test]
async fn the_title_is_in_the_callers_language() {
    let world = World::new();
    let directory = world.empty_directory().await;
    let request = Request::post("/v1/statements", "application/cose", b"\xff".to_vec())
        .with_header(header::ACCEPT_LANGUAGE, HeaderValue::from_static("sv"));
    let problem = world.send(&directory.origin, request).await.0.problem().unwrap();
    assert_eq!(problem.title, "Meddelandet följer inte protokollet");
    assert!(problem.trace_id.is_some_and(|id| id.len() == 32));
    let ready = world.get(&directory, "/readiness").await.json();
    assert_eq!(ready["notices"][0]["code"], "no-members");
}
