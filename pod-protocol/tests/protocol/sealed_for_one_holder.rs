//! What goes through the log for a holder's eyes: nobody else learns what it is, nor for whom.

use pod_crypto::hpke::SealPublicKey;
use pod_protocol::ids::{Cti, GrantId, ObjectId};
use pod_protocol::key_event::{DeviceKey, KeyChange, KeyEvent, Roles};
use pod_protocol::revocation::{Revocation, Target};
use pod_protocol::tlog::leaf::{Body, Leaf, SEALED_BYTES, Sealed};
use pod_protocol::tlog::post::{
    LogPost, MAX_POSTED, PostFault, Posted, SealedFault, items_from_bytes, items_to_bytes, seal_key,
};
use pod_protocol::{Refusal, Signed, Verified};

use crate::support::*;

fn revocation() -> Verified<Revocation> {
    let claims = Revocation {
        issuer: principal(CITIZEN),
        audience: principal(HELSINKI),
        issued: NOW,
        cti: Cti::new([1; 16]),
        target: Target::Grant(GrantId::new([2; 32])),
    };
    Verified::sign(&key(CITIZEN), claims)
}

fn event(devices: u8) -> Vec<u8> {
    let devices = (0..devices)
        .map(|of| DeviceKey { key: key(of + 1).public_key(), roles: Roles { sign: true, manage: true } })
        .collect();
    let change = KeyChange::Inception {
        organisation: Some(principal(HELSINKI)),
        devices,
        next: vec![[1; 32]],
        threshold: 1,
        recovery: vec![],
        salt: [0; 16],
    };
    signed(1, KeyEvent { seq: 0, previous: None, time_secs: NOW, change })
}

#[test]
fn the_holder_opens_it_and_nobody_else() {
    let revocation = revocation();
    let posted = Posted::Revocation(revocation.bytes().to_vec());
    let sealed = posted.seal(&seal_key(&key(HELSINKI)).public_key(), &random(1)).unwrap();
    assert_eq!(sealed.id, revocation.id());
    assert_eq!(Posted::open(&sealed, &seal_key(&key(HELSINKI))), Ok(posted));
    assert_eq!(Posted::open(&sealed, &seal_key(&key(ESPOO))), Err(SealedFault::Closed));
    // Under another id, or with a bit changed, it is nothing.
    let renamed = Sealed { id: ObjectId::new([9; 32]), ..sealed.clone() };
    assert_eq!(Posted::open(&renamed, &seal_key(&key(HELSINKI))), Err(SealedFault::Closed));
    let mut changed = sealed.clone();
    changed.sealed[100] ^= 1;
    assert_eq!(Posted::open(&changed, &seal_key(&key(HELSINKI))), Err(SealedFault::Closed));
}

#[test]
fn all_look_alike() {
    let to = seal_key(&key(HELSINKI)).public_key();
    let kinds = [
        Posted::Revocation(revocation().bytes().to_vec()),
        Posted::KeyEvent { principal: principal(CITIZEN), event: event(1) },
        Posted::KeyEvent { principal: principal(CITIZEN), event: event(12) },
    ];
    let leaves = kinds.map(|posted| {
        let sealed = posted.seal(&to, &random(2)).unwrap();
        assert_eq!((sealed.sealed.len(), Posted::open(&sealed, &seal_key(&key(HELSINKI)))), (SEALED_BYTES, Ok(posted)));
        Leaf { time_secs: NOW, body: Body::Sealed(sealed) }.to_bytes()
    });
    assert!(leaves.iter().all(|leaf| leaf.len() == leaves[0].len()));
    // Nothing of the holder, the citizen or the grant stands in a leaf.
    for leaf in &leaves {
        for name in [principal(HELSINKI), principal(CITIZEN)] {
            assert!(!leaf.windows(32).any(|window| window == name.as_bytes()));
        }
    }
}

#[test]
fn what_does_not_fit_or_is_something_else_is_not_sealed() {
    let to = seal_key(&key(HELSINKI)).public_key();
    let long = Posted::KeyEvent { principal: principal(CITIZEN), event: event(64) };
    assert_eq!(long.seal(&to, &random(1)), Err(PostFault::TooLong));
    let other = Posted::Revocation(signed(CITIZEN, grant(HELSINKI)));
    assert!(matches!(other.seal(&to, &random(1)), Err(PostFault::Refused(Refusal::Envelope(_)))));
    let posted = Posted::Revocation(revocation().bytes().to_vec());
    assert_eq!(posted.seal(&SealPublicKey([0; 32]), &random(1)), Err(PostFault::Key));
}

#[test]
fn posts_are_counted_by_member() {
    let to = seal_key(&key(HELSINKI)).public_key();
    let item = Posted::Revocation(revocation().bytes().to_vec()).seal(&to, &random(1)).unwrap();
    let post = |count: usize| LogPost {
        issuer: principal(ESPOO),
        audience: principal(9),
        issued: NOW,
        cti: Cti::new([3; 16]),
        items: vec![item.clone(); count],
    };
    let full = signed(ESPOO, post(MAX_POSTED));
    assert_eq!(Signed::<LogPost>::decode(&full).unwrap().unverified().items.len(), MAX_POSTED);
    assert_eq!(items_from_bytes(&items_to_bytes(&post(3).items)).unwrap(), post(3).items);
    for count in [0, MAX_POSTED + 1] {
        let refused = items_from_bytes(&items_to_bytes(&post(count).items)).unwrap_err();
        assert_eq!(refused.code(), if count == 0 { "claim-empty" } else { "claim-range" });
    }
}

#[test]
fn a_long_statement_stands_in_several_leaves() {
    let statement: Vec<u8> = (0..200_000_u32).map(|byte| byte.to_le_bytes()[0]).collect();
    let leaves = Leaf::statement(NOW, &statement);
    let mut whole = Vec::new();
    for (number, leaf) in (0..).zip(&leaves) {
        let read = Leaf::from_bytes(&leaf.to_bytes()).unwrap();
        assert_eq!(read, *leaf);
        let Body::Statement { part, parts, bytes } = read.body else { panic!("a statement") };
        assert_eq!((part, parts), (number, 4));
        whole.extend(bytes);
    }
    assert_eq!(whole, statement);
    let beyond = Leaf { time_secs: NOW, body: Body::Statement { part: 4, parts: 4, bytes: vec![1] } };
    assert_eq!(Leaf::from_bytes(&beyond.to_bytes()).unwrap_err().code(), "claim-range");
}
