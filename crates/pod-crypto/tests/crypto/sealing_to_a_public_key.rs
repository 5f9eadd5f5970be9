use pod_crypto::SeededRandom;
use pod_crypto::hpke::{OpenFailed, SEALED_EXTRA_BYTES, SealFailed, SealPrivateKey, SealPublicKey, open, seal};

use crate::support::{Scripted, hex, tampered, unhex, unhex_array};

/// Keys, info and encapsulated key are the RFC 9180 vector for base mode, X25519, HKDF-SHA256, AES-256-GCM. The
/// ciphertext was computed from the RFC's text with another program, whose key and nonce for the same inputs also
/// open in Python's `cryptography` (there with empty associated data, the only kind it takes).
#[test]
fn rfc_9180_vector_both_ways() {
    let key =
        SealPrivateKey::from_seed(&unhex_array("dac33b0e9db1b59dbbea58d59a14e7b5896e9bdf98fad6891e99d1686492b9ee"));
    // The vector's skRm is 497b..333d; §7.1.2 wants it clamped when it is written out.
    assert_eq!(hex(&*key.to_bytes()), "487b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320337d");
    assert_eq!(hex(&key.public_key().0), "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c");

    let ephemeral = Scripted::new(&unhex("2cd7c601cefb3d42a62b04b7a9041494c06c7843818e0ce28a8f704ae7ab20f9"));
    let info = unhex("4f6465206f6e2061204772656369616e2055726e");
    let plain = b"Beauty is truth, truth beauty";
    let sealed = seal(&key.public_key(), &info, b"Count-0", plain, &ephemeral).unwrap();
    assert_eq!(hex(&sealed[..32]), "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256");
    assert_eq!(
        hex(&sealed[32..]),
        "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a"
    );
    assert_eq!(open(&key, &info, b"Count-0", &sealed).unwrap()[..], plain[..]);
}

#[test]
fn what_was_sealed_opens_for_its_key_info_and_data_only() {
    let random = SeededRandom::new([1; 32]);
    let key = SealPrivateKey::generate(&random);
    let sealed = seal(&key.public_key(), b"decision", b"request 5", b"granted", &random).unwrap();
    assert_eq!(sealed.len(), b"granted".len() + SEALED_EXTRA_BYTES);
    let again = SealPrivateKey::from_bytes(&key.to_bytes()).unwrap();
    assert_eq!(open(&again, b"decision", b"request 5", &sealed).unwrap()[..], b"granted"[..]);

    let other = SealPrivateKey::generate(&random);
    assert_eq!(open(&other, b"decision", b"request 5", &sealed), Err(OpenFailed));
    assert_eq!(open(&key, b"denial", b"request 5", &sealed), Err(OpenFailed));
    assert_eq!(open(&key, b"decision", b"request 6", &sealed), Err(OpenFailed));
    for changed in tampered(&sealed) {
        assert_eq!(open(&key, b"decision", b"request 5", &changed), Err(OpenFailed));
    }
    for length in 0..SEALED_EXTRA_BYTES {
        assert_eq!(open(&key, b"decision", b"request 5", &sealed[..length]), Err(OpenFailed));
    }
}

#[test]
fn a_point_of_small_order_is_not_sealed_to_nor_opened_from() {
    let random = SeededRandom::new([2; 32]);
    // 0 and 1 are of small order on Curve25519 (RFC 7748 §6.1: the shared secret would be all zeros).
    for first in [0, 1] {
        let mut point = [0; 32];
        point[0] = first;
        assert_eq!(seal(&SealPublicKey(point), b"", b"", b"text", &random), Err(SealFailed));
        let sealed = [&point[..], &[0; 20]].concat();
        assert_eq!(open(&SealPrivateKey::generate(&random), b"", b"", &sealed), Err(OpenFailed));
    }
}
