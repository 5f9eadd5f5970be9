//! A wallet finds who holds something of its citizen: blinder, tag, bucket, entry, handle.

use pod_crypto::blind::{BlinderKey, Blinding};
use pod_protocol::bucket::{Bucket, MAX_BUCKET_BITS, bucket_bits, bucket_of};
use pod_protocol::field::RecordType;
use pod_protocol::holder_entry::{
    HandleFault, HandleTooLong, HolderEntry, HolderHandle, SEALED_HANDLE_BYTES, Tag, blind_info, tag_and_key,
};
use pod_protocol::registry::Registry;
use pod_protocol::{Refusal, Signed};

use crate::support::*;

/// What whoever knows this identity code gets from the blinder for a holder.
fn output(code: &str, holder: u8, epoch: u16) -> [u8; 64] {
    let blinder = BlinderKey::from_seed(&[1; 32]).unwrap();
    let info = blind_info(&principal(holder), epoch);
    let (blinding, blinded) = Blinding::blind(code.as_bytes(), &random(3)).unwrap();
    let evaluation = blinder.evaluate(&blinded, &info, &random(4)).unwrap();
    *blinding.finalize(&info, &evaluation, &blinder.public()).unwrap()
}

fn handle(types: &[&str]) -> HolderHandle {
    HolderHandle { pod: POD, record_types: types.iter().map(|of| record_type(of)).collect(), enrolment: None }
}

fn entry(tag: Tag, sealed: Option<Vec<u8>>) -> HolderEntry {
    HolderEntry { holder: principal(HELSINKI), expires: NOW + DAY, issued: NOW, tag, sealed }
}

#[test]
fn the_citizens_wallet_finds_and_opens_the_entry() {
    let (tag, key) = tag_and_key(&output("010190-999A", HELSINKI, 1));
    let handle =
        HolderHandle { enrolment: Some("https://aitta.hel.fi/enrol".parse().unwrap()), ..handle(&["library"]) };
    let sealed = handle.seal(&key, &principal(HELSINKI), &tag, &random(5)).unwrap();
    let signed = signed(HELSINKI, entry(tag, Some(sealed)));
    let bucket = Bucket { bits: 0, number: 0, entries: vec![signed] };
    let bucket = Bucket::from_bytes(&bucket.to_bytes()).unwrap();

    // The wallet asks the blinder by itself and comes to the same tag and key.
    let (tag, key) = tag_and_key(&output("010190-999A", HELSINKI, 1));
    let found = bucket.find(&tag).unwrap().remove(0);
    let registry = Registry::build(&anchor(), &statements(), NOW).0;
    let holder = found.unverified().holder;
    let found = registry.verify_by_organisation(found, &holder).unwrap();
    assert_eq!(HolderHandle::open(&key, &holder, &tag, found.sealed.as_deref().unwrap()), Ok(handle));
    assert_eq!(bucket.find(&[0; 16]).unwrap().len(), 0);
}

#[test]
fn tags_of_other_people_holders_and_epochs_have_nothing_in_common() {
    let (tag, key) = tag_and_key(&output("010190-999A", HELSINKI, 1));
    for other in
        [output("010190-999B", HELSINKI, 1), output("010190-999A", ESPOO, 1), output("010190-999A", HELSINKI, 2)]
    {
        let (other_tag, other_key) = tag_and_key(&other);
        assert_ne!(other_tag, tag);
        assert_ne!(*other_key.to_bytes(), *key.to_bytes());
    }
}

#[test]
fn a_handle_opens_at_its_place_alone() {
    let (tag, key) = tag_and_key(&output("010190-999A", HELSINKI, 1));
    let sealed = handle(&["library"]).seal(&key, &principal(HELSINKI), &tag, &random(5)).unwrap();
    let open = |holder: u8, tag: &Tag| HolderHandle::open(&key, &principal(holder), tag, &sealed);
    assert!(open(HELSINKI, &tag).is_ok());
    assert_eq!(open(ESPOO, &tag), Err(HandleFault::Sealed));
    assert_eq!(open(HELSINKI, &[0; 16]), Err(HandleFault::Sealed));
    let (_, strangers) = tag_and_key(&output("010190-999B", HELSINKI, 1));
    assert_eq!(HolderHandle::open(&strangers, &principal(HELSINKI), &tag, &sealed), Err(HandleFault::Sealed));
    let not_padded = key.seal(&random(6), &[principal(HELSINKI).as_bytes().as_slice(), &tag].concat(), b"\xa0");
    assert_eq!(HolderHandle::open(&key, &principal(HELSINKI), &tag, &not_padded), Err(HandleFault::Sealed));
    let no_handle = key.seal(&random(6), &[principal(HELSINKI).as_bytes().as_slice(), &tag].concat(), b"\xa0\x80");
    let refused = HolderHandle::open(&key, &principal(HELSINKI), &tag, &no_handle);
    assert!(matches!(refused, Err(HandleFault::Refused(refusal)) if refusal.code() == "claim-missing"));
}

#[test]
fn all_handles_are_of_one_length() {
    let (tag, key) = tag_and_key(&output("010190-999A", HELSINKI, 1));
    let seal = |handle: &HolderHandle| handle.seal(&key, &principal(HELSINKI), &tag, &random(5));
    let many: Vec<RecordType> = (0..40).map(|number| record_type(&format!("record-type-{number}"))).collect();
    assert_eq!(seal(&handle(&[])).unwrap().len(), SEALED_HANDLE_BYTES);
    let eight = HolderHandle { record_types: many[..8].to_vec(), ..handle(&[]) };
    assert_eq!(seal(&eight).unwrap().len(), SEALED_HANDLE_BYTES);
    assert_eq!(seal(&HolderHandle { record_types: many, ..handle(&[]) }), Err(HandleTooLong));
}

#[test]
fn a_tombstone_withdraws() {
    let tombstone = Signed::<HolderEntry>::decode(&signed(HELSINKI, entry([1; 16], None))).unwrap();
    assert!(tombstone.unverified().is_tombstone());
    let bucket = Bucket { bits: 0, number: 0, entries: vec![tombstone.bytes().to_vec()] };
    assert_eq!(Bucket::from_bytes(&bucket.to_bytes()).unwrap_err().code(), "claim-range");
}

#[test]
fn buckets_are_as_many_as_stay_full() {
    assert_eq!([0, 1, 63, 64, 127, 128].map(bucket_bits), [0, 0, 0, 0, 0, 1]);
    assert_eq!(bucket_bits(64 << 15), 15);
    assert_eq!(bucket_bits(u64::MAX), MAX_BUCKET_BITS);
    for entries in [64_u64, 1_000, 12_000, 2_100_000] {
        let mean = entries >> bucket_bits(entries);
        assert!((64..128).contains(&mean), "{entries} entries: {mean} in a bucket");
    }
}

#[test]
fn a_tags_first_bits_are_its_bucket() {
    let mut tag = [0xff; 16];
    tag[..4].copy_from_slice(&[0b1010_0000, 1, 2, 3]);
    assert_eq!(bucket_of(&tag, 0), 0);
    assert_eq!(bucket_of(&tag, 3), 0b101);
    assert_eq!(bucket_of(&tag, 16), 0xa001);
    assert_eq!(bucket_of(&tag, 32), 0xa001_0203);
    assert_eq!(bucket_of(&tag, 255), 0xa001_0203);
}

#[test]
fn buckets_that_are_not_what_they_say_are_refused() {
    let at = |first: u8| {
        let mut tag = [0; 16];
        tag[0] = first;
        signed(HELSINKI, entry(tag, Some(vec![0; SEALED_HANDLE_BYTES])))
    };
    let code = |bits: u8, number: u32, entries: &[Vec<u8>]| {
        let bucket = Bucket { bits, number, entries: entries.to_vec() };
        Bucket::from_bytes(&bucket.to_bytes()).map_err(Refusal::code)
    };
    assert!(code(1, 1, &[at(0x80), at(0x81)]).is_ok());
    assert_eq!(code(1, 1, &[at(0x80), at(0x01)]), Err("claim-range")); // of another bucket
    assert_eq!(code(1, 1, &[at(0x81), at(0x80)]), Err("claim-repeated")); // out of order
    assert_eq!(code(1, 1, &[at(0x80), at(0x80)]), Err("claim-repeated"));
    assert_eq!(code(1, 2, &[]), Err("claim-range"));
    assert_eq!(code(25, 0, &[]), Err("claim-range"));
    assert_eq!(code(0, 0, &[vec![0]]), Err("cbor-tag"));
    assert_eq!(code(0, 0, &[signed(HELSINKI, helsinki())]), Err("cose-typ"));
    assert_eq!(Bucket::from_bytes(b"\xa0").unwrap_err().code(), "claim-missing");
}

#[test]
fn a_bucket_holds_more_entries_than_a_request_items() {
    let entries = (0..300_u16).map(|number| {
        let mut tag = [0; 16];
        tag[..2].copy_from_slice(&number.to_be_bytes());
        signed(HELSINKI, entry(tag, Some(vec![0; SEALED_HANDLE_BYTES])))
    });
    let bucket = Bucket { bits: 0, number: 0, entries: entries.collect() };
    assert_eq!(Bucket::from_bytes(&bucket.to_bytes()).unwrap().entries.len(), 300);
}
