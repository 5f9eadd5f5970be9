//! Every single bit of one signed object of each kind: flipped, the object is refused.

use pod_crypto::PublicKey;
use pod_protocol::access_request::AccessRequest;
use pod_protocol::answer::Receipt;
use pod_protocol::blind_request::BlindRequest;
use pod_protocol::command::{Acknowledgement, Command};
use pod_protocol::grant::Grant;
use pod_protocol::holder_entry::HolderEntry;
use pod_protocol::key_event::KeyEvent;
use pod_protocol::notice::{Notice, NoticeReceipt};
use pod_protocol::request::Request;
use pod_protocol::revocation::Revocation;
use pod_protocol::statement::{Membership, Profile};
use pod_protocol::tree_head::TreeHead;
use pod_protocol::{Payload, Signed};
use serde_json::Value as Json;

use crate::vectors::{files, unhex};

/// The first case of a file, and the key that it is checked with.
fn good(file: &str) -> (Vec<u8>, PublicKey) {
    let text = files().into_iter().find(|(name, _)| *name == file).unwrap().1;
    let json: Json = serde_json::from_str(&text).unwrap();
    let case = &json["cases"][0];
    assert_eq!(case["expect"], "accepted");
    let key = unhex(json["keys"][case["key"].as_str().unwrap()]["public"].as_str().unwrap());
    (unhex(case["bytes"].as_str().unwrap()), PublicKey::from_bytes(&key.try_into().unwrap()).unwrap())
}

fn all_bits<T: Payload>(file: &str) {
    let (bytes, key) = good(file);
    assert!(Signed::<T>::decode(&bytes).unwrap().verify(&key).is_ok());
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let result = Signed::<T>::decode(&flipped).and_then(|signed| signed.verify(&key));
        assert!(result.is_err(), "{file}: bit {bit} of {}", bytes.len() * 8);
    }
}

#[test]
fn in_what_fetches_need() {
    all_bits::<Grant>("grant.json");
    all_bits::<Request>("request.json");
    all_bits::<Receipt>("receipt.json");
    all_bits::<TreeHead>("tree-head.json");
}

#[test]
fn in_what_citizens_say() {
    all_bits::<Command>("command.json");
    all_bits::<Acknowledgement>("acknowledgement.json");
    all_bits::<Revocation>("revocation.json");
    all_bits::<KeyEvent>("key-event.json");
    all_bits::<Notice>("notice.json");
    all_bits::<NoticeReceipt>("notice-receipt.json");
}

#[test]
fn in_what_the_directory_keeps() {
    all_bits::<Membership>("membership.json");
    all_bits::<Profile>("profile.json");
    all_bits::<HolderEntry>("holder-entry.json");
}

#[test]
fn in_what_is_asked() {
    all_bits::<AccessRequest>("access-request.json");
    all_bits::<BlindRequest>("blind-request.json");
}
