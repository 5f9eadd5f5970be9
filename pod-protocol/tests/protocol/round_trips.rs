//! Every object says after the wire what it said before.

use pod_protocol::bucket::Bucket;
use pod_protocol::decision::{Decision, DecisionOutcome, HolderGrant};
use pod_protocol::holder_entry::{HolderEntry, SEALED_HANDLE_BYTES};
use pod_protocol::ids::ObjectId;
use pod_protocol::statement::{Profile, Role};
use pod_protocol::tree_head::TreeHead;
use pod_protocol::{Payload, Signed, Verified};

use crate::support::*;

fn round_trip<T: Payload + Clone + PartialEq + std::fmt::Debug>(claims: T) {
    let made = Verified::sign(&key(ANCHOR), claims.clone());
    let read = Signed::<T>::decode(made.bytes()).unwrap().verify(&key(ANCHOR).public_key()).unwrap();
    assert_eq!(*read, claims);
    assert_eq!(read.id(), made.id());
    assert_eq!(Verified::sign(&key(ANCHOR), read.into_claims()).bytes(), made.bytes());
}

#[test]
fn memberships() {
    round_trip(region());
    let mut suspended = helsinki();
    suspended.suspended = true;
    suspended.keys.push(key(STRANGER).public_key());
    round_trip(suspended);
    round_trip(membership(ANCHOR, STRANGER, "the-directory", &[Role::Directory, Role::Blinder], 0));
}

#[test]
fn profiles() {
    round_trip(espoo_profile());
    round_trip(Profile { catalogue: None, ..profile(HELSINKI, vec![]) });
}

#[test]
fn access_requests() {
    round_trip(access_request());
    let mut for_processors = access_request();
    for_processors.holders = None;
    for_processors.depth = 1;
    for_processors.delegatees = vec![principal(PROCESSOR)];
    round_trip(for_processors);
}

#[test]
fn holder_entries_and_tombstones() {
    let entry = HolderEntry {
        holder: principal(HELSINKI),
        expires: NOW + DAY,
        issued: NOW,
        tag: [4; 16],
        sealed: Some(vec![1; SEALED_HANDLE_BYTES]),
    };
    round_trip(entry.clone());
    round_trip(HolderEntry { sealed: None, ..entry });
}

#[test]
fn tree_heads() {
    round_trip(TreeHead { origin: principal(HELSINKI), size: 17_700, root: [7; 32], time_secs: NOW });
}

#[test]
fn decisions_and_buckets() {
    let grant = HolderGrant { holder: principal(HELSINKI), pod: POD, grant: signed(CITIZEN, grant(HELSINKI)) };
    let outcomes = [
        DecisionOutcome::Granted(vec![grant]),
        DecisionOutcome::Denied { for_good: true },
        DecisionOutcome::Denied { for_good: false },
    ];
    for outcome in outcomes {
        let decision = Decision { request: ObjectId::new([8; 32]), outcome };
        assert_eq!(Decision::from_bytes(&decision.to_bytes()), Ok(decision));
    }
    let empty = Bucket { bits: 3, number: 7, entries: vec![] };
    assert_eq!(Bucket::from_bytes(&empty.to_bytes()), Ok(empty));
}

#[test]
fn a_profile_of_256_services_fits() {
    let services = (0..=255_u8).map(|number| {
        let mut entry = service();
        let mut id = [number; 32];
        id[0] = 99;
        entry.principal = pod_protocol::ids::Principal::new(id);
        entry.keys = vec![pod_crypto::SigningKey::from_seed(&id).public_key()];
        entry
    });
    round_trip(profile(ESPOO, services.collect()));
}

#[test]
fn another_object_of_the_same_shape_is_not_taken_for_it() {
    let head = signed(HELSINKI, TreeHead { origin: principal(HELSINKI), size: 1, root: [7; 32], time_secs: NOW });
    assert_eq!(Signed::<HolderEntry>::decode(&head).unwrap_err().code(), "cose-typ");
}
