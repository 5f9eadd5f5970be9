//! A wallet finds who holds something of its citizen: blinder, tag, bucket, entry, handle.

use pod_crypto::blind::{BlinderKey, Blinding};
use pod_protocol::bucket::{Bucket, MAX_BUCKET_BITS, bucket_bits, bucket_of};
use pod_protocol::codec::{Cbor, encode};
use pod_protocol::holder_entry::{
    HandleFault, HolderEntry, HolderHandle, SEALED_HANDLE_BYTES, Tag, blind_info, tag_and_key,
};
use pod_protocol::registry::Registry;
use pod_protocol::{Refusal, Signed, Verified};

use proptest::prelude::*;

use crate::support::*;

/// What whoever knows this identity code gets from the blinder for a holder.
fn output(code: &str, holder: u8, epoch: u16) -> [u8; 64] {
    let blinder = BlinderKey::from_seed(&[1; 32]).unwrap();
    let info = blind_info(&principal(holder), epoch);
    let (blinding, blinded) = Blinding::blind(code.as_bytes(), &random(3)).unwrap();
    let evaluation = blinder.evaluate(&blinded, &info, &random(4)).unwrap();
    *blinding.finalize(&info, &evaluation, &blinder.public()).unwrap()
}

const HANDLE: HolderHandle = HolderHandle { pod: POD };

fn decoded(entry: &[u8]) -> Signed<HolderEntry> {
    Signed::decode(entry).unwrap()
}

fn entry(tag: Tag, sealed: Option<Vec<u8>>) -> HolderEntry {
    HolderEntry { holder: principal(HELSINKI), expires: NOW + DAY, issued: NOW, tag, sealed }
}

#[test]
fn the_citizens_wallet_finds_and_opens_the_entry() {
    let (tag, key) = tag_and_key(&output("010190-999A", HELSINKI, 1));
    let sealed = HANDLE.seal(&key, &principal(HELSINKI), &tag, &random(5));
    assert_eq!(sealed.len(), SEALED_HANDLE_BYTES);
    let signed = signed(HELSINKI, entry(tag, Some(sealed)));
    let bucket = Bucket { bits: 0, number: 0, entries: vec![decoded(&signed)] };
    let bucket = Bucket::from_bytes(&bucket.to_bytes()).unwrap();

    // The wallet asks the blinder by itself and comes to the same tag and key.
    let (tag, key) = tag_and_key(&output("010190-999A", HELSINKI, 1));
    let found = bucket.find(&tag).next().unwrap().clone();
    assert_eq!(found.bytes(), signed);
    let registry = Registry::build(&anchor(), &statements(), NOW).0;
    let holder = found.unverified().holder;
    let found = registry.verify_by_organisation(found, &holder).unwrap();
    assert_eq!(HolderHandle::open(&key, &holder, &tag, found.sealed.as_deref().unwrap()), Ok(HANDLE));
    assert_eq!(bucket.find(&[0; 16]).count(), 0);
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
    let sealed = HANDLE.seal(&key, &principal(HELSINKI), &tag, &random(5));
    let open = |holder: u8, tag: &Tag| HolderHandle::open(&key, &principal(holder), tag, &sealed);
    assert!(open(HELSINKI, &tag).is_ok());
    assert_eq!(open(ESPOO, &tag), Err(HandleFault));
    assert_eq!(open(HELSINKI, &[0; 16]), Err(HandleFault));
    let (_, strangers) = tag_and_key(&output("010190-999B", HELSINKI, 1));
    assert_eq!(HolderHandle::open(&strangers, &principal(HELSINKI), &tag, &sealed), Err(HandleFault));
    for longer in [b"\xa0".as_slice(), &[7; 17]] {
        let no_pod = key.seal(&random(6), &[principal(HELSINKI).as_bytes().as_slice(), &tag].concat(), longer);
        assert_eq!(HolderHandle::open(&key, &principal(HELSINKI), &tag, &no_pod), Err(HandleFault));
    }
}

#[test]
fn a_tombstone_withdraws() {
    let tombstone = Signed::<HolderEntry>::decode(&signed(HELSINKI, entry([1; 16], None))).unwrap();
    assert!(tombstone.unverified().is_tombstone());
    let bucket = Bucket { bits: 0, number: 0, entries: vec![tombstone] };
    assert_eq!(Bucket::from_bytes(&bucket.to_bytes()).unwrap().entries, []);
}

#[test]
fn buckets_are_as_many_as_stay_full() {
    assert_eq!([0, 1, 63, 64, 127, 128].map(|entries| bucket_bits(0, entries)), [0, 0, 0, 0, 0, 1]);
    assert_eq!(bucket_bits(0, 64 << 15), 15);
    assert_eq!(bucket_bits(0, u64::MAX), MAX_BUCKET_BITS);
    for entries in [64_u64, 1_000, 12_000, 2_100_000] {
        let mean = entries >> bucket_bits(0, entries);
        assert!((64..128).contains(&mean), "{entries} entries: {mean} in a bucket");
    }
}

#[test]
fn buckets_become_fewer_only_when_a_sixteenth_has_gone() {
    assert_eq!([127, 120, 119, 0].map(|entries| bucket_bits(1, entries)), [1, 1, 0, 0]);
    for bits in 1..MAX_BUCKET_BITS {
        let (split, merge) = (64 << bits, 60 << bits);
        let bits_from = |before: u8, entries: [u64; 4]| entries.map(|entries| bucket_bits(before, entries));
        // Growing, and then from there shrinking, with one more and one fewer at each end.
        assert_eq!(bits_from(bits - 1, [merge, split - 1, split, split + 1]), [bits - 1, bits - 1, bits, bits]);
        assert_eq!(bits_from(bits, [split, split - 1, merge, merge - 1]), [bits, bits, bits, bits - 1]);
        // However many go at once: as few buckets fewer as have 60 each.
        assert_eq!(bits_from(MAX_BUCKET_BITS, [split, split - 1, merge, merge - 1]), [bits, bits, bits, bits - 1]);
    }
    // What no state says that is believed.
    assert_eq!(bucket_bits(u8::MAX, 200), 1);
    assert_eq!(bucket_bits(u8::MAX, u64::MAX), MAX_BUCKET_BITS);
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

/// Entries of two holders, one of which signs with two keys.
fn of_three_signers() -> Vec<Signed<HolderEntry>> {
    let by = |first: u8, key: u8, holder: u8| {
        let entry = entry([first; 16], Some(vec![first; SEALED_HANDLE_BYTES]));
        decoded(&signed(key, HolderEntry { holder: principal(holder), ..entry }))
    };
    vec![by(1, ESPOO, ESPOO), by(2, HELSINKI, HELSINKI), by(3, ESPOO, ESPOO), by(4, ESPOO, HELSINKI)]
}

#[test]
fn what_a_signer_says_once_is_there_for_each_of_its_entries() {
    let bucket = Bucket { bits: 0, number: 0, entries: of_three_signers() };
    let bytes = bucket.to_bytes();
    let read = Bucket::from_bytes(&bytes).unwrap();
    assert_eq!((&read, read.to_bytes()), (&bucket, bytes.clone()));
    let registry = Registry::build(&anchor(), &statements(), NOW).0;
    let verified = read.entries.into_iter().map(|entry| {
        let holder = entry.unverified().holder;
        registry.verify_by_organisation(entry, &holder).is_ok()
    });
    assert_eq!(verified.collect::<Vec<_>>(), [true, true, true, false]);
    // One more entry of a signer who is there adds 141 bytes, and a signer 52.
    let one =
        |entries: &[Signed<HolderEntry>]| Bucket { bits: 0, number: 0, entries: entries.to_vec() }.to_bytes().len();
    let entries = of_three_signers();
    assert_eq!(one(&entries[..3]) - one(&entries[..2]), 141);
    assert_eq!(one(&entries) - one(&entries[..3]), 141 + 52);
}

/// What a bucket is where 64 to 128 entries of four holders stand in it: the numbers of decision 0029.
#[test]
fn a_bucket_of_64_entries_has_nine_kilobytes() {
    let bytes = |count: u8| {
        let entries = (0..count).map(|number| {
            let holder = [ESPOO, HELSINKI, REGION, SERVICE][usize::from(number % 4)];
            let entry = entry([number; 16], Some(vec![number; SEALED_HANDLE_BYTES]));
            decoded(&signed(holder, HolderEntry { holder: principal(holder), ..entry }))
        });
        Bucket { bits: 0, number: 0, entries: entries.collect() }.to_bytes().len()
    };
    assert_eq!([64, 78, 92, 122].map(bytes), [9_242, 11_216, 13_190, 17_420]);
}

#[test]
fn a_bucket_has_one_encoding() {
    let number = |number: u64| Cbor::from(number);
    let bytes = |byte: u8, len: usize| Cbor::Bytes(vec![byte; len]);
    let signer = |byte: u8| Cbor::Array(vec![bytes(byte, 32), bytes(byte, 16)]);
    let row = |place: u64, first: u8| {
        let times = [number(NOW), number(NOW + DAY)];
        let rest = [bytes(first, 16), bytes(0, SEALED_HANDLE_BYTES), bytes(0, 64)];
        [[number(place)].as_slice(), &times, &rest].concat()
    };
    let code = |signers: Vec<Cbor>, rows: Vec<Vec<Cbor>>| {
        let rows = Cbor::Array(rows.into_iter().map(Cbor::Array).collect());
        let parts = [(0, number(0)), (1, number(0)), (2, Cbor::Array(signers)), (3, rows)];
        let bucket = encode(&Cbor::Map(parts.into_iter().map(|(key, part)| (number(key), part)).collect()));
        Bucket::from_bytes(&bucket).map_or_else(Refusal::code, |read| {
            assert_eq!(read.to_bytes(), bucket);
            "accepted"
        })
    };
    let two = || vec![signer(1), signer(2)];
    assert_eq!(code(two(), vec![row(0, 1), row(1, 2), row(0, 3)]), "accepted");
    assert_eq!(code(vec![], vec![]), "accepted");
    assert_eq!(code(two(), vec![row(1, 1), row(0, 2)]), "claim-range", "not in the order of their entries");
    assert_eq!(code(two(), vec![row(0, 1)]), "claim-range", "somebody who signed nothing");
    assert_eq!(code(two(), vec![row(0, 1), row(1, 2), row(2, 3)]), "claim-range", "a signer who is not there");
    assert_eq!(code(vec![signer(1), signer(1)], vec![row(0, 1), row(1, 2)]), "claim-repeated");
    assert_eq!(code(vec![Cbor::Array(vec![bytes(1, 32)])], vec![]), "claim-type");
    assert_eq!(code(vec![Cbor::Array(vec![bytes(1, 31), bytes(1, 16)])], vec![]), "claim-type");
    let with = |place: usize, item: Cbor| {
        let mut row = row(0, 1);
        row[place] = item;
        code(vec![signer(1)], vec![row])
    };
    assert_eq!(with(1, number(NOW - 1)), "accepted");
    assert_eq!(with(1, number(NOW + DAY)), "claim-range", "it ends when it begins");
    assert_eq!(with(2, number(NOW + 401 * DAY)), "claim-range");
    assert_eq!(with(3, bytes(1, 15)), "claim-type");
    assert_eq!(with(4, Cbor::Null), "claim-type", "a tombstone");
    assert_eq!(with(4, bytes(1, SEALED_HANDLE_BYTES + 1)), "claim-type");
    assert_eq!(with(5, bytes(1, 63)), "claim-type");
    assert_eq!(code(vec![signer(1)], vec![row(0, 1)[..5].to_vec()]), "claim-type");
}

#[test]
fn buckets_that_are_not_what_they_say_are_refused() {
    let at = |first: u8| {
        let mut tag = [0; 16];
        tag[0] = first;
        decoded(&signed(HELSINKI, entry(tag, Some(vec![0; SEALED_HANDLE_BYTES]))))
    };
    let code = |bits: u8, number: u32, entries: &[Signed<HolderEntry>]| {
        let bucket = Bucket { bits, number, entries: entries.to_vec() };
        Bucket::from_bytes(&bucket.to_bytes()).map_err(Refusal::code)
    };
    assert!(code(1, 1, &[at(0x80), at(0x81)]).is_ok());
    assert_eq!(code(1, 1, &[at(0x80), at(0x01)]), Err("claim-range")); // of another bucket
    assert_eq!(code(1, 1, &[at(0x81), at(0x80)]), Err("claim-repeated")); // out of order
    assert_eq!(code(1, 1, &[at(0x80), at(0x80)]), Err("claim-repeated"));
    assert_eq!(code(1, 2, &[]), Err("claim-range"));
    assert_eq!(code(25, 0, &[]), Err("claim-range"));
    assert_eq!(Bucket::from_bytes(b"\xa0").unwrap_err().code(), "claim-missing");
}

#[test]
fn a_bucket_holds_more_entries_than_a_request_items() {
    let entries = (0..300_u16).map(|number| {
        let mut tag = [0; 16];
        tag[..2].copy_from_slice(&number.to_be_bytes());
        decoded(&signed(HELSINKI, entry(tag, Some(vec![0; SEALED_HANDLE_BYTES]))))
    });
    let bucket = Bucket { bits: 0, number: 0, entries: entries.collect() };
    assert_eq!(Bucket::from_bytes(&bucket.to_bytes()).unwrap().entries.len(), 300);
}

proptest! {
    /// Whatever entry a directory takes can be put together again from its row, or else its holder could make a bucket that nobody
    /// believes.
    #[test]
    fn an_entry_that_is_read_is_the_one_that_is_put_together(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..3),
        issued in prop_oneof![0_u64..70_000, Just(NOW), any::<u64>()],
        life in 0_u64..(401 * DAY),
    ) {
        let claims = HolderEntry { issued, expires: issued.saturating_add(life), ..entry([9; 16], Some(vec![3; SEALED_HANDLE_BYTES])) };
        let mut bytes = Verified::sign_unchecked(&key(HELSINKI), claims).bytes().to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(entry) = Signed::<HolderEntry>::decode(&bytes) && !entry.unverified().is_tombstone() {
            let bucket = Bucket { bits: 0, number: 0, entries: vec![entry] };
            let read = Bucket::from_bytes(&bucket.to_bytes()).unwrap();
            prop_assert_eq!(read.entries[0].bytes(), bytes);
        }
    }
}
