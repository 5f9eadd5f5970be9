use pod_crypto::SeededRandom;
use pod_crypto::blind::{BlindError, BlinderKey, Blinding, Evaluation, MAX_INPUT_BYTES};

use crate::support::{Scripted, hex, unhex, unhex_array};

/// A scalar of a vector as the library samples it: 64 bytes, reduced by the order.
fn sampled(scalar: &str) -> Scripted {
    Scripted::new(&[unhex(scalar), vec![0; 32]].concat())
}

/// RFC 9497 A.1.3.1 and A.1.3.2: input, blinded element, evaluated element, proof, output.
const VECTORS: [[&str; 5]; 2] = [
    [
        "00",
        "c8713aa89241d6989ac142f22dba30596db635c772cbf25021fdd8f3d461f715",
        "1a4b860d808ff19624731e67b5eff20ceb2df3c3c03b906f5693e2078450d874",
        "41ad1a291aa02c80b0915fbfbb0c0afa15a57e2970067a602ddb9e8fd6b7100de32e1ecff943a36f0b10e3dae6bd266cdeb8adf825d86ef27dbc6c0e30c52206",
        "ca688351e88afb1d841fde4401c79efebb2eb75e7998fa9737bd5a82a152406d38bd29f680504e54fd4587eddcf2f37a2617ac2fbd2993f7bdf45442ace7d221",
    ],
    [
        "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
        "f0f0b209dd4d5f1844dac679acc7761b91a2e704879656cb7c201e82a99ab07d",
        "8c3c9d064c334c6991e99f286ea2301d1bde170b54003fb9c44c6d7bd6fc1540",
        "4c39992d55ffba38232cdac88fe583af8a85441fefd7d1d4a8d0394cd1de77018bf135c174f20281b3341ab1f453fe72b0293a7398703384bed822bfdeec8908",
        "7c6557b276a137922a0bcfc2aa2b35dd78322bd500235eb6d6b6f91bc5b56a52de2d65612d503236b321f5d0bebcbc52b64b92e426f29c9b8b69f52de98ae507",
    ],
];

#[test]
fn rfc_9497_poprf_vectors() {
    let key = BlinderKey::derive(&[0xa3; 32], b"test key").unwrap();
    assert_eq!(hex(&key.public()), "c647bef38497bc6ec077c22af65b696efa43bff3b4a1975a3e8e0a1c5a79d631");
    for [input, blinded, element, proof, output] in VECTORS {
        let blind = sampled("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706");
        let (blinding, question) = Blinding::blind(&unhex(input), &blind).unwrap();
        assert_eq!(hex(&question), blinded);
        let for_proof = sampled("222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e");
        let evaluation = key.evaluate(&question, b"test info", &for_proof).unwrap();
        assert_eq!(evaluation.element, unhex_array(element));
        assert_eq!(evaluation.proof, unhex_array(proof));
        let digest = blinding.finalize(b"test info", &evaluation, &key.public()).unwrap();
        assert_eq!(hex(&*digest), output);
    }
}

/// One question to `key`, with its own blinding, and the answer as `change` leaves it.
fn ask(seed: u8, key: &BlinderKey, change: impl FnOnce(&mut Evaluation)) -> (Blinding, Evaluation) {
    let random = SeededRandom::new([seed; 32]);
    let (blinding, question) = Blinding::blind(b"010190-123A", &random).unwrap();
    let mut evaluation = key.evaluate(&question, b"epoch 1", &random).unwrap();
    change(&mut evaluation);
    (blinding, evaluation)
}

#[test]
fn the_digest_does_not_depend_on_the_blinding() {
    let key = BlinderKey::from_seed(&[1; 32]).unwrap();
    let digest = |seed| {
        let (blinding, evaluation) = ask(seed, &key, |_| ());
        blinding.finalize(b"epoch 1", &evaluation, &key.public()).unwrap()
    };
    assert_eq!(digest(1), digest(2));
    assert_ne!(BlinderKey::from_seed(&[2; 32]).unwrap().public(), key.public());
    assert_ne!(BlinderKey::derive(&[1; 32], b"other").unwrap().public(), key.public());
}

#[test]
fn an_answer_under_another_key_or_info_is_refused() {
    let key = BlinderKey::from_seed(&[1; 32]).unwrap();
    let other = BlinderKey::from_seed(&[2; 32]).unwrap();
    let outcome = |info: &[u8], public: &[u8; 32], change: fn(&mut Evaluation)| {
        let (blinding, evaluation) = ask(3, &key, change);
        blinding.finalize(info, &evaluation, public).map(drop)
    };
    assert_eq!(outcome(b"epoch 1", &key.public(), |_| ()), Ok(()));
    assert_eq!(outcome(b"epoch 2", &key.public(), |_| ()), Err(BlindError::Proof));
    assert_eq!(outcome(b"epoch 1", &other.public(), |_| ()), Err(BlindError::Proof));
    assert_eq!(outcome(b"epoch 1", &key.public(), |answer| answer.proof[0] ^= 1), Err(BlindError::Proof));
    let swapped: fn(&mut Evaluation) = |answer| {
        answer.element = ask(4, &BlinderKey::from_seed(&[1; 32]).unwrap(), |_| ()).1.element;
    };
    assert_eq!(outcome(b"epoch 1", &key.public(), swapped), Err(BlindError::Proof));
}

#[test]
fn what_is_no_element_or_too_long_is_refused() {
    let random = SeededRandom::new([5; 32]);
    let key = BlinderKey::from_seed(&[1; 32]).unwrap();
    // All zeros is the identity, all ones no canonical encoding.
    for bytes in [[0; 32], [0xff; 32]] {
        assert_eq!(key.evaluate(&bytes, b"", &random), Err(BlindError::Encoding));
        let (blinding, evaluation) = ask(6, &key, |_| ());
        assert_eq!(blinding.finalize(b"epoch 1", &evaluation, &bytes).map(drop), Err(BlindError::Encoding));
        let (blinding, evaluation) = ask(6, &key, |answer| answer.element = bytes);
        assert_eq!(blinding.finalize(b"epoch 1", &evaluation, &key.public()).map(drop), Err(BlindError::Encoding));
    }
    let (blinding, evaluation) = ask(6, &key, |answer| answer.proof = [0xff; 64]);
    assert_eq!(blinding.finalize(b"epoch 1", &evaluation, &key.public()).map(drop), Err(BlindError::Encoding));

    let long = vec![1; MAX_INPUT_BYTES + 1];
    assert_eq!(Blinding::blind(&long, &random).map(drop), Err(BlindError::Input));
    assert_eq!(Blinding::blind(b"", &random).map(drop), Err(BlindError::Input));
    assert!(Blinding::blind(&long[1..], &random).is_ok());
    let (_, question) = Blinding::blind(b"x", &random).unwrap();
    assert_eq!(key.evaluate(&question, &long, &random), Err(BlindError::Info));
    assert!(key.evaluate(&question, &long[1..], &random).is_ok());
    let (blinding, evaluation) = ask(7, &key, |_| ());
    assert_eq!(blinding.finalize(&long, &evaluation, &key.public()).map(drop), Err(BlindError::Info));
}
