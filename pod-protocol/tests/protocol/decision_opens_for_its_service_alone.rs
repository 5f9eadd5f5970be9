//! A citizen's decision lies with the service's node and says nothing to anybody but the service.

use pod_protocol::decision::{DECISION_STEP_BYTES, Decision, DecisionFault, DecisionOutcome, HolderGrant};
use pod_protocol::grant::Grant;
use pod_protocol::ids::{ObjectId, PodId};
use pod_protocol::refusal::ClaimFault;
use pod_protocol::{Refusal, Verified};

use crate::support::*;
use crate::vectors::world::World;

const REQUEST: ObjectId = ObjectId::new([8; 32]);

fn holder_grant(holder: u8) -> HolderGrant {
    HolderGrant { holder: principal(holder), pod: POD, grant: signed(CITIZEN, grant(holder)) }
}

/// A grant with every limit set, for many fields and both kinds of permission.
fn wide_grant(holder: u8) -> HolderGrant {
    let world = World::new();
    let wide = Grant { audience: principal(holder), subject: POD, ..world.wide_root() };
    HolderGrant { holder: principal(holder), pod: POD, grant: signed(CITIZEN, wide) }
}

fn granted(grants: Vec<HolderGrant>) -> Decision {
    Decision { request: REQUEST, outcome: DecisionOutcome::Granted(grants) }
}

fn denied() -> Decision {
    Decision { request: REQUEST, outcome: DecisionOutcome::Denied { for_good: false } }
}

fn sealed(decision: &Decision) -> Vec<u8> {
    decision.seal(&seal_key(SERVICE).public_key(), &random(1)).unwrap()
}

#[test]
fn the_service_opens_it() {
    for decision in [granted(vec![holder_grant(HELSINKI), holder_grant(ESPOO)]), denied()] {
        assert_eq!(Decision::open(&seal_key(SERVICE), &REQUEST, &sealed(&decision)), Ok(decision));
    }
}

#[test]
fn nobody_else_opens_it() {
    let sealed = sealed(&denied());
    assert_eq!(Decision::open(&seal_key(STRANGER), &REQUEST, &sealed), Err(DecisionFault::Sealed));
    // Left under another access request.
    assert_eq!(Decision::open(&seal_key(SERVICE), &ObjectId::new([9; 32]), &sealed), Err(DecisionFault::Sealed));
    for at in 0..sealed.len() {
        if at % 97 == 0 {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(Decision::open(&seal_key(SERVICE), &REQUEST, &changed), Err(DecisionFault::Sealed));
        }
    }
    assert_eq!(Decision::open(&seal_key(SERVICE), &REQUEST, &[]), Err(DecisionFault::Sealed));
}

#[test]
fn yes_and_no_are_of_one_length() {
    let length = sealed(&denied()).len();
    assert_eq!(length, DECISION_STEP_BYTES + pod_crypto::hpke::SEALED_EXTRA_BYTES);
    assert_eq!(sealed(&granted(vec![holder_grant(HELSINKI)])).len(), length);
    for holders in [2, 4, 8] {
        assert_eq!(sealed(&granted((0..holders).map(wide_grant).collect())).len(), length, "{holders} holders");
    }
}

#[test]
fn a_decision_on_another_request_inside_is_refused() {
    let other = Decision { request: ObjectId::new([9; 32]), ..denied() };
    let mut plain = other.to_bytes();
    plain.push(0x80);
    let to = seal_key(SERVICE).public_key();
    let sealed = pod_crypto::hpke::seal(&to, b"aitta-decision-1", REQUEST.as_bytes(), &plain, &random(2)).unwrap();
    let refused = Refusal::Claim(ClaimFault::OutOfRange { claim: 0 });
    assert_eq!(Decision::open(&seal_key(SERVICE), &REQUEST, &sealed), Err(DecisionFault::Refused(refused)));
}

#[test]
fn what_is_no_decision_is_refused() {
    let code = |decision: &Decision| Decision::from_bytes(&decision.to_bytes()).unwrap_err().code();
    assert_eq!(code(&granted(vec![])), "claim-empty");
    assert_eq!(code(&granted(vec![holder_grant(HELSINKI), holder_grant(HELSINKI)])), "claim-repeated");
    assert_eq!(code(&granted(vec![HolderGrant { holder: principal(ESPOO), ..holder_grant(HELSINKI) }])), "audience");
    assert_eq!(code(&granted(vec![HolderGrant { pod: PodId::new([6; 16]), ..holder_grant(HELSINKI) }])), "unknown-pod");
    let not_a_grant = Verified::sign(&key(CITIZEN), access_request()).bytes().to_vec();
    assert_eq!(code(&granted(vec![HolderGrant { grant: not_a_grant, ..holder_grant(HELSINKI) }])), "cose-typ");
    assert_eq!(Decision::from_bytes(b"\xa0").unwrap_err().code(), "claim-missing");
    assert_eq!(Decision::from_bytes(b"\x80").unwrap_err().code(), "claim-type");
    let mut trailing = denied().to_bytes();
    trailing.push(0);
    assert_eq!(Decision::from_bytes(&trailing).unwrap_err().code(), "cbor-trailing");
}
