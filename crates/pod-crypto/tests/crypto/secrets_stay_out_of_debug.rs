use std::fmt::Debug;

use pod_crypto::blind::{BlinderKey, Blinding};
use pod_crypto::hpke::SealPrivateKey;
use pod_crypto::jws::Es256Key;
use pod_crypto::{AeadKey, SeededRandom, SigningKey};

use crate::support::hex;

/// A secret none of whose spellings can come about by accident.
const SECRET: [u8; 32] = [0xd7; 32];

fn assert_hidden(value: &dyn Debug, secret: &[u8]) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        let close = text.replace([' ', '\n'], "");
        let lower = close.to_lowercase();
        for piece in secret.windows(4) {
            let decimal: Vec<String> = piece.iter().map(u8::to_string).collect();
            assert!(!lower.contains(&hex(piece)), "hex of the secret in {text}");
            assert!(!close.contains(&decimal.join(",")), "bytes of the secret in {text}");
        }
    }
}

#[test]
fn keys_show_at_most_their_public_half() {
    let signing = SigningKey::from_seed(&SECRET);
    assert_hidden(&signing, &SECRET);
    assert!(format!("{signing:?}").contains(&hex(&signing.public_key().to_bytes())), "the public half helps to debug");

    let private = SealPrivateKey::from_seed(&SECRET);
    assert_hidden(&private, &SECRET);
    assert_hidden(&private, &*private.to_bytes());

    assert_hidden(&AeadKey::from_bytes(SECRET), &SECRET);
    assert_hidden(&SeededRandom::new(SECRET), &SECRET);
    assert_hidden(&BlinderKey::from_seed(&SECRET).unwrap(), &SECRET);
    assert_hidden(&Blinding::blind(&SECRET, &SeededRandom::new(SECRET)).unwrap().0, &SECRET);
    assert_eq!(format!("{:?}", Es256Key::generate("demo-1").unwrap()), r#"Es256Key { kid: "demo-1", .. }"#);
}
