use pod_crypto::{equal, hkdf_sha256, hmac_sha256, sha256};

use crate::support::{hex, unhex};

#[test]
fn sha256_of_abc_however_it_is_cut() {
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(hex(&sha256(&[b"abc"])), expected);
    assert_eq!(hex(&sha256(&[b"a", b"", b"bc"])), expected);
    assert_eq!(hex(&sha256(&[])), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
fn hmac_of_rfc_4231_cases_2_and_6() {
    assert_eq!(
        hex(&hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"])),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    assert_eq!(
        hex(&hmac_sha256(&[0xaa; 131], &[b"Test Using Larger Than Block-Size Key - Hash Key First"])),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    );
}

#[test]
fn hkdf_of_rfc_5869_cases_1_and_3() {
    // The RFC's outputs have 42 bytes; the first block of 32 does not depend on the length.
    let first = hkdf_sha256(&[0x0b; 22], &unhex("000102030405060708090a0b0c"), &unhex("f0f1f2f3f4f5f6f7f8f9"));
    assert_eq!(hex(&*first), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    let third = hkdf_sha256(&[0x0b; 22], b"", b"");
    assert_eq!(hex(&*third), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

#[test]
fn equal_means_equal() {
    assert!(equal(b"", b""));
    assert!(equal(b"same", b"same"));
    assert!(!equal(b"same", b"sane"));
    assert!(!equal(b"same", b"same "));
}
