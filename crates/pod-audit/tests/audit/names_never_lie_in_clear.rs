use std::fs;

use pod_audit::{PersonalPart, Released, Withheld, WithheldReason};
use pod_crypto::SystemRandom;

use crate::support::{audit_key, open, public};

const CANARY: &str = "kanarialintu";

/// There is no place for a value in an entry; and whatever does stand in the personal part is in no file.
#[test]
fn nothing_of_a_personal_part_is_found_in_any_file() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let part = PersonalPart {
        service: None,
        organisation: CANARY.to_owned(),
        purpose: CANARY.to_owned(),
        released: vec![Released { record_type: CANARY.to_owned(), fields: vec![CANARY.to_owned()] }],
        withheld: vec![Withheld {
            record_type: CANARY.to_owned(),
            reason: WithheldReason::Objected,
            fields: vec![CANARY.to_owned()],
        }],
        outcome: CANARY.to_owned(),
        acting: Some(CANARY.to_owned()),
    };
    for number in 0..40 {
        let new = pod_audit::NewEntry::new(&public(number, 1), Some((&part, &audit_key(1))), &SystemRandom).unwrap();
        log.append_blocking(vec![new]).unwrap();
    }
    assert_eq!(log.entry(39).unwrap().unwrap().open(&audit_key(1)).unwrap(), part);
    drop(log);
    let mut files = 0;
    for file in fs::read_dir(directory.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()));
        files += 1;
    }
    assert!(files > 5);
}
