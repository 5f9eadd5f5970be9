//! An entry that does not fit would be a request that cannot be answered: whoever filled one with names would learn from
//! the failure what is kept back. So whatever can be asked can be recorded.

use pod_audit::{
    EntryKind, GrantUse, MAX_BATCH_BYTES, MAX_ENTRY_BYTES, NewEntry, PersonalPart, PublicPart, Released, StoredEntry,
    Withheld, WithheldReason,
};
use pod_crypto::SystemRandom;
use pod_protocol::codec::{MAX_ARRAY_ITEMS, MAX_OBJECT_BYTES, encode};
use pod_protocol::field::MAX_NAME_BYTES;
use pod_protocol::ids::GrantId;
use pod_protocol::path::MAX_PROTECTED_FIELDS;
use pod_protocol::request::{Wanted, wanted_from_cbor, wanted_to_cbor};

use crate::support::{audit_key, open, personal, public};

const REASONS: [WithheldReason; 3] =
    [WithheldReason::NonDisclosure, WithheldReason::Restricted, WithheldReason::Objected];

/// How a request is filled.
#[derive(Clone, Copy, Debug)]
struct Shape {
    type_bytes: usize,
    names_of_a_type: usize,
    name_bytes: usize,
}

/// A name of so many bytes, or of as few more as tell it from the others.
fn name(number: usize, bytes: usize) -> String {
    format!("n{number:0width$}", width = bytes - 1)
}

/// As much of a shape as fits `bytes`; it is read back as a node reads it.
fn asked(shape: Shape, bytes: usize) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    loop {
        let names = (0..shape.names_of_a_type).map(|number| name(number, shape.name_bytes).parse().unwrap()).collect();
        wanted.push(Wanted { record_type: name(wanted.len(), shape.type_bytes).parse().unwrap(), names });
        if wanted.len() > MAX_ARRAY_ITEMS || encode(&wanted_to_cbor(&wanted)).len() > bytes {
            wanted.pop();
            assert_eq!(wanted_from_cbor(0, wanted_to_cbor(&wanted)).unwrap(), wanted);
            return wanted;
        }
    }
}

/// The most that can be said about it: of each type something left and something was kept back for each reason, and the
/// catalogue protects more than was named.
fn most_said(wanted: &[Wanted]) -> PersonalPart {
    let mut part = PersonalPart {
        organisation: "o".repeat(46),
        purpose: name(0, MAX_NAME_BYTES),
        released: Vec::new(),
        withheld: Vec::new(),
        ..personal()
    };
    for of in wanted {
        let every_fourth = |from| of.names.iter().skip(from).step_by(4).map(ToString::to_string).collect::<Vec<_>>();
        let record_type = of.record_type.to_string();
        part.released.push(Released { record_type: record_type.clone(), fields: every_fourth(0) });
        for (reason, from) in REASONS.into_iter().zip(1..) {
            part.withheld.push(Withheld { record_type: record_type.clone(), reason, fields: every_fourth(from) });
        }
    }
    part.released.retain(|released| !released.fields.is_empty());
    part.withheld.retain(|withheld| !withheld.fields.is_empty());
    let protected = (0..MAX_PROTECTED_FIELDS).map(|number| name(number, MAX_NAME_BYTES)).collect();
    let reason = WithheldReason::NonDisclosure;
    part.withheld.push(Withheld { record_type: name(0, MAX_NAME_BYTES), reason, fields: protected });
    part
}

fn recorded(part: &PersonalPart) -> NewEntry {
    let grants = Some(GrantUse::new(vec![GrantId::new([2; 32]); 4], u32::MAX).unwrap());
    let public = PublicPart { kind: EntryKind::Disclosure, grants, ..public(1, 1) };
    NewEntry::new(&public, Some((part, &audit_key(1))), &SystemRandom).unwrap()
}

#[test]
fn an_item_as_large_as_a_request_fits_an_entry() {
    for type_bytes in [1, 5, 24, MAX_NAME_BYTES] {
        for names_of_a_type in [1, 2, 4, 5, 17, MAX_ARRAY_ITEMS] {
            for name_bytes in [2, 4, 25, 95] {
                let shape = Shape { type_bytes, names_of_a_type, name_bytes };
                let part = most_said(&asked(shape, MAX_OBJECT_BYTES));
                let entry = recorded(&part);
                assert!(entry.bytes().len() <= MAX_ENTRY_BYTES, "{shape:?}");
                let stored = StoredEntry::decode(0, entry.bytes().to_vec()).unwrap();
                assert_eq!(stored.open(&audit_key(1)).unwrap(), part);
            }
        }
    }
}

#[test]
fn a_request_kept_back_as_a_whole_fits_though_its_types_have_long_names() {
    let wanted = asked(Shape { type_bytes: MAX_NAME_BYTES, names_of_a_type: 132, name_bytes: 95 }, MAX_OBJECT_BYTES);
    let withheld = wanted.iter().map(|of| Withheld {
        record_type: of.record_type.to_string(),
        reason: WithheldReason::Restricted,
        fields: of.names.iter().map(ToString::to_string).collect(),
    });
    let part = PersonalPart { released: Vec::new(), withheld: withheld.collect(), ..personal() };
    assert_eq!(part.withheld.iter().map(|of| of.fields.len()).sum::<usize>(), 660);
    // Which type and why stand once for all of its names, as in the request.
    assert!(recorded(&part).bytes().len() < MAX_OBJECT_BYTES + 1_024);
}

#[test]
fn the_items_of_a_request_fit_one_append() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let one = Shape { type_bytes: 90, names_of_a_type: 4, name_bytes: 30 };
    let wanted = asked(one, MAX_OBJECT_BYTES / MAX_ARRAY_ITEMS);
    assert_eq!(wanted.len(), 1);
    let entries = vec![recorded(&most_said(&wanted)); MAX_ARRAY_ITEMS];
    assert!(entries.iter().map(|entry| entry.bytes().len()).sum::<usize>() <= MAX_BATCH_BYTES);
    assert_eq!(log.append_blocking(entries).unwrap().leaves.len(), MAX_ARRAY_ITEMS);
}
